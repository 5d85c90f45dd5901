"""`freshness_gate` and `quality_gate`: a closed gate is answered at once with the run that clears it, before others.

Every opening and closing is a row in the registry.
"""

from collections.abc import Iterator

import dagster as dg

from ringrift_assets.jobs import generate
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.sensors.outlook import FRESH, GENERATE_STAGES, QUALITY_GATES, Outlook
from ringrift_assets.sensors.requests import (
    CLEARS_A_GATE,
    LOOK_EVERY_S,
    Reasons,
    look_at_all,
    may_start,
    note_verdicts,
    nothing_starts,
    request,
)
from ringrift_assets.thresholds import read_thresholds


@dg.sensor(
    job=generate,
    minimum_interval_seconds=LOOK_EVERY_S,
    description="Asks for new games, before others, where the newest ones of a training set are too old.",
)
def freshness_gate(
    context: dg.SensorEvaluationContext, storage: Storage, registry: Registry
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Games that are too old to learn from: request new ones."""
    yield from _clear(context, storage, registry, (FRESH,))


@dg.sensor(
    job=generate,
    minimum_interval_seconds=LOOK_EVERY_S,
    description="Asks for new games, before others, where those of a training set are too poor: the plan plays more "
    "and otherwise.",
)
def quality_gate(
    context: dg.SensorEvaluationContext, storage: Storage, registry: Registry
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Games that are too poor to learn from: request more, which the plan raises and plays otherwise."""
    yield from _clear(context, storage, registry, QUALITY_GATES)


def _clear(
    context: dg.SensorEvaluationContext, storage: Storage, registry: Registry, names: tuple[str, ...]
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Request the run that clears the gates of these names, for every configuration where one is closed."""
    thresholds, reasons, asked = read_thresholds(), Reasons(), False
    nothing = nothing_starts(storage, thresholds)
    for outlook in look_at_all(context, storage, registry, thresholds, reasons):
        note_verdicts(registry, storage, outlook, names)
        closed = outlook.closed_of(*names)
        if not closed:
            reasons.add(outlook.key, _open(outlook, names))
        elif nothing:
            reasons.add(outlook.key, f"{closed[0].measured}; {nothing}")
        elif may_start(outlook, GENERATE_STAGES, reasons):
            asked = True
            yield request(outlook, "generate", str(closed[0]), priority=CLEARS_A_GATE)
    if not asked:
        yield reasons.skip()


def _open(outlook: Outlook, names: tuple[str, ...]) -> str:
    asked = [verdict for verdict in outlook.verdicts if verdict.gate in names]
    return "; ".join(verdict.measured for verdict in asked) or "nothing to train on yet"
