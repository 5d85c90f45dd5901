"""Reconciliation: `elo_reconciliation`, the match logs of the other nodes taken into ours, and ratings fitted again.

It is over all configurations: one transfer brings the games of all. A node that cannot be read is told in the metadata
and in the check, and keeps no other waiting; the run succeeds, because nothing of ours is damaged by it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import dagster as dg

from ringrift_assets import checks, outcomes
from ringrift_assets.locks import exclusive
from ringrift_assets.metadata import table
from ringrift_assets.partitions import ALL_CONFIGURATIONS
from ringrift_assets.reconciling import reconciler_of
from ringrift_assets.resources import Storage
from ringrift_assets.thresholds import read_thresholds

if TYPE_CHECKING:
    from ringrift_engine.ratings.reconcile import DriftRecord, ReconciliationReport, SyncResult

RECONCILIATION_VERSION: Final = "reconciliation-1"


@dg.asset(
    check_specs=checks.specs_of("elo_reconciliation", partitioned=False),
    pool="sync",
    group_name="ratings",
    kinds={"sqlite"},
    owners=["team:ringrift"],
    code_version=RECONCILIATION_VERSION,
)
def elo_reconciliation(context: dg.AssetExecutionContext, storage: Storage) -> Iterator[Any]:
    """The games of every node's match log are in ours, conflicts decided, and ratings fitted again where games came."""
    thresholds = read_thresholds()
    lock = storage.store.lock("elo_reconciliation", ALL_CONFIGURATIONS)
    with exclusive(lock), outcomes.marked(context, "elo_reconciliation"):
        report = reconciler_of(storage.base, thresholds, context.run.run_id).reconcile_all()
    context.log.info(report.summary())
    yield dg.MaterializeResult(metadata=_metadata(report), check_results=[_drift_note(report)])


def _drift_note(report: "ReconciliationReport") -> dg.AssetCheckResult:
    """Whether ratings agree with every node's: a node that could not be read may hold anything."""
    significant = [drift.key for drift in report.drifts if drift.is_significant]
    words = [f"significant drift: {', '.join(significant)}"] if significant else []
    if report.failed:
        words.append(f"could not be read: {', '.join(report.failed)}")
    shown = {"nodes": table([_node_row(result) for result in report.results])}
    return checks.note(
        checks.ELO_DRIFT, not words, "; ".join(words) or "no significant drift", {**shown, **_largest(report)}
    )


def _metadata(report: "ReconciliationReport") -> dict[str, Any]:
    return {
        "summary": dg.MetadataValue.md(f"```\n{report.summary()}\n```"),
        "nodes": table([_node_row(result) for result in report.results]),
        "drift": table([_drift_row(record) for record in report.drifts]),
        "matches_added": sum(result.matches_added for result in report.results),
        "conflicts": sum(result.matches_conflict for result in report.results),
        "nodes_failed": len(report.failed),
        **_largest(report),
    }


def _largest(report: "ReconciliationReport") -> dict[str, float]:
    """Nothing to show where nobody could be compared."""
    return {} if report.max_drift is None else {"max_drift": report.max_drift}


def _node_row(result: "SyncResult") -> dict[str, Any]:
    return {
        "node": result.node,
        "added": result.matches_added,
        "known": result.matches_skipped,
        "conflicts": result.matches_conflict,
        "resolved": result.matches_resolved,
        "seconds": result.seconds,
        "error": result.error,
    }


def _drift_row(record: "DriftRecord") -> dict[str, Any]:
    return {
        "configuration": record.config_key,
        "node": record.target,
        "max_elo": record.max_rating_diff,
        "mean_elo": record.mean_rating_diff,
        "participants": record.participants_in_both,
        "significant": record.is_significant,
    }
