"""From nothing to a loop that works: processes, loaded definitions, every sensor and schedule on.

What cannot work is refused before anything is started: settings that cannot be read, no instance, a taken port. What
fails afterwards ends all that was started.
"""

import os
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

from ringrift_assets.cli.automation import turn_on
from ringrift_assets.cli.graphql import LoadedLocation, Server
from ringrift_assets.cli.instance import opened_instance
from ringrift_assets.cli.server import (
    CONFIGURATIONS_VARIABLE,
    DEFAULT_PORT,
    LOG,
    Loop,
    LoopError,
    end,
    launch,
    log_after,
    log_size,
    only_one,
    recorded,
)
from ringrift_assets.cli.text import duration, first_line, one_line

Tell = Callable[[str], object]

_LOAD_WITHIN_S: Final = 300.0
_LOOK_EVERY_S: Final = 0.5
_TELL_EVERY_S: Final = 10.0
_ERROR: Final = re.compile(r"^[\w.]*(?:Error|Exception)\b.*", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a loop is started with; None and empty where the caller leaves it open."""

    port: int | None = None
    configurations: str = ""
    server: bool = True


@dataclass(frozen=True, kw_only=True)
class Started:
    """A loop that works; `already` if it did before."""

    loop: Loop
    already: bool
    turned_on: tuple[str, ...]


def start(wanted: Wanted, tell: Tell) -> Started:
    """A loop with everything on: a new one, or the one that runs already if it is what is wanted.

    LoopError or ConfigError for whatever keeps it from working; then nothing that was started here is left.
    """
    _check_settings(wanted)
    with only_one(), ExitStack() as undo:
        loop, already = _running(wanted, tell), True
        if loop is None:
            already, position = False, log_size()
            loop = launch((wanted.port or DEFAULT_PORT) if wanted.server else None, wanted.configurations)
            undo.callback(end, loop)
            tell(f"started as process {loop.pid}; its log is {LOG}")
            _wait_until_up(loop, position, tell)
        turned_on = _all_on(loop, tell)
        undo.pop_all()
    return Started(loop=loop, already=already, turned_on=tuple(turned_on))


def _check_settings(wanted: Wanted) -> None:
    from ringrift_assets.sensors.requests import configurations_of
    from ringrift_assets.thresholds import read_thresholds

    named = {CONFIGURATIONS_VARIABLE: wanted.configurations} if wanted.configurations else {}
    configurations_of(read_thresholds({**os.environ, **named}))
    with opened_instance():
        pass


def _running(wanted: Wanted, tell: Tell) -> Loop | None:
    """The loop that runs already, if any; LoopError if it is not what is wanted."""
    loop = recorded()
    if loop is None:
        return None
    if not loop.runs:
        tell(f"process {loop.pid} of an earlier loop was killed; ending what it left behind")
        end(loop)
        return None
    differs = {
        "--port": wanted.port is not None and loop.port is not None and wanted.port != loop.port,
        "--no-server": (not wanted.server and loop.port is not None) or (wanted.port is not None and loop.port is None),
        "--configurations": bool(wanted.configurations) and wanted.configurations != loop.configurations,
    }
    if names := [name for name, different in differs.items() if different]:
        raise LoopError(
            f"a loop runs already ({loop.address or f'process {loop.pid}, no web server'}), started otherwise: "
            f"{', '.join(names)}. End it first: `ringrift loop stop`."
        )
    return loop


def _wait_until_up(loop: Loop, position: int, tell: Tell) -> None:
    """Wait until the web server listens; without one there is nothing to wait for."""
    if loop.port is None:
        return
    _until(Server(loop.address).answers, loop, position, "waiting for the web server", tell)


def _all_on(loop: Loop, tell: Tell) -> list[str]:
    """Turn on what is off; the names."""
    if loop.port is None:
        tell("loading the definitions")
        with opened_instance() as instance:
            return turn_on(instance)
    server, found = Server(loop.address), list[LoadedLocation]()

    def loaded() -> bool:
        location = server.location()
        found.extend([location] if location is not None else [])
        return location is not None

    _until(loaded, loop, log_size(), "loading the definitions", tell)
    (location,) = found
    off = [("sensor", name) for name, on in location.sensors.items() if not on]
    off += [("schedule", name) for name, on in location.schedules.items() if not on]
    for kind, name in off:
        server.turn_on(kind, name)
    return sorted(name for _, name in off)


def _until(reached: Callable[[], bool], loop: Loop, position: int, what: str, tell: Tell) -> None:
    """Ask again and again; LoopError if the processes end in the meantime or it takes too long."""
    began = told = time.monotonic()
    tell(what)
    while not reached():
        now = time.monotonic()
        if not loop.runs:
            raise LoopError(f"Dagster has ended while {what}: {_first_error(log_after(position))} See {LOG}.")
        if now - began > _LOAD_WITHIN_S:
            raise LoopError(f"still {what} after {duration(now - began)}; given up. See {LOG}.")
        if now - told > _TELL_EVERY_S:
            tell(f"{what}, {duration(now - began)}")
            told = now
        time.sleep(_LOOK_EVERY_S)


def _first_error(log: str) -> str:
    """The line of a log that says most: the first that names an error, or else the last one."""
    named = _ERROR.search(log)
    return one_line(named[0]) if named else first_line("\n".join(reversed(log.splitlines())))
