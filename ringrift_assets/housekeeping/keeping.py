"""One execution of housekeeping: configurations one after the other, then Dagster's runs, and a row in the registry.

A configuration that is at work, or whose manifests cannot be read, is left alone with the reason; the others go on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import dagster as dg

from ringrift_assets.housekeeping.holdings import holdings_of
from ringrift_assets.housekeeping.plan import Holdings, Removal, plan_removals
from ringrift_assets.housekeeping.removing import GROUPS, AtWorkError, Group, holding, remove
from ringrift_assets.housekeeping.runs import old_runs, remove_run
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.thresholds.sections import Housekeeping
from ringrift_engine.errors import DataError

SUBJECT: Final = "housekeeping"
"""Of the rows in the registry's history, one for every execution, dry runs too."""


@dataclass(frozen=True, kw_only=True)
class Amount:
    """Files or runs, and what they take."""

    items: int = 0
    bytes: int = 0


@dataclass(kw_only=True)
class Report:
    """What an execution came to; of a dry run, what it would have come to if nothing is at work."""

    dry_run: bool
    removed: list[Removal] = field(default_factory=list)
    left_alone: dict[str, str] = field(default_factory=dict)
    """Configuration -> why something of it was left for the next time."""
    before: dict[str, Amount] = field(default_factory=dict)
    """Asset -> what lay in its folders before."""

    def by_kind(self) -> dict[str, Amount]:
        """Kind -> what went of it."""
        return _amounts((one.kind, 1, one.bytes) for one in self.removed)

    def by_asset(self) -> dict[str, Amount]:
        """Asset -> what went out of its folders."""
        return _amounts((one.asset, 1, one.bytes) for one in self.removed if one.key)

    def facts(self, now: float) -> dict[str, Any]:
        """The row of this execution at the time `now`, seconds since 1970."""
        return {
            "at": now,
            "dry_run": self.dry_run,
            "kinds": {kind: {"items": went.items, "bytes": went.bytes} for kind, went in self.by_kind().items()},
            "left_alone": self.left_alone,
            "removed": [one.path for one in self.removed],
        }


def keep_house(
    storage: Storage,
    registry: Registry,
    keys: Sequence[str],
    limits: Housekeeping,
    *,
    now: float,
    run_id: str,
    dry_run: bool,
    instance: dg.DagsterInstance | None = None,
) -> Report:
    """Remove what nothing needs of these configurations and, with an instance, of Dagster's runs; or only say what.

    `now` is in seconds since 1970. The row in the registry says what was done even if an error ends the execution.
    """
    report = Report(dry_run=dry_run)
    try:
        for key in keys:
            _keep(storage, registry, key, limits, now, report)
        for run in old_runs(instance, now, limits.runs_days) if instance is not None else ():
            if instance is not None and not dry_run:
                remove_run(instance, run.path)
            report.removed.append(run)
    finally:
        registry.record(storage.store, SUBJECT, keys[0] if len(keys) == 1 else "", run_id, report.facts(now))
    return report


def _keep(storage: Storage, registry: Registry, key: str, limits: Housekeeping, now: float, report: Report) -> None:
    """One configuration; what keeps it from being looked after goes into the report."""
    try:
        found = holdings_of(storage, registry, key, now)
    except DataError as torn:
        report.left_alone[key] = str(torn)
        return
    _count(found, report)
    planned = plan_removals(found, limits)
    if report.dry_run:
        report.removed += planned
        return
    for group in GROUPS:
        if not any(group.holds(one) for one in planned):
            continue
        try:
            _remove_group(storage, registry, key, group, limits, now, report)
        except AtWorkError as busy:
            report.left_alone[key] = "; ".join(filter(None, (report.left_alone.get(key), str(busy))))


def _remove_group(
    storage: Storage, registry: Registry, key: str, group: Group, limits: Housekeeping, now: float, report: Report
) -> None:
    """Look again under the locks, and remove what is of the group."""
    with holding(storage.store, key, group):
        found = holdings_of(storage, registry, key, now)
        planned = [one for one in plan_removals(found, limits) if group.holds(one)]
        remove(storage, found, planned, report.removed.append)


def _count(found: Holdings, report: Report) -> None:
    for asset, files in found.files.items():
        before = report.before.get(asset, Amount())
        size = sum(file.bytes for file in files.values())
        report.before[asset] = Amount(items=before.items + len(files), bytes=before.bytes + size)


def _amounts(items: Iterable[tuple[str, int, int]]) -> dict[str, Amount]:
    """Sums of (name, items, bytes) by name."""
    found: dict[str, Amount] = {}
    for name, count, size in items:
        before = found.get(name, Amount())
        found[name] = Amount(items=before.items + count, bytes=before.bytes + size)
    return found
