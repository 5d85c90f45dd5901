"""What every generation came to, put together from the registry, the exports and the ladder."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from ringrift_assets.assets.evaluation import CALIBRATION_ROW
from ringrift_assets.assets.ladder import generations_of, over_time
from ringrift_assets.history import GAUNTLET, TRAINING
from ringrift_assets.partitions import ALL_CONFIGURATIONS
from ringrift_assets.registry import Registry
from ringrift_assets.storage import Store

if TYPE_CHECKING:
    from ringrift_engine.feedback.history import GauntletResult, TrainingResult


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A number of Elo with its 95 % interval; infinite after a match that one side lost wholly."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Score:
    """Games against one opponent, and how many of them the candidate won."""

    wins: int
    games: int


@dataclass(frozen=True, kw_only=True)
class Generation:
    """One generation; what was not measured, or what housekeeping removed, is None.

    games, rows      games that came with it, and positions of those
    held_out_loss    of the weights that were saved, nats
    value_error      mean squared error of a stated chance on held-out games; `constant_error` that of the best constant
    over_promoted    Elo over the model that was promoted before
    rating           Elo on the ladder, whose anchors are fixed
    against          match of the gauntlet -> score; `policy_heuristic` and `search_free` are those of the network alone
    promoted         whether the candidate was promoted; `why` it was refused
    """

    generation: int
    games: int | None = None
    rows: int | None = None
    held_out_loss: float | None = None
    value_error: float | None = None
    constant_error: float | None = None
    calibration_error: float | None = None
    over_promoted: Interval | None = None
    rating: Interval | None = None
    against: Mapping[str, Score] = field(default_factory=dict)
    promoted: bool | None = None
    why: str = ""

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values; null also for what is infinite."""
        return _finite(asdict(self))


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def generations(store: Store, registry: Registry, key: str) -> list[Generation]:
    """Every generation of which anything is known, in their order."""
    from ringrift_engine.feedback.history import GauntletResult, TrainingResult

    numbers, ratings = generations_of(store, registry, key), _ratings(store, key)
    with registry.open(store) as opened:
        gauntlets = {row.facts["generation"]: row for row in opened.history(GAUNTLET, key)}
        trainings = {row.facts["generation"]: row.facts for row in opened.history(TRAINING, key)}
        measured = {numbers.get(row.facts["model"]): row.facts for row in opened.history(CALIBRATION_ROW, key)}
        decisions = {numbers.get(row.decision.candidate): row.decision for row in opened.decisions(key)}
    games, rows = _exported(store, key)
    found = []
    for number in sorted({*games, *gauntlets, *trainings}):
        decision = decisions.get(number)
        found.append(
            Generation(
                generation=number,
                games=games.get(number),
                rows=rows.get(number),
                held_out_loss=_loss(TrainingResult.from_json(trainings[number])) if number in trainings else None,
                rating=ratings.get(number),
                why=decision.summary if decision is not None and not decision.promoted else "",
                **_calibration(measured.get(number)),
                **(_judged(GauntletResult.from_json(gauntlets[number].facts)) if number in gauntlets else {}),
            )
        )
    return found


def _exported(store: Store, key: str) -> tuple[dict[int, int], dict[int, int]]:
    """Generation -> games, and generation -> positions, of the exports that are there."""
    exports = store.latest("npz_exports", key)
    files = list(exports.report["by_file"].values()) if exports is not None else []
    return _sums(files, "games"), _sums(files, "rows")


def _sums(files: Iterable[Mapping[str, Any]], what: str) -> dict[int, int]:
    sums: dict[int, int] = {}
    for file in files:
        sums[file["generation"]] = sums.get(file["generation"], 0) + file[what]
    return sums


def _ratings(store: Store, key: str) -> dict[int, Interval]:
    ladder = store.latest("elo_ladder", ALL_CONFIGURATIONS)
    points = over_time(ladder.report["pools"]).get(key, ()) if ladder is not None else ()
    return {int(number): Interval(value=value, low=low, high=high) for number, value, low, high in points}


def _loss(training: "TrainingResult") -> float | None:
    """The held-out loss of what a training saved: its last weights, or its best if it was stopped."""
    losses = [point.held_out for point in training.curve if point.held_out is not None]
    if not losses:
        return None
    return min(losses) if training.stopped else losses[-1]


def _calibration(found: Mapping[str, Any] | None) -> dict[str, float]:
    if found is None:
        return {}
    return {
        "value_error": found["brier"],
        "constant_error": found["constant_brier"],
        "calibration_error": found["error"],
    }


def _judged(gauntlet: "GauntletResult") -> dict[str, Any]:
    elo = gauntlet.elo
    return {
        "over_promoted": Interval(value=elo.value, low=elo.low, high=elo.high) if elo is not None else None,
        "against": {one.opponent: Score(wins=one.wins, games=one.games) for one in gauntlet.opponents},
        "promoted": gauntlet.promoted,
    }
