"""What was noticed, and what it does: the two kinds of rows that a plan is explained by, and the arithmetic of factors.

A `Signal` is a fact about the history, to be kept in the registry under its name. A `Term` is its effect on one number
of the plan: an addend of the priority, a share of the opponents, a factor of everything else.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from ringrift_engine.errors import DataError

ELO_MOMENTUM: Final = "elo_momentum"
SELFPLAY_RATE_CHANGED: Final = "selfplay_rate_changed"
REGRESSION_DETECTED: Final = "regression_detected"
PLATEAU_DETECTED: Final = "plateau_detected"
TRAINING_BLOCKED_BY_QUALITY: Final = "training_blocked_by_quality"
LOW_QUALITY_DATA_WARNING: Final = "low_quality_data_warning"
QUALITY_DEGRADED: Final = "quality_degraded"
QUALITY_PENALTY_APPLIED: Final = "quality_penalty_applied"
TRAINING_LOSS_ANOMALY: Final = "training_loss_anomaly"
TRAINING_EARLY_STOPPED: Final = "training_early_stopped"
CURRICULUM_REBALANCED: Final = "curriculum_rebalanced"
OPPONENT_MASTERED: Final = "opponent_mastered"
EXPLORATION_BOOST: Final = "exploration_boost"

# name -> what its value is, and what follows from it. `docs/feedback.md` shows this table.
SIGNALS: Final[Mapping[str, tuple[str, str]]] = {
    ELO_MOMENTUM: (
        "Elo gained over the window",
        "games x `accelerating_factor` from +`momentum_elo`, x `regressing_factor` from -`momentum_elo`",
    ),
    REGRESSION_DETECTED: (
        "Elo lost, or win rate lost",
        "games x `regression_factor`; the velocity term of the priority at its highest",
    ),
    PLATEAU_DETECTED: (
        "generations without gain",
        "temperature x `overfit_boost` or `data_boost`, growing by `plateau_growth`; "
        "simulations x `search_step` to that power, at most `search_cap`",
    ),
    OPPONENT_MASTERED: (
        "win rate against `subject`",
        "its share x `mastered_keep`, the rest to harder opponents; temperature x `mastered_cooling`",
    ),
    TRAINING_BLOCKED_BY_QUALITY: ("score", "no training; games x `blocked_games_factor`"),
    LOW_QUALITY_DATA_WARNING: (
        "score of the games of `subject`",
        "its share x `throttle_factor`, no raised temperature, for `throttle_generations` generations",
    ),
    QUALITY_DEGRADED: ("score", "batch size x `degraded_batch_factor`, epochs x `degraded_epoch_factor`"),
    QUALITY_PENALTY_APPLIED: ("factor", "curriculum weight x 1 - `quality_penalty` x shortfall from `good_quality`"),
    TRAINING_LOSS_ANOMALY: ("the loss that is wrong", "the next training checks its data whole before it begins"),
    TRAINING_EARLY_STOPPED: (
        "samples seen",
        "curriculum weight x `early_stop_step`, temperature x `early_stop_boost`",
    ),
    CURRICULUM_REBALANCED: ("curriculum weight", "a term of the priority"),
    EXPLORATION_BOOST: ("factor of the temperature, above 1", "drawn moves are more diverse"),
    SELFPLAY_RATE_CHANGED: ("factor of the games", "more games than the base; none if it is 0"),
}


@dataclass(frozen=True, kw_only=True)
class Signal:
    """Something noticed; `name` is one of `SIGNALS`, `subject` the opponent or player it is about, if it is about one.

    DataError for an unknown name.
    """

    name: str
    value: float
    why: str
    subject: str = ""

    def __post_init__(self) -> None:
        if self.name not in SIGNALS:
            raise DataError(f"Unknown signal {self.name!r}; known: {', '.join(SIGNALS)}.")

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values; a number that is not finite becomes the text that `float` reads."""
        return {**asdict(self), "value": self.value if math.isfinite(self.value) else str(self.value)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; DataError for something else."""
        try:
            return cls(**{**values, "value": float(values["value"])})
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"Not a signal ({error}). Plan again.") from error


@dataclass(frozen=True, kw_only=True)
class Term:
    """What one thing does to one number (`quantity`) of a plan, always finite."""

    quantity: str
    name: str
    value: float
    why: str

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values, read back by `from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; DataError for something else."""
        try:
            return cls(**values)
        except TypeError as error:
            raise DataError(f"Not a term ({error}). Plan again.") from error


def product(terms: Iterable[Term]) -> float:
    """The terms' values multiplied; 1 without any."""
    return math.prod(term.value for term in terms)


def limited(quantity: str, terms: list[Term], least: float, most: float) -> list[Term]:
    """The factors, and one more that brings their product back between `least` and `most` if it is outside."""
    value = product(terms)
    bounded = min(max(value, least), most)
    if bounded == value:
        return terms
    why = f"{value:.2f} is brought to the limit {bounded:.2f}"
    return [*terms, Term(quantity=quantity, name="limit", value=bounded / value, why=why)]
