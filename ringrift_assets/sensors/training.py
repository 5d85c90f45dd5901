"""`training_trigger`: the only one that starts `improve`, when every gate of a configuration is open.

Because it asks the gates first, no run fails by a gate in ordinary work; `checkpoints` asks them again, since data may
have become stale while the run waited. The run begins with the training: the games that opened the gates are there, and
what is learnt from is exactly what the gates were asked about.
"""

from collections.abc import Iterator

import dagster as dg

from ringrift_assets.jobs import improve
from ringrift_assets.outcomes import TRAIN_STAGES, runs_at_work
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.sensors.requests import (
    LOOK_EVERY_S,
    Reasons,
    busy,
    look_at_all,
    may_start,
    note_verdicts,
    only_coordinates,
    request,
)
from ringrift_assets.thresholds import read_thresholds


@dg.sensor(job=improve, minimum_interval_seconds=LOOK_EVERY_S, description=__doc__)
def training_trigger(
    context: dg.SensorEvaluationContext, storage: Storage, registry: Registry
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Request `improve`, from the training on, of the most urgent configuration whose gates are all open, if the pool
    `train` is free.
    """
    thresholds, reasons = read_thresholds(), Reasons()
    if why := only_coordinates(thresholds):
        yield dg.SkipReason(why)
        return
    full = busy(runs_at_work(context.instance), "checkpoints", thresholds.loop.train_slots)
    for outlook in look_at_all(context, storage, registry, thresholds, reasons):
        note_verdicts(registry, storage, outlook, ())
        if outlook.closed:
            reasons.add(outlook.key, str(outlook.closed[0]))
        elif full:
            reasons.add(outlook.key, full)
        elif may_start(outlook, TRAIN_STAGES, reasons):
            why = "every gate is open: " + "; ".join(verdict.measured for verdict in outlook.verdicts)
            yield request(outlook, "improve", why, stages=TRAIN_STAGES)
            return
    yield reasons.skip()
