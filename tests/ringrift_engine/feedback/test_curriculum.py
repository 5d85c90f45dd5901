"""Curriculum weight: promotions, refusals, poor games, stopped trainings, and its limits, by hand."""

from dataclasses import replace

import pytest

from ringrift_engine.feedback.curriculum import curriculum_terms, find_penalty
from ringrift_engine.feedback.early_stop import find_early_stop
from ringrift_engine.feedback.settings import DEFAULTS
from ringrift_engine.feedback.signals import product
from tests.ringrift_engine.feedback.histories import CONTENT, gauntlet, quality, training


def weight(history):
    return product(curriculum_terms(history, find_early_stop(history), find_penalty(history, DEFAULTS), DEFAULTS))


def judged(pattern, **changes):
    """P for promoted, R for refused."""
    rows = [gauntlet(index, promoted=letter == "P") for index, letter in enumerate(pattern, start=1)]
    return replace(CONTENT, gauntlets=tuple(rows), **changes)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", 1.0),
        ("P", 0.9),
        ("R", 1 / 0.9),
        ("PR", 1.0),
        ("PPPPP", 0.59049),
        ("PPPPPPPPP", 0.59049),  # no more than the window
        ("RRRRR", 1 / 0.59049),
        ("PPPPPRRRRR", 1 / 0.59049),
    ],
)
def test_promotions_lower_it_and_refusals_raise_it(pattern, expected):
    assert weight(judged(pattern)) == pytest.approx(expected)


def test_a_promotion_that_was_rolled_back_counts_as_a_refusal():
    assert weight(judged("PP", rollbacks=(2,))) == pytest.approx(1.0)


def test_a_stopped_training_raises_it():
    stopped = (training(1, [1.0], stopped="no improvement"),)
    assert weight(judged("", trainings=stopped)) == pytest.approx(1.3)
    assert weight(judged("", trainings=(*stopped, training(2, [1.0])))) == 1.0


@pytest.mark.parametrize(("score", "expected"), [(0.8, 1.0), (0.35, 0.9), (0.0, 0.8), (float("nan"), 0.8)])
def test_poor_games_lower_it_by_their_shortfall(score, expected):
    assert weight(judged("", qualities=(quality(1, score, "degraded"),))) == pytest.approx(expected)


def test_a_good_score_is_no_penalty():
    assert find_penalty(judged("", qualities=(quality(1, 0.7, "good"),)), DEFAULTS) is None


def test_it_stays_within_its_limits():
    stopped = (training(1, [1.0], stopped="no improvement"),)
    assert weight(judged("RRRRR", trainings=stopped)) == pytest.approx(2.0)  # 1.694 x 1.3
    assert weight(judged("PPPPP", qualities=(quality(1, 0.0, "degraded"),))) == pytest.approx(0.5)  # 0.590 x 0.8
