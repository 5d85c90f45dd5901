"""The Elo scale and Wilson's interval, against published and counted values."""

import math

import numpy as np
import pytest

from ringrift_engine.errors import ConfigError
from ringrift_engine.evaluation.intervals import elo_of_score, expected_score, wilson_interval


@pytest.mark.parametrize(("elo", "score"), [(0, 0.5), (25, 0.5359), (50, 0.5715), (100, 0.6401), (-400, 1 / 11)])
def test_elo_means_the_usual_score(elo, score):
    assert expected_score(elo) == pytest.approx(score, abs=5e-5)


@pytest.mark.parametrize("players", [3, 4])
def test_the_score_against_several_equal_opponents_is_that_of_plackett_luce(players):
    """Drawn by the exponential race that defines the model: each player's time has his strength as its rate."""
    random = np.random.default_rng(11)
    strengths = np.ones(players)
    strengths[0] = 10 ** (100 / 400)
    times = random.exponential(1 / strengths, size=(200_000, players))
    beaten = (times[:, 1:] > times[:, :1]).mean()
    assert beaten == pytest.approx(expected_score(100), abs=0.003)


def test_elo_of_score_inverts_and_is_infinite_at_the_ends():
    assert elo_of_score(expected_score(37.5)) == pytest.approx(37.5)
    assert (elo_of_score(0.0), elo_of_score(1.0)) == (-math.inf, math.inf)
    assert math.isnan(elo_of_score(math.nan))


def test_wilson_interval_of_a_textbook_case():
    low, high = wilson_interval(81, 263)  # Newcombe, Statistics in Medicine 17 (1998), table I: 0.2553 to 0.3662
    assert (low, high) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))


def test_wilson_intervals_cover_as_often_as_they_say():
    games, covered = 100, []
    for rate in (0.55, 0.75, 0.9):
        wins = np.random.default_rng(5).binomial(games, rate, size=4_000)
        bounds = [wilson_interval(int(won), games) for won in wins]
        covered.append(np.mean([low <= rate <= high for low, high in bounds]))
    assert np.mean(covered) == pytest.approx(0.95, abs=0.01)


def test_without_games_nothing_is_known():
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("wins", "games"), [(3, 2), (-1, 5)])
def test_wins_must_be_part_of_the_games(wins, games):
    with pytest.raises(ConfigError, match="wins <= games"):
        wilson_interval(wins, games)


def test_a_higher_confidence_widens_the_interval():
    narrow, wide = wilson_interval(60, 100, 0.9), wilson_interval(60, 100, 0.99)
    assert wide[0] < narrow[0] < 0.6 < narrow[1] < wide[1]
