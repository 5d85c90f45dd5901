"""The Dagster job `housekeeping`: one step that looks after all configurations and Dagster's own records of runs."""

import time

import dagster as dg
from pydantic import Field

from ringrift_assets.housekeeping.keeping import Report, keep_house
from ringrift_assets.housekeeping.text import report_text
from ringrift_assets.metadata import table
from ringrift_assets.partitions import ALL_KEYS
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.thresholds import read_thresholds


class HousekeepingConfig(dg.Config):
    """What one execution may be told."""

    dry_run: bool = Field(default=False, description="Say what would be removed, and remove nothing.")


@dg.op(out=dg.Out(dg.Nothing))
def remove_what_nothing_needs(
    context: dg.OpExecutionContext, config: HousekeepingConfig, storage: Storage, registry: Registry
) -> None:
    """Remove games past the training window, old checkpoints, training sets, results and records of runs."""
    report = keep_house(
        storage,
        registry,
        ALL_KEYS,
        read_thresholds().housekeeping,
        now=time.time(),
        run_id=context.run_id,
        dry_run=config.dry_run,
        instance=context.instance,
    )
    for removal in report.removed:
        context.log.debug(f"{removal.kind} {removal.path}: {removal.why}")
    context.log.info(report_text(report))
    context.add_output_metadata(_shown(report))


def _shown(report: Report) -> dict[str, dg.MetadataValue]:
    rows = [{"kind": kind, "items": went.items, "bytes": went.bytes} for kind, went in report.by_kind().items()]
    alone = [{"configuration": key, "why": why} for key, why in report.left_alone.items()]
    return {
        "dry_run": dg.MetadataValue.bool(report.dry_run),
        "removed": table(rows),
        "bytes": dg.MetadataValue.int(sum(row["bytes"] for row in rows)),
        "left_alone": table(alone),
    }


@dg.job(description="Remove what nothing needs any more: the only job that deletes. `dry_run` only says what it would.")
def housekeeping() -> None:
    """The graph of one step."""
    remove_what_nothing_needs()
