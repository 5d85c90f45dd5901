"""Strength over the generations: sums of gains, rollbacks, and a line compared with numpy's."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from ringrift_engine.feedback.lineage import lineage, trend
from ringrift_engine.feedback.settings import DEFAULTS, FeedbackSettings
from tests.ringrift_engine.feedback.histories import CONTENT, gauntlet, histories, with_elos


def test_strength_is_the_sum_of_the_gains_of_promoted_models():
    rows = (
        gauntlet(1),  # refused before there was anything to beat: not measured
        gauntlet(2, promoted=True),
        gauntlet(3, 30.0, promoted=True),
        gauntlet(4, -10.0),
        gauntlet(5, 20.0, promoted=True),
        gauntlet(6, 5.0),
    )
    found = lineage(replace(CONTENT, gauntlets=rows))
    assert found.strengths == ((2, 0.0), (3, 30.0), (4, 20.0), (5, 50.0), (6, 55.0))
    assert [row.generation for row in found.reigning] == [2, 3, 5]
    assert found.fall is None


def test_a_rollback_takes_the_newest_promotion_away():
    rows = (gauntlet(1, promoted=True), gauntlet(2, 40.0, promoted=True), gauntlet(3, 6.0))
    found = lineage(replace(CONTENT, gauntlets=rows, rollbacks=(2,)))
    assert found.strengths == ((1, 0.0), (2, 40.0), (3, 6.0))
    assert [row.generation for row in found.reigning] == [1]
    assert found.rolled_back == {2}
    assert found.fall is None  # a gauntlet came after it


def test_a_rollback_after_the_newest_gauntlet_is_a_fall():
    rows = (gauntlet(1, promoted=True), gauntlet(2, 40.0, promoted=True))
    found = lineage(replace(CONTENT, gauntlets=rows, rollbacks=(2,)))
    assert found.fall == 40.0
    higher = replace(CONTENT, gauntlets=(*rows, gauntlet(3, 25.0, promoted=True)))
    assert lineage(replace(higher, rollbacks=(3,))).fall == 25.0
    assert lineage(replace(higher, rollbacks=(3, 3))).fall == 65.0
    assert lineage(replace(CONTENT, gauntlets=rows, rollbacks=(2, 2, 2))).reigning == ()


def test_an_endless_difference_counts_as_800_elo():
    assert lineage(with_elos(-math.inf, width=0.0)).strengths[-1] == (2, -800.0)


def test_too_few_candidates_have_no_trend():
    assert trend(with_elos(10.0), DEFAULTS) is None
    line = trend(with_elos(10.0, 20.0), DEFAULTS)
    assert (line.results, line.velocity, line.gain) == (3, pytest.approx(10.0), pytest.approx(20.0))


def test_only_the_window_counts():
    line = trend(with_elos(500.0, 0.0, 0.0, 0.0, 0.0, 0.0), DEFAULTS)
    assert (line.results, line.gain) == (5, 0.0)


@settings(max_examples=50)
@given(history=histories())
def test_the_line_is_the_one_that_numpy_lays(history):
    every = FeedbackSettings(window=100)
    line, points = trend(history, every), lineage(history).strengths
    if line is None:
        assert len(points) < 3
        return
    slope, _ = np.polyfit([generation for generation, _ in points], [elo for _, elo in points], 1)
    assert line.velocity == pytest.approx(slope, abs=1e-6)
    assert line.gain == pytest.approx(slope * (points[-1][0] - points[0][0]), abs=1e-6)
