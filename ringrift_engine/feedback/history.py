"""What was recorded about a configuration: gauntlets, trainings, quality of games, rollbacks. Rows go to JSON and back.

A generation is one cycle: games, dataset, training, gauntlet. All rows carry its number, and `before` is the loop
guard: a step of generation g sees rows of generations below g only, never what it makes itself.

What was not measured is None. A measured number may be infinite or NaN where that can happen (a loss, a score, a match
without a point); JSON holds those as the text that `float` reads.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Any, ClassVar, Final, Self, cast

from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import DataError

RANDOM: Final = "random"
HEURISTIC: Final = "heuristic"
PROMOTED: Final = "promoted"  # in a gauntlet: the model that was promoted when the candidate was measured

GOOD: Final = "good"
DEGRADED: Final = "degraded"
BLOCKED: Final = "blocked"
GRADES: Final = (GOOD, DEGRADED, BLOCKED)


class _Row:
    """JSON form of a row: its fields, those of `_READERS` through their reader."""

    _READERS: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values, read back by `from_json`."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(cast(Any, self))}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; DataError for something else."""
        try:
            return cls(**{name: cls._READERS.get(name, _as_it_is)(value) for name, value in values.items()})
        except (AttributeError, TypeError, ValueError) as error:
            raise DataError(f"Not a {cls.__name__} ({error}). Record it again.") from error


def _as_it_is(value: Any) -> Any:
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, _Row):
        return value.to_json()
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or value is None:
        raise TypeError(f"{value!r} is no number")
    return float(value)


def _optional(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else read(value)


def _rows(kind: type[_Row]) -> Callable[[Iterable[Any]], tuple[_Row, ...]]:
    return lambda values: tuple(kind.from_json(value) for value in values)


@dataclass(frozen=True, kw_only=True)
class OpponentResult(_Row):
    """Games of a candidate against one opponent, and how many of them it won; DataError for impossible counts."""

    opponent: str
    wins: int
    games: int

    def __post_init__(self) -> None:
        _check_type("opponent", self.opponent, str)
        _check_counts(f"the games against {self.opponent!r}", wins=self.wins, games=self.games)
        if self.wins > self.games:
            raise DataError(f"{self.wins} wins of {self.games} games against {self.opponent!r}: count the match again.")

    @property
    def rate(self) -> float:
        """Part of the games that were won, NaN without games: a rate that passes no comparison."""
        return self.wins / self.games if self.games else math.nan


@dataclass(frozen=True, kw_only=True)
class EloDifference(_Row):
    """How much stronger than the promoted model, with its interval; infinite for a match that one side lost wholly."""

    _READERS = MappingProxyType({"value": _number, "low": _number, "high": _number})

    value: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.value <= self.high:  # also for NaN
            raise DataError(f"Elo difference {self.value} is not in its interval {self.low} to {self.high}.")


@dataclass(frozen=True, kw_only=True)
class GauntletResult(_Row):
    """How one candidate fared; `elo` is None without a promoted model to play against."""

    _READERS = MappingProxyType({"opponents": _rows(OpponentResult), "elo": _optional(EloDifference.from_json)})

    generation: int
    opponents: tuple[OpponentResult, ...]
    elo: EloDifference | None
    promoted: bool

    def __post_init__(self) -> None:
        _check_row(self.generation)
        _check_type("promoted", self.promoted, bool)
        if len({result.opponent for result in self.opponents}) < len(self.opponents):
            raise DataError(f"Generation {self.generation}: two results against one opponent; add their games.")

    def against(self, opponent: str) -> OpponentResult:
        """The games against an opponent, none if there were none."""
        found = [result for result in self.opponents if result.opponent == opponent]
        return found[0] if found else OpponentResult(opponent=opponent, wins=0, games=0)


@dataclass(frozen=True, kw_only=True)
class LossPoint(_Row):
    """Losses after a number of samples, nats: of the batches since the point before, and of held-out rows or None."""

    _READERS = MappingProxyType({"training": _number, "held_out": _optional(_number)})

    samples: int
    training: float
    held_out: float | None

    def __post_init__(self) -> None:
        _check_counts("a point of a learning curve", samples=self.samples)


@dataclass(frozen=True, kw_only=True)
class TrainingResult(_Row):
    """The learning curve of one training; `stopped` says why it was stopped early, empty if it ran to its end."""

    _READERS = MappingProxyType({"curve": _rows(LossPoint)})

    generation: int
    curve: tuple[LossPoint, ...]
    stopped: str = ""

    def __post_init__(self) -> None:
        _check_row(self.generation)
        _check_type("stopped", self.stopped, str)
        if any(later.samples <= earlier.samples for earlier, later in pairwise(self.curve)):
            raise DataError(f"Generation {self.generation}: the samples of a learning curve must rise.")


@dataclass(frozen=True, kw_only=True)
class QualityResult(_Row):
    """What the quality gate said of games that one player setting made; `player` is a name of the opponent mix.

    `score` is in [0, 1], or NaN if it could not be measured; then the games count as blocked whatever the grade.
    """

    _READERS = MappingProxyType({"score": _number})

    generation: int
    score: float
    grade: str
    player: str

    def __post_init__(self) -> None:
        _check_row(self.generation)
        _check_type("player", self.player, str)
        if self.grade not in GRADES:
            raise DataError(f"Generation {self.generation}: grade {self.grade!r}; known: {', '.join(GRADES)}.")
        if not (math.isnan(self.score) or 0 <= self.score <= 1):
            raise DataError(f"Generation {self.generation}: a quality score is 0 to 1, not {self.score}.")

    @property
    def blocks(self) -> bool:
        """Whether training must not use these games."""
        return self.grade == BLOCKED or math.isnan(self.score)


@dataclass(frozen=True, kw_only=True)
class ConfigurationHistory(_Row):
    """All that feedback knows of one configuration; rows in the order of their generations.

    generation             the one that is to be planned: rows of it and of later ones are not read
    newest_games_hours     age of the newest games, None without games
    games                  held for training
    searched_positions     of those games, decided by a search
    has_model              whether there is a promoted model to play with
    rollbacks              generations after whose gauntlet the promoted model was taken back
    launch_failures        starts of self-play that failed since the last that did not
    since_failure_seconds  time since the last of them, None without any
    """

    _READERS = MappingProxyType(
        {
            "gauntlets": _rows(GauntletResult),
            "trainings": _rows(TrainingResult),
            "qualities": _rows(QualityResult),
            "rollbacks": tuple,
        }
    )

    key: str
    generation: int
    newest_games_hours: float | None
    games: int
    searched_positions: int
    has_model: bool
    gauntlets: tuple[GauntletResult, ...] = ()
    trainings: tuple[TrainingResult, ...] = ()
    qualities: tuple[QualityResult, ...] = ()
    rollbacks: tuple[int, ...] = ()
    launch_failures: int = 0
    since_failure_seconds: float | None = None

    def __post_init__(self) -> None:
        BoardConfig.from_key(self.key)
        _check_row(self.generation)
        _check_type("has_model", self.has_model, bool)
        counts = {name: getattr(self, name) for name in ("games", "searched_positions", "launch_failures")}
        _check_counts(self.key, **counts)
        for name in ("newest_games_hours", "since_failure_seconds"):
            age = getattr(self, name)
            if age is not None and not (math.isfinite(age) and age >= 0):
                raise DataError(f"{self.key}: {name} = {age}; it is 0 or more, or None if there is none.")
        if self.launch_failures and self.since_failure_seconds is None:
            raise DataError(f"{self.key}: {self.launch_failures} launch failures, but no time since the last one.")
        _check_order(self.key, "gauntlets", [row.generation for row in self.gauntlets], strictly=True)
        _check_order(self.key, "trainings", [row.generation for row in self.trainings], strictly=True)
        _check_order(self.key, "qualities", [row.generation for row in self.qualities], strictly=False)
        _check_order(self.key, "rollbacks", self.rollbacks, strictly=False)


def before(history: ConfigurationHistory, generation: int) -> ConfigurationHistory:
    """The history as a step of `generation` may see it: only rows of generations below."""
    return replace(
        history,
        generation=generation,
        gauntlets=tuple(row for row in history.gauntlets if row.generation < generation),
        trainings=tuple(row for row in history.trainings if row.generation < generation),
        qualities=tuple(row for row in history.qualities if row.generation < generation),
        rollbacks=tuple(row for row in history.rollbacks if row < generation),
    )


# --- checks


def _check_row(generation: Any) -> None:
    if type(generation) is not int or generation < 1:
        raise DataError(f"A generation is a number from 1, not {generation!r}.")


def _check_type(name: str, value: Any, kind: type) -> None:
    if not isinstance(value, kind):
        raise DataError(f"{name} = {value!r}: {kind.__name__} is needed.")


def _check_counts(where: str, **counts: Any) -> None:
    for name, count in counts.items():
        if type(count) is not int or count < 0:
            raise DataError(f"{where}: {name} = {count!r}; a whole number from 0 is needed.")


def _check_order(key: str, name: str, generations: Sequence[int], *, strictly: bool) -> None:
    for earlier, later in pairwise(generations):
        if later < earlier or (strictly and later == earlier):
            raise DataError(f"{key}: {name} out of order: generation {later} follows {earlier}.")
    for generation in generations:
        _check_row(generation)
