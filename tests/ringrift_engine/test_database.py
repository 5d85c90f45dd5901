"""Databases of several writers: killed for real in the middle of their work, they keep whole transactions only."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ringrift_engine.database import DatabaseFormat, open_database, transaction
from ringrift_engine.errors import DataError

ROOT = Path(__file__).parents[2]
FORM = DatabaseFormat("test file", 0x52525454, 1, ("CREATE TABLE pairs (number INTEGER, half INTEGER) STRICT",))

# Writes pairs of rows for ever, each pair in one transaction, and says so after every one.
WRITER = """
import sys
from pathlib import Path
from tests.ringrift_engine.test_database import FORM
from ringrift_engine.database import open_database, transaction

connection = open_database(Path(sys.argv[1]), FORM)
number = connection.execute("SELECT coalesce(max(number), 0) FROM pairs").fetchone()[0]
while True:
    number += 1
    with transaction(connection):
        for half in (1, 2):
            connection.execute("INSERT INTO pairs VALUES (?, ?)", (number, half))
    print(number, flush=True)
"""


def pairs_of(path):
    connection = open_database(path, FORM)
    rows = connection.execute("SELECT number, count(*) FROM pairs GROUP BY number").fetchall()
    connection.close()
    return {row[0]: row[1] for row in rows}


def test_a_killed_writer_leaves_whole_transactions_and_a_file_that_goes_on(tmp_path):
    path = tmp_path / "test.db"
    for delay_ms in (0, 3, 7):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        assert writer.stdout is not None
        acknowledged = int(writer.stdout.readline())
        time.sleep(delay_ms / 1_000)
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged = max([acknowledged, *(int(line) for line in writer.stdout if line.endswith("\n"))])
        writer.wait(10)
        found = pairs_of(path)
        assert set(found.values()) == {2}
        assert list(found) == list(range(1, len(found) + 1))
        assert len(found) >= acknowledged  # nothing that was said to be written is lost


def test_an_error_undoes_the_whole_block(tmp_path):
    connection = open_database(tmp_path / "test.db", FORM)

    def fail_in_the_middle():
        with transaction(connection):
            connection.execute("INSERT INTO pairs VALUES (1, 1)")
            raise KeyError

    with pytest.raises(KeyError):
        fail_in_the_middle()
    assert connection.execute("SELECT count(*) FROM pairs").fetchone()[0] == 0
    connection.close()


def test_a_second_writer_waits_for_the_first(tmp_path):
    path = tmp_path / "test.db"
    first, second = open_database(path, FORM), open_database(path, FORM)
    second.execute("PRAGMA busy_timeout = 50")
    with transaction(first):
        first.execute("INSERT INTO pairs VALUES (1, 1)")
        with pytest.raises(sqlite3.OperationalError, match="locked"), transaction(second):
            pass
        assert second.execute("SELECT count(*) FROM pairs").fetchone()[0] == 0  # readers go on with what was there
    assert second.execute("SELECT count(*) FROM pairs").fetchone()[0] == 1
    assert first.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    first.close()
    second.close()


@pytest.mark.parametrize(
    ("pragma", "words"), [("application_id = 7", "not a test file"), ("user_version = 2", "schema version 2")]
)
def test_other_files_are_refused_with_what_they_are(tmp_path, pragma, words):
    path = tmp_path / "test.db"
    connection = open_database(path, FORM)
    connection.execute(f"PRAGMA {pragma}")
    connection.close()
    with pytest.raises(DataError, match=words):
        open_database(path, FORM)


def test_a_torn_file_is_refused(tmp_path):
    path = tmp_path / "test.db"
    open_database(path, FORM).close()
    path.write_bytes(b"\0" * 100 + path.read_bytes()[100:])
    with pytest.raises(DataError, match="SQLite says"):
        open_database(path, FORM)
