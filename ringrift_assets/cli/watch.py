"""A running loop in a terminal: one line for each run that starts or ends and for each new decision of a sensor.

The lines are made from Dagster's records, which are looked at every other second, not from its log: so they are the
same whoever started the loop. With `verbose` the log is shown too, as it grows.
"""

import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Final, NoReturn

from ringrift_assets.cli.automation import Automation, automations
from ringrift_assets.cli.ended import failure_of
from ringrift_assets.cli.instance import opened_instance
from ringrift_assets.cli.runs import RunRow, run_row
from ringrift_assets.cli.server import LOG, LoopError, log_size
from ringrift_assets.cli.starting import Wanted, start
from ringrift_assets.cli.stopping import Stopped, stop
from ringrift_assets.cli.text import clock, duration, first_line, one_line

if TYPE_CHECKING:
    import dagster as dg

_LOOK_EVERY_S: Final = 2.0
_NEWEST: Final = 100  # runs looked at: far more than change between two looks
_REASON: Final = 300
_SHOWN: Final = {"started", "success", "failure", "canceled"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One thing that happened: `at` in seconds since 1970, `what` the name of a sensor, `run`, or `log`."""

    at: float
    what: str
    said: str

    @property
    def text(self) -> str:
        """The line as a terminal shows it; what is said of runs begins with their name, and a log has its own times."""
        if self.what == "log":
            return self.said
        return f"{clock(self.at)} {self.said if self.what == 'run' else f'{self.what}: {self.said}'}"


def watch(wanted: Wanted, verbose: bool, show: Callable[[Line], object], tell: Callable[[str], object]) -> Stopped:
    """Start the loop and show what happens until Ctrl-C or a request to end; then end it.

    LoopError if it ends by itself.
    """
    with _interruptible() as ending:
        try:
            _follow(wanted, verbose, show, tell, ending)
        except KeyboardInterrupt:
            tell("ending")
        return stop(tell)


class _Ending:
    """The handler of requests to end: a KeyboardInterrupt at once, or after a look at Dagster's records.

    An interrupt in the middle of a query would be written down by the database's library as an error of its own.
    """

    def __init__(self) -> None:
        self._asked = False
        self._looking = False

    def __call__(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  (how Python calls a handler)
        self._asked = True
        if not self._looking:
            raise KeyboardInterrupt

    @contextmanager
    def after(self) -> Iterator[None]:
        """A request that comes during the block ends it when the block is done."""
        self._looking = True
        try:
            yield
        finally:
            self._looking = False
        if self._asked:
            raise KeyboardInterrupt


def _follow(
    wanted: Wanted,
    verbose: bool,
    show: Callable[[Line], object],
    tell: Callable[[str], object],
    ending: _Ending,
) -> NoReturn:
    position = log_size()
    started = start(wanted, tell)
    tell(f"the loop runs{f' at {started.loop.address}' if started.loop.address else ''}; Ctrl-C ends it")
    with opened_instance() as instance, LOG.open(errors="replace") as log:
        log.seek(position)
        news = News(instance)
        while started.loop.runs:
            for line in log.read().splitlines() if verbose else ():
                show(Line(at=time.time(), what="log", said=line))
            with ending.after():
                lines = news.since_last_look()
            for line in lines:
                show(line)
            time.sleep(_LOOK_EVERY_S)
    raise LoopError(f"The loop has ended by itself. See {LOG}; `ringrift loop stop` ends what it left behind.")


@contextmanager
def _interruptible() -> Iterator[_Ending]:
    """A request to end, as a service manager sends it, is a Ctrl-C."""
    ending = _Ending()
    before = {number: signal.signal(number, ending) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@dataclass
class News:
    """What has changed in an instance since the last look; the first look shows what is at work."""

    instance: "dg.DagsterInstance"
    _began: float = field(default_factory=time.time)
    _runs: dict[str, str] = field(default_factory=dict)
    _said: dict[str, str] = field(default_factory=dict)

    def since_last_look(self) -> list[Line]:
        """A line for each change, in the order of time."""
        return sorted([*self._sensor_lines(), *self._run_lines()], key=lambda line: line.at)

    def _sensor_lines(self) -> Iterator[Line]:
        for one in automations(self.instance):
            tick = one.last_tick
            if tick is None or tick.at < self._began or tick.status == "started":
                continue
            said = _decision(one)
            # Ages and counts change with every look; what was decided has not changed with them.
            sense = re.sub(r"[\d.]+", "#", said)
            if self._said.get(one.name) != sense:
                self._said[one.name] = sense
                yield Line(at=tick.at, what=one.name, said=said)

    def _run_lines(self) -> Iterator[Line]:
        for record in self.instance.get_run_records(limit=_NEWEST):
            run = run_row(record)
            ended = record.end_time
            if run.status not in _SHOWN or self._runs.get(run.run_id) == run.status:
                continue
            self._runs[run.run_id] = run.status
            if ended is not None and ended < self._began:
                continue
            yield Line(at=ended or run.since, what="run", said=self._course(run, ended))

    def _course(self, run: RunRow, ended: float | None) -> str:
        if ended is None:
            return f"{run.text} starts{f': {run.why}' if run.why else ''}"
        took = duration(ended - run.since)
        if run.status != "failure":
            return f"{run.text} {'succeeded' if run.status == 'success' else 'was ended'} after {took}"
        failure = failure_of(self.instance, run.run_id)
        where = f" in {failure.stage}" if failure.stage else ""
        return f"{run.text} failed{where} after {took} ({failure.outcome}): {failure.error}"


def _decision(one: Automation) -> str:
    tick = one.last_tick
    assert tick is not None
    if tick.status == "failure":
        return f"failed: {first_line(tick.reason, _REASON)}"
    if tick.runs:
        return f"requests {', '.join(run[:8] for run in tick.runs)}"
    return f"{tick.status}{f': {one_line(tick.reason, _REASON)}' if tick.reason else ''}"
