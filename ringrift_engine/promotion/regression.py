"""When a promoted model is taken back: limits in, numbers in, an event out. No file, clock or registry.

What is judged are games of the promoted model against the one before it, so a regression is measured directly and not
as the difference of two ratings. Three things take a model back: a fall of twice the threshold at once, a fall of the
threshold in so many checks in a row, and a win rate below its limit. Twenty games say little: a model of equal strength
falls by sixty Elo in every fifth such match. So the platform's own matches are longer (`rollback.games_a_check`), and
`tests/ringrift_engine/promotion/test_regression.py` says how often an equal model is taken back with them.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.evaluation.intervals import elo_of_score

SEVERE: Final = "severe"
LOW_WIN_RATE: Final = "low win rate"
CONSECUTIVE: Final = "consecutive"
_SEVERE_FACTOR: Final = 2


@dataclass(frozen=True, kw_only=True)
class RollbackCriteria:
    """Limits of the monitor; ConfigError for impossible ones."""

    elo_regression_threshold: float = -30.0
    """Elo of the promoted model over the one before it, at or below which it regressed; twice as much is severe."""
    min_games_for_regression: int = 20
    """Fewer games say nothing."""
    consecutive_checks_required: int = 3
    """Regressions in a row that take a model back."""
    min_win_rate: float = 0.40
    """A lower win rate against the model before takes a model back at once."""
    time_window_seconds: float = 3_600.0
    """How far back games count, and how long a promoted model is watched at least."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.elo_regression_threshold) and self.elo_regression_threshold <= 0):
            raise ConfigError(
                f"Rollback: elo_regression_threshold = {self.elo_regression_threshold} must be 0 or less."
            )
        for name in ("min_games_for_regression", "consecutive_checks_required"):
            if getattr(self, name) < 1:
                raise ConfigError(f"Rollback: {name} = {getattr(self, name)} must be 1 or more.")
        if not 0 <= self.min_win_rate <= 1:
            raise ConfigError(f"Rollback: min_win_rate = {self.min_win_rate} must be between 0 and 1.")
        if not self.time_window_seconds > 0:
            raise ConfigError(f"Rollback: time_window_seconds = {self.time_window_seconds} must be above 0.")


@dataclass(frozen=True, kw_only=True)
class RegressionCheck:
    """One check of a promoted model: what was measured, what it means, and how many regressions came in a row.

    games, score    against the model before; `score` is its win rate in [0, 1], NaN without games
    elo             Elo over the model before; NaN without games
    enough, new     whether the games suffice, and whether some of them came since the check before: games that were
                    looked at already are no second regression
    regressed       at or below the threshold
    consecutive     regressions in a row, this check included if it counts
    trigger         SEVERE, LOW_WIN_RATE or CONSECUTIVE; empty while the model stays
    at              seconds since 1970
    """

    model: str
    previous: str
    games: int
    score: float
    elo: float
    enough: bool
    new: bool
    regressed: bool
    consecutive: int
    trigger: str
    why: str
    at: float

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values, NaN as None."""
        return {name: None if value != value else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; DataError for something else."""
        try:
            numbers = {name: math.nan if values[name] is None else values[name] for name in ("score", "elo")}
            return cls(**{**values, **numbers})
        except (KeyError, TypeError) as error:
            raise DataError(f"Not a check of a promoted model ({error}). Check it again.") from error


@dataclass(frozen=True, kw_only=True)
class RegressionEvent:
    """A promoted model that is to be taken back.

    current_elo, baseline_elo   ratings of both on the scale of whoever asked; the difference is what was measured
    """

    config_key: str
    model_id: str
    previous_model_id: str
    current_elo: float
    baseline_elo: float
    threshold: float
    games: int
    win_rate: float
    consecutive: int
    trigger: str
    reason: str

    @property
    def elo_regression(self) -> float:
        """Elo of the model over the one before it: below 0."""
        return self.current_elo - self.baseline_elo


def judge(
    criteria: RollbackCriteria,
    *,
    model: str,
    previous: str,
    games: int,
    points: float,
    new: bool,
    before: int,
    at: float,
) -> RegressionCheck:
    """The check of `model` after `games` games that gave it `points`, with `before` regressions in a row until now."""
    score = points / games if games else math.nan
    elo = observed_elo(points, games)
    enough = games >= criteria.min_games_for_regression
    regressed = enough and elo <= criteria.elo_regression_threshold
    consecutive = (before + regressed if regressed else 0) if enough and new else before
    trigger = _trigger(criteria, elo, score, consecutive) if enough else ""
    return RegressionCheck(
        model=model,
        previous=previous,
        games=games,
        score=score,
        elo=elo,
        enough=enough,
        new=new,
        regressed=regressed,
        consecutive=consecutive,
        trigger=trigger,
        why=_why(criteria, games, score, elo, enough, new, consecutive, trigger),
        at=at,
    )


def observed_elo(points: float, games: int) -> float:
    """Elo of a score, NaN without games; one side's last half point is what a score of 0 or 1 falls short of at most,
    so the number is finite.
    """
    if not games:
        return math.nan
    least = 0.5 / games
    return elo_of_score(min(max(points / games, least), 1 - least))


def _trigger(criteria: RollbackCriteria, elo: float, score: float, consecutive: int) -> str:
    if elo <= _SEVERE_FACTOR * criteria.elo_regression_threshold:
        return SEVERE
    if score < criteria.min_win_rate:
        return LOW_WIN_RATE
    return CONSECUTIVE if consecutive >= criteria.consecutive_checks_required else ""


def _why(
    criteria: RollbackCriteria,
    games: int,
    score: float,
    elo: float,
    enough: bool,
    new: bool,
    consecutive: int,
    trigger: str,
) -> str:
    if not enough:
        return f"{games} games against the model before, {criteria.min_games_for_regression} needed"
    limit = criteria.elo_regression_threshold
    text = f"{elo:+.0f} Elo over the model before (win rate {score:.1%} of {games} games, threshold {limit:+g} Elo)"
    meaning = {
        SEVERE: f"a severe regression: {_SEVERE_FACTOR} times the threshold",
        LOW_WIN_RATE: f"a win rate below {criteria.min_win_rate:.0%}",
        CONSECUTIVE: f"{consecutive} regressions in a row",
    }
    if trigger:
        return f"{text}: {meaning[trigger]}"
    if not new:
        return f"{text}; no game came since the check before"
    if consecutive:
        return f"{text}: regression {consecutive} of {criteria.consecutive_checks_required}"
    return f"{text}: no regression"
