"""Stored ratings: equal to a fit of the games that are there, and never used when they are not."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.ratings import fit_ratings, results_of
from ringrift_engine.ratings.reconcile import ConflictResolution, import_games, pool
from ringrift_engine.ratings.reconcile.pool import identity_of, names_of, pool_of, refresh_pool
from tests.support.logs import HEURISTIC, PLAYERS, drawn_games, other_outcome, played, write_log

KEY = "hex8_2p"
GAMES = drawn_games(range(120))


@pytest.fixture
def path(tmp_path):
    return write_log(tmp_path / "matches.db", GAMES)


def elo_by_name(found, log):
    names = names_of(log, found.numbers.tolist())
    return dict(zip(names, found.elo.tolist(), strict=True))


def expected(games):
    ratings = fit_ratings(results_of(games))
    return dict(zip(ratings.participants, ratings.elo.tolist(), strict=True))


def test_what_is_stored_is_the_fit_of_the_games(path):
    with MatchLog(path) as log:
        fitted = refresh_pool(log, KEY, 1.0)
        read = pool_of(log, KEY)
        assert (fitted.stored, read.stored) == (False, True)
        assert elo_by_name(read, log) == elo_by_name(fitted, log) == pytest.approx(expected(GAMES))
        assert read.games == len(GAMES)
        assert list(read.identities) == sorted(identity_of(who) for who in PLAYERS)
        ratings = fit_ratings(results_of(GAMES))
        variances = dict(zip(ratings.participants, np.diagonal(ratings.covariance).tolist(), strict=True))
        found = dict(zip(names_of(log, read.numbers.tolist()), read.deviations.tolist(), strict=True))
        assert {who: value**2 for who, value in found.items()} == pytest.approx(variances)


def more_games(path):
    write_log(path, drawn_games(range(500, 501)))


def replaced_outcome(path):
    other = write_log(path.with_name("other.db"), [other_outcome(GAMES[0])], at=9_000.0)
    with MatchLog(path) as log:
        assert import_games(log, other, "x", ConflictResolution.LAST_WRITE_WINS, 1.0).replaced == 1


@pytest.mark.parametrize("change", [more_games, replaced_outcome])
def test_a_change_of_the_games_makes_stored_ratings_old(path, change):
    with MatchLog(path) as log:
        refresh_pool(log, KEY, 1.0)
    change(path)
    with MatchLog(path) as log:
        found = pool_of(log, KEY)
        assert not found.stored
        assert elo_by_name(found, log) == pytest.approx(expected(log.games(KEY)))
        assert not refresh_pool(log, KEY, 2.0).stored
        assert pool_of(log, KEY).stored


def test_games_of_another_configuration_change_nothing(path):
    with MatchLog(path) as log:
        refresh_pool(log, KEY, 1.0)
        log.record(drawn_games(range(10), "square8_2p"))
        assert pool_of(log, KEY).stored
        assert not pool_of(log, "square8_2p").stored


def test_a_game_that_comes_while_the_fit_reads_makes_what_is_stored_old(path, monkeypatch):
    read = pool.read_results

    def slow(*arguments):
        results = read(*arguments)
        more_games(path)
        return results

    with MatchLog(path) as log:
        monkeypatch.setattr(pool, "read_results", slow)
        refresh_pool(log, KEY, 1.0)
        monkeypatch.undo()
        assert not pool_of(log, KEY).stored


def test_ratings_of_another_fit_are_not_used(path):
    with MatchLog(path) as log:
        refresh_pool(log, KEY, 1.0)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE ratings SET fit = 'of another version'")
    with MatchLog(path) as log:
        assert not pool_of(log, KEY).stored


def test_a_pool_without_games_is_empty_and_games_under_other_rules_are_in_none(tmp_path):
    games = [replace(game, rules_version=99) for game in GAMES[:4]]
    with MatchLog(write_log(tmp_path / "matches.db", games)) as log:
        assert refresh_pool(log, KEY, 1.0).games == 0
        assert len(pool_of(log, KEY).identities) == 0


def test_who_is_not_connected_with_the_anchor_has_no_rating(tmp_path):
    apart = [played(number, PLAYERS[5:7], (1, 2)) for number in range(900, 904)]
    with MatchLog(write_log(tmp_path / "matches.db", [*drawn_games(range(60), players=PLAYERS[:4]), *apart])) as log:
        refresh_pool(log, KEY, 1.0)
        found = elo_by_name(pool_of(log, KEY), log)
    assert {who for who, elo in found.items() if elo != elo} == set(PLAYERS[5:7])
    assert found[HEURISTIC] == 1_200.0
