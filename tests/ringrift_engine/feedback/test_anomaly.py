"""Loss anomaly: numbers that are none, spikes at each stage of a training, and how the request ends."""

import math
from dataclasses import replace

import pytest

from ringrift_engine.feedback.anomaly import find_anomaly
from ringrift_engine.feedback.settings import DEFAULTS
from tests.ringrift_engine.feedback.histories import CONTENT, quality, training


def trained(*losses, held_out=None):
    return replace(CONTENT, trainings=(training(5, losses, held_out),))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_number(bad):
    assert "200 samples" in find_anomaly(trained(1.0, bad, 1.0), DEFAULTS).why
    assert "held-out" in find_anomaly(trained(1.0, 1.0, held_out=bad), DEFAULTS).why


# Mean 1.0 and deviation 0.1 before the jump: 0.9 and 1.1 by turns.
CALM = (0.9, 1.1)


@pytest.mark.parametrize(
    ("before", "after", "limit"),
    [
        (4, 16, 1.5),  # point 5 of 21: the first third, 5 deviations
        (6, 14, 1.5),  # point 7 of 21: the last of the first third
        (6, 13, 1.35),  # point 7 of 20: the second third, 3.5 deviations
        (12, 7, 1.35),  # point 13 of 20: still the second third
        (12, 6, 1.25),  # point 13 of 19: the last third, 2.5 deviations
        (8, 2, 1.25),  # point 9 of 11
    ],
)
def test_a_spike_is_further_above_the_mean_early_than_late(before, after, limit):
    def curve(jump):
        return trained(*CALM * (before // 2), jump, *(CALM * after)[:after])

    assert find_anomaly(curve(limit - 0.001), DEFAULTS) is None
    found = find_anomaly(curve(limit + 0.001), DEFAULTS)
    assert found.value == limit + 0.001
    assert f"{100 * (before + 1)} samples" in found.why


def test_a_flat_curve_may_waver_by_a_percent_of_its_mean():
    assert find_anomaly(trained(2.0, 2.0, 2.0, 2.0499), DEFAULTS) is None
    assert find_anomaly(trained(2.0, 2.0, 2.0, 2.0501), DEFAULTS) is not None


def test_a_falling_curve_is_no_anomaly():
    assert find_anomaly(trained(3.0, 2.5, 2.2, 2.0, 1.9, 1.85, 1.83, 1.82), DEFAULTS) is None


def test_two_points_are_too_few_to_know_a_mean():
    assert find_anomaly(trained(1.0, 1.0, 9.0), DEFAULTS) is None


def test_only_the_newest_training_counts():
    rows = training(4, [math.nan]), training(5, [1.0])
    assert find_anomaly(replace(CONTENT, trainings=rows), DEFAULTS) is None
    assert find_anomaly(CONTENT, DEFAULTS) is None


def test_the_request_stands_until_the_next_training_whatever_games_come():
    history = replace(trained(math.nan), qualities=(quality(6, 0.9, "good"),))
    assert find_anomaly(history, DEFAULTS) is not None
    later = (*history.trainings, training(6, [1.0]))
    assert find_anomaly(replace(history, trainings=later), DEFAULTS) is None
