"""What a candidate has to show, and the evidence that it is judged by. Plain data and its JSON form.

There is one set of criteria and all of them must hold: several ways to pass would be several chances at a lucky sample.
The floors against random and heuristic stand in `evaluation.floors`.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.evaluation.floors import Floors, floors_of
from ringrift_engine.evaluation.sequential import SequentialSettings

RANDOM_FLOOR: Final = "random_floor"
HEURISTIC_FLOOR: Final = "heuristic_floor"
STRONGER: Final = "stronger_than_promoted"
VALUE_ERROR: Final = "value_error"
NEW_MODEL: Final = "new_model"


@dataclass(frozen=True)
class WinCount:
    """Games against one opponent and how many the candidate won; ConfigError for more wins than games."""

    wins: int
    games: int

    def __post_init__(self) -> None:
        if not 0 <= self.wins <= self.games:
            raise ConfigError(f"Evidence needs 0 <= wins <= games, not {self.wins} wins of {self.games} games.")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What was measured of one candidate. What was not measured is None, and never passes where it is asked for.

    candidate, promoted    content hashes; `promoted` None for the first model of a configuration
    training_games         games that the candidate could learn from: decides which floors hold
    against_promoted       rounds against the promoted model by the candidate's half points (`evaluation.match_result`)
    candidate_value_error  error of the value on held-out games (`evaluation.value_error`)
    promoted_value_error   the promoted model's on the same games
    """

    num_players: int
    candidate: str
    promoted: str | None
    training_games: int
    against_random: WinCount | None
    against_heuristic: WinCount | None
    against_promoted: tuple[int, ...] | None = None
    candidate_value_error: float | None = None
    promoted_value_error: float | None = None


@dataclass(frozen=True, kw_only=True)
class PromotionRule:
    """Limits of the criteria; ConfigError for impossible ones."""

    min_games: int = 50
    """Least games against each opponent."""
    max_value_error_rise: float = 0.05
    """How much larger the candidate's value error may be than the promoted model's."""
    floor_random: float | None = None
    """Least win rate against the random player; None for the floor of the model's amount of data."""
    floor_heuristic: float | None = None
    """Least win rate against the heuristic; None likewise."""
    sequential: SequentialSettings = field(default_factory=SequentialSettings)
    """The test of being stronger than the promoted model."""

    def __post_init__(self) -> None:
        if self.min_games < 1:
            raise ConfigError(f"Promotion: min_games = {self.min_games} must be 1 or more.")
        if not (math.isfinite(self.max_value_error_rise) and self.max_value_error_rise >= 0):
            raise ConfigError(f"Promotion: max_value_error_rise = {self.max_value_error_rise} must be 0 or more.")
        for name in ("floor_random", "floor_heuristic"):
            if (floor := getattr(self, name)) is not None and not 0 <= floor <= 1:
                raise ConfigError(f"Promotion: {name} = {floor} must be between 0 and 1.")

    def floors(self, num_players: int, training_games: int) -> Floors:
        """The least win rates against the fixed opponents."""
        floors = floors_of(num_players, training_games)
        random = floors.random if self.floor_random is None else self.floor_random
        heuristic = floors.heuristic if self.floor_heuristic is None else self.floor_heuristic
        return floors if (random, heuristic) == (floors.random, floors.heuristic) else Floors("set", random, heuristic)


@dataclass(frozen=True, kw_only=True)
class CriterionResult:
    """One criterion: what was measured, what was needed, over how many games, and a sentence for people.

    `measured` is NaN where nothing was measured.
    """

    name: str
    passed: bool
    measured: float
    needed: float
    games: int
    why: str

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values; what is no finite number becomes None, which JSON can hold."""
        values = asdict(self)
        return {**values, "measured": self.measured if math.isfinite(self.measured) else None}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; DataError for something else."""
        try:
            return cls(**{**values, "measured": math.nan if values["measured"] is None else values["measured"]})
        except (KeyError, TypeError) as error:
            raise DataError(f"Not the result of a criterion ({error}). Decide about the candidate again.") from error


@dataclass(frozen=True, kw_only=True)
class PromotionDecision:
    """Whether a candidate is promoted in place of `baseline` (None: it is the first), and every criterion's result."""

    candidate: str
    baseline: str | None
    promoted: bool
    criteria: tuple[CriterionResult, ...]

    @property
    def summary(self) -> str:
        """One sentence: promoted, or refused and why."""
        if self.promoted:
            return "promoted: " + "; ".join(result.why for result in self.criteria)
        return "refused: " + "; ".join(result.why for result in self.criteria if not result.passed)

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values, read back by `from_json`."""
        criteria = [result.to_json() for result in self.criteria]
        return {
            "candidate": self.candidate, "baseline": self.baseline, "promoted": self.promoted, "criteria": criteria,
        }  # fmt: skip

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; DataError for something else."""
        try:
            criteria = tuple(CriterionResult.from_json(result) for result in values["criteria"])
            return cls(**{**values, "criteria": criteria})
        except (KeyError, TypeError) as error:
            raise DataError(f"Not a decision about a candidate ({error}). Decide again.") from error
