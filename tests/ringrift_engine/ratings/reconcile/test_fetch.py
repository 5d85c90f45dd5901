"""Copies of a log that is in use: whole and consistent, or refused with everything left as it was."""

import os
import pwd
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from ringrift_engine.errors import ConfigError, DataError, TransientError
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.ratings.reconcile import NoLogError, RatingNode, ReconcileSettings, fetch
from ringrift_engine.ratings.reconcile.fetch import fetched
from tests.support.logs import drawn_games, write_log
from tests.support.sshd import HOST

ROOT = Path(__file__).parents[4]
GAMES = drawn_games(range(60))

# Writes a game a transaction for ever, far more often than games end; the write-ahead log begins anew a few times a
# second, because it is kept short and because the log is closed now and then.
BUSY = """
import sys, time
from pathlib import Path
from ringrift_engine.evaluation.match_log import MatchLog
from tests.support.logs import drawn_games
number = 1_000
while True:
    with MatchLog(Path(sys.argv[1])) as log:
        log.connection.execute("PRAGMA synchronous = OFF")
        log.connection.execute("PRAGMA wal_autocheckpoint = 100")
        for _ in range(60):
            log.record(drawn_games([number]))
            number += 1
            time.sleep(0.005)
    print(number, flush=True)
"""


@pytest.fixture(params=["path", "ssh"])
def reached(request):
    """How the node is reached: its node for a database, and settings."""
    if request.param == "path":
        return lambda database: RatingNode(name="rack1", database=str(database)), ReconcileSettings()
    server = request.getfixturevalue("sshd")
    settings = ReconcileSettings(ssh_config=server.config)
    return lambda database: RatingNode(name="rack1", database=str(database), host=HOST), settings


def copy_of(node, mirror, settings):
    with fetched(node, mirror, settings) as path:
        assert not mirror.exists() or mirror != path
    return mirror


def games_in(path):
    with MatchLog(path, read_only=True) as log:
        return log.games()


def test_a_closed_log_arrives_as_it_is(tmp_path, reached):
    node, settings = reached
    theirs = write_log(tmp_path / "there with a space" / "matches.db", GAMES)
    mirror = copy_of(node(theirs), tmp_path / "here" / "rack1.db", settings)
    assert games_in(mirror) == GAMES
    assert sorted(path.name for path in mirror.parent.iterdir()) == ["rack1.db", "rack1.lock"]


def test_games_that_are_only_in_the_write_ahead_log_arrive_too(tmp_path, reached):
    node, settings = reached
    theirs = tmp_path / "matches.db"
    with MatchLog(theirs) as log:
        log.record(GAMES)
        assert theirs.with_name("matches.db-wal").stat().st_size > 0
        mirror = copy_of(node(theirs), tmp_path / "here" / "rack1.db", settings)
    assert games_in(mirror) == GAMES


def test_a_log_that_is_written_to_all_the_time_arrives_as_it_was_at_one_moment(tmp_path, reached):
    node, settings = reached
    theirs = write_log(tmp_path / "matches.db", GAMES)
    writer = subprocess.Popen(
        [sys.executable, "-c", BUSY, theirs], cwd=ROOT, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        assert writer.stdout is not None
        assert writer.stdout.readline()
        lengths, refused = [], []
        for number in range(4):
            mirror = tmp_path / f"{number}" / "rack1.db"
            for _ in range(20):  # one that cannot be consistent is refused, not taken
                try:
                    copy_of(node(theirs), mirror, settings)
                    break
                except TransientError as error:
                    refused.append(str(error))
            games = games_in(mirror)
            assert games[:60] == GAMES
            assert games[60:] == drawn_games(range(1_000, 1_000 + len(games) - 60))
            lengths.append(len(games))
        assert all("changed under each of" in text for text in refused)
        assert lengths == sorted(lengths)
        assert lengths[-1] > lengths[0], "the writer did not write"
    finally:
        writer.kill()
        writer.wait()


def damaged(path):
    """A log with a page in its middle overwritten."""
    write_log(path, drawn_games(range(400)))
    content = bytearray(path.read_bytes())
    content[40_960:45_056] = b"\xff" * 4_096
    path.write_bytes(content)


def cut(path):
    write_log(path, drawn_games(range(400)))
    path.write_bytes(path.read_bytes()[:30_000])


def old(path):
    write_log(path, GAMES)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 1")


def orphaned(path):
    write_log(path, GAMES)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM participants WHERE id = 1")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: path.write_bytes(b"no database at all" * 1_000), "no whole database|file is not a database"),
        (lambda path: sqlite3.connect(path).execute("CREATE TABLE x (y)").connection.close(), "not a match log"),
        (lambda path: path.write_bytes(b""), "not a match log|schema version 0|application id"),
        (old, "schema version 1 of a match log, this engine knows 2"),
        (cut, "malformed|damaged|torn"),
        (damaged, "malformed|damaged|torn"),
        (orphaned, "refers to nothing"),
    ],
    ids=["text", "foreign", "empty", "old version", "cut", "damaged", "orphaned"],
)
def test_what_is_no_sound_log_is_refused_and_the_copy_before_stays(tmp_path, reached, spoil, words):
    node, settings = reached
    mirror = write_log(tmp_path / "here" / "rack1.db", GAMES[:5])
    before = mirror.read_bytes()
    theirs = tmp_path / "matches.db"
    spoil(theirs)
    with pytest.raises(DataError, match=words) as raised:
        copy_of(node(theirs), mirror, settings)
    assert not isinstance(raised.value, NoLogError)
    assert str(theirs) in str(raised.value)
    assert mirror.read_bytes() == before
    assert sorted(path.name for path in mirror.parent.iterdir()) == ["rack1.db", "rack1.lock"]


def test_a_node_without_a_log_is_said_to_have_none(tmp_path, reached):
    node, settings = reached
    with pytest.raises(NoLogError, match="rack1: there is no match log at"):
        copy_of(node(tmp_path / "matches.db"), tmp_path / "here" / "rack1.db", settings)


@pytest.mark.parametrize(("kind", "refused"), [("nfs4", True), ("ext4", False)])
def test_a_log_on_a_network_file_system_is_refused(tmp_path, monkeypatch, kind, refused):
    theirs = write_log(tmp_path / "far away" / "matches.db", GAMES)
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path}/far\\040away {kind} rw 0 0\n")
    monkeypatch.setattr(fetch, "_MOUNTS", mounts)
    node, mirror = RatingNode(name="rack1", database=str(theirs)), tmp_path / "here" / "rack1.db"
    if not refused:
        assert games_in(copy_of(node, mirror, ReconcileSettings())) == GAMES
        return
    with pytest.raises(DataError, match=r"network file system .nfs4.*ssh address"):
        copy_of(node, mirror, ReconcileSettings())
    assert not mirror.exists()


def test_an_error_in_the_block_keeps_the_copy_before(tmp_path, reached):
    node, settings = reached
    theirs = write_log(tmp_path / "matches.db", GAMES)
    mirror = write_log(tmp_path / "here" / "rack1.db", GAMES[:5])
    with pytest.raises(ZeroDivisionError), fetched(node(theirs), mirror, settings):
        raise ZeroDivisionError
    assert games_in(mirror) == GAMES[:5]


def test_a_node_that_does_not_answer_says_what_ssh_said(tmp_path, sshd):
    settings = ReconcileSettings(ssh_config=sshd.config, connect_timeout_s=5)
    node = RatingNode(name="rack1", database="/matches.db", host="nobody-listens")
    with pytest.raises(TransientError, match=r"rack1: nobody-listens:/matches\.db cannot be read: .*refused"):
        copy_of(node, tmp_path / "rack1.db", settings)


def test_a_transfer_that_takes_too_long_is_ended(tmp_path, sshd):
    pipe = tmp_path / "home"
    pipe.mkdir()
    settings = ReconcileSettings(ssh_config=sshd.config, transfer_timeout_s=0.01)
    theirs = write_log(pipe / "matches.db", GAMES)
    node = RatingNode(name="rack1", database=str(theirs), host=HOST)
    began = time.monotonic()
    with pytest.raises(TransientError, match="it took too long"):
        copy_of(node, tmp_path / "rack1.db", settings)
    assert time.monotonic() - began < 20


def test_ssh_is_told_how_long_to_wait_and_which_file_to_read_and_asks_nobody(tmp_path, monkeypatch):
    (tmp_path / "ssh").write_text(f'#!/bin/sh\ncat > /dev/null; printf "%s\\n" "$@" > {tmp_path}/told; echo missing\n')
    (tmp_path / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    settings = ReconcileSettings(ssh_config=Path("own config"), connect_timeout_s=7)
    node = RatingNode(name="rack1", database="/matches.db", host="games@rack1")
    with pytest.raises(NoLogError):
        copy_of(node, tmp_path / "rack1.db", settings)
    told = (tmp_path / "told").read_text().splitlines()
    assert told[:2] == ["-F", "own config"]
    assert {"ConnectTimeout=7", "BatchMode=yes"} <= set(told)
    assert told[-3:] == ["--", "games@rack1", "sh -s"]


def test_a_path_in_the_home_folder_is_found(tmp_path, sshd):
    home = Path(pwd.getpwuid(os.getuid()).pw_dir) / f".ringrift test {tmp_path.name}"  # sshd does not ask HOME
    theirs = write_log(home / "matches.db", GAMES)
    try:
        node = RatingNode(name="rack1", database=f"~/{home.name}/matches.db", host=HOST)
        mirror = copy_of(node, tmp_path / "rack1.db", ReconcileSettings(ssh_config=sshd.config))
        assert games_in(mirror) == GAMES
    finally:
        shutil.rmtree(home)
    assert not theirs.exists()


@pytest.mark.parametrize("host", ["-oProxyCommand=evil", "a b", "", "user@-x", "host;id"])
def test_a_host_that_ssh_could_take_for_something_else_is_refused(host):
    with pytest.raises(ConfigError, match="must be"):
        RatingNode(name="rack1", database="/matches.db", host=host)
