"""What `ringrift elo` knows: ratings as the log has them now, when nodes were read, conflicts, and trends."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ringrift_engine.boards import CONFIG_KEYS
from ringrift_engine.evaluation.intervals import deviations
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.promotion.registry import Registry
from ringrift_engine.ratings.reconcile import conflicts_in
from ringrift_engine.ratings.reconcile.history import histories
from ringrift_engine.ratings.reconcile.old_platform import old_pools
from ringrift_engine.ratings.reconcile.pool import Pool, names_of, refresh_pool
from ringrift_engine.ratings.reconcile.reconciler import ALL_CONFIGURATIONS, SYNC_ROW

if TYPE_CHECKING:
    from ringrift_engine.ratings.reconcile import EloReconciler

_SYNCS_READ: Final = 1_000


def status_facts(reconciler: "EloReconciler", keys: list[str], limit: int) -> dict[str, Any]:
    """Ratings of every configuration with games, what the nodes last said, and the pools of the old platform."""
    pools, open_conflicts = [], 0
    with _own(reconciler) as log:
        if log is not None:
            counts = log.counts()
            for key in keys or [key for key in CONFIG_KEYS if key in counts]:
                pools.append(_pool_facts(refresh_pool(log, key, time.time()), log, limit))
            open_conflicts = sum(not one.decided for one in conflicts_in(log))
    return {
        "pools": pools,
        "nodes": _node_facts(reconciler),
        "open_conflicts": open_conflicts,
        "old_platform": [asdict(pool) for pool in old_pools(reconciler.old_games, keys, limit)],
    }


def _pool_facts(pool: Pool, log: MatchLog, limit: int) -> dict[str, Any]:
    order = np.argsort(np.where(np.isnan(pool.elo), np.inf, -pool.elo), kind="stable")[:limit]
    names = names_of(log, pool.numbers[order].tolist())
    rows = []
    for who, place in zip(names, order.tolist(), strict=True):
        elo, reach = float(pool.elo[place]), deviations() * float(pool.deviations[place])
        rated = elo == elo
        rows.append(
            {
                "participant": who.name,
                "model": who.model,
                "elo": elo if rated else None,
                "interval_95": [elo - reach, elo + reach] if rated else None,
            }
        )
    return {
        "config_key": pool.config_key,
        "games": pool.games,
        "participants": len(pool.elo),
        "anchored": pool.anchored,
        "strongest": rows,
    }


def _node_facts(reconciler: "EloReconciler") -> list[dict[str, Any]]:
    """Every node of the settings with the last sync from it; None if there was none."""
    with Registry(reconciler.root / "registry.db") as registry:
        rows = registry.history(SYNC_ROW, ALL_CONFIGURATIONS, newest=_SYNCS_READ)
    last = {row.facts["node"]: row.facts for row in rows}
    return [{"node": node.name, "address": node.address, "last_sync": last.get(node.name)} for node in reconciler.nodes]


def conflict_facts(reconciler: "EloReconciler", key: str | None, *, only_open: bool) -> list[dict[str, Any]]:
    """Conflicts, oldest first."""
    with _own(reconciler) as log:
        found = conflicts_in(log, key) if log is not None else []
    return [
        {**asdict(one), "differing": list(one.differing), "decided": one.decided}
        for one in found
        if not (only_open and one.decided)
    ]


def trend_facts(reconciler: "EloReconciler", key: str | None) -> dict[str, Any]:
    """Histories of drift, and the ratings of the promoted models in the order of their promotion."""
    with Registry(reconciler.root / "registry.db") as registry:
        drift = [history.to_json() for history in histories(registry, key).values()]
        moves = {name: registry.pointer_history(name) for name in ([key] if key else CONFIG_KEYS)}
    promoted = []
    with _own(reconciler) as log:
        for name, history in moves.items():
            if log is None or not history:
                continue
            pool = refresh_pool(log, name, time.time())
            by_model = _by_model(pool, log)
            models = list(dict.fromkeys(move.sha256 for move in history))
            promoted.append({"config_key": name, "models": [by_model.get(one, _unrated(one)) for one in models]})
    return {"drift": drift, "promoted": promoted}


def _by_model(pool: Pool, log: MatchLog) -> dict[str, dict[str, Any]]:
    """Model -> its rating; of one that played with several budgets the strongest."""
    found: dict[str, dict[str, Any]] = {}
    for who, elo, deviation in zip(names_of(log, pool.numbers.tolist()), pool.elo, pool.deviations, strict=True):
        if who.model is None or np.isnan(elo):
            continue
        if who.model not in found or elo > found[who.model]["elo"]:
            reach = deviations() * float(deviation)
            row = {"model": who.model, "participant": who.name, "elo": float(elo)}
            found[who.model] = {**row, "interval_95": [float(elo) - reach, float(elo) + reach]}
    return found


def _unrated(model: str) -> dict[str, Any]:
    return {"model": model, "participant": None, "elo": None, "interval_95": None}


@contextmanager
def _own(reconciler: "EloReconciler") -> Iterator[MatchLog | None]:
    """Our log, or None if there is none yet: whoever only looks makes none."""
    if not reconciler.matches.is_file():
        yield None
        return
    with MatchLog(reconciler.matches) as log:
        yield log
