"""Priority: each term by hand, the sum within its cap, and never less for older or fewer data, or for a regression."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies

from ringrift_engine.feedback.plan import plan_configuration
from ringrift_engine.feedback.priority import deficit, staleness, velocity
from ringrift_engine.feedback.settings import DEFAULTS
from tests.ringrift_engine.feedback.histories import (
    BUDGET,
    CONTENT,
    gauntlet,
    histories,
    quality,
    training,
    with_elos,
)


@pytest.mark.parametrize(
    ("hours", "expected"), [(None, 1.0), (0.0, 0.0), (1.0, 0.0), (24.5, 0.5), (48.0, 1.0), (1e6, 1.0)]
)
def test_staleness(hours, expected):
    assert staleness(replace(CONTENT, newest_games_hours=hours), DEFAULTS) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("games", "positions", "has_model", "expected"),
    [
        (1_000, 10_000, True, 0.0),
        (9_000, 90_000, True, 0.0),
        (250, 10_000, True, 0.75),
        (1_000, 4_000, True, 0.6),
        (0, 0, True, 1.0),
        (1_000, 0, False, 0.0),
        (100, 0, False, 0.9),
    ],
)
def test_deficit(games, positions, has_model, expected):
    history = replace(CONTENT, games=games, searched_positions=positions, has_model=has_model)
    assert deficit(history, BUDGET) == pytest.approx(expected)


def test_velocity_is_the_rise_alone():
    assert velocity(with_elos(33.0, 66.0), None, DEFAULTS) == pytest.approx(1 - 1 / math.e)
    assert velocity(with_elos(-33.0, -66.0), None, DEFAULTS) == 0
    assert velocity(CONTENT, None, DEFAULTS) == 0


def terms(history):
    return {term.name: term.value for term in plan_configuration(history, BUDGET).terms_of("priority")}


def test_the_four_terms_by_hand():
    rising = with_elos(33.0, 66.0)
    history = replace(rising, newest_games_hours=24.5, games=400)
    assert terms(history) == pytest.approx(
        {
            "staleness": 0.25 * 0.5,
            "velocity": 0.15 * (1 - 1 / math.e),
            "curriculum": 0.25 * (1 / 0.9 - 1),
            "deficit": 0.40 * 0.6,
        }
    )
    assert plan_configuration(history, BUDGET).priority == pytest.approx(0.125 + 0.094818 + 0.027778 + 0.24, abs=1e-6)


def test_the_sum_is_capped_on_both_sides():
    # All at its highest: no games, a regression, five refusals and a stopped training: 0.25 + 0.15 + 0.25 + 0.40.
    refused = [gauntlet(index, heuristic=(0 if index == 5 else 90, 100)) for index in range(1, 6)]
    stopped = training(5, [1.0], stopped="no improvement")
    most = replace(CONTENT, newest_games_hours=None, games=0, gauntlets=tuple(refused), trainings=(stopped,))
    assert terms(most)["velocity"] == 0.15
    assert terms(most)["curriculum"] == pytest.approx(0.25)
    assert terms(most)["limit"] == pytest.approx(-0.05)
    assert plan_configuration(most, BUDGET).priority == pytest.approx(1.0)
    content = tuple(gauntlet(index, promoted=True) for index in (1, 2))
    least = replace(CONTENT, gauntlets=content)
    assert terms(least)["limit"] == pytest.approx(0.25 * 0.19)
    assert plan_configuration(least, BUDGET).priority == pytest.approx(0.0)


@settings(max_examples=60)
@given(history=histories())
def test_the_priority_is_the_sum_of_its_terms_and_within_the_cap(history):
    plan = plan_configuration(history, BUDGET)
    assert plan.priority == math.fsum(term.value for term in plan.terms_of("priority"))
    assert -1e-12 <= plan.priority <= DEFAULTS.priority_cap + 1e-12


@settings(max_examples=60)
@given(history=histories(), older=strategies.floats(0, 100))
def test_older_games_never_lower_it(history, older):
    hours = history.newest_games_hours
    later = replace(history, newest_games_hours=None if hours is None else hours + older)
    assert plan_configuration(later, BUDGET).priority >= plan_configuration(history, BUDGET).priority


@settings(max_examples=60)
@given(history=histories(), fewer=strategies.floats(0, 1))
def test_fewer_data_never_lower_it(history, fewer):
    less = replace(
        history, games=int(history.games * fewer), searched_positions=int(history.searched_positions * fewer)
    )
    assert plan_configuration(less, BUDGET).priority >= plan_configuration(history, BUDGET).priority


def test_poor_games_lower_it():
    poor = replace(CONTENT, games=500, qualities=(quality(1, 0.35, "degraded"),))
    assert terms(poor)["curriculum"] == pytest.approx(0.25 * -0.1)
