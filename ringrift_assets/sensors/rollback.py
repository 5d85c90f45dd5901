"""`rollback_monitor`: a model that was promoted is checked now and then against the one before, and taken back if it is
weaker.

It watches until the time window since the promotion is over and the model was checked often enough. A check goes before
other work of its configuration, but waits for the run that is at work.
"""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import dagster as dg

from ringrift_assets.outcomes import WHY_TAG, runs_at_work
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.rollback.job import rollback
from ringrift_assets.rollback.monitor import monitor_over
from ringrift_assets.sensors.requests import (
    CLEARS_A_GATE,
    LOOK_EVERY_S,
    PRIORITY_TAG,
    Reasons,
    configurations_of,
    only_coordinates,
)
from ringrift_assets.thresholds import Thresholds, read_thresholds

if TYPE_CHECKING:
    from ringrift_engine.promotion.rollback import Watch

_SHORT: Final = 12


@dg.sensor(job=rollback, minimum_interval_seconds=LOOK_EVERY_S, description=__doc__)
def rollback_monitor(
    context: dg.SensorEvaluationContext, storage: Storage, registry: Registry
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Request `rollback` of every configuration whose promoted model is due for a check."""
    thresholds, reasons, asked = read_thresholds(), Reasons(), False
    if why := only_coordinates(thresholds):
        yield dg.SkipReason(why)
        return
    for key, watch in _watches(storage, registry, thresholds).items():
        every = thresholds.of(key).rollback.check_every_s
        if watch is None:
            reasons.add(key, "no model was promoted in place of another")
        elif not watch.due:
            reasons.add(key, _standing(watch))
        elif run := next((one for one in runs_at_work(context.instance, key) if one.job_name == rollback.name), None):
            reasons.add(key, f"run {run.run_id[:8]} of {run.job_name} is {run.status.value.lower()}")
        else:
            asked = True
            yield _request(key, watch, every)
    if not asked:
        yield reasons.skip()


def _watches(storage: Storage, registry: Registry, thresholds: Thresholds) -> "dict[str, Watch | None]":
    """How the promoted model of every configuration of the loop is watched."""
    with registry.open(storage.store) as opened:
        return {
            key: monitor_over(opened, key, "a look", storage, thresholds).watch(
                key, thresholds.of(key).rollback.check_every_s
            )
            for key in configurations_of(thresholds)
        }


def _standing(watch: "Watch") -> str:
    state = "has stood the test" if watch.over else "is not due for a check"
    return f"model {watch.model[:_SHORT]} {state} ({watch.checks} checks)"


def _request(key: str, watch: "Watch", every: float) -> dg.RunRequest:
    # The key changes with every check and every interval: a run that failed is tried again, but not at every look.
    attempt = int(time.time() // every)
    return dg.RunRequest(
        run_key=f"rollback:{key}:{watch.model[:_SHORT]}:{watch.checks}:{attempt}",
        partition_key=key,
        tags={
            WHY_TAG: f"check {watch.checks + 1} of model {watch.model[:_SHORT]} against {watch.previous[:_SHORT]}",
            PRIORITY_TAG: str(CLEARS_A_GATE),
        },
    )
