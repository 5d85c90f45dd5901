"""Pairs against the fit, and circles: by hand where there are two outcomes, by simulation where there are more."""

import math

import numpy as np
import pytest

from ringrift_engine.errors import DataError
from ringrift_engine.ratings import Results, compare_pairs, fit_ratings, strongest_cycle
from ringrift_engine.ratings.pairs import chi_squared_tail
from tests.ringrift_engine.ratings.simulated import gauntlet, participants, round_robin, simulate


def compared(pool):
    return compare_pairs(pool, fit_ratings(pool, {pool.participants[0]: 0.0}))


def of_wins(wins, repeats=1):
    """Two-player results: wins[i, j] games that i won of j in each seat."""
    rows = []
    for winner, loser in np.argwhere(wins):
        rows += [((winner, loser), (1, 2)), ((loser, winner), (2, 1))] * int(wins[winner, loser] * repeats)
    seats, ranks = (np.array(column) for column in zip(*rows, strict=True))
    who = participants(len(wins))
    return Results(config_key="hex8_2p", participants=who, seats=seats.astype(np.int32), ranks=ranks.astype(np.int8))


CIRCLE = np.array([[0, 30, 20, 25], [20, 0, 30, 25], [30, 20, 0, 25], [25, 25, 25, 0]])


def test_two_players_by_hand():
    """All are equal under the fit of a circle: 60 of 100 are 2 standard deviations, three pairs of them chi-squared
    12, with as many degrees as pairs less ratings.
    """
    pairs = compared(of_wins(CIRCLE))
    first = (pairs.first == 0) & (pairs.second == 1)
    assert pairs.comparisons.tolist() == [100] * 6
    assert pairs.score[first].item() == 60
    assert pairs.expected[first].item() == pytest.approx(50)
    assert pairs.lead[first].item() == pytest.approx(2)
    assert pairs.degrees == 3
    assert pairs.statistic == pytest.approx(12, rel=1e-3)
    assert pairs.p_value == pytest.approx(0.00738, rel=0.01)  # of a table
    assert pairs.surprise[first].item() == pytest.approx(2 / math.sqrt(0.5))  # half its variance is the fit's


def test_the_strongest_circle_is_named_in_its_direction_and_shown_when_there_are_games_enough():
    few, many = (strongest_cycle(compared(of_wins(CIRCLE, repeats))) for repeats in (1, 3))
    assert [one.participants for one in (few, many)] == [participants(4)[:3]] * 2
    assert few.weakest == pytest.approx(2)
    assert not few.shown
    assert many.weakest == pytest.approx(2 * math.sqrt(3))
    assert many.shown
    assert not strongest_cycle(compared(of_wins(CIRCLE, 3)), level=0.9999).shown


def test_the_circle_with_the_surest_weakest_victory_wins():
    """Two circles share a victory; the longer one has the surer ones."""
    wins = np.full((5, 5), 0)
    for winner, loser, won in ((0, 1, 40), (1, 2, 33), (2, 0, 28), (1, 3, 36), (3, 4, 36), (4, 0, 36)):
        wins[winner, loser], wins[loser, winner] = won, 50 - won
    assert {who.name for who in strongest_cycle(compared(of_wins(wins))).participants} == {
        "player000", "player001", "player003", "player004",
    }  # fmt: skip


def test_a_line_of_strength_has_no_circle():
    wins = np.array([[0, 30, 40], [20, 0, 30], [10, 20, 0]])
    assert strongest_cycle(compared(of_wins(wins))) is None


def test_a_pair_that_met_nobody_else_cannot_surprise():
    pairs = compared(of_wins(np.array([[0, 30], [20, 0]])))
    assert (pairs.degrees, pairs.p_value) == (0, 1.0)
    assert pairs.surprise.tolist() == [0.0]


def test_one_participant_alone_has_no_pairs():
    seats, ranks = np.zeros((5, 2), dtype=np.int32), np.array([[1, 2]] * 5, dtype=np.int8)
    pairs = compared(Results(config_key="hex8_2p", participants=participants(1), seats=seats, ranks=ranks))
    assert (len(pairs.first), pairs.p_value, strongest_cycle(pairs)) == (0, 1.0, None)


def test_of_too_many_pairs_those_with_the_most_games_are_looked_at(monkeypatch):
    wins = np.array([[0, 30, 5], [20, 0, 10], [5, 10, 0]])
    monkeypatch.setattr("ringrift_engine.ratings.pairs._MOST_PAIRS", 2)
    pairs = compared(of_wins(wins))
    assert list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)) == [(0, 1), (1, 2)]
    assert pairs.comparisons.tolist() == [100, 40]


def test_who_is_not_rated_is_in_no_pair():
    wins = np.zeros((4, 4))
    wins[0, 1], wins[1, 0], wins[2, 3], wins[3, 2] = 6, 4, 5, 5
    pairs = compared(of_wins(wins))
    assert (pairs.first.tolist(), pairs.second.tolist()) == ([0], [1])


def test_ratings_of_other_games_are_refused():
    pool, other = of_wins(CIRCLE), of_wins(CIRCLE[:3, :3])
    with pytest.raises(DataError, match="not of these games"):
        compare_pairs(pool, fit_ratings(other))


@pytest.mark.parametrize(("statistic", "degrees", "tail"), [
    (3.841459, 1, 0.05), (5.991465, 2, 0.05), (7.814728, 3, 0.05), (18.30704, 10, 0.05), (1074.679, 1000, 0.05),
    (0.0, 3, 1.0), (5.0, 0, 1.0),
])  # fmt: skip
def test_the_chi_squared_tail_of_a_table(statistic, degrees, tail):
    assert chi_squared_tail(statistic, degrees) == pytest.approx(tail, rel=1e-4)


SEATS = {
    2: lambda: round_robin(4, 2, 25),
    3: lambda: np.concatenate([round_robin(4, 3, 15), gauntlet(3, 3, 10)]),
    4: lambda: np.concatenate([round_robin(5, 4, 10), gauntlet(3, 4, 8)[:, ::-1]]),
}


@pytest.mark.parametrize("players", [2, 3, 4])
def test_where_ratings_are_all_there_is_the_test_says_so_as_often_as_it_should(players):
    """100 pools: the mean of the statistic is its degrees, p values are even, leads of equals have variance 1."""
    random, seats = np.random.default_rng(players), SEATS[players]()
    ties = {} if players == 2 else {2: 0.3}
    strength = [0, 0, 80, -80, 40][: int(seats.max()) + 1]
    found = [compared(simulate(f"hex8_{players}p", seats, strength, random, None, ties)) for _ in range(100)]
    degrees = found[0].degrees
    assert degrees > 0
    assert np.mean([one.statistic for one in found]) == pytest.approx(degrees, abs=4 * math.sqrt(2 * degrees / 100))
    assert np.mean([one.p_value < 0.1 for one in found]) == pytest.approx(0.1, abs=0.09)
    assert np.var([one.lead[0] for one in found]) == pytest.approx(1, abs=0.5)


@pytest.mark.parametrize("players", [2, 3])
def test_a_planted_counter_is_found(players):
    """Participant 3 is as strong as its ratings say, but loses to 2, whom all others beat."""
    random = np.random.default_rng(9)
    pool = simulate(f"hex8_{players}p", round_robin(4, players, 60), [0, 60, -150, 150], random)
    ranks = pool.ranks.copy()
    for game, seats in enumerate(pool.seats.tolist()):
        if {2, 3} <= set(seats):
            low, high = seats.index(2), seats.index(3)
            if ranks[game, high] < ranks[game, low]:
                ranks[game, [low, high]] = ranks[game, [high, low]]
    planted = Results(config_key=pool.config_key, participants=pool.participants, seats=pool.seats, ranks=ranks)
    pairs = compared(planted)
    worst = int(np.abs(pairs.surprise).argmax())
    assert pairs.p_value < 1e-6
    assert (pairs.first[worst], pairs.second[worst]) == (2, 3)
    if players > 2:  # with others at the table who takes a place takes it from them too
        return
    circle = strongest_cycle(pairs)
    assert circle.shown
    assert {"player002", "player003"} <= {who.name for who in circle.participants}
