"""Who meets whom: everybody, or everybody equally often; every seat in turn."""

from collections import Counter
from itertools import combinations

import pytest

from ringrift_engine.errors import ConfigError
from ringrift_engine.evaluation.pairing import BALANCED, ROUND_ROBIN, Table, tables_of


@pytest.mark.parametrize(("participants", "players"), [(2, 2), (5, 2), (3, 3), (5, 3), (6, 4)])
def test_in_a_round_robin_every_combination_plays_every_opening(participants, players):
    tables = tables_of(ROUND_ROBIN, participants, players, openings=3, seed=0)
    found = Counter((table.opening, frozenset(table.sitting)) for table in tables)
    wanted = [(opening, frozenset(few)) for opening in range(3) for few in combinations(range(participants), players)]
    assert found == Counter(wanted)


@pytest.mark.parametrize(
    ("participants", "players", "expected"),
    [
        (2, 3, {(0, 0, 1): 1, (0, 1, 1): 1}),
        (2, 4, {(0, 0, 0, 1): 1, (0, 0, 1, 1): 1, (0, 1, 1, 1): 1}),
        (3, 4, {(0, 0, 1, 2): 1, (0, 1, 1, 2): 1, (0, 1, 2, 2): 1}),
    ],
)
def test_with_fewer_participants_than_seats_everybody_sits_and_some_twice(participants, players, expected):
    tables = tables_of(ROUND_ROBIN, participants, players, openings=1, seed=0)
    assert Counter(tuple(sorted(table.sitting)) for table in tables) == expected


def test_every_seat_is_rotated():
    table = Table(0, (4, 7, 1))
    assert [table.seats(game) for game in range(3)] == [(4, 7, 1), (7, 1, 4), (1, 4, 7)]


def test_neighbours_change_from_opening_to_opening():
    tables = tables_of(ROUND_ROBIN, 4, 4, openings=6, seed=0)
    assert len({table.sitting for table in tables}) == 6
    assert {table.sitting[0] for table in tables} == {0}, "the order is circular, so one may stay where he is"


@pytest.mark.parametrize(("participants", "players"), [(3, 2), (20, 2), (7, 3), (12, 4), (25, 4)])
def test_a_balanced_schedule_seats_and_mixes_all_alike(participants, players):
    openings = 30
    tables = tables_of(BALANCED, participants, players, openings, seed=3)
    assert len(tables) == -(-participants * openings // players)
    assert all(len(set(table.sitting)) == players for table in tables)
    sat = Counter(number for table in tables for number in table.sitting)
    assert max(sat.values()) - min(sat.values()) <= 1
    met = Counter(pair for table in tables for pair in combinations(sorted(table.sitting), 2))
    mean = len(tables) * players * (players - 1) / (participants * (participants - 1))
    for pair in combinations(range(participants), 2):
        assert abs(met[pair] - mean) < max(3, 0.5 * mean)


def test_a_balanced_schedule_shares_openings_among_tables():
    tables = tables_of(BALANCED, 20, 2, openings=6, seed=0)
    assert Counter(table.opening for table in tables) == dict.fromkeys(range(6), 10)


def test_the_seed_settles_the_balanced_schedule():
    assert tables_of(BALANCED, 9, 2, 5, seed=1) == tables_of(BALANCED, 9, 2, 5, seed=1)
    assert tables_of(BALANCED, 9, 2, 5, seed=1) != tables_of(BALANCED, 9, 2, 5, seed=2)


def test_a_balanced_schedule_of_no_more_than_a_table_is_the_round_robin():
    assert tables_of(BALANCED, 3, 3, 4, seed=0) == tables_of(ROUND_ROBIN, 3, 3, 4, seed=0)


@pytest.mark.parametrize(
    ("schedule", "participants", "openings", "message"),
    [
        (ROUND_ROBIN, 0, 1, "two participants or more, not 0"),
        (ROUND_ROBIN, 1, 1, "two participants or more, not 1"),
        (BALANCED, 3, 0, "one opening or more, not 0"),
        ("round-robbin", 3, 1, "Nearest: 'round-robin'"),
    ],
)
def test_what_cannot_be_played_is_refused(schedule, participants, openings, message):
    with pytest.raises(ConfigError, match=message):
        tables_of(schedule, participants, 2, openings, seed=0)
