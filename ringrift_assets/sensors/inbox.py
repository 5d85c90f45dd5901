"""`inbox`: games that somebody put into the inbox are taken in, on every host, also on one that only coordinates.

It looks every `sync.interval_s`, which it reads at each tick; in between it says what it said last. A state of the
inbox is answered once: what stays in it after an intake that went well, such as a file on a disk that nobody may write,
would stay after the next one too. An intake that failed or was ended is tried again, unless its breaker is open.
"""

import json
import time
from collections.abc import Iterator
from typing import Final

import dagster as dg

from ringrift_assets.inbox import ANY, counted, state_of, waiting
from ringrift_assets.jobs import intake
from ringrift_assets.outcomes import STAGES_OF_JOB, WHY_TAG
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.sensors.outlook import Outlook, look
from ringrift_assets.sensors.requests import Reasons, configurations_of, may_start
from ringrift_assets.thresholds import Thresholds, read_thresholds
from ringrift_engine.errors import DataError

INTAKE_STAGES: Final = STAGES_OF_JOB["intake"]
_RUN_KEY_TAG: Final = "dagster/run_key"
_NOTHING: Final = "the inbox is empty"


@dg.sensor(name="inbox", job=intake, minimum_interval_seconds=5, description=__doc__)
def inbox_sensor(
    context: dg.SensorEvaluationContext, storage: Storage, registry: Registry
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Request `intake` of every configuration that has whole files in the inbox and is not at work."""
    thresholds, now = read_thresholds(), time.time()
    last = json.loads(context.cursor) if context.cursor else None
    if last is not None and 0 <= now - last["at"] < max(thresholds.sync.interval_s, thresholds.sync.min_interval_s):
        yield dg.SkipReason(last["said"])
        return
    storage.inbox.mkdir(parents=True, exist_ok=True)
    reasons = Reasons()
    asked = list(_requests(context, storage, registry, thresholds, reasons, now))
    said = "\n".join([*(f"{one.partition_key}: {one.tags[WHY_TAG]}" for one in asked), *reasons.lines]) or _NOTHING
    context.update_cursor(json.dumps({"at": now, "said": said}))
    yield from asked or [dg.SkipReason(said)]


def _requests(
    context: dg.SensorEvaluationContext,
    storage: Storage,
    registry: Registry,
    thresholds: Thresholds,
    reasons: Reasons,
    now: float,
) -> Iterator[dg.RunRequest]:
    """A run for each configuration that has something to take in; why not for the others that have."""
    found, keys = waiting(storage, now), configurations_of(thresholds)
    of_nobody = found.pop(ANY, [])
    for key, files in found.items():
        if key not in keys:
            reasons.add(key, f"{counted(files)} in the inbox; loop.configurations leaves this configuration out")
    for key in keys:
        files = [*found.get(key, []), *of_nobody]
        if not files:
            continue
        try:
            outlook = look(key, context.instance, storage, registry, thresholds, now)
        except DataError as damage:
            reasons.add(key, str(damage))
            continue
        asked = _request(context.instance, storage, outlook, files, reasons)
        if asked is not None:
            of_nobody = []  # one intake sets all of them aside
            yield asked


def _request(
    instance: dg.DagsterInstance, storage: Storage, outlook: Outlook, files: list[str], reasons: Reasons
) -> dg.RunRequest | None:
    if not may_start(outlook, INTAKE_STAGES, reasons):
        return None
    intakes = (run for run in outlook.ended if run.stages == INTAKE_STAGES)
    failed = next((run.run_id for run in intakes if not run.succeeded), "none")
    run_key = f"intake:{outlook.key}:{state_of(storage.inbox, files)}:{failed}"
    if before := instance.get_runs(dg.RunsFilter(tags={_RUN_KEY_TAG: run_key}), limit=1):
        left = f"{counted(files)} that run {before[0].run_id[:8]} left in the inbox: its log and checks say why"
        reasons.add(outlook.key, left)
        return None
    why = f"{counted(files)} in the inbox"
    return dg.RunRequest(run_key=run_key, job_name="intake", partition_key=outlook.key, tags={WHY_TAG: why})
