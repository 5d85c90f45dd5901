"""Finishing order by hand, and half points."""

import numpy as np
import pytest

from ringrift_engine.evaluation.ranking import finishing_ranks, half_points, round_categories

ELIMINATED, TERRITORY, MARKERS, HAND = 0, 1, 2, 3


def scores(*seats):
    """int16 [n, 4] from one dict a seat; what is not named is 0."""
    table = np.zeros((len(seats), 4), dtype=np.int16)
    for row, values in enumerate(seats):
        for column, value in values.items():
            table[row, column] = value
    return table


@pytest.mark.parametrize(
    ("winner", "seats", "expected"),
    [
        pytest.param(2, [{TERRITORY: 30}, {}], (2, 1), id="the_winner_is_first_whatever_the_scores_say"),
        pytest.param(1, [{}, {TERRITORY: 3}, {TERRITORY: 5, MARKERS: 0}], (1, 3, 2), id="territory_comes_first"),
        pytest.param(1, [{}, {ELIMINATED: 9}, {TERRITORY: 1}], (1, 3, 2), id="territory_before_eliminated"),
        pytest.param(1, [{}, {ELIMINATED: 2, HAND: 3}, {ELIMINATED: 4}], (1, 2, 3), id="hands_count_as_eliminated"),
        pytest.param(3, [{MARKERS: 1}, {MARKERS: 2}, {}], (3, 2, 1), id="markers_come_last"),
        pytest.param(4, [{TERRITORY: 2}, {TERRITORY: 2}, {TERRITORY: 1}, {}], (2, 2, 4, 1), id="ties_share_the_better"),
    ],
)
def test_the_finishing_order_follows_the_rule_book(winner, seats, expected):
    assert finishing_ranks(winner, scores(*seats)) == expected


def test_half_points_count_beaten_opponents_twice_and_shared_ranks_once():
    ranks = (2, 2, 4, 1)
    assert [half_points(ranks, seat) for seat in (1, 2, 3, 4)] == [3, 3, 0, 6]


@pytest.mark.parametrize("players", [2, 3, 4])
def test_half_points_of_a_game_sum_to_one_a_pair_and_seat(players):
    random = np.random.default_rng(players)
    for _ in range(50):
        table = random.integers(0, 3, size=(players, 4)).astype(np.int16)
        ranks = finishing_ranks(int(random.integers(1, players + 1)), table)
        points = [half_points(ranks, seat) for seat in range(1, players + 1)]
        assert sum(points) == players * (players - 1)
        assert max(points) * players < round_categories(players)
