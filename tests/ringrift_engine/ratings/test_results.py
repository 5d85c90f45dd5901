"""Results: what the log has comes out as arrays, whatever the order, and nothing that no game gives."""

from dataclasses import replace

import numpy as np
import pytest

from ringrift_engine.errors import DataError
from ringrift_engine.evaluation.match_log import LoggedGame, MatchLog
from ringrift_engine.ratings import Results, read_results, results_of
from ringrift_engine.ratings.results import distinct_rows
from ringrift_engine.records.shard_schema import Participant

A, B = Participant("heuristic(profile=default)"), Participant("search(model=a)", "a" * 64, 8)
B_MORE, C = replace(B, simulations=32), Participant("random")
GAME = LoggedGame(
    config_key="hex8_3p",
    purpose="gauntlet",
    run_id="run",
    opening_seed=1,
    opening_decisions=4,
    opening_hash="0123456789abcdef",
    play_seed=0,
    seats=(B, A, C),
    winner=1,
    how="lps_rounds",
    ranks=(1, 2, 2),
    scores=((1, 2, 3, 4),) * 3,
    plies=100,
)
GAMES = [
    GAME,
    replace(GAME, play_seed=1, seats=(C, B_MORE, B_MORE), winner=3, ranks=(3, 2, 1)),
    replace(GAME, play_seed=2, seats=(A, A, B), winner=2, ranks=(3, 1, 2)),
]


def test_participants_are_sorted_and_a_budget_makes_another_one():
    pool = results_of(GAMES)
    assert pool.participants == (A, C, B, B_MORE)
    assert pool.seats.tolist() == [[2, 0, 1], [1, 3, 3], [0, 0, 2]]
    assert pool.ranks.tolist() == [[1, 2, 2], [3, 2, 1], [3, 1, 2]]
    assert pool.games.tolist() == [2, 2, 2, 1]  # games, not seats


def test_the_log_read_column_by_column_says_the_same(tmp_path):
    path = tmp_path / "matches.db"
    others = [replace(GAME, config_key="square8_3p"), replace(GAME, rules_version=99)]
    with MatchLog(path) as log:
        log.record([*others, *GAMES])
    read, made = read_results(path, "hex8_3p"), results_of(GAMES)
    assert read.participants == made.participants
    assert (read.seats.tolist(), read.ranks.tolist()) == (made.seats.tolist(), made.ranks.tolist())
    with pytest.raises(DataError, match="no game of hex8_2p"):
        read_results(path, "hex8_2p")
    with pytest.raises(DataError, match="no match log"):
        read_results(tmp_path / "none.db", "hex8_2p")


@pytest.mark.parametrize(
    "games",
    [[], [GAME, replace(GAME, config_key="square8_3p")], [GAME, replace(GAME, rules_version=99)]],
    ids=["none", "two_configurations", "two_versions_of_the_rules"],
)
def test_a_pool_is_one_configuration_under_one_version_of_the_rules(games):
    with pytest.raises(DataError, match="one configuration"):
        results_of(games)


@pytest.mark.parametrize("ranks", [[1, 1, 3], [1, 2, 4], [2, 3, 4], [1, 3, 3], [0, 1, 2]], ids=str)
def test_ranks_that_no_game_gives_are_refused(ranks):
    pool = results_of([GAME])
    with pytest.raises(DataError, match="no finishing order"):
        Results(
            config_key="hex8_3p", participants=pool.participants, seats=pool.seats, ranks=np.array([ranks], np.int8)
        )


def test_seats_of_another_number_of_players_are_refused():
    pool = results_of([GAME])
    with pytest.raises(DataError, match="games x 2"):
        Results(config_key="hex8_2p", participants=pool.participants, seats=pool.seats, ranks=pool.ranks)


def test_distinct_rows_are_those_that_numpy_finds():
    table = np.random.default_rng(1).integers(0, 4, (500, 5))
    first, counts = distinct_rows(list(table.T))
    expected, expected_counts = np.unique(table, axis=0, return_counts=True)
    assert table[first].tolist() == expected.tolist()
    assert counts.tolist() == expected_counts.tolist()
