"""Loss anomaly: a loss of the newest training that is no number, or that jumps, and so asks for a check of its data.

The request stands until the next training, which checks its data whole before it begins.
"""

import math
import statistics

from ringrift_engine.feedback.history import ConfigurationHistory, TrainingResult
from ringrift_engine.feedback.settings import FeedbackSettings
from ringrift_engine.feedback.signals import TRAINING_LOSS_ANOMALY, Signal


def find_anomaly(history: ConfigurationHistory, settings: FeedbackSettings) -> Signal | None:
    """The first loss of the newest training that is wrong; None if there is none."""
    if not history.trainings:
        return None
    newest = history.trainings[-1]
    return _no_number(newest) or _spike(newest, settings)


def _no_number(training: TrainingResult) -> Signal | None:
    for point in training.curve:
        for name, loss in (("training", point.training), ("held-out", point.held_out)):
            if loss is not None and not math.isfinite(loss):
                return _signal(training, f"{name} loss {loss} after {point.samples} samples", loss)
    return None


def _spike(training: TrainingResult, settings: FeedbackSettings) -> Signal | None:
    """A loss far above the mean of those before it. Later in a training less is far: the curve should be calm."""
    losses = [point.training for point in training.curve]
    for index in range(settings.spike_points, len(losses)):
        mean = statistics.fmean(losses[:index])
        deviation = max(statistics.pstdev(losses[:index]), settings.spike_floor * abs(mean))
        allowed = _allowed(training.curve[index].samples / training.curve[-1].samples, settings)
        if losses[index] > mean + allowed * deviation:
            why = (
                f"training loss {losses[index]:.3f} after {training.curve[index].samples} samples, "
                f"above {mean:.3f} + {allowed:g} x {deviation:.3f}"
            )
            return _signal(training, why, losses[index])
    return None


def _allowed(progress: float, settings: FeedbackSettings) -> float:
    """Deviations that are no spike, at a part of the training."""
    if progress <= 1 / 3:
        return settings.spike_early
    return settings.spike_middle if progress <= 2 / 3 else settings.spike_late


def _signal(training: TrainingResult, why: str, loss: float) -> Signal:
    return Signal(name=TRAINING_LOSS_ANOMALY, value=loss, why=f"generation {training.generation}: {why}")
