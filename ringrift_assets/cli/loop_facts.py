"""What `ringrift loop status` knows: processes, sensors and schedules, daemons, runs."""

import time
from dataclasses import dataclass
from typing import Any

from ringrift_assets.cli.automation import Automation, automations
from ringrift_assets.cli.instance import has_instance, instance_home, opened_instance
from ringrift_assets.cli.runs import RunRow, is_queued, run_lines, unfinished
from ringrift_assets.cli.server import LOG, Loop, recorded
from ringrift_assets.cli.text import clock, columns, date, duration, one_line, wrapped
from ringrift_engine.cli.options import plain


@dataclass(frozen=True, kw_only=True)
class Daemon:
    """One of Dagster's daemons; `last_heartbeat` in seconds since 1970, None if it never had one."""

    name: str
    healthy: bool
    last_heartbeat: float | None


@dataclass(frozen=True, kw_only=True)
class LoopFacts:
    """A loop, or none, and what Dagster's records say; all of these empty without an instance."""

    loop: Loop | None
    instance: bool
    automations: tuple[Automation, ...] = ()
    daemons: tuple[Daemon, ...] = ()
    queued: tuple[RunRow, ...] = ()
    at_work: tuple[RunRow, ...] = ()

    @property
    def running(self) -> bool:
        """Whether the loop's first process lives."""
        return self.loop is not None and self.loop.runs

    @property
    def off(self) -> tuple[str, ...]:
        """Sensors and schedules that are off."""
        return tuple(one.name for one in self.automations if not one.on)

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it; times in seconds since 1970."""
        loop = self.loop
        return {
            "running": self.running,
            "pid": loop.pid if loop else None,
            "since": loop.started if loop else None,
            "address": loop.address if loop else "",
            "configurations": loop.configurations if loop else "",
            "log": str(LOG.absolute()),
            "instance": self.instance,
            "sensors": [plain(one) for one in self.automations if one.kind == "sensor"],
            "schedules": [plain(one) for one in self.automations if one.kind == "schedule"],
            "daemons": plain(self.daemons),
            "queued": len(self.queued),
            "at_work": plain(self.at_work),
        }


def loop_facts() -> LoopFacts:
    """Look at the loop of the current folder."""
    loop = recorded()
    if not has_instance():
        return LoopFacts(loop=loop, instance=False)
    with opened_instance() as instance:
        runs = unfinished(instance)
        heartbeats = instance.get_daemon_statuses().values()
        daemons = [
            Daemon(
                name=one.daemon_type,
                healthy=bool(one.healthy),
                last_heartbeat=one.last_heartbeat.timestamp if one.last_heartbeat is not None else None,
            )
            for one in heartbeats
            if one.required
        ]
        return LoopFacts(
            loop=loop,
            instance=True,
            automations=tuple(automations(instance)),
            daemons=tuple(daemons),
            queued=tuple(filter(is_queued, runs)),
            at_work=tuple(run for run in runs if not is_queued(run)),
        )


def loop_text(facts: LoopFacts) -> str:
    """The same for a person."""
    lines = [_headline(facts)]
    if not facts.instance:
        return "\n".join([*lines, f"No dagster.yaml in {instance_home()}: nothing is known of sensors and runs."])
    lines += ["", f"{len(facts.at_work)} at work, {len(facts.queued)} queued"]
    lines += run_lines([*facts.at_work, *facts.queued])
    lines += ["", *columns([("", "", "last look", "", ""), *map(_automation_row, facts.automations)])]
    if facts.running:
        lines += ["", _daemon_line(facts)]
    return "\n".join(lines)


def headline(facts: LoopFacts) -> str:
    """Whether the loop runs and what of it is off, in one line."""
    if not facts.running:
        return "The loop does not run: what comes next is what it would do. `ringrift loop start` starts it."
    off = f", off: {', '.join(facts.off)}" if facts.off else ""
    where = f" at {facts.loop.address}" if facts.loop is not None and facts.loop.address else ""
    return f"The loop runs{where}{off}; {len(facts.at_work)} at work, {len(facts.queued)} queued."


def _headline(facts: LoopFacts) -> str:
    loop = facts.loop
    if loop is None:
        return "The loop does not run. `ringrift loop start` starts it."
    if not facts.running:
        left = len(loop.processes())
        return f"The loop was killed; {left} of its processes are left. `ringrift loop stop` ends them."
    where = loop.address or "no web server"
    only = f", works on {loop.configurations}" if loop.configurations else ""
    since = f"since {date(loop.started)} ({duration(time.time() - loop.started)})"
    return f"The loop runs {since}: {where}{only}\nprocess {loop.pid}, log {LOG}"


def _automation_row(one: Automation) -> tuple[str, str, str, str, str]:
    tick, state = one.last_tick, "on" if one.on else "off"
    if tick is None:
        return state, one.name, "never", "", ""
    said = f"{len(tick.runs)} run{'' if len(tick.runs) == 1 else 's'} requested" if tick.runs else tick.reason
    return state, one.name, clock(tick.at), tick.status, one_line(said)


def _daemon_line(facts: LoopFacts) -> str:
    ill = [one for one in facts.daemons if not one.healthy]
    if not ill:
        return "daemons: all alive"
    return wrapped("daemons without a heartbeat:", ", ".join(f"{one.name} ({_heartbeat(one)})" for one in ill), 0)


def _heartbeat(daemon: Daemon) -> str:
    if daemon.last_heartbeat is None:
        return "none yet"
    return f"last one {duration(time.time() - daemon.last_heartbeat)} ago"
