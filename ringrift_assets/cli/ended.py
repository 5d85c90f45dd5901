"""Failed runs as `ringrift failures` lists them: faults, and apart from them what was blocked and what was refused.

A fault is work that broke. A blocked run met a closed gate or a machine without room, which is "not yet". A refused
candidate is a result: its run succeeded, and the registry has the decision. Dagster keeps failed runs, so they are the
dead letters; what was killed without a word counts as a fault of the whole run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ringrift_assets.cli.runs import job_name
from ringrift_assets.cli.text import first_line
from ringrift_engine.errors import DataError

if TYPE_CHECKING:
    import dagster as dg
    from dagster_shared.error import SerializableErrorInfo

    from ringrift_assets.outcomes import EndedRun

_LOOK_BACK: Final = 1_000  # failed runs: housekeeping removes them before there are so many


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A failed run.

    stage     the stage that failed, empty if the run was killed
    outcome   `fault` or `blocked`
    error     the first line of what went wrong, of its first cause
    open      whether nothing has tried it again since: no run at work, none that got as far, none that got further
    """

    run_id: str
    job: str
    key: str
    ended_at: float
    stage: str
    outcome: str
    error: str
    open: bool


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A candidate that was not promoted."""

    key: str
    candidate: str
    why: str
    run_id: str


@dataclass(frozen=True, kw_only=True)
class Failures:
    """The newest of each kind, newest first."""

    faults: tuple[Failure, ...]
    blocked: tuple[Failure, ...]
    refused: tuple[Refusal, ...]


def failures(instance: "dg.DagsterInstance", key: str, limit: int) -> Failures:
    """At most `limit` of each kind, of one configuration or (empty `key`) of all."""
    from ringrift_assets.outcomes import BLOCKED, OUTCOME_TAG

    records = _failed(instance, key)
    blocked = [record for record in records if record.dagster_run.tags.get(OUTCOME_TAG) == BLOCKED]
    faults = [record for record in records if record.dagster_run.tags.get(OUTCOME_TAG) != BLOCKED]
    return Failures(
        faults=tuple(_failure(instance, record) for record in faults[:limit]),
        blocked=tuple(_failure(instance, record) for record in blocked[:limit]),
        refused=tuple(_refusals(key))[:limit],
    )


def failure_of(instance: "dg.DagsterInstance", run_id: str) -> Failure:
    """One failed run; DataError if there is no such run."""
    record = instance.get_run_record_by_id(run_id)
    if record is None:
        raise DataError(f"no run {run_id} in this instance")
    return _failure(instance, record)


def open_faults(instance: "dg.DagsterInstance") -> list[Failure]:
    """The newest fault of each configuration and job that nothing has tried again since, oldest first."""
    newest: dict[tuple[str, str], Failure] = {}
    for fault in failures(instance, "", _LOOK_BACK).faults:
        if fault.open:
            newest.setdefault((fault.key, fault.job), fault)
    return sorted(newest.values(), key=lambda fault: fault.ended_at)


def find_failed(instance: "dg.DagsterInstance", beginning: str) -> "dg.DagsterRun":
    """The failed run whose id begins so; DataError if there is none, or more than one."""
    runs = [record.dagster_run for record in _failed(instance, "")]
    found = [run for run in runs if run.run_id.startswith(beginning)]
    if len(found) != 1:
        known = instance.get_run_by_id(beginning) if not found else None
        problem = f"{len(found)} failed runs begin with" if found else "no failed run has the id"
        hint = f"; that run is {known.status.value.lower()}" if known is not None else ""
        raise DataError(f"{problem} {beginning!r}{hint}. `ringrift failures list` shows them.")
    return found[0]


def _failed(instance: "dg.DagsterInstance", key: str) -> "Sequence[dg.RunRecord]":
    from dagster import DagsterRunStatus, RunsFilter

    from ringrift_assets.outcomes import PARTITION_TAG

    wanted = RunsFilter(statuses=[DagsterRunStatus.FAILURE], tags={PARTITION_TAG: key} if key else None)
    return instance.get_run_records(wanted, limit=_LOOK_BACK)


def _failure(instance: "dg.DagsterInstance", record: "dg.RunRecord") -> Failure:
    from ringrift_assets.outcomes import FAULT, OUTCOME_TAG, PARTITION_TAG, STAGE_TAG

    run = record.dagster_run
    outcome = run.tags.get(OUTCOME_TAG, FAULT)
    return Failure(
        run_id=run.run_id,
        job=job_name(run),
        key=run.tags.get(PARTITION_TAG, ""),
        ended_at=record.end_time or record.update_timestamp.timestamp(),
        stage=run.tags.get(STAGE_TAG, ""),
        outcome=outcome,
        error=_error(instance, run.run_id),
        open=outcome == FAULT and _untried(instance, run),
    )


def _error(instance: "dg.DagsterInstance", run_id: str) -> str:
    """The first line of the first cause of a run's first failed step, or of the run's own end."""
    from dagster import DagsterEventType

    kinds = (DagsterEventType.STEP_FAILURE, DagsterEventType.RUN_FAILURE)
    for kind in kinds:
        for record in instance.get_records_for_run(run_id, of_type=kind).records:
            event = record.event_log_entry.dagster_event
            error: SerializableErrorInfo | None = getattr(event.event_specific_data, "error", None) if event else None
            while error is not None and error.cause is not None:
                error = error.cause
            if said := first_line(error.message if error is not None else event.message if event else ""):
                return said
    return "ended without a word"


def _untried(instance: "dg.DagsterInstance", run: "dg.DagsterRun") -> bool:
    """Whether nothing came after a failed run that did, or is about to do, what it failed to do."""
    from dagster import RunsFilter

    from ringrift_assets.outcomes import PARTITION_TAG, STAGE_TAG, ended_runs, runs_at_work, stages_of

    key = run.tags.get(PARTITION_TAG, "")
    stages = stages_of(run)
    if not stages:
        tags = {PARTITION_TAG: key} if key else None
        (newest,) = instance.get_runs(RunsFilter(job_name=run.job_name, tags=tags), limit=1)
        return newest.run_id == run.run_id
    failed = {run.tags[STAGE_TAG]} if STAGE_TAG in run.tags else set(stages)
    if any(failed <= set(stages_of(working)) for working in runs_at_work(instance, key)):
        return False
    ended = ended_runs(instance, key)
    place = next((number for number, other in enumerate(ended) if other.run_id == run.run_id), None)
    return place is not None and not any(_tells(other, failed) for other in ended[:place])


def _tells(run: "EndedRun", stages: set[str]) -> bool:
    """Whether a run tells of all these stages how they went."""
    return all(run.says_of(stage) is not None for stage in stages)


def _refusals(key: str) -> Iterator[Refusal]:
    """Newest first, of one configuration after the other; decisions of dry runs left out."""
    from ringrift_assets.registry import REGISTRY_NAME, Registry
    from ringrift_assets.resources import Storage
    from ringrift_engine.boards import CONFIG_KEYS
    from ringrift_engine.promotion import PromotionType

    store = Storage().store
    if not (store.root / REGISTRY_NAME).exists():
        return
    with Registry().open(store) as opened:
        for one in (key,) if key else CONFIG_KEYS:
            for row in reversed(opened.decisions(one)):
                of_cycle = row.decision.promotion_type is PromotionType.PRODUCTION
                if of_cycle and not row.decision.promoted and not row.dry_run:
                    yield Refusal(
                        key=one, candidate=row.decision.candidate, why=row.decision.summary, run_id=row.run_id
                    )
