"""Whether a configuration is ready to be trained: every gate, asked of the files themselves.

The sensor that starts a cycle and the body of `checkpoints` call the same function, so both say the same words. Numbers
come from the manifests of the versions that training would read; the clock is read by the caller.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ringrift_assets import gates
from ringrift_assets.gates import Verdict
from ringrift_assets.resources import Storage
from ringrift_assets.settings import ConfigurationSettings, TrainingBudget
from ringrift_assets.storage import Store, Version, removed_of
from ringrift_engine.errors import DataError
from ringrift_engine.resources import check_training_disk

_HOUR_S: Final = 3_600.0


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What came to the exports of a configuration in all; it only grows, so differences say what is new."""

    games: int = 0
    rows: int = 0
    searched: int = 0
    """Rows whose move a search chose."""

    def since(self, before: "Gathered", what: str) -> int:
        """How many `games` or `positions` came after `before`.

        Positions are searched rows; as long as there never was one, all rows, since nothing else can be learnt from.
        """
        if what == "games":
            return self.games - before.games
        return self.searched - before.searched if self.searched else self.rows - before.rows


def gathered(exports: Version | None) -> Gathered:
    """What came to the exports up to this version, those that housekeeping removed since included."""
    if exports is None:
        return Gathered()
    removed = removed_of(exports)
    return Gathered(
        games=removed.games + exports.report["games"],
        rows=removed.rows + exports.report["rows"],
        searched=removed.searched_rows + sum(file["searched_rows"] for file in exports.report["by_file"].values()),
    )


def new_since_training(store: Store, key: str, what: str) -> int:
    """Games or positions that came since the newest checkpoint was made; all of them before the first."""
    return gathered(store.latest("npz_exports", key)).since(_before(store.latest("checkpoints", key)), what)


def _before(checkpoint: Version | None) -> Gathered:
    """What had come when a checkpoint was made."""
    if checkpoint is None:
        return Gathered()
    try:
        return Gathered(**checkpoint.report["gathered"])
    except TypeError as error:
        raise DataError(
            f"checkpoints of {checkpoint.key} was made by another version of the platform, which counted the games "
            f"before it otherwise ({error}). Materialise checkpoints of {checkpoint.key} anew."
        ) from error


def training_verdicts(
    storage: Storage, data: Version, settings: ConfigurationSettings, budget: TrainingBudget, now: float
) -> list[Verdict]:
    """All gates before a training on `data`, a combination or a set of exports, at the time `now`."""
    store, key = storage.store, data.key
    age = storage.age_of_newest_games(key, now) / _HOUR_S
    amounts = data.report if data.asset == "combined_npz" else newest_export(data)[1]
    held_out = amounts["held_out_rows"]
    what = "games" if budget.counts == "games" else "searched positions"
    disk = check_training_disk(folder=storage.base, limits=settings.thresholds.resources)
    return [
        gates.fresh(age, budget.max_age_hours),
        *quality_verdicts(data, settings, budget, age),
        gates.enough_games(amounts["games"], budget.needed_games, age),
        gates.enough_positions("training", amounts["rows"] - held_out, budget.needed_positions, age),
        gates.enough_positions("held_out", held_out, budget.needed_held_out, age),
        gates.enough_new(what, new_since_training(store, key, budget.counts), budget.needed_new, age),
        gates.space(disk.ok, disk.text),
    ]


def quality_verdicts(
    data: Version, settings: ConfigurationSettings, budget: TrainingBudget, age_hours: float
) -> list[Verdict]:
    """Whether the games of a training set are good enough to learn from."""
    quality = data.report.get("quality", {})
    return [
        gates.good_enough(quality.get("score"), budget.minimum_quality, age_hours),
        gates.enough_searched(quality.get("later_searched_share"), settings.thresholds.quality.min_searched_share),
    ]


def generation_of(data: Version) -> int:
    """The newest generation of games in a training set."""
    return data.report["newest_generation"] if data.asset == "combined_npz" else newest_export(data)[1]["generation"]


def newest_export(exports: Version) -> tuple[Path, Mapping[str, Any]]:
    """Name and report of the newest file of a set of exports, by generation and then by name."""
    by_file = exports.report["by_file"]
    name = max(exports.files, key=lambda file: (by_file[file]["generation"], file))
    return Path(name), by_file[name]
