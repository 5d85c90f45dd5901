"""The match log: what goes in comes out, nothing twice, and nothing that is not one."""

import multiprocessing
import sqlite3
from dataclasses import replace

import pytest

from ringrift_engine.errors import DataError
from ringrift_engine.evaluation.match_log import LoggedGame, MatchLog
from ringrift_engine.records.shard_schema import Participant

HEURISTIC = Participant("heuristic(profile=default)")
SEARCH = Participant("search(model=aaaaaaaaaaaa,simulations=8)", "a" * 64, 8)
GAME = LoggedGame(
    config_key="hex8_2p",
    purpose="gauntlet",
    run_id="run-1",
    opening_seed=2**64 - 1,
    opening_decisions=4,
    opening_hash="0123456789abcdef",
    play_seed=2**63 + 5,
    seats=(SEARCH, HEURISTIC),
    winner=2,
    how="lps_rounds",
    ranks=(2, 1),
    scores=((3, 4, 5, 6), (7, 8, 9, 10)),
    plies=120,
)
FOUR = replace(
    GAME,
    config_key="square8_4p",
    seats=(HEURISTIC, HEURISTIC, SEARCH, HEURISTIC),
    winner=3,
    ranks=(2, 2, 1, 4),
    scores=((0, 1, 2, 3),) * 4,
)


@pytest.fixture
def log(tmp_path):
    with MatchLog(tmp_path / "matches.db") as opened:
        yield opened


def test_games_come_back_as_they_were_logged(log):
    assert log.record([GAME, FOUR]) == 2
    assert log.games() == [GAME, FOUR]
    assert log.known([FOUR.key, "f" * 64]) == {FOUR.key: FOUR}
    assert set(log.participants()) == {HEURISTIC, SEARCH}
    assert log.counts() == {"hex8_2p": 1, "square8_4p": 1}


def test_a_game_is_counted_once_and_its_first_result_stands(log):
    repeated = replace(GAME, run_id="run-2", purpose="again", winner=1, ranks=(1, 2))
    assert log.record([GAME]) == 1
    assert log.record([repeated, repeated]) == 0
    assert log.games() == [GAME]


@pytest.mark.parametrize(
    "change",
    [
        {"config_key": "square8_2p"},
        {"opening_seed": 1},
        {"opening_decisions": 5},
        {"play_seed": 1},
        {"rules_version": 99},
        {"seats": (HEURISTIC, SEARCH)},
        {"seats": (replace(SEARCH, model="b" * 64), HEURISTIC)},
        {"seats": (replace(SEARCH, simulations=9), HEURISTIC)},
    ],
    ids=str,
)
def test_another_game_has_another_key(log, change):
    other = replace(GAME, **change)
    assert other.key != GAME.key
    assert log.record([GAME, other]) == 2


def test_reading_by_configuration_purpose_and_run(log):
    games = [replace(GAME, play_seed=seed, run_id=f"run-{seed % 2}", purpose=f"p{seed % 3}") for seed in range(6)]
    log.record([*games, FOUR])
    assert log.games("hex8_2p") == games
    assert log.games(run_id="run-0") == games[::2]
    assert log.games("hex8_2p", purpose="p1", run_id="run-1") == [games[1]]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"winner": 3}, "no seat"),
        ({"ranks": (1, 2)}, "rank 1"),
        ({"scores": ((1, 2, 3, 4),)}, "do not cover"),
        ({"how": ""}, "unknown"),
        ({"how": "resigned"}, "unknown"),
        ({"seats": (SEARCH,)}, "impossible"),
    ],
)
def test_a_game_that_contradicts_itself_is_refused_with_its_whole_batch(log, change, words):
    with pytest.raises(DataError, match=words):
        log.record([FOUR, replace(GAME, **change)])
    assert log.games() == []


def test_a_batch_that_fails_in_the_middle_leaves_nothing(log):
    impossible = replace(GAME, plies="many")  # STRICT tables refuse the type
    with pytest.raises(sqlite3.IntegrityError):
        log.record([FOUR, impossible])
    assert log.games() == []
    assert log.participants() == []


def test_a_foreign_file_is_refused(tmp_path):
    path = tmp_path / "matches.db"
    path.write_bytes(b"no database at all, but long enough to be read as one" * 20)
    with pytest.raises(DataError, match=r"matches\.db"):
        MatchLog(path)
    other = tmp_path / "other.db"
    sqlite3.connect(other).execute("CREATE TABLE anything (x)").connection.close()
    with pytest.raises(DataError, match="not a match log"):
        MatchLog(other)


def test_another_schema_version_is_refused_and_kept(tmp_path):
    path = tmp_path / "matches.db"
    with MatchLog(path) as log:
        log.record([GAME])
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 3")
    connection.close()
    with pytest.raises(DataError, match="schema version 3"):
        MatchLog(path)
    assert sqlite3.connect(path).execute("SELECT count(*) FROM games").fetchone() == (1,)


def test_a_kill_while_the_file_is_made_leaves_one_that_can_be_made_again(tmp_path):
    path = tmp_path / "matches.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    with MatchLog(path) as log:
        assert log.record([GAME]) == 1


def write_games(path, start, count):
    """What one of the processes below does: own games and some that both write."""
    for batch in range(count):
        with MatchLog(path) as log:
            own = [replace(GAME, play_seed=start + 10 * batch + number) for number in range(10)]
            log.record([*own, replace(GAME, play_seed=10**6 + batch)])


def test_two_processes_write_at_once_and_nothing_is_lost_or_doubled(tmp_path):
    path, context = tmp_path / "matches.db", multiprocessing.get_context("spawn")
    workers = [context.Process(target=write_games, args=(path, 1_000 * number, 15)) for number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    with MatchLog(path) as log:
        assert len({game.key for game in log.games()}) == len(log.games()) == 2 * 150 + 15
        assert len(log.participants()) == 2
