"""Plateau: when there is one, of which kind, for how long, and what it raises."""

from dataclasses import replace

import pytest

from ringrift_engine.feedback.plateau import DATA_LIMITED, OVERFITTING, boost_term, find_plateau, search_terms
from ringrift_engine.feedback.settings import DEFAULTS
from ringrift_engine.feedback.signals import product
from tests.ringrift_engine.feedback.histories import CONTENT, training, with_elos

FLAT = with_elos(0.0, 0.0)


@pytest.mark.parametrize(
    ("elos", "count"),
    [
        ((2.4, 4.8), 1),  # a gain of 4.8
        ((2.5, 5.0), 0),  # a gain of 5 is one
        ((0.0,), 0),  # two candidates are too few
        ((0.0, 0.0), 1),
        ((0.0, 0.0, 0.0), 2),
        ((0.0,) * 20, 5),  # no further back than the window
        ((0.0, 0.0, 0.0, 60.0), 0),  # over at once
        ((-10.0, -20.0), 1),
        ((-13.0, -26.0), 0),  # a fall is a regression, not a plateau
    ],
)
def test_how_long(elos, count):
    found = find_plateau(with_elos(*elos, width=100.0), DEFAULTS)
    assert (found.value if found else 0) == count


@pytest.mark.parametrize(
    ("held_out", "kind", "boosts"),
    [
        (1.06, OVERFITTING, [1.5, 1.8, 2.1]),
        (1.049, DATA_LIMITED, [1.3, 1.56, 1.82]),
        (float("nan"), DATA_LIMITED, [1.3, 1.56, 1.82]),
        (None, DATA_LIMITED, [1.3, 1.56, 1.82]),
    ],
)
def test_the_boost_depends_on_the_kind_and_grows(held_out, kind, boosts):
    for count, boost in enumerate(boosts, start=1):
        history = replace(with_elos(*[0.0] * (count + 1)), trainings=(training(2, [2.0, 1.0], held_out),))
        found = find_plateau(history, DEFAULTS)
        assert (found.value, found.subject) == (count, kind)
        assert boost_term(found, DEFAULTS).value == pytest.approx(boost)


def test_a_gap_of_exactly_the_limit_is_no_overfitting():
    history = replace(FLAT, trainings=(training(2, [0.0], 0.05),))
    assert find_plateau(history, DEFAULTS).subject == DATA_LIMITED


def test_an_empty_curve_says_nothing_about_the_kind():
    assert find_plateau(replace(FLAT, trainings=(training(2, []),)), DEFAULTS).subject == DATA_LIMITED


@pytest.mark.parametrize(("count", "factor"), [(1, 1.5), (2, 2.25), (3, 3.375), (4, 4.0), (5, 4.0)])
def test_simulations_rise_up_to_the_cap(count, factor):
    found = find_plateau(with_elos(*[0.0] * (count + 1)), DEFAULTS)
    assert product(search_terms(found, DEFAULTS)) == pytest.approx(factor)


def test_without_a_plateau_the_search_stays():
    assert find_plateau(CONTENT, DEFAULTS) is None
    assert search_terms(None, DEFAULTS) == []
