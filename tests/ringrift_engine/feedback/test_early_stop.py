"""Stopping a training: by its held-out curve, and by games beside it; what a stopped one leaves behind."""

import math
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings, strategies

from ringrift_engine.errors import DataError
from ringrift_engine.feedback.early_stop import background_stop, early_stop, find_early_stop
from ringrift_engine.feedback.history import OpponentResult
from ringrift_engine.feedback.settings import DEFAULTS
from tests.ringrift_engine.feedback.histories import CONTENT, training


@pytest.mark.parametrize(
    ("losses", "stop", "best"),
    [
        ((), False, None),
        ((2.0,), False, 0),
        ((2.0, 1.0, 1.1, 1.2), False, 1),
        ((2.0, 1.0, 1.1, 1.2, 1.3), True, 1),
        ((2.0, 1.0, 1.1, 1.2, 0.9), False, 4),
        ((2.0, 1.9995, 1.999, 1.9985), True, 0),  # each a quarter of a thousandth: none a thousandth of the best
        ((2.0, 1.997, 1.994, 1.991), False, 3),
        ((2.0, math.nan), True, 0),
        ((math.inf,), True, None),
    ],
)
def test_early_stop(losses, stop, best):
    found = early_stop(losses, DEFAULTS)
    assert (found.stop, found.best) == (stop, best)
    assert ("held-out loss 2 is nan" in found.why) is (len(losses) == 2 and math.isnan(losses[1]))


@settings(max_examples=60)
@given(losses=strategies.lists(strategies.floats(0.1, 5), min_size=1, max_size=12))
def test_a_training_that_keeps_improving_is_never_stopped(losses):
    falling = sorted({round(loss, 1) for loss in losses}, reverse=True)
    assert not early_stop(falling, DEFAULTS).stop


def evaluations(*counts):
    return [OpponentResult(opponent="promoted", wins=wins, games=games) for wins, games in counts]


@pytest.mark.parametrize(
    ("counts", "stop", "best"),
    [
        ((), False, None),
        (((0, 19),), False, None),
        (((70, 100),), False, 0),
        # Wilson 95 %: 70 of 100 is 0.604 to 0.781, 50 of 100 is 0.404 to 0.596, 51 of 100 is 0.413 to 0.606.
        (((70, 100), (50, 100)), True, 0),
        (((70, 100), (51, 100)), False, 0),
        (((70, 100), (10, 19)), False, 0),  # too few games say nothing
        (((50, 100), (70, 100)), False, 1),
        (((50, 100), (70, 100), (45, 100)), True, 1),
        (((70, 100), (30, 100), (68, 100)), False, 0),  # it recovered
        (((20, 20), (5, 20)), True, 0),
        (((190, 200), (20, 20)), False, 0),  # 0.910 to 0.973, 0.839 to 1: the first is surely good
    ],
)
def test_background_evaluation_stops_a_training_that_gets_worse(counts, stop, best):
    found = background_stop(evaluations(*counts), DEFAULTS)
    assert (found.stop, found.best) == (stop, best)


def test_chance_alone_rarely_stops_a_training():
    """Simulated: eight evaluations of 100 games at one true strength; 95 % intervals that do not meet are rare."""
    random = Random(1)
    stopped = 0
    for _ in range(300):
        counts = [(sum(random.random() < 0.5 for _ in range(100)), 100) for _ in range(8)]
        stopped += any(background_stop(evaluations(*counts[:seen]), DEFAULTS).stop for seen in range(1, 9))
    assert stopped < 0.10 * 300


def test_evaluations_against_different_opponents_cannot_be_compared():
    other = OpponentResult(opponent="heuristic", wins=5, games=20)
    with pytest.raises(DataError, match="heuristic, promoted"):
        background_stop([*evaluations((5, 20)), other], DEFAULTS)


def test_a_stopped_training_is_noticed():
    stopped = training(3, [2.0, 1.0], stopped="no improvement")
    found = find_early_stop(replace(CONTENT, trainings=(stopped,)))
    assert (found.value, "no improvement" in found.why) == (200, True)
    assert find_early_stop(replace(CONTENT, trainings=(stopped, training(4, [1.0])))) is None
    assert find_early_stop(replace(CONTENT, trainings=(training(3, [], stopped="at once"),))).value == 0
