"""Quality of the newest games: what poor ones do to training, to the number of games and to the setting that made them.

The gate decides the grade; here is what follows. Games below the gate block training, so more are asked for, from
other settings: the player that made them keeps part of its share (`opponents`) and no temperature is raised
(`exploration`) for some generations. A low score does not say whether games were too wild or too alike, so it lowers no
temperature by itself.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

from ringrift_engine.feedback.history import DEGRADED, GRADES, ConfigurationHistory, QualityResult
from ringrift_engine.feedback.settings import FeedbackSettings
from ringrift_engine.feedback.signals import (
    LOW_QUALITY_DATA_WARNING,
    QUALITY_DEGRADED,
    TRAINING_BLOCKED_BY_QUALITY,
    Signal,
    Term,
)


@dataclass(frozen=True, kw_only=True)
class TrainingAdjustment:
    """What the next training does differently: nothing at all if `blocked`, else factors of batch size and epochs.

    `check_data` asks for the games to be checked again before they are learnt from.
    """

    blocked: bool
    batch_factor: float
    epoch_factor: float
    check_data: bool

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values."""
        return asdict(self)


def newest_quality(history: ConfigurationHistory) -> QualityResult | None:
    """The worst result of the newest generation that has any: one bad part spoils a training set."""
    if not history.qualities:
        return None
    newest = [row for row in history.qualities if row.generation == history.qualities[-1].generation]
    return max(newest, key=lambda row: (row.blocks, GRADES.index(row.grade), -_known(row.score)))


def find_quality(history: ConfigurationHistory) -> Signal | None:
    """Whether the newest games block training, or are only good enough for a careful one; None if they are good."""
    row = newest_quality(history)
    if row is None or not (row.blocks or row.grade == DEGRADED):
        return None
    name = TRAINING_BLOCKED_BY_QUALITY if row.blocks else QUALITY_DEGRADED
    why = f"games of player {row.player}, generation {row.generation}: quality {row.score:.2f}, grade {row.grade}"
    return Signal(name=name, value=row.score, why=why, subject=row.player)


def find_throttled(history: ConfigurationHistory, settings: FeedbackSettings) -> tuple[Signal, ...]:
    """One signal for each player whose games were below the gate in the newest `throttle_generations` generations."""
    oldest = history.generation - settings.throttle_generations
    bad = {row.player: row for row in history.qualities if row.blocks and row.generation >= oldest}
    return tuple(
        Signal(
            name=LOW_QUALITY_DATA_WARNING,
            value=row.score,
            why=f"quality {row.score:.2f} in generation {row.generation} was below the gate",
            subject=player,
        )
        for player, row in sorted(bad.items())
    )


def games_terms(quality: Signal | None, settings: FeedbackSettings) -> list[Term]:
    """The factor of games while quality blocks training."""
    if quality is None or quality.name != TRAINING_BLOCKED_BY_QUALITY:
        return []
    return [Term(quantity="games", name="quality", value=settings.blocked_games_factor, why=quality.why)]


def adjust_training(quality: Signal | None, anomaly: Signal | None, settings: FeedbackSettings) -> TrainingAdjustment:
    """What follows for the next training. Degraded data: smaller batches, more epochs."""
    degraded = quality is not None and quality.name == QUALITY_DEGRADED
    return TrainingAdjustment(
        blocked=quality is not None and not degraded,
        batch_factor=settings.degraded_batch_factor if degraded else 1.0,
        epoch_factor=settings.degraded_epoch_factor if degraded else 1.0,
        check_data=anomaly is not None,
    )


def shortfall(history: ConfigurationHistory, settings: FeedbackSettings) -> float:
    """How far the newest score is below `good_quality`, 0 to 1; 1 if it could not be measured."""
    row = newest_quality(history)
    return 0.0 if row is None else max(0.0, 1 - _known(row.score) / settings.good_quality)


def _known(score: float) -> float:
    return 0.0 if math.isnan(score) else score
