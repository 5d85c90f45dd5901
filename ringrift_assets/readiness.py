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
from ringrift_engine.resources import check_training_disk

_HOUR_S: Final = 3_600.0


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What came to the exports of a configuration in all; it only grows, so differences say what is new."""

    games: int = 0
    positions: int = 0
    """Rows that a search made; all rows as long as there are none, since nothing else can be learnt from then."""

    def counted(self, what: str) -> int:
        """The number that a threshold counts: `games` or `positions`."""
        return self.games if what == "games" else self.positions


def gathered(exports: Version | None) -> Gathered:
    """What came to the exports up to this version, those that housekeeping removed since included."""
    if exports is None:
        return Gathered()
    files, removed = exports.report["by_file"].values(), removed_of(exports)
    searched = removed.searched_rows + sum(file["searched_rows"] for file in files)
    return Gathered(
        games=removed.games + exports.report["games"], positions=searched or removed.rows + exports.report["rows"]
    )


def new_since_training(store: Store, key: str, what: str) -> int:
    """Games or positions that came since the newest checkpoint was made; all of them before the first."""
    checkpoint = store.latest("checkpoints", key)
    before = Gathered(**checkpoint.report["gathered"]) if checkpoint is not None else Gathered()
    # A first model's search begins the count of searched positions anew: then there are fewer than there were rows.
    return max(0, gathered(store.latest("npz_exports", key)).counted(what) - before.counted(what))


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
