"""Runs that sensors ask for: one at a time for a configuration, only where its stages are not left alone.

A request's key names the state that it answers, so two ticks that see the same state start one run; and whatever the
sensor knew is in the run's tags, for the person who asks why it was started.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import dagster as dg

from ringrift_assets.outcomes import WHY_TAG, works_on
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.sensors.outlook import Outlook, look
from ringrift_assets.thresholds import Thresholds
from ringrift_engine.boards import CONFIG_KEYS
from ringrift_engine.errors import ConfigError, DataError, refuse_unknown
from ringrift_engine.resources import ResourceGuard

LOOK_EVERY_S: Final = 2
"""Less than the 5 seconds after which Dagster's daemon wakes again. With 5, a wake that comes a moment early is one at
which nothing is looked at, and an answer takes twice as long."""
PRIORITY_TAG: Final = "dagster/priority"
CLEARS_A_GATE: Final = 10
"""Priority in the queue of a run that clears a closed gate; ordinary runs have 0."""
_TAG_LENGTH: Final = 600  # Dagster shows tags in one line
_SAID: Final = "gate"


@dataclass
class Reasons:
    """Why nothing was started, configuration by configuration: the tick's text."""

    lines: list[str] = field(default_factory=list)

    def add(self, key: str, why: str) -> None:
        """Note one."""
        self.lines.append(f"{key}: {why}")

    def skip(self) -> dg.SkipReason:
        """All of them, as Dagster shows them."""
        return dg.SkipReason("\n".join(self.lines) or "no configuration is looked after")


def configurations_of(thresholds: Thresholds) -> tuple[str, ...]:
    """The configurations that the loop works on; ConfigError for an unknown one."""
    named = thresholds.loop.configurations
    if named == "all":
        return CONFIG_KEYS
    keys = tuple(key.strip() for key in named.split(",") if key.strip())
    refuse_unknown("configuration", keys, CONFIG_KEYS, "loop.configurations")
    if not keys:
        raise ConfigError("loop.configurations names no configuration; `all` means every one.")
    return keys


def look_at_all(
    context: dg.SensorEvaluationContext,
    storage: Storage,
    registry: Registry,
    thresholds: Thresholds,
    reasons: Reasons,
) -> list[Outlook]:
    """Every configuration of the loop, the most urgent first; one with a damaged manifest is a reason, not the end."""
    now, found = time.time(), []
    for key in configurations_of(thresholds):
        try:
            found.append(look(key, context.instance, storage, registry, thresholds, now))
        except DataError as damage:
            reasons.add(key, str(damage))
    if thresholds.loop.trace_debug:
        for outlook in found:
            context.log.info("\n".join([outlook.plan.explain(), *map(str, outlook.verdicts)]))
    return sorted(found, key=lambda outlook: -outlook.plan.priority)


def nothing_starts(storage: Storage, thresholds: Thresholds) -> str:
    """Why this host starts no games at all at the moment, empty if it may."""
    return only_coordinates(thresholds) or no_room(storage, thresholds)


def only_coordinates(thresholds: Thresholds) -> str:
    """Why this host starts nothing heavy by its settings, empty if it may."""
    return "loop.disable_local_tasks: this host starts nothing heavy" if thresholds.loop.disable_local_tasks else ""


def no_room(storage: Storage, thresholds: Thresholds) -> str:
    """What this host has too little of to play, memory or disk; empty if it has enough."""
    guard = ResourceGuard(folder=storage.base, limits=thresholds.resources)
    return "" if guard.ok else "; ".join(guard.reasons)


def may_start(outlook: Outlook, stages: Iterable[str], reasons: Reasons) -> bool:
    """Whether a run of these stages may be asked for: nothing is at work on the configuration, no breaker is open."""
    if outlook.at_work:
        run = outlook.at_work[0]
        reasons.add(outlook.key, f"run {run.run_id[:8]} of {run.job_name} is {run.status.value.lower()}")
        return False
    if held := outlook.held_by_breaker(*stages):
        reasons.add(outlook.key, held)
        return False
    return True


def busy(runs: Sequence[dg.DagsterRun], stage: str, slots: int) -> str:
    """Why the pool of a stage has no room beside the runs at work, empty if it has: runs that will need it count before
    they do.
    """
    working = works_on(runs, stage)
    ids = ", ".join(run.run_id[:8] for run in working)
    return f"{ids} at work on {stage}, {slots} at a time" if len(working) >= slots else ""


def request(
    outlook: Outlook, job: str, why: str, *, stages: Sequence[str] | None = None, priority: int = 0
) -> dg.RunRequest:
    """A run of `job`, or of some of its stages, for the configuration; asked again in the same state, it is the same
    run.
    """
    return dg.RunRequest(
        run_key=f"{job}:{outlook.key}:{outlook.watermark}",
        job_name=job,
        partition_key=outlook.key,
        asset_selection=[dg.AssetKey(stage) for stage in stages] if stages is not None else None,
        tags={WHY_TAG: why[:_TAG_LENGTH], PRIORITY_TAG: str(priority)},
    )


def note_verdicts(registry: Registry, storage: Storage, outlook: Outlook, names: tuple[str, ...]) -> None:
    """Keep what gates said, when it changed: a row for every opening and every closing."""
    with registry.open(storage.store) as opened:
        last = {row.facts["gate"]: row.facts["passed"] for row in opened.history(_SAID, outlook.key)}
        for verdict in outlook.verdicts:
            if (names and verdict.gate not in names) or last.get(verdict.gate) == verdict.passed:
                continue
            facts = {"gate": verdict.gate, "passed": verdict.passed, "text": str(verdict), "at": outlook.now}
            opened.add_history(outlook.key, _SAID, f"tick {outlook.now:.3f}", facts)
