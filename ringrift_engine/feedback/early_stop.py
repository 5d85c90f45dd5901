"""Whether a running training should end before its last sample, and what it means if the newest one did.

Two pure decisions. `early_stop` reads the held-out curve: no improvement for some measurements. `background_stop` reads
evaluations of the weights so far, games that were played beside the training: it ends one that gets worse at the game
while its losses still look well.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ringrift_engine.errors import DataError
from ringrift_engine.evaluation.intervals import wilson_interval
from ringrift_engine.feedback.history import ConfigurationHistory, OpponentResult
from ringrift_engine.feedback.settings import FeedbackSettings
from ringrift_engine.feedback.signals import TRAINING_EARLY_STOPPED, Signal


@dataclass(frozen=True)
class StopDecision:
    """Whether to stop, the index of the best measurement so far (None if there is none), and why."""

    stop: bool
    best: int | None
    why: str


def early_stop(held_out: Sequence[float], settings: FeedbackSettings) -> StopDecision:
    """Decide by the held-out losses so far, oldest first. A loss that is no number stops at once."""
    best = None
    for index, loss in enumerate(held_out):
        if not math.isfinite(loss):
            return StopDecision(True, best, f"held-out loss {index + 1} is {loss}")
        if best is None or loss < held_out[best] - settings.least_improvement * abs(held_out[best]):
            best = index
    if best is None:
        return StopDecision(False, None, "no held-out loss yet")
    waited = len(held_out) - 1 - best
    why = f"best held-out loss {held_out[best]:.4f}, {waited} measurements ago; {settings.patience} are waited for"
    return StopDecision(waited >= settings.patience, best, why)


def background_stop(evaluations: Sequence[OpponentResult], settings: FeedbackSettings) -> StopDecision:
    """Decide by games against one opponent, an evaluation each, oldest first.

    Stops if the newest win rate is below the best one by more than chance explains: their 95 % intervals do not meet.
    Evaluations of fewer than `background_games` games say nothing. DataError if they are against different opponents.
    """
    opponents = {result.opponent for result in evaluations}
    if len(opponents) > 1:
        raise DataError(f"Evaluations of one training cannot be compared: against {', '.join(sorted(opponents))}.")
    known = [index for index, result in enumerate(evaluations) if result.games >= settings.background_games]
    if not known:
        return StopDecision(False, None, f"no evaluation of {settings.background_games} games yet")
    best = max(known, key=lambda index: (_interval(evaluations[index])[0], index))
    newest = evaluations[known[-1]]
    why = f"newest evaluation {_said(newest)}, best {_said(evaluations[best])}"
    return StopDecision(_interval(newest)[1] < _interval(evaluations[best])[0], best, why)


def find_early_stop(history: ConfigurationHistory) -> Signal | None:
    """Whether the newest training was stopped before its end."""
    if not history.trainings or not history.trainings[-1].stopped:
        return None
    newest = history.trainings[-1]
    samples = newest.curve[-1].samples if newest.curve else 0
    why = f"training of generation {newest.generation} stopped after {samples} samples: {newest.stopped}"
    return Signal(name=TRAINING_EARLY_STOPPED, value=float(samples), why=why)


def _interval(result: OpponentResult) -> tuple[float, float]:
    return wilson_interval(result.wins, result.games)


def _said(result: OpponentResult) -> str:
    low, high = _interval(result)
    return f"{result.rate:.0%} of {result.games} games ({low:.0%} to {high:.0%})"
