"""`run_failures`: every failed run becomes a row in the registry, so that counts survive Dagster's own housekeeping."""

import dagster as dg

from ringrift_assets.outcomes import FAULT, OUTCOME_TAG, PARTITION_TAG, STAGE_TAG
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage

FAILURE = "run_failure"
_LONGEST = 2_000  # characters of an error's text


def _error_of(context: dg.RunFailureSensorContext) -> str:
    """What the failed steps raised, the cause first; the run's own words if it was killed."""
    texts = []
    for event in context.get_step_failure_events():
        error = event.step_failure_data.error
        while error is not None:
            texts.insert(0, error.message.strip())
            error = error.cause
    return "\n".join(texts) or context.failure_event.message or ""


@dg.run_failure_sensor(monitor_all_code_locations=False, minimum_interval_seconds=10)
def run_failures(context: dg.RunFailureSensorContext, storage: Storage, registry: Registry) -> None:
    """Keep what failed: job, stage, whether it was a fault or a closed gate, and the error's text."""
    run = context.dagster_run
    facts = {
        "job": run.job_name,
        "stage": run.tags.get(STAGE_TAG, ""),
        "outcome": run.tags.get(OUTCOME_TAG, FAULT),
        "error": _error_of(context)[:_LONGEST],
    }
    registry.record(storage.store, FAILURE, run.tags.get(PARTITION_TAG, ""), run.run_id, facts)
