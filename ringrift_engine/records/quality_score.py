"""From sub-scores to one score and a grade: a weighted mean, drawn towards the middle where few games speak.

A mean alone could not veto: a criterion at 0 would cost its weight and no more, and a thousand copies of one good game
would pass. So a vital criterion below a fifth limits the mean to five times its value.

With G games the score is (G * mean + 10 * 0.6) / (G + 10): as if ten games of middling quality, neither excellent nor
unusable, had been seen before. A share of ten games has a standard error of up to 0.16, about the width of a grade. So
two games score between 0.50 and 0.67 whatever they are, 17 perfect ones are needed for "excellent", more than ten
worthless ones for "unusable", and at 1,000 games the score is within 0.01 of the mean. Nothing draws the score of no
games, or of a number that is not a number: it is 0.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, Self

from ringrift_engine.errors import DataError

UNUSABLE: Final = "unusable"
GRADES: Final = (("excellent", 0.85), ("good", 0.70), ("adequate", 0.50), ("poor", 0.30), (UNUSABLE, 0.0))
"""Name and least score of each grade, best first."""

PRIOR_GAMES: Final = 10
PRIOR_SCORE: Final = 0.6


VITAL_BELOW: Final = 0.2
"""A vital sub-score limits the mean from here down; at half of it the mean is 0.5 at most."""


@dataclass(frozen=True)
class SubScore:
    """One part of a score: `value` from 0 to 1, its `weight` among the parts, what was measured, as text, and whether
    games are worth nothing without it.
    """

    name: str
    value: float
    weight: float
    why: str
    vital: bool = False

    @property
    def limit(self) -> float:
        """The highest mean that is possible with this sub-score."""
        return min(1.0, self.value / VITAL_BELOW) if self.vital else 1.0


@dataclass(frozen=True, kw_only=True)
class Quality:
    """A judgement of some games.

    games      how many they are
    mean       weighted mean of the sub-scores, within the limits of the vital ones; None without games or if one of
               them is not a number
    score      the same, drawn towards 0.6 for few games; 0 where there is no mean
    grade      a name of `GRADES`
    subscores  what went into the mean; a criterion that cannot be judged is not among them, and the others' weights
               count for more
    """

    games: int
    mean: float | None
    score: float
    grade: str
    subscores: tuple[SubScore, ...]

    @property
    def worst(self) -> SubScore | None:
        """The sub-score that takes most from the mean; None if none takes anything."""
        lost = {part: max(part.weight * (1 - part.value), 1 - part.limit) for part in self.subscores}
        worst = max(self.subscores, key=lambda part: math.inf if math.isnan(lost[part]) else lost[part], default=None)
        return None if worst is None or lost[worst] == 0 else worst

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values, a number that is not one as the text that `float` reads."""
        values = {field.name: _plain(getattr(self, field.name)) for field in fields(self)}
        return {**values, "subscores": [_part_to_json(part) for part in self.subscores]}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; DataError for something else."""
        try:
            subscores = tuple(
                SubScore(part["name"], float(part["value"]), float(part["weight"]), part["why"], part["vital"])
                for part in values["subscores"]
            )
            return cls(**{**{name: _read(value) for name, value in values.items()}, "subscores": subscores})
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"Not a {cls.__name__} ({error!r}). Measure the games again.") from error


def judge(subscores: Sequence[SubScore], games: int) -> tuple[float | None, float, str]:
    """Mean, score and grade of `games` games."""
    total = sum(part.weight for part in subscores)
    mean = sum(part.weight * part.value for part in subscores) / total if games and total else math.nan
    if not 0 <= mean <= 1 + 1e-9:  # also for NaN
        return None, 0.0, UNUSABLE
    mean = min(mean, *(part.limit for part in subscores))
    score = (games * mean + PRIOR_GAMES * PRIOR_SCORE) / (games + PRIOR_GAMES)
    return mean, score, grade_of(score)


def grade_of(score: float) -> str:
    """The grade of a score; "unusable" for a score that is not a number."""
    return next((name for name, least in GRADES if score >= least), UNUSABLE)


def _part_to_json(part: SubScore) -> dict[str, Any]:
    return {"name": part.name, "value": _plain(part.value), "weight": part.weight, "why": part.why, "vital": part.vital}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _read(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_read(item) for item in value)
    return float(value) if value in ("nan", "inf", "-inf") else value
