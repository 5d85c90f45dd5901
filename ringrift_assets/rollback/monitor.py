"""The engine's rollback monitor over this platform's files, with the thresholds of a configuration."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ringrift_assets.evidence import rollback_criteria_of
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.thresholds import Thresholds, read_thresholds

if TYPE_CHECKING:
    from ringrift_engine.promotion.registry import Registry as EngineRegistry
    from ringrift_engine.promotion.rollback import RollbackMonitor


@contextmanager
def get_rollback_monitor(
    key: str,
    run_id: str = "by hand",
    *,
    storage: Storage | None = None,
    registry: Registry | None = None,
    thresholds: Thresholds | None = None,
) -> "Iterator[RollbackMonitor]":
    """The monitor of a configuration, as it looks now: data root and thresholds are those of the current folder."""
    storage = storage or Storage()
    with (registry or Registry()).open(storage.store) as opened:
        yield monitor_over(opened, key, run_id, storage, thresholds or read_thresholds())


def monitor_over(
    registry: "EngineRegistry", key: str, run_id: str, storage: Storage, thresholds: Thresholds
) -> "RollbackMonitor":
    """The same over a registry that is open."""
    from ringrift_engine.promotion.controller import Occasion
    from ringrift_engine.promotion.rollback import RollbackMonitor

    criteria = rollback_criteria_of(thresholds.of(key))
    occasion = Occasion(run_id=run_id, at=time.time())
    return RollbackMonitor(registry, storage.matches, storage.base, criteria, occasion=occasion)
