"""Regression: what is one, what is chance, and that it says by how much."""

from dataclasses import replace

import pytest

from ringrift_engine.feedback.regression import find_regression
from ringrift_engine.feedback.settings import DEFAULTS
from tests.ringrift_engine.feedback.histories import CONTENT, gauntlet, with_elos


@pytest.mark.parametrize(
    ("elo", "width", "games", "is_one"),
    [
        (-20.0, 19.0, 50, True),
        (-19.9, 10.0, 50, False),  # too little
        (-20.0, 20.0, 50, False),  # the interval reaches 0
        (-200.0, 10.0, 49, False),  # too few games
        (20.0, 10.0, 50, False),
    ],
)
def test_a_weaker_candidate(elo, width, games, is_one):
    found = find_regression(with_elos(elo, width=width, games=games), DEFAULTS)
    assert (found is not None) is is_one
    if found is not None:
        assert found.value == -elo
        assert "50 games" in found.why


def test_the_newest_candidate_alone_counts():
    assert find_regression(with_elos(-30.0, 5.0, width=5.0), DEFAULTS) is None


def test_falling_strength_is_a_regression_even_where_no_single_result_is():
    found = find_regression(with_elos(20.0, 5.0, -8.0, -19.0, width=100.0), DEFAULTS)
    # By hand: strengths 0 20 5 -8 -19, x = -2..2, sum xy = -20 - 8 - 38 = -66 over 10, times 4 generations.
    assert found.value == pytest.approx(26.4)


def test_a_rollback_is_a_regression_until_the_next_gauntlet():
    rows = (gauntlet(1, promoted=True), gauntlet(2, 20.0, promoted=True))
    found = find_regression(replace(CONTENT, gauntlets=rows, rollbacks=(2,)), DEFAULTS)
    assert (found.value, "rolled back" in found.why) == (20.0, True)
    later = replace(CONTENT, gauntlets=(*rows, gauntlet(3, 15.0)), rollbacks=(2,))
    assert find_regression(later, DEFAULTS) is None


@pytest.mark.parametrize(
    ("old", "new", "is_one"),
    [
        # Wilson 95 %: 70 of 100 is 0.604 to 0.781, 50 of 100 is 0.404 to 0.596, 51 of 100 is 0.413 to 0.606.
        ((70, 100), (50, 100), True),
        ((70, 100), (51, 100), False),
        ((45, 50), (10, 49), False),  # too few games
        ((45, 50), (10, 50), True),
        ((50, 100), (70, 100), False),
    ],
)
@pytest.mark.parametrize("opponent", ["heuristic", "random"])
def test_before_the_first_promotion_win_rates_are_compared(old, new, is_one, opponent):
    rows = (gauntlet(1, **{opponent: old}), gauntlet(2, **{opponent: new}))
    found = find_regression(replace(CONTENT, gauntlets=rows), DEFAULTS)
    assert (found is not None) is is_one
    if found is not None:
        assert found.value == pytest.approx(old[0] / old[1] - new[0] / new[1])


def test_win_rates_are_compared_with_those_of_the_promoted_model():
    rows = (
        gauntlet(1, promoted=True, heuristic=(90, 100)),
        gauntlet(2, 0.0, heuristic=(50, 100)),
        gauntlet(3, 0.0, heuristic=(50, 100)),
    )
    assert find_regression(replace(CONTENT, gauntlets=rows), DEFAULTS) is not None
    assert find_regression(replace(CONTENT, gauntlets=rows[1:]), DEFAULTS) is None


def test_nothing_recorded_is_no_regression():
    assert find_regression(CONTENT, DEFAULTS) is None
