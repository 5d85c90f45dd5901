"""What the schedule `shadow_tournament` does when it is due: it asks for the games of one configuration.

It is skipped, with the reason, while the machine is busy: what is missed is not made up for, the next one comes soon
enough.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import dagster as dg

from ringrift_assets.outcomes import WHY_TAG, runs_at_work
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.sensors.requests import PRIORITY_TAG, configurations_of, nothing_starts
from ringrift_assets.shadow.job import shadow_tournament as shadow_tournament_job
from ringrift_assets.shadow.wanted import next_configuration
from ringrift_assets.thresholds import Thresholds, read_thresholds
from ringrift_engine.resources import check_load
from ringrift_engine.resources.checks import MACHINE, Level

if TYPE_CHECKING:
    from ringrift_engine.resources.meter import Meter

_PRIORITY: Final = -10
"""In the queue of runs: after everything that the loop needs."""


def request_games(
    context: dg.ScheduleEvaluationContext, storage: Storage, registry: Registry
) -> dg.RunRequest | dg.SkipReason:
    """Request the games of the configuration whose last shadow tournament is longest ago."""
    thresholds = read_thresholds()
    if why := too_busy(storage, thresholds, {run.job_name for run in runs_at_work(context.instance)}):
        return dg.SkipReason(why)
    key = next_configuration(registry, storage, configurations_of(thresholds))
    if not key:
        return dg.SkipReason("no configuration has a promoted model yet")
    return dg.RunRequest(
        run_config={"ops": {"play_shadow_tournament": {"config": {"key": key}}}},
        tags={PRIORITY_TAG: str(_PRIORITY), WHY_TAG: f"{key}: its last one is longest ago"},
    )


def too_busy(storage: Storage, thresholds: Thresholds, at_work: Iterable[str], meter: "Meter" = MACHINE) -> str:
    """Why this machine plays none now, empty if it may: `at_work` names the jobs of runs that are queued or running."""
    if why := nothing_starts(storage, thresholds):
        return why
    if shadow_tournament_job.name in at_work:
        return "the shadow tournament before is not over"
    load = check_load(thresholds.resources, meter)
    return "" if load.level is Level.OK else f"the machine is busy: {load.text}"
