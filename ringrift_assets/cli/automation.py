"""Sensors and schedules as Dagster's records have them: on or off, and what their last tick came to.

Everything here works without a web server. What can be on follows from the definitions, what is on from the instance.
"""

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ringrift_assets.cli.instance import LOCATION, REPOSITORY
from ringrift_assets.cli.server import MODULE, LoopError
from ringrift_assets.cli.text import first_line

if TYPE_CHECKING:
    import dagster as dg
    from dagster._core.remote_representation.external import RemoteRepository
    from dagster._core.scheduler.instigation import InstigatorState, InstigatorTick


@dataclass(frozen=True, kw_only=True)
class Tick:
    """What one look of a sensor or schedule came to.

    at      seconds since 1970
    status  started, skipped, success or failure
    reason  why nothing was requested, or the first line of the error
    runs    ids of the runs that were requested
    """

    at: float
    status: str
    reason: str
    runs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Automation:
    """A sensor or schedule; `last_tick` is None before the first one."""

    kind: str
    """`sensor` or `schedule`."""
    name: str
    on: bool
    last_tick: Tick | None


def automations(instance: "dg.DagsterInstance") -> list[Automation]:
    """Every sensor and schedule of the definitions, sensors first, in their order there."""
    from dagster._core.definitions.selector import InstigatorSelector

    states = _states(instance)
    found = []
    for kind, name in _declared():
        selector = InstigatorSelector(location_name=LOCATION, repository_name=REPOSITORY, name=name)
        state = states.get(name)
        ticks = instance.get_ticks(state.instigator_origin_id, selector.get_id(), limit=2) if state is not None else ()
        on = state is not None and state.is_running
        found.append(Automation(kind=kind, name=name, on=on, last_tick=_last(list(map(_tick, ticks)))))
    return found


def turn_off(instance: "dg.DagsterInstance") -> list[str]:
    """Turn off every sensor and schedule of the code location that is on; their names."""
    from dagster._core.scheduler.instigation import InstigatorStatus

    on = [state for state in _states(instance).values() if state.is_running]
    for state in on:
        instance.update_instigator_state(state.with_status(InstigatorStatus.STOPPED))
    return sorted(state.name for state in on)


def turn_on(instance: "dg.DagsterInstance") -> list[str]:
    """Turn on every sensor and schedule by loading the definitions in a code server of our own; names of those that
    were off.

    It takes some seconds; a web server, if there is one, knows the definitions already. LoopError with the first error
    if the definitions do not load.
    """
    with _loaded(instance) as repository:
        on = {state.name for state in _states(instance).values() if state.is_running}
        for sensor in repository.get_sensors():
            instance.start_sensor(sensor)
        for schedule in repository.get_schedules():
            instance.start_schedule(schedule)
        names = {one.name for one in (*repository.get_sensors(), *repository.get_schedules())}
    return sorted(names - on)


def _declared() -> list[tuple[str, str]]:
    """(kind, name) of everything that the definitions can have on."""
    from ringrift_assets.definitions import defs

    sensors = [("sensor", sensor.name) for sensor in defs.sensors or ()]
    return sensors + [("schedule", schedule.name) for schedule in defs.schedules or ()]


def _states(instance: "dg.DagsterInstance") -> "dict[str, InstigatorState]":
    """Name -> stored state, of those that were ever on or off in our code location."""
    from dagster._core.definitions.selector import RepositorySelector

    selector = RepositorySelector(location_name=LOCATION, repository_name=REPOSITORY)
    states = instance.all_instigator_state(repository_selector_id=selector.selector_id)
    return {state.name: state for state in states}


@contextmanager
def _loaded(instance: "dg.DagsterInstance") -> "Iterator[RemoteRepository]":
    """The definitions as the daemon sees them."""
    from dagster import __version__
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import ModuleTarget

    target = ModuleTarget(MODULE, attribute=None, working_directory=None, location_name=LOCATION)
    with ExitStack() as stack:
        # Quiet: a code server writes to our own standard output, and what does not load is told below, in one line.
        stack.enter_context(warnings.catch_warnings(action="ignore", category=UserWarning))
        context = WorkspaceProcessContext(
            instance, version=__version__, workspace_load_target=target, code_server_log_level="critical"
        )
        process = stack.enter_context(context)
        entry = process.create_request_context().get_code_location_entries()[LOCATION]
        if entry.code_location is None:
            error = entry.load_error
            while error is not None and error.cause is not None:
                error = error.cause
            raise LoopError(f"the definitions do not load: {first_line(error.message if error else '')}")
        yield entry.code_location.get_repository(REPOSITORY)


def _last(ticks: list[Tick]) -> Tick | None:
    """Of the two newest ticks the newest one that has come to something."""
    ended = [tick for tick in ticks if tick.status != "started"]
    return next(iter([*ended, *ticks]), None)


def _tick(tick: "InstigatorTick") -> Tick:
    data = tick.tick_data
    error = data.error.message if data.error is not None else None
    return Tick(
        at=tick.timestamp,
        status=tick.status.value.lower(),
        reason=error.strip() if error else data.skip_reason or "",
        runs=tuple(data.run_ids),
    )
