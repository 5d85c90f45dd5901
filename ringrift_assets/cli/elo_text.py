"""What `ringrift elo` says to people."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from ringrift_assets.cli.text import columns, date, duration, one_line

if TYPE_CHECKING:
    from ringrift_engine.ratings.reconcile import DriftRecord

_SHORT: Final = 12


def status_text(facts: Mapping[str, Any]) -> str:
    """Ratings by configuration, then the nodes."""
    lines = [line for pool in facts["pools"] for line in _pool_lines(pool)] or ["The match log has no games yet."]
    lines += [line for pool in facts["old_platform"] for line in _old_lines(pool)]
    lines.append("nodes:" if facts["nodes"] else "nodes: none in ringrift.yaml")
    lines += [f"  {line}" for line in columns(map(_node_row, facts["nodes"]))] if facts["nodes"] else []
    if facts["open_conflicts"]:
        lines.append(f"{facts['open_conflicts']} open conflicts: `ringrift elo conflicts --open`")
    return "\n".join(lines)


def _pool_lines(pool: Mapping[str, Any]) -> Iterator[str]:
    scale = "" if pool["anchored"] else "; the anchor did not play: 1200 is whoever played most"
    yield f"{pool['config_key']}: {pool['games']} games of {pool['participants']} participants{scale}"
    yield from (f"  {line}" for line in columns(map(_rating_row, pool["strongest"])))


def _old_lines(pool: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"{pool['pool']}: {pool['games']} games of {pool['participants']} names, not comparable with those above; "
        f"1200 is {pool['fixed_at']}"
    )
    yield from (f"  {line}" for line in columns(map(_rating_row, pool["strongest"])))


def _rating_row(row: Mapping[str, Any]) -> tuple[str, ...]:
    if row["elo"] is None:
        return "not rated", "", one_line(row["participant"] or row["model"][:_SHORT], 80)
    low, high = row["interval_95"]
    return f"{row['elo']:6.0f}", f"{low:.0f} to {high:.0f}", one_line(row["participant"], 80)


def _node_row(node: Mapping[str, Any]) -> tuple[str, ...]:
    last = node["last_sync"]
    if last is None:
        return node["node"], "never read", node["address"]
    ago = f"{duration(time.time() - last['synced_at'])} ago"
    if last["error"]:
        return node["node"], f"failed {ago}", one_line(last["error"], 200)
    return node["node"], f"read {ago}", f"{last['matches_added']} games added, {last['matches_conflict']} in conflict"


def drift_text(records: "Sequence[DriftRecord]") -> str:
    """One line for each configuration and node, with those that differ most."""
    from ringrift_engine.ratings.reconcile.report import drift_line

    lines = []
    for record in records:
        lines.append(f"{record.target}  {drift_line(None, record)}")
        lines += [f"    {difference:+8.1f}  {name}" for name, difference in record.largest]
    return "\n".join(lines) or "No configuration has games in two logs: nothing was compared."


def conflicts_text(found: Sequence[Mapping[str, Any]]) -> str:
    """One line a conflict."""
    if not found:
        return "no conflicts"
    return "\n".join(columns(map(_conflict_row, found)))


def _conflict_row(one: Mapping[str, Any]) -> tuple[str, ...]:
    stands = "open" if not one["decided"] else "theirs stands" if one["replaced"] else "ours stands"
    here, there = (f"seat {log['winner']}, {date(log['logged_at'])}" for log in (one["ours"], one["theirs"]))
    return one["game_key"][:_SHORT], one["config_key"], one["source"], stands, f"here {here}", f"there {there}"


def trend_text(facts: Mapping[str, Any]) -> str:
    """Drift by configuration and node, then promoted models by configuration."""
    lines = ["drift:"] if facts["drift"] else ["drift: never measured"]
    lines += [f"  {line}" for line in columns(map(_trend_row, facts["drift"]))] if facts["drift"] else []
    for one in facts["promoted"]:
        lines.append(f"{one['config_key']}, promoted models in their order:")
        lines += [f"  {line}" for line in columns(map(_rating_row, one["models"]))]
    return "\n".join(lines)


def _trend_row(history: Mapping[str, Any]) -> tuple[str, ...]:
    newest, hour = history["recent"][-1], history["avg_drift_last_hour"]
    size = "nobody in both" if newest["max_rating_diff"] is None else f"{newest['max_rating_diff']:.1f} Elo"
    return (
        history["key"],
        size,
        history["trend"],
        f"last hour {hour:.1f}" if hour is not None else "",
        f"{history['snapshot_count']} measurements",
        "PERSISTENT" if history["persistent_drift"] else "",
    )
