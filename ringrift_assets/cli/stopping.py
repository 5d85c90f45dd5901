"""The way back: nothing new is requested, runs at work are ended, then every process.

A run that was ended here is no fault: it says so itself, so the breaker does not count it. What it had finished stays,
and the next run of its configuration goes on with the rest.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ringrift_assets.cli.automation import turn_off
from ringrift_assets.cli.instance import has_instance, opened_instance
from ringrift_assets.cli.runs import RunRow, is_queued, unfinished
from ringrift_assets.cli.server import Loop, end, only_one, recorded

if TYPE_CHECKING:
    import dagster as dg

_CANCEL_WITHIN_S: Final = 15.0
_LOOK_EVERY_S: Final = 0.3
_MESSAGE: Final = "Ended by `ringrift loop stop`; what it had finished is kept."


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """What was ended: whether a loop ran, the sensors and schedules that were on, and the runs that were at work.

    Queued runs stay queued and start with the next loop.
    """

    ran: bool
    turned_off: tuple[str, ...] = ()
    ended_runs: tuple[RunRow, ...] = ()
    queued_runs: tuple[RunRow, ...] = ()


def stop(tell: Callable[[str], object]) -> Stopped:
    """Turn everything off and end the loop of the current folder, if one runs."""
    with only_one():
        loop = recorded()
        if not has_instance():
            if loop is not None:
                end(loop)
            return Stopped(ran=loop is not None)
        with opened_instance() as instance:
            return _stop(instance, loop, tell)


def _stop(instance: "dg.DagsterInstance", loop: Loop | None, tell: Callable[[str], object]) -> Stopped:
    turned_off = turn_off(instance)
    if loop is None:
        return Stopped(ran=False, turned_off=tuple(turned_off), queued_runs=_queued(instance))
    tell("sensors and schedules are off")
    at_work = [run for run in unfinished(instance) if run.launched and not is_queued(run)]
    _cancel(instance, at_work, tell)
    tell("ending the processes")
    end(loop)
    # A sensor that was in the middle of a look may have written its old state once more.
    turn_off(instance)
    _bury(instance, at_work)
    return Stopped(ran=True, turned_off=tuple(turned_off), ended_runs=tuple(at_work), queued_runs=_queued(instance))


def _queued(instance: "dg.DagsterInstance") -> tuple[RunRow, ...]:
    return tuple(filter(is_queued, unfinished(instance)))


def _cancel(instance: "dg.DagsterInstance", runs: Sequence[RunRow], tell: Callable[[str], object]) -> None:
    """Ask the runs to end, and wait a while for it."""
    from dagster import DagsterError

    from ringrift_assets.outcomes import BLOCKED, OUTCOME_TAG

    for run in runs:
        tell(f"ending {run.text}")
        instance.add_run_tags(run.run_id, {OUTCOME_TAG: BLOCKED})
        try:
            instance.run_launcher.terminate(run.run_id)
        except DagsterError as error:  # its server is gone or busy: the processes are ended anyway
            tell(f"{run.text} cannot be asked to end ({type(error).__name__}); its process will be killed")
    deadline = time.monotonic() + _CANCEL_WITHIN_S
    while time.monotonic() < deadline and _alive(instance, runs):
        time.sleep(_LOOK_EVERY_S)


def _alive(instance: "dg.DagsterInstance", runs: Sequence[RunRow]) -> "list[dg.DagsterRun]":
    found = [instance.get_run_by_id(run.run_id) for run in runs]
    return [run for run in found if run is not None and not run.is_finished]


def _bury(instance: "dg.DagsterInstance", runs: Sequence[RunRow]) -> None:
    """Show as ended what was killed before it could say so, and give back what it held."""
    from ringrift_assets.locks import RunMarks
    from ringrift_assets.resources import Storage

    for killed in _alive(instance, runs):
        instance.report_run_canceled(killed, message=_MESSAGE)
    marks = RunMarks(Storage().base / "locks" / "runs")
    for run in runs:
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)
        marks.forget(run.run_id)
