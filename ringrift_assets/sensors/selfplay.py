"""`selfplay_scheduler`: the most urgent configuration plays when the pool is free.

It never competes with what is under way: a configuration has one run at a time. What is played, and why, is in the
plan, which `game_databases` makes from the same history.
"""

from collections.abc import Iterator

import dagster as dg

from ringrift_assets.jobs import feedback, generate
from ringrift_assets.outcomes import FEEDBACK_STAGES, runs_at_work
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.sensors.outlook import GENERATE_STAGES
from ringrift_assets.sensors.requests import (
    LOOK_EVERY_S,
    Reasons,
    busy,
    look_at_all,
    may_start,
    nothing_starts,
    request,
)
from ringrift_assets.thresholds import read_thresholds


@dg.sensor(jobs=[generate, feedback], minimum_interval_seconds=LOOK_EVERY_S, description=__doc__)
def selfplay_scheduler(
    context: dg.SensorEvaluationContext, storage: Storage, registry: Registry
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Request `generate` of the most urgent configuration that lacks games for its next training.

    Before that, a configuration whose candidate was just judged gets its plan renewed: `feedback` takes a moment and no
    slot of a pool.
    """
    thresholds, reasons = read_thresholds(), Reasons()
    outlooks = look_at_all(context, storage, registry, thresholds, reasons)
    for outlook in outlooks:
        if outlook.feedback_is_due and may_start(outlook, FEEDBACK_STAGES, reasons):
            yield request(outlook, "feedback", "a candidate was judged")
            return
    slots = thresholds.loop.generate_slots
    if why := nothing_starts(storage, thresholds) or busy(runs_at_work(context.instance), "game_databases", slots):
        yield dg.SkipReason(why)
        return
    for outlook in outlooks:
        if not may_start(outlook, GENERATE_STAGES, reasons):
            continue
        if not outlook.may_play.play:
            reasons.add(outlook.key, outlook.may_play.why)
            continue
        why = f"priority {outlook.plan.priority:.3f}: {outlook.may_play.why}"
        yield request(outlook, "generate", why)
        return
    yield reasons.skip()
