"""Who is at work: one lock per configuration and stage, and one mark per run that is alive.

Both are `flock`s, which the kernel releases when a process dies, however it dies: nobody ever waits for the dead, and
nothing has to be cleaned up by hand. A run started from the command line passes no queue and a killed one keeps its
slots in Dagster's pools, so these locks, not the pools, keep two processes from writing the same partition, and every
start gives back the slots of runs whose mark shows that they died.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

_UNFINISHED = [dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]


@contextmanager
def exclusive(path: Path, when_held: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Hold the lock at `path` while the block runs; if another process has it, call `when_held` once and wait
    asleep.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _taken(descriptor, fcntl.LOCK_EX):
            when_held()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


class RunMarks:
    """The marks of running runs: one file a run in `folder`, held by each process that executes steps of the run.

    A run that ends, well or badly, removes its mark; a mark that nobody holds is what a killed run leaves behind.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._guard = folder.with_suffix(".lock")
        self._held: dict[str, int] = {}

    def begin(self, run_id: str) -> None:
        """Mark `run_id` as alive in this process; a second call for the same run changes nothing."""
        if run_id in self._held:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        with exclusive(self._guard):  # nobody may see the mark between its first moment and the one in which it is held
            descriptor = os.open(self._mark(run_id), os.O_RDWR | os.O_CREAT, 0o644)
            fcntl.flock(descriptor, fcntl.LOCK_SH)
        self._held[run_id] = descriptor

    def end(self, run_id: str) -> None:
        """Remove the mark: this process has finished its part of the run in an orderly way."""
        descriptor = self._held.pop(run_id, None)
        if descriptor is not None:
            self._mark(run_id).unlink(missing_ok=True)
            os.close(descriptor)

    def died(self, run_id: str) -> bool:
        """True if the run left a mark that no living process holds."""
        if not self._mark(run_id).exists():
            return False
        with exclusive(self._guard):
            try:
                descriptor = os.open(self._mark(run_id), os.O_RDWR)
            except FileNotFoundError:  # it ended in the meantime
                return False
            try:
                return _taken(descriptor, fcntl.LOCK_EX)
            finally:
                os.close(descriptor)

    def forget(self, run_id: str) -> None:
        """Remove the mark of a run that died, once what it held has been given back."""
        self._mark(run_id).unlink(missing_ok=True)

    def _mark(self, run_id: str) -> Path:
        return self._folder / f"{run_id}.run"


def bury_dead_runs(instance: dg.DagsterInstance, marks: RunMarks) -> list[str]:
    """Give back the pool slots of runs that were killed on this host and show them as failed; returns their ids."""
    records = instance.get_run_records(dg.RunsFilter(statuses=_UNFINISHED))
    unfinished = {record.dagster_run.run_id: record.dagster_run for record in records}
    holders = instance.event_log_storage.get_concurrency_run_ids()
    dead = sorted(run_id for run_id in holders | unfinished.keys() if marks.died(run_id))
    for run_id in dead:
        instance.event_log_storage.free_concurrency_slots_for_run(run_id)
        if run_id in unfinished:
            instance.report_run_failed(unfinished[run_id], "The process of this run ended without a word (killed).")
        marks.forget(run_id)
    return dead


def _taken(descriptor: int, kind: int) -> bool:
    """True if the lock could be taken at once."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
