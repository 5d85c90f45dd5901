"""When a promoted model is taken back: both sides of every boundary, and how often an equal one would be."""

import math

import numpy as np
import pytest

from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.promotion.regression import (
    CONSECUTIVE,
    LOW_WIN_RATE,
    SEVERE,
    RegressionCheck,
    RollbackCriteria,
    judge,
    observed_elo,
)

CRITERIA = RollbackCriteria()


def check(points, games, *, before=0, new=True, criteria=CRITERIA):
    return judge(
        criteria, model="m" * 64, previous="p" * 64, games=games, points=points, new=new, before=before, at=1_000.0
    )


def points_for(elo, games):
    return games / (1 + 10 ** (-elo / 400))


@pytest.mark.parametrize(
    ("elo", "before", "expected"),
    [
        pytest.param(-29.9, 2, "", id="not_quite_a_regression"),
        pytest.param(-30.1, 0, "", id="the_first"),
        pytest.param(-30.1, 1, "", id="the_second"),
        pytest.param(-30.1, 2, CONSECUTIVE, id="the_third"),
        pytest.param(-59.9, 0, "", id="not_quite_severe"),
        pytest.param(-60.1, 0, SEVERE, id="severe_at_once"),
        pytest.param(25.0, 2, "", id="better"),
    ],
)
def test_triggers(elo, before, expected):
    assert check(points_for(elo, 1_000), 1_000, before=before).trigger == expected


def test_a_low_win_rate_takes_a_model_back_whatever_the_threshold():
    lenient = RollbackCriteria(elo_regression_threshold=-1_000)
    assert check(400, 1_000, criteria=lenient).trigger == ""
    assert check(399, 1_000, criteria=lenient).trigger == LOW_WIN_RATE


def test_fewer_games_than_needed_say_nothing_and_leave_the_count():
    few = check(0, 19, before=2)
    assert (few.trigger, few.enough, few.consecutive) == ("", False, 2)
    assert "19 games against the model before, 20 needed" in few.why
    assert check(0, 20).trigger == SEVERE


def test_games_that_were_looked_at_already_are_no_second_regression():
    points = points_for(-40, 1_000)
    assert check(points, 1_000, before=2, new=False).trigger == ""
    assert check(points, 1_000, before=2, new=False).consecutive == 2
    assert check(points, 1_000, before=2).trigger == CONSECUTIVE


def test_one_good_check_begins_the_count_anew():
    assert check(500, 1_000, before=2).consecutive == 0


def test_nothing_that_is_no_number_takes_a_model_back():
    assert check(0, 0).trigger == ""
    assert math.isnan(check(0, 0).elo)
    broken = check(math.nan, 100, before=5)
    assert (broken.trigger, broken.regressed) == ("", False)


def test_a_score_of_nothing_is_a_finite_elo():
    assert observed_elo(0, 50) == pytest.approx(-400 * math.log10(99))
    assert observed_elo(50, 50) == pytest.approx(400 * math.log10(99))
    assert observed_elo(25, 50) == 0


@pytest.mark.parametrize(
    ("option", "games", "elo", "before"),
    [
        ({"elo_regression_threshold": -10.0}, 1_000, -25, 0),
        ({"min_games_for_regression": 5}, 10, -400, 0),
        ({"consecutive_checks_required": 2}, 1_000, -40, 1),
        ({"min_win_rate": 0.45}, 1_000, -40, 0),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_every_option_can_take_a_model_back(option, games, elo, before):
    points = points_for(elo, games)
    assert check(points, games, before=before).trigger == ""
    assert check(points, games, before=before, criteria=RollbackCriteria(**option)).trigger


@pytest.mark.parametrize(
    "options",
    [
        {"elo_regression_threshold": 1.0},
        {"elo_regression_threshold": math.nan},
        {"min_games_for_regression": 0},
        {"consecutive_checks_required": 0},
        {"min_win_rate": 1.1},
        {"min_win_rate": math.nan},
        {"time_window_seconds": 0.0},
        {"time_window_seconds": math.nan},
    ],
)
def test_impossible_criteria_are_refused(options):
    with pytest.raises(ConfigError):
        RollbackCriteria(**options)


def test_a_check_survives_json():
    for one in (check(0, 0), check(480, 1_000)):
        assert RegressionCheck.from_json(one.to_json()).to_json() == one.to_json()
    with pytest.raises(DataError):
        RegressionCheck.from_json({"model": "m"})


def taken_back(elo, games_a_check, checks=4, models=1_000):
    """Share of models of this strength that the monitor takes back within an hour: checks every quarter of an hour,
    every check over all games since the promotion. Seed fixed; the standard error is at most 1.6 points.
    """
    chance = np.random.default_rng(7)
    won = chance.binomial(games_a_check, 1 / (1 + 10 ** (-elo / 400)), size=(models, checks)).cumsum(axis=1)
    count = 0
    for row in won:
        before = 0
        for number, points in enumerate(row, start=1):
            found = check(float(points), number * games_a_check, before=before)
            before = found.consecutive
            if found.trigger:
                count += 1
                break
    return count / models


def test_error_rates_of_the_monitor_with_the_platforms_matches():
    """What docs/promotion.md says: a hundred games a check, four checks."""
    assert taken_back(0, 100) < 0.12
    assert taken_back(25, 100) < 0.02
    assert taken_back(-100, 100) > 0.97
    assert taken_back(0, 20) > 0.20  # the least that says anything says little
