"""Import of another log: counts that add up, conflicts under every strategy, and nothing at all where it refuses."""

import sqlite3
from contextlib import closing

import pytest

from ringrift_engine.errors import DataError
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.ratings.reconcile import ConflictError, ConflictResolution, conflicts_in, import_games
from tests.support.logs import PLAYERS, drawn_games, other_outcome, write_log

EARLY, LATE, NOW = 1_000.0, 2_000.0, 3_000.0
OURS, BOTH, THEIRS = drawn_games(range(20)), drawn_games(range(100, 120)), drawn_games(range(200, 230))
OLDER, NEWER = drawn_games(range(300, 304)), drawn_games(range(400, 403))  # in conflict: theirs is older, newer
LAST, FIRST, SKIP, RAISE = (
    ConflictResolution.LAST_WRITE_WINS,
    ConflictResolution.FIRST_WRITE_WINS,
    ConflictResolution.SKIP,
    ConflictResolution.RAISE,
)


@pytest.fixture
def logs(tmp_path):
    """Our log and theirs: seven games have two outcomes."""
    ours = write_log(tmp_path / "ours.db", [*OURS, *BOTH, *NEWER], EARLY)
    write_log(ours, OLDER, LATE)
    theirs = write_log(tmp_path / "theirs.db", [*THEIRS, *BOTH, *map(other_outcome, OLDER)], EARLY)
    write_log(theirs, list(map(other_outcome, NEWER)), LATE)
    return ours, theirs


def by_key(games):
    return {game.key: game for game in games}


@pytest.mark.parametrize(
    ("strategy", "replaced", "resolved"),
    [(SKIP, [], 0), (LAST, NEWER, 7), (FIRST, OLDER, 7)],
    ids=["skip", "last", "first"],
)
def test_every_strategy_lets_the_right_outcomes_stand_and_counts_every_game(logs, strategy, replaced, resolved):
    ours, theirs = logs
    with MatchLog(ours) as log:
        count = import_games(log, theirs, "rack1", strategy, NOW)
        found = by_key(log.games())
    kept = [game for game in [*OLDER, *NEWER] if game not in replaced]
    assert found == by_key([*OURS, *BOTH, *THEIRS, *kept, *map(other_outcome, replaced)])
    assert (count.added, count.skipped, count.conflict, count.resolved) == (30, 20, 7, resolved)
    assert count.replaced == len(replaced)
    assert count.added + count.skipped + count.conflict == 57
    assert count.changed == ("hex8_2p",)


def test_new_games_keep_the_time_and_the_order_in_which_they_were_logged(logs):
    ours, theirs = logs
    with MatchLog(ours) as log:
        import_games(log, theirs, "rack1", SKIP, NOW)
        assert log.games()[-30:] == THEIRS
        times = log.connection.execute("SELECT DISTINCT logged_at FROM games WHERE id > 47").fetchall()
        assert [row[0] for row in times] == [EARLY]


def test_importing_again_changes_nothing(logs):
    ours, theirs = logs
    with MatchLog(ours) as log:
        import_games(log, theirs, "rack1", LAST, NOW)
        games, conflicts = log.games(), conflicts_in(log)
        again = import_games(log, theirs, "rack1", LAST, NOW + 1)
        assert (again.added, again.skipped, again.conflict, again.replaced) == (0, 53, 4, 0)
        assert again.changed == ()
        assert log.games() == games
        assert len(conflicts_in(log)) == len(conflicts)


@pytest.mark.parametrize("strategy", [LAST, FIRST], ids=str)
def test_two_nodes_that_take_from_each_other_end_with_the_same_games(logs, strategy):
    ours, theirs = logs
    equal = drawn_games(range(500, 506))  # outcomes that differ and were logged at the same moment
    write_log(ours, equal, EARLY)
    write_log(theirs, list(map(other_outcome, equal)), EARLY)
    with MatchLog(ours) as log:
        import_games(log, theirs, "rack1", strategy, NOW)
        here = by_key(log.games())
    with MatchLog(theirs) as log:
        import_games(log, ours, "rack2", strategy, NOW)
        assert by_key(log.games()) == here


def test_a_conflict_keeps_both_outcomes(logs):
    ours, theirs = logs
    with MatchLog(ours) as log:
        import_games(log, theirs, "rack1", LAST, NOW)
        found = {one.game_key: one for one in conflicts_in(log, "hex8_2p")}
    assert list(found) == [*(game.key for game in NEWER), *(game.key for game in OLDER)]
    one = found[NEWER[0].key]
    assert (one.source, one.strategy, one.replaced, one.noted_at) == ("rack1", "last_write_wins", True, NOW)
    assert (one.ours["winner"], one.theirs["winner"]) == (NEWER[0].winner, other_outcome(NEWER[0]).winner)
    assert (one.ours["logged_at"], one.theirs["logged_at"]) == (EARLY, LATE)
    assert set(one.differing) == {"rank_1", "rank_2", "winner", "scores"}
    assert not found[OLDER[0].key].replaced


def test_raise_names_the_conflicts_and_imports_nothing(logs):
    ours, theirs = logs
    with MatchLog(ours) as log:
        before = log.games(), log.participants()
        with pytest.raises(ConflictError, match=rf"7 games have another outcome.*{NEWER[0].key[:12]}") as raised:
            import_games(log, theirs, "rack1", RAISE, NOW)
        assert "Nothing was imported" in str(raised.value)
        assert (log.games(), log.participants()) == before
        assert conflicts_in(log) == []


def test_raise_imports_where_there_is_no_conflict(tmp_path):
    ours, theirs = write_log(tmp_path / "a.db", OURS), write_log(tmp_path / "b.db", THEIRS)
    with MatchLog(ours) as log:
        assert import_games(log, theirs, "rack1", RAISE, NOW).added == 30


def test_games_of_three_and_four_players_arrive_whole(tmp_path):
    games = [game for key in ("hex8_3p", "square8_4p") for game in drawn_games(range(10), key)]
    theirs = write_log(tmp_path / "theirs.db", games)
    # Other numbers for the same participants: theirs must be translated.
    ours = write_log(tmp_path / "ours.db", drawn_games(range(5), players=PLAYERS[::-1][:3]))
    with MatchLog(ours) as log:
        count = import_games(log, theirs, "rack1", SKIP, NOW)
        assert log.games("hex8_3p") + log.games("square8_4p") == games
        assert set(count.changed) == {"hex8_3p", "square8_4p"}


@pytest.mark.parametrize(
    "change",
    [
        "winner = 3",
        "rank_1 = 2, rank_2 = 2",
        "config_key = 'hex8_5p'",
        "config_key = 'hex8_3p'",
        "seat_3 = 1, rank_3 = 3",
        "how = 'resigned'",
        "scores = '[]'",
        "scores = 'none'",
        "play_seed = 'ffffffffffffffff'",
        "seat_1 = seat_2, seat_2 = seat_1",
    ],
)
def test_a_game_that_contradicts_itself_keeps_all_others_out(logs, change):
    ours, theirs = logs
    with closing(sqlite3.connect(theirs)) as connection, connection:
        connection.execute(f"UPDATE games SET {change} WHERE id = 31")
    with MatchLog(ours) as log:
        before = log.games()
        with pytest.raises(DataError, match=r"rack1: game .* contradicts itself"):
            import_games(log, theirs, "rack1", LAST, NOW)
        assert log.games() == before
        assert import_games(log, write_log(theirs.with_name("good.db"), THEIRS), "rack1", LAST, NOW).added == 30


def test_a_log_only_grows(logs):
    with closing(sqlite3.connect(logs[0])) as connection, pytest.raises(sqlite3.IntegrityError, match="only grows"):
        connection.execute("DELETE FROM games WHERE id = 1")
