"""How runs ended, in words that the breaker, the status page and `ringrift failures` share: tags on the run itself.

A run that fails says which stage failed and whether that was a fault or a closed gate: a gate is "not yet" and counts
nowhere as a fault. A run that was killed says nothing; it counts as a fault of the whole run.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import dagster as dg

from ringrift_assets.gates import GateClosed
from ringrift_engine.errors import ResourcesExhausted

STAGE_TAG: Final = "ringrift/stage"
OUTCOME_TAG: Final = "ringrift/outcome"
WHY_TAG: Final = "ringrift/why"
PARTITION_TAG: Final = "dagster/partition"
FAULT: Final = "fault"
BLOCKED: Final = "blocked"

STAGES: Final = (
    "game_databases",
    "synced_games",
    "npz_exports",
    "combined_npz",
    "checkpoints",
    "gauntlet_results",
    "promoted_models",
)
"""The stages of a cycle, in their order."""

TRAIN_STAGES: Final = STAGES[STAGES.index("checkpoints") :]
"""Those that follow where there are data enough."""

FEEDBACK_STAGES: Final = ("feedback_state", "selfplay_plan")
"""What follows from a cycle."""

STAGES_OF_JOB: Final = {
    "generate": STAGES[:4],
    "intake": STAGES[1:4],
    "improve": STAGES,
    "feedback": FEEDBACK_STAGES,
}
"""What the jobs make; a test compares it with their selections."""

_ORDER: Final = (*STAGES, *FEEDBACK_STAGES)
_ENDED: Final = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)
_AT_WORK: Final = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)
_NOT_YET: Final = (GateClosed, ResourcesExhausted)
_LOOK_BACK: Final = 50  # ended runs of a configuration: far more than any breaker counts


@dataclass(frozen=True, kw_only=True)
class EndedRun:
    """A run that is over; `stage` is the one that failed, empty if none did or if the run was killed."""

    run_id: str
    key: str
    stages: tuple[str, ...]
    """What the run was to make, in order."""
    ended_at: float
    succeeded: bool
    stage: str = ""
    outcome: str = ""

    def says_of(self, stage: str) -> bool | None:
        """Whether `stage` went well in this run; None if the run does not tell: not reached, not asked, or blocked."""
        if stage not in self.stages:
            return None
        if self.succeeded or (self.stage in self.stages and _ORDER.index(stage) < _ORDER.index(self.stage)):
            return True
        if self.outcome == BLOCKED or (self.stage and stage != self.stage):
            return None
        return False


@contextmanager
def marked(context: dg.AssetExecutionContext | dg.OpExecutionContext, stage: str) -> Iterator[None]:
    """If the block fails, say on the run itself which stage failed, and whether that was a fault or a closed gate."""
    try:
        yield
    except dg.RetryRequested:
        raise
    except Exception as error:
        outcome = BLOCKED if isinstance(error, _NOT_YET) else FAULT
        context.instance.add_run_tags(context.run.run_id, {STAGE_TAG: stage, OUTCOME_TAG: outcome})
        raise


def ended_runs(instance: dg.DagsterInstance, key: str) -> list[EndedRun]:
    """The latest runs of a configuration that are over, newest first."""
    wanted = dg.RunsFilter(tags={PARTITION_TAG: key}, statuses=list(_ENDED))
    return [_ended(record) for record in instance.get_run_records(wanted, limit=_LOOK_BACK)]


def runs_at_work(instance: dg.DagsterInstance, key: str | None = None) -> list[dg.DagsterRun]:
    """Runs of a configuration, or of all, that are queued or running."""
    tags = {PARTITION_TAG: key} if key else None
    wanted = dg.RunsFilter(tags=tags, statuses=list(_AT_WORK))
    return [record.dagster_run for record in instance.get_run_records(wanted)]


def stages_of(run: dg.DagsterRun) -> tuple[str, ...]:
    """The stages that a run makes, in their order: those of its assets, or of its job if it names no assets."""
    if run.asset_selection is None:
        return STAGES_OF_JOB.get(run.job_name, ())
    names = {asset.to_user_string() for asset in run.asset_selection}
    return tuple(stage for stage in _ORDER if stage in names)


def works_on(runs: Sequence[dg.DagsterRun], stage: str) -> list[dg.DagsterRun]:
    """Those of the runs that make `stage`."""
    return [run for run in runs if stage in stages_of(run)]


def _ended(record: dg.RunRecord) -> EndedRun:
    run = record.dagster_run
    return EndedRun(
        run_id=run.run_id,
        key=run.tags.get(PARTITION_TAG, ""),
        stages=stages_of(run),
        ended_at=record.end_time or record.update_timestamp.timestamp(),
        succeeded=run.status == dg.DagsterRunStatus.SUCCESS,
        stage=run.tags.get(STAGE_TAG, ""),
        # Who cancels a run says nothing about its stages: that is no fault either.
        outcome=BLOCKED if run.status == dg.DagsterRunStatus.CANCELED else run.tags.get(OUTCOME_TAG, ""),
    )
