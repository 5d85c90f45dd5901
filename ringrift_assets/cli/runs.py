"""Runs that are queued or at work, in a few words each."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ringrift_assets.cli.text import columns, duration, one_line

if TYPE_CHECKING:
    import dagster as dg

SHORT: Final = 8  # characters of a run's id, as Dagster's pages show it
_JOB: Final = 30  # characters of a list of assets


@dataclass(frozen=True, kw_only=True)
class RunRow:
    """One run; `since` is when it got to its work, or was queued, in seconds since 1970."""

    run_id: str
    job: str
    key: str
    status: str
    since: float
    why: str
    launched: bool
    """Whether a server launched it, as opposed to a command line that waits for it."""

    @property
    def text(self) -> str:
        """The run in a few words."""
        return f"run {self.run_id[:SHORT]} of {self.job}{f' of {self.key}' if self.key else ''}"


def unfinished(instance: "dg.DagsterInstance") -> list[RunRow]:
    """Every run that is queued or at work, oldest first."""
    from dagster import RunsFilter
    from dagster._core.storage.dagster_run import NOT_FINISHED_STATUSES

    records = instance.get_run_records(RunsFilter(statuses=list(NOT_FINISHED_STATUSES)))
    return [run_row(record) for record in reversed(records)]


def run_row(record: "dg.RunRecord") -> RunRow:
    """A record as Dagster keeps it."""
    from dagster._core.storage.tags import GRPC_INFO_TAG

    from ringrift_assets.outcomes import PARTITION_TAG, WHY_TAG

    run = record.dagster_run
    return RunRow(
        run_id=run.run_id,
        job=job_name(run),
        key=run.tags.get(PARTITION_TAG, ""),
        status=run.status.value.lower(),
        since=record.start_time or record.create_timestamp.timestamp(),
        why=run.tags.get(WHY_TAG, ""),
        launched=GRPC_INFO_TAG in run.tags,
    )


def job_name(run: "dg.DagsterRun") -> str:
    """The job of a run; of one without a job of its own, which a person started, the assets that it makes."""
    if not run.job_name.startswith("__"):
        return run.job_name
    return ",".join(sorted(asset.to_user_string() for asset in run.asset_selection or ())) or "all assets"


def is_queued(run: RunRow) -> bool:
    """Whether it waits for its turn."""
    return run.status in ("queued", "not_started")


def run_lines(runs: list[RunRow]) -> list[str]:
    """A line for each run."""
    now = time.time()
    rows = [
        (f"  {run.run_id[:SHORT]}", one_line(run.job, _JOB), run.key, run.status, duration(now - run.since), run.why)
        for run in runs
    ]
    return columns(rows) if rows else []
