"""What a model has to show for each kind of promotion, and the evidence that it is judged by. Plain data and its JSON
form.

There is one set of criteria and all that a promotion asks must hold: several ways to pass would be several chances at
a lucky sample. The floors against random and heuristic stand in `evaluation.floors`, the ladder of tiers in `tiers`.

A win rate is the share of opponents that finished behind: with two players the share of games won, and one half is even
play whatever the number of players.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, Self

from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.evaluation.floors import Floors, floors_of
from ringrift_engine.evaluation.sequential import SequentialSettings
from ringrift_engine.promotion.regression import RegressionEvent

RANDOM_FLOOR: Final = "random_floor"
HEURISTIC_FLOOR: Final = "heuristic_floor"
MIN_GAMES: Final = "min_games_played"
MIN_WIN_RATE: Final = "min_win_rate"
ELO_IMPROVEMENT: Final = "min_elo_improvement"
VALUE_ERROR: Final = "max_value_mse_degradation"
CONFIDENCE: Final = "confidence_threshold"
TIER_GAMES: Final = "tier_games_required"
TIER_WIN_RATE: Final = "tier_win_rate"
WINNER: Final = "tournament_winner"
BASELINE_PLAYED: Final = "baseline_played"
REGRESSION: Final = "regression"
NEW_MODEL: Final = "new_model"
MODEL_FILE: Final = "model_file"
NO_CRASH: Final = "no_crash"
DISTINCT_OPPONENTS: Final = "distinct_opponents"
OVERRIDE: Final = "override"

_ERROR_DIGITS: Final = 9  # 1 - 0.95 is not 0.05 in binary


class PromotionType(StrEnum):
    """What a model is promoted to."""

    STAGING = "staging"
    """development -> staging: it plays sensibly"""
    PRODUCTION = "production"
    """staging -> production: stronger than the model that plays now"""
    TIER = "tier"
    """the next tier of the ladder"""
    CHAMPION = "champion"
    """the winner of a tournament"""
    ROLLBACK = "rollback"
    """the model before, in place of one that proved weaker"""


@dataclass(frozen=True)
class WinCount:
    """Games against one opponent, how many the candidate won, and its `points`: the sum over the games of the share of
    opponents that finished behind it. Without points a game that was not won gives none.

    ConfigError for more wins or points than games; points may be NaN, which passes no criterion.
    """

    wins: int
    games: int
    points: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.wins <= self.games:
            raise ConfigError(f"Evidence needs 0 <= wins <= games, not {self.wins} wins of {self.games} games.")
        if self.points is not None and (self.points < 0 or self.points > self.games):
            raise ConfigError(f"Evidence needs 0 <= points <= games, not {self.points} points of {self.games} games.")

    @property
    def score(self) -> float:
        """Share of opponents that finished behind, in [0, 1]; NaN without games."""
        points = self.wins if self.points is None else self.points
        return points / self.games if self.games else math.nan

    def plus(self, other: "WinCount") -> "WinCount":
        """Both together."""
        points = self.score * self.games if self.games else 0.0
        more = other.score * other.games if other.games else 0.0
        return WinCount(self.wins + other.wins, self.games + other.games, points + more)


@dataclass(frozen=True)
class OpponentGames:
    """Games against one named opponent, of a tier or of a tournament; `score` is the opponent's own over all of its
    games in the tournament, None where there is none.
    """

    opponent: str
    count: WinCount
    score: float | None = None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What was measured of one candidate. What was not measured is None, and never passes where it is asked for.

    candidate, promoted    content hashes; `promoted` is the model that it is compared with, None if there is none
    training_games         games that the candidate could learn from: decides which floors hold
    against_promoted       rounds against the promoted model by the candidate's half points (`evaluation.match_result`)
    test                   sequential test under which those were played; None for that of the criteria
    candidate_value_error  error of the value on held-out games (`evaluation.value_error`)
    promoted_value_error   the promoted model's on the same games
    held_out_games         how many games those are
    opponents              games of a tier or of a tournament
    tier                   the tier that the candidate holds, of `tiers.LADDER`
    regression             what the rollback monitor found of the promoted model
    crashed_games          games that broke down: nobody's loss, but what is left is not the match that was planned
    model_file             content hash of the candidate's file as it lies there now; None if nobody looked
    """

    num_players: int
    candidate: str
    promoted: str | None
    training_games: int = 0
    against_random: WinCount | None = None
    against_heuristic: WinCount | None = None
    against_promoted: tuple[int, ...] | None = None
    test: SequentialSettings | None = None
    candidate_value_error: float | None = None
    promoted_value_error: float | None = None
    held_out_games: int = 0
    opponents: tuple[OpponentGames, ...] = ()
    tier: int = 1
    regression: RegressionEvent | None = None
    crashed_games: int = 0
    model_file: str | None = None


@dataclass(frozen=True, kw_only=True)
class PromotionCriteria:
    """Limits of the criteria; ConfigError for impossible ones."""

    min_elo_improvement: float = 25.0
    """Elo over the promoted model that the sequential test looks for."""
    min_games_played: int = 50
    """Least games against each opponent."""
    min_win_rate: float = 0.52
    """Least win rate against the promoted model; of a staging promotion and of a champion, over all games."""
    max_value_mse_degradation: float = 0.05
    """How much larger the candidate's value error may be than the promoted model's."""
    confidence_threshold: float = 0.95
    """One minus the chance of each error of the sequential test, and of intervals."""
    tier_games_required: int = 100
    """Least games against the opponent of a tier."""
    floor_random: float | None = None
    """Least win rate against the random player; None for the floor of the model's amount of data."""
    floor_heuristic: float | None = None
    """Least win rate against the heuristic; None likewise."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.min_elo_improvement) and self.min_elo_improvement > 0):
            raise ConfigError(f"Promotion: min_elo_improvement = {self.min_elo_improvement} must be above 0.")
        for name in ("min_games_played", "tier_games_required"):
            if getattr(self, name) < 1:
                raise ConfigError(f"Promotion: {name} = {getattr(self, name)} must be 1 or more.")
        if not (math.isfinite(self.max_value_mse_degradation) and self.max_value_mse_degradation >= 0):
            raise ConfigError(
                f"Promotion: max_value_mse_degradation = {self.max_value_mse_degradation} must be 0 or more."
            )
        if not 0.5 < self.confidence_threshold < 1:
            raise ConfigError(
                f"Promotion: confidence_threshold = {self.confidence_threshold} must be between 0.5 and 1."
            )
        for name in ("min_win_rate", "floor_random", "floor_heuristic"):
            if (share := getattr(self, name)) is not None and not 0 <= share <= 1:
                raise ConfigError(f"Promotion: {name} = {share} must be between 0 and 1.")

    @cached_property
    def test(self) -> SequentialSettings:
        """The sequential test that these criteria mean."""
        error = round(1 - self.confidence_threshold, _ERROR_DIGITS)
        return SequentialSettings(elo1=self.min_elo_improvement, alpha=error, beta=error)

    def floors(self, num_players: int, training_games: int) -> Floors:
        """The least win rates against the fixed opponents."""
        floors = floors_of(num_players, training_games)
        random = floors.random if self.floor_random is None else self.floor_random
        heuristic = floors.heuristic if self.floor_heuristic is None else self.floor_heuristic
        return floors if (random, heuristic) == (floors.random, floors.heuristic) else Floors("set", random, heuristic)


@dataclass(frozen=True, kw_only=True)
class CriterionResult:
    """One criterion: what was measured, what was needed, over how many games, and a sentence for people.

    `measured` is NaN where nothing was measured, `needed` where there is nothing to compare with.
    """

    name: str
    passed: bool
    measured: float
    needed: float
    games: int
    why: str

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values; what is no finite number becomes None, which JSON can hold."""
        return {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; DataError for something else."""
        try:
            numbers = {name: math.nan if values[name] is None else values[name] for name in ("measured", "needed")}
            return cls(**{**values, **numbers})
        except (KeyError, TypeError) as error:
            raise DataError(f"Not the result of a criterion ({error}). Decide about the candidate again.") from error


@dataclass(frozen=True, kw_only=True)
class PromotionDecision:
    """Whether a candidate is promoted, and every criterion's result.

    baseline         the model that it was compared with and is to replace; None if there is none
    target           what it becomes: a stage, a tier, a title
    elo_improvement  Elo over the baseline (`decision.estimated`); None without games against it, if nobody asked for
                     it, and if every game went one way
    """

    candidate: str
    baseline: str | None
    promoted: bool
    criteria: tuple[CriterionResult, ...]
    promotion_type: PromotionType = PromotionType.PRODUCTION
    target: str = PromotionType.PRODUCTION.value
    elo_improvement: float | None = None

    @property
    def summary(self) -> str:
        """One sentence: promoted, or refused and why."""
        if self.override is not None:
            return f"promoted: {self.override}"
        if self.promoted:
            return "promoted: " + "; ".join(result.why for result in self.criteria)
        return "refused: " + "; ".join(result.why for result in self.criteria if not result.passed)

    @property
    def override(self) -> str | None:
        """What the person said who set the criteria aside; None if nobody did."""
        return next((result.why for result in self.criteria if result.name == OVERRIDE), None)

    @property
    def measured(self) -> bool:
        """Whether all criteria had something to be judged by: then a refusal says something about the model."""
        return all(math.isfinite(result.measured) and result.name != NO_CRASH for result in self.criteria)

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values, read back by `from_json`."""
        return {**asdict(self), "criteria": [result.to_json() for result in self.criteria]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; DataError for something else."""
        try:
            criteria = tuple(CriterionResult.from_json(result) for result in values["criteria"])
            kind = PromotionType(values["promotion_type"])
            return cls(**{**values, "criteria": criteria, "promotion_type": kind})
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"Not a decision about a candidate ({error}). Decide again.") from error
