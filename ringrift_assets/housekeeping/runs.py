"""Dagster's records of runs that ended long ago: the row, the event log, the captured output.

Dagster removes old ticks of schedules and sensors itself (`retention` in dagster.yaml), runs never. A run stays as long
as it is the latest that materialised any partition of an asset, so that every partition still shows how its version was
made, and as long as it is the newest of its job and partition, which is where a refusal is told.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import dagster as dg

from ringrift_assets.housekeeping.plan import RUN, Removal
from ringrift_assets.outcomes import PARTITION_TAG

_ENDED: Final = (dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


def old_runs(instance: dg.DagsterInstance, now: float, days: float) -> list[Removal]:
    """The records of runs that ended more than `days` before `now`, seconds since 1970, and that nothing needs."""
    limit = datetime.fromtimestamp(now, UTC) - timedelta(days=days)
    ended = instance.get_run_records(dg.RunsFilter(statuses=list(_ENDED)))
    old = [record for record in ended if _ended_at(record) < limit]
    needed = _latest_of_partitions(instance) | _newest(ended) if old else set()
    return [
        Removal(
            kind=RUN,
            path=record.dagster_run.run_id,
            bytes=sum(path.stat().st_size for path in _files_of(instance, record.dagster_run.run_id)),
            why=f"{record.dagster_run.job_name} ended on {_ended_at(record):%Y-%m-%d}, more than {days:g} days ago",
        )
        for record in old
        if record.dagster_run.run_id not in needed
    ]


def remove_run(instance: dg.DagsterInstance, run_id: str) -> None:
    """Remove what Dagster keeps of a run, its row last: what a killed housekeeping leaves is found by its row again.

    This is `DagsterInstance.delete_run`, whose SQLite storage empties the run's own file but leaves it lying.
    """
    instance.compute_log_manager.delete_logs(prefix=[run_id])
    instance.event_log_storage.delete_events(run_id)
    for path in _files_of(instance, run_id):
        path.unlink(missing_ok=True)
    instance.run_storage.delete_run(run_id)


def _ended_at(record: dg.RunRecord) -> datetime:
    seconds = record.end_time
    return datetime.fromtimestamp(seconds, UTC) if seconds else record.update_timestamp.replace(tzinfo=UTC)


def _newest(ended: Iterable[dg.RunRecord]) -> set[str]:
    """The newest run of every job and partition; `ended` has the newest first."""
    newest: dict[tuple[str, str], str] = {}
    for record in ended:
        run = record.dagster_run
        newest.setdefault((run.job_name, run.tags.get(PARTITION_TAG, "")), run.run_id)
    return set(newest.values())


def _latest_of_partitions(instance: dg.DagsterInstance) -> set[str]:
    """The runs of the latest materialisations of every partition of every asset."""
    kind, found = dg.DagsterEventType.ASSET_MATERIALIZATION, set()
    for asset in instance.all_asset_keys():
        ids = list(instance.event_log_storage.get_latest_storage_id_by_partition(asset, kind).values())
        wanted = dg.EventRecordsFilter(event_type=kind, asset_key=asset, storage_ids=ids)
        found |= {record.run_id for record in instance.event_log_storage.get_event_records(wanted)} if ids else set()
    return found


def _files_of(instance: dg.DagsterInstance, run_id: str) -> list[Path]:
    """The files that Dagster's SQLite storage keeps for one run alone; other storages have none."""
    from dagster._core.storage.event_log import SqliteEventLogStorage  # SQLAlchemy: not when definitions load

    events = instance.event_log_storage
    if not isinstance(events, SqliteEventLogStorage):
        return []
    base = Path(events.path_for_shard(run_id))
    return [path for suffix in ("", "-wal", "-shm") if (path := Path(f"{base}{suffix}")).is_file()]
