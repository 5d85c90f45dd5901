"""The history of drift: every measurement is a row of the registry, and this is what several of them say."""

from dataclasses import dataclass
from typing import Any, Final

from ringrift_engine.boards import CONFIG_KEYS
from ringrift_engine.promotion.registry import Registry
from ringrift_engine.promotion.registry_format import recorded_at
from ringrift_engine.ratings.reconcile.drift import DriftRecord

DRIFT_ROW: Final = "elo_drift"
"""Subject of the registry's rows that are measurements."""
SNAPSHOTS_KEPT: Final = 100
_ROWS_READ: Final = 2_000  # of a configuration: the newest hundred against each of ten nodes, before and after
UNKNOWN, IMPROVING, STABLE, WORSENING = "unknown", "improving", "stable", "worsening"
_TREND_OVER: Final = 5
_LEAST: Final = 3
_PERSISTENT: Final = 3
_BETTER, _WORSE = 0.8, 1.2
_HOUR_S: Final = 3_600.0


@dataclass(frozen=True)
class DriftHistory:
    """The newest measurements of one configuration against one node, oldest first; at most `SNAPSHOTS_KEPT`.

    What a sync measured before its import is left out: it would alternate with what was left after it.
    """

    key: str
    snapshots: tuple[DriftRecord, ...]

    @property
    def snapshot_count(self) -> int:
        """How many there are."""
        return len(self.snapshots)

    @property
    def trend(self) -> str:
        """`improving`, `stable`, `worsening`, or `unknown` with fewer than three measurements.

        Of the newest five the later ones are compared with the earlier ones: below 0.8 of their mean is improving,
        above 1.2 worsening. Measurements that could compare nobody are left out.
        """
        sizes = [one.max_rating_diff for one in self.snapshots if one.max_rating_diff is not None][-_TREND_OVER:]
        if len(sizes) < _LEAST:
            return UNKNOWN
        middle = len(sizes) // 2
        before, after = sum(sizes[:middle]) / middle, sum(sizes[middle:]) / (len(sizes) - middle)
        if after < before * _BETTER:
            return IMPROVING
        return WORSENING if after > before * _WORSE else STABLE

    @property
    def persistent_drift(self) -> bool:
        """Whether the newest three measurements were all significant."""
        newest = self.snapshots[-_PERSISTENT:]
        return len(newest) == _PERSISTENT and all(one.is_significant for one in newest)

    @property
    def avg_drift_last_hour(self) -> float | None:
        """Mean of the largest differences within the hour that ends with the newest measurement, Elo; None without any.

        At one measurement in 30 minutes these are the newest two.
        """
        since = self.snapshots[-1].checked_at - _HOUR_S if self.snapshots else 0.0
        sizes = [
            one.max_rating_diff for one in self.snapshots if one.checked_at > since and one.max_rating_diff is not None
        ]
        return sum(sizes) / len(sizes) if sizes else None

    def to_json(self) -> dict[str, Any]:
        """As a JSON object, with the newest five measurements."""
        return {
            "key": self.key,
            "trend": self.trend,
            "persistent_drift": self.persistent_drift,
            "avg_drift_last_hour": self.avg_drift_last_hour,
            "snapshot_count": self.snapshot_count,
            "recent": [one.to_json() for one in self.snapshots[-_TREND_OVER:]],
        }


def keep_drift(registry: Registry, record: DriftRecord, run_id: str) -> None:
    """Store one measurement."""
    registry.add_history(record.config_key, DRIFT_ROW, run_id, record.to_json(), recorded_at(record.checked_at))


def histories(registry: Registry, config_key: str | None = None) -> dict[str, DriftHistory]:
    """Key -> history, of one configuration or of all."""
    found: dict[str, list[DriftRecord]] = {}
    for key in CONFIG_KEYS if config_key is None else (config_key,):
        for row in registry.history(DRIFT_ROW, key, newest=_ROWS_READ):
            record = DriftRecord.from_json(dict(row.facts))
            if not record.before_import:
                found.setdefault(record.key, []).append(record)
    return {key: DriftHistory(key, tuple(records[-SNAPSHOTS_KEPT:])) for key, records in sorted(found.items())}
