"""Quality of games whose numbers are worked out by hand, with both sides of every boundary."""

import numpy as np
import polars as pl
import pytest

from ringrift_engine.datasets.quality import game_qualities, index_qualities
from ringrift_engine.records.lengths import LengthDistribution
from ringrift_engine.rules.state import (
    BY_ELIMINATION,
    BY_LAST_PLAYER_ROUNDS,
    BY_STALEMATE_MARKERS,
    HOW_NAMES,
    NOT_OVER,
)

NORMAL = LengthDistribution(low=100.0, high=200.0)


@pytest.mark.parametrize(
    ("how", "length", "searched", "expected"),
    [
        pytest.param(BY_ELIMINATION, 150, 1.0, 1.0, id="the_best_there_is"),
        pytest.param(BY_ELIMINATION, 100, 1.0, 1.0, id="as_short_as_normal"),
        pytest.param(BY_ELIMINATION, 200, 1.0, 1.0, id="as_long_as_normal"),
        pytest.param(BY_ELIMINATION, 50, 1.0, 0.875, id="half_as_long_as_the_shortest_normal"),
        pytest.param(BY_ELIMINATION, 400, 1.0, 0.875, id="twice_as_long_as_the_longest_normal"),
        pytest.param(BY_ELIMINATION, 150, 0.0, 0.65, id="without_search"),
        pytest.param(BY_ELIMINATION, 150, 0.5, 0.825, id="half_searched"),
        pytest.param(BY_STALEMATE_MARKERS, 150, 1.0, 0.8, id="decided_by_comparison"),
        pytest.param(BY_LAST_PLAYER_ROUNDS, 150, 1.0, 1.0, id="last_player_standing_is_a_decision"),
        pytest.param(NOT_OVER, 150, 1.0, 0.0, id="unfinished"),
    ],
)
def test_one_game(how, length, searched, expected):
    found = game_qualities(np.array([how]), np.array([length]), np.array([searched]), NORMAL)
    assert found.dtype == np.float32
    assert found[0] == pytest.approx(expected)


def test_seven_games_are_too_few_to_call_a_length_unusual():
    assert LengthDistribution.of(np.array([1, 1, 1, 1, 1, 1, 999])) == LengthDistribution(0.0, np.inf)
    assert LengthDistribution.of(np.arange(8)) != LengthDistribution(0.0, np.inf)


def test_the_middle_of_the_lengths_is_normal():
    assert LengthDistribution.of(np.arange(101)) == LengthDistribution(10.0, 90.0)


def test_long_games_of_a_large_board_are_as_good_as_short_ones_of_a_small_one():
    lengths = np.random.default_rng(0).integers(100, 200, 200)
    qualities = []
    for scale in (1, 10):
        scaled = lengths * scale
        how = np.full(200, BY_ELIMINATION)
        qualities.append(game_qualities(how, scaled, np.ones(200), LengthDistribution.of(scaled)))
    assert qualities[0] == pytest.approx(qualities[1], abs=1e-6)


def test_an_index_is_judged_like_its_games():
    how = [BY_ELIMINATION] * 9 + [NOT_OVER]
    plies = [*range(100, 190, 10), 9_999]
    frame = pl.DataFrame(
        {
            "how": [HOW_NAMES[code] for code in how],
            "plies": plies,
            "decisions": [40] * 9 + [0],
            "searched_decisions": [20] * 9 + [0],
        }
    )
    distribution = LengthDistribution.of(np.array(plies[:9]))
    expected = game_qualities(np.array(how), np.array(plies), np.array([0.5] * 9 + [0.0]), distribution)
    assert index_qualities(frame).tolist() == expected.tolist()
