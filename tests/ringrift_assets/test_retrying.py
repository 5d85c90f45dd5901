"""What is tried again and what is not: errors as tables, and real Dagster runs that fail and recover."""

import errno
import sqlite3
import sys

import dagster as dg
import pytest
from dagster._core.errors import DagsterPipesExecutionError

from ringrift_assets.pipes import unpack
from ringrift_assets.retrying import PATIENCE, Patience, is_transient, retried
from ringrift_assets.worker import Reporter, answer
from ringrift_engine.errors import ConfigError, DataError, ResourcesExhausted, TransientError

AT_ONCE = Patience(retries=2, first_pause_s=0.0)


def caused(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (TransientError("the store did not answer"), True),
        (sqlite3.OperationalError("database is locked"), True),
        (sqlite3.OperationalError("database table is locked: models"), True),
        (sqlite3.OperationalError("no such table: models"), False),
        (sqlite3.OperationalError("database or disk is full"), False),
        (sqlite3.DatabaseError("database disk image is malformed"), False),
        (caused(DataError("x.db: SQLite says"), sqlite3.OperationalError("database is locked")), True),
        (caused(DataError("x.db: SQLite says"), sqlite3.DatabaseError("file is not a database")), False),
        (OSError(errno.EAGAIN, "Resource temporarily unavailable"), True),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), True),
        (TimeoutError(errno.ETIMEDOUT, "Connection timed out"), True),
        (OSError(errno.ENOSPC, "No space left on device"), False),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), False),
        (FileNotFoundError(errno.ENOENT, "No such file"), False),
        (PermissionError(errno.EACCES, "Permission denied"), False),
        (OSError("no number at all"), False),
        (MemoryError(), True),
        (DagsterPipesExecutionError("External execution process failed with code -9"), True),
        (DagsterPipesExecutionError("External execution process failed with code 137"), True),
        (DagsterPipesExecutionError("External execution process failed with code 1"), False),
        (DagsterPipesExecutionError("External execution process failed with code -99"), False),
        (DagsterPipesExecutionError("External execution process failed with code -15"), False),
        (ResourcesExhausted("disk"), False),
        (DataError("torn"), False),
        (ConfigError("unknown"), False),
        (RuntimeError("anything"), False),
        (ZeroDivisionError(), False),
    ],
    ids=repr,
)
def test_which_errors_are_transient(error, transient):
    assert is_transient(error) is transient


def test_a_gpu_without_memory_is_transient_and_a_name_alone_proves_nothing():
    torch = pytest.importorskip("torch")
    assert is_transient(torch.OutOfMemoryError("CUDA out of memory"))
    assert not is_transient(type("OutOfMemoryError", (RuntimeError,), {})())


def test_a_lock_that_sqlite_itself_reports_is_transient(tmp_path):
    with sqlite3.connect(tmp_path / "x.db", isolation_level=None) as first:
        first.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError) as caught:
            sqlite3.connect(tmp_path / "x.db", timeout=0).execute("CREATE TABLE a (b)")
    assert is_transient(caught.value)


def test_pauses_double_up_to_a_limit_and_are_half_left_to_chance():
    assert [PATIENCE.pause(before, 1.0) for before in range(6)] == [5, 10, 20, 40, 60, 60]
    assert [PATIENCE.pause(before, 0.0) for before in range(6)] == [2.5, 5, 10, 20, 30, 30]
    assert PATIENCE.pause(1, 0.5) == 7.5


def run_of(work, patience=AT_ONCE, chance=lambda: 1.0):
    """Run an asset whose body is `work` under `retried`; (result, number of retries before each attempt)."""
    attempts = []

    @dg.asset
    def example(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        attempts.append(context.retry_number)
        with retried(context, patience, chance):
            work(context, len(attempts))
        return dg.MaterializeResult()

    result = dg.materialize([example], raise_on_error=False)
    return result, attempts


def fails(*errors):
    """Work that raises these errors, one an attempt, and then succeeds."""

    def work(_context, attempt):
        if attempt <= len(errors):
            raise errors[attempt - 1]

    return work


LOCKED = sqlite3.OperationalError("database is locked")


@pytest.mark.parametrize(
    ("errors", "success", "attempts"),
    [
        pytest.param([], True, 1, id="nothing_happens"),
        pytest.param([LOCKED], True, 2, id="once"),
        pytest.param([LOCKED, TransientError("again")], True, 3, id="twice_differently"),
        pytest.param([LOCKED] * 3, False, 3, id="more_often_than_allowed"),
        pytest.param([OSError(errno.ENOSPC, "full")], False, 1, id="a_full_disk_fails_at_once"),
        pytest.param([DataError("torn")], False, 1, id="damage_fails_at_once"),
        pytest.param([LOCKED, DataError("torn")], False, 2, id="damage_after_a_lock"),
        pytest.param([ZeroDivisionError()], False, 1, id="a_bug_fails_at_once"),
    ],
)
def test_a_step_is_repeated_for_transient_faults_alone(errors, success, attempts):
    result, made = run_of(fails(*errors))
    assert (result.success, made) == (success, list(range(attempts)))


def test_the_last_failure_shows_the_error_itself():
    result, _ = run_of(fails(*[LOCKED] * 3))
    (failure,) = result.filter_events(lambda event: event.is_step_failure)
    assert failure.step_failure_data.error.cause.cls_name == "OperationalError"


def test_the_pause_is_the_one_that_patience_says():
    result, _ = run_of(fails(LOCKED, LOCKED), Patience(retries=2, first_pause_s=0.2), chance=lambda: 0.5)
    waits = [event.event_specific_data.seconds_to_wait for event in result.all_events if event.is_step_up_for_retry]
    assert waits == pytest.approx([0.15, 0.3])


def test_a_worker_that_the_kernel_killed_is_started_again():
    def work(context, attempt):
        code = "pass" if attempt > 1 else "import os; os.kill(os.getpid(), 9)"
        dg.PipesSubprocessClient().run(context=context, command=[sys.executable, "-c", code])

    result, attempts = run_of(work)
    assert result.success
    assert attempts == [0, 1]


def test_a_worker_that_failed_by_itself_is_not():
    def work(context, _attempt):
        dg.PipesSubprocessClient().run(context=context, command=[sys.executable, "-c", "raise SystemExit(3)"])

    result, attempts = run_of(work)
    assert not result.success
    assert attempts == [0]


@pytest.mark.parametrize("error", [LOCKED, MemoryError(), OSError(errno.EAGAIN, "busy"), TransientError("away")])
def test_what_is_transient_in_a_worker_is_transient_for_the_asset(error):
    message = answer(lambda *_: fails(error)(None, 1), {}, Reporter(print))
    with pytest.raises(TransientError):
        unpack(message)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), RuntimeError("a bug"), ValueError("a bug")])
def test_what_is_not_keeps_its_traceback_in_the_worker(error):
    with pytest.raises(type(error)):
        answer(lambda *_: fails(error)(None, 1), {}, Reporter(print))
