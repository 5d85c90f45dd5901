"""What a reconciliation came to: one result a node, and the report over all of them."""

from dataclasses import asdict, dataclass, replace
from typing import Any

from ringrift_engine.ratings.reconcile.drift import DriftRecord


@dataclass(frozen=True, kw_only=True)
class SyncResult:
    """What became of one node's games; with an `error` nothing was imported and all counts are 0.

    matches_skipped   here already with the same outcome; added + skipped + conflict are all games of the node
    matches_conflict  here already with another outcome; of these, `matches_resolved` were decided by time
    refitted          configurations whose ratings were fitted again after the import
    before, after     drift of every configuration that the node has games of, ours minus theirs
    synced_at         seconds since 1970
    """

    node: str
    address: str
    strategy: str
    synced_at: float
    seconds: float
    matches_added: int = 0
    matches_skipped: int = 0
    matches_conflict: int = 0
    matches_resolved: int = 0
    matches_replaced: int = 0
    participants_added: int = 0
    refitted: tuple[str, ...] = ()
    before: tuple[DriftRecord, ...] = ()
    after: tuple[DriftRecord, ...] = ()
    error: str = ""

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        drifts = {name: [one.to_json() for one in getattr(self, name)] for name in ("before", "after")}
        return {**asdict(replace(self, before=(), after=())), "refitted": list(self.refitted), **drifts}

    def row(self) -> dict[str, Any]:
        """What the registry keeps: every number; the measurements are rows of their own under the same run."""
        facts = self.to_json()
        del facts["before"], facts["after"]
        return facts

    def text(self) -> str:
        """The result for people: `line`, and a line for each configuration."""
        return "\n".join([self.line, *(f"  {drift_line(before, after)}" for before, after in _paired(self))])

    @property
    def line(self) -> str:
        """One line for people."""
        if self.error:
            return f"{self.node}: failed: {self.error}"
        text = (
            f"{self.node}: {self.matches_added} games added, {self.matches_skipped} known, "
            f"{self.matches_conflict} in conflict, {self.matches_resolved} resolved"
        )
        if self.matches_replaced:
            text += f" ({self.matches_replaced} by theirs)"
        return text


@dataclass(frozen=True, kw_only=True)
class ReconciliationReport:
    """One reconciliation with several nodes; times in seconds since 1970."""

    started_at: float
    ended_at: float
    results: tuple[SyncResult, ...]

    @property
    def failed(self) -> tuple[str, ...]:
        """Nodes that could not be read."""
        return tuple(result.node for result in self.results if result.error)

    @property
    def drifts(self) -> tuple[DriftRecord, ...]:
        """Drift of all nodes after the import."""
        return tuple(record for result in self.results for record in result.after)

    @property
    def max_drift(self) -> float | None:
        """Largest difference after the import, Elo; None if nothing could be compared."""
        sizes = [one.max_rating_diff for one in self.drifts if one.max_rating_diff is not None]
        return max(sizes) if sizes else None

    @property
    def drift_detected(self) -> bool:
        """Whether any drift is significant after the import."""
        return any(one.is_significant for one in self.drifts)

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "nodes_synced": [result.node for result in self.results if not result.error],
            "nodes_failed": list(self.failed),
            "max_drift": self.max_drift,
            "drift_detected": self.drift_detected,
            "results": [result.to_json() for result in self.results],
        }

    def summary(self) -> str:
        """The report for people."""
        read = len(self.results) - len(self.failed)
        lines = [f"{read} of {len(self.results)} nodes read in {self.ended_at - self.started_at:.1f} s"]
        for result in self.results:
            lines.append(f"  {result.line}")
            lines += [f"    {drift_line(before, after)}" for before, after in _paired(result)]
        if self.drift_detected:
            lines.append("significant drift is left: see `ringrift elo trend` and docs/reconciliation.md")
        return "\n".join(lines)


def drift_line(before: DriftRecord | None, after: DriftRecord) -> str:
    """One configuration in a line: `hex8_2p: drift 31.4 -> 0.0 Elo (mean 12.1 -> 0.0) over 14 players`."""
    if after.max_rating_diff is None or after.mean_rating_diff is None:
        sizes = f"{after.participants_in_source} here, {after.participants_in_target} there"
        return f"{after.config_key}: nobody is rated in both logs ({sizes})"
    earlier, mean = "", ""
    if before is not None and before.max_rating_diff is not None and before.mean_rating_diff is not None:
        earlier, mean = f"{before.max_rating_diff:.1f} -> ", f"{before.mean_rating_diff:.1f} -> "
    text = (
        f"{after.config_key}: drift {earlier}{after.max_rating_diff:.1f} Elo (mean {mean}{after.mean_rating_diff:.1f})"
    )
    text += f" over {after.participants_in_both} players, {after.games_in_source} games here"
    return text + f", {after.games_in_target} there" + (", SIGNIFICANT" if after.is_significant else "")


def _paired(result: SyncResult) -> list[tuple[DriftRecord | None, DriftRecord]]:
    before = {record.config_key: record for record in result.before}
    return [(before.get(record.config_key), record) for record in result.after]
