"""What the assets are given: the storage with its locks, and the registry of promoted models.

`RINGRIFT_DATA_ROOT` names the data root, `data/` in the current folder without it. When a run starts, the storage
marks the run as alive and gives back what killed runs of this host still held, before the first step asks for a slot
of a pool.
"""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import dagster as dg
from pydantic import Field, PrivateAttr

from ringrift_assets import outcomes
from ringrift_assets.locks import RunMarks, bury_dead_runs, exclusive
from ringrift_assets.partitions import key_of
from ringrift_assets.retrying import retried
from ringrift_assets.storage import Store

DATA_ROOT_VARIABLE: Final = "RINGRIFT_DATA_ROOT"
DEFAULT_DATA_ROOT: Final = "data"


class Storage(dg.ConfigurableResource):
    """The data root: files, versions, locks and databases of all configurations."""

    root: str | None = Field(
        default=None,
        description=f"Folder of all data; without it {DATA_ROOT_VARIABLE}, and without that `{DEFAULT_DATA_ROOT}`.",
    )
    _marks: RunMarks | None = PrivateAttr(default=None)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Mark the run as alive, then give back what dead runs held."""
        if context.run is None or context.instance is None:
            return
        self._marks = RunMarks(self.base / "locks" / "runs")
        self._marks.begin(context.run.run_id)
        for run_id in bury_dead_runs(context.instance, self._marks):
            if context.log is not None:
                context.log.warning(f"Run {run_id} was killed: its slots are free again and it is shown as failed.")

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Take the mark away: the run ends in an orderly way."""
        if self._marks is not None and context.run is not None:
            self._marks.end(context.run.run_id)

    @property
    def base(self) -> Path:
        """The data root, absolute, so that worker processes may run anywhere."""
        return Path(self.root or os.environ.get(DATA_ROOT_VARIABLE) or DEFAULT_DATA_ROOT).absolute()

    @property
    def store(self) -> Store:
        """Files and versions."""
        return Store(self.base)

    @property
    def matches(self) -> Path:
        """The log of all evaluation games."""
        from ringrift_engine.evaluation.match_log import MATCHES

        return self.base / MATCHES

    @property
    def receipts(self) -> Path:
        """The receipts of all shards that were taken in."""
        return self.base / "receipts.db"

    @property
    def inbox(self) -> Path:
        """The folder into which games from elsewhere are put."""
        return self.base / "inbox"

    def age_of_newest_games(self, key: str, now: float) -> float:
        """Seconds since the newest shard of a configuration was taken in, at the time `now`; NaN if there is none."""
        from ringrift_engine.sync import Receipts

        arrivals = [receipt.received_at for receipt in Receipts(self.receipts).of(key, "synced_games")]
        return now - max(arrivals) if arrivals else math.nan

    @contextmanager
    def working_on(self, context: dg.AssetExecutionContext, asset: str) -> Iterator[Store]:
        """Hold the lock of this asset and partition, and clear away what killed processes left behind."""
        key = key_of(context)
        store = self.store

        def tell() -> None:
            context.log.info(f"Another process works on {asset} of {key}; this run goes on when it has finished.")

        with exclusive(store.lock(asset, key), when_held=tell):
            for leftover in store.sweep(asset, key):
                context.log.info(f"Removed {leftover.name}, which a killed process left behind.")
            with outcomes.marked(context, asset), retried(context):
                yield store
