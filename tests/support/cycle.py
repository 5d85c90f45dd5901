"""Running the asset graph in this process on a folder of its own, and reading what it left."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg

from ringrift_assets.definitions import build_defs
from ringrift_assets.pipes import Workers
from ringrift_assets.resources import Storage
from ringrift_assets.storage import Store
from tests.support.stand_ins import StandInWorkers

ASSETS = (
    "game_databases",
    "synced_games",
    "npz_exports",
    "combined_npz",
    "checkpoints",
    "gauntlet_results",
    "promoted_models",
)
FEEDBACK = ("feedback_state", "selfplay_plan")
# A cycle of stand-ins: three shards, small gates.
QUICK = {
    "game_databases": {"games": 5, "batch_games": 2},
    "checkpoints": {"needed_new": 0, "needed_games": 1, "needed_positions": 1, "needed_held_out": 0},
    "promoted_models": {"min_games": 10},
}
INSTANCE = {"concurrency": {"pools": {"granularity": "op", "default_limit": 1}}, "telemetry": {"enabled": False}}


@dataclass
class Place:
    """A data root and a Dagster instance below one folder."""

    root: Path
    workers: Workers = field(default_factory=StandInWorkers)
    persistent: bool = False
    """Whether Dagster's storage is on the disk, as in earnest, or in memory, which is ten times as fast."""
    _memory: dg.DagsterInstance | None = None

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def store(self) -> Store:
        return Store(self.data)

    def instance(self) -> AbstractContextManager[dg.DagsterInstance]:
        """The instance of this place; a persistent one is opened anew, and carries nothing over but files."""
        if not self.persistent:
            self._memory = self._memory or dg.DagsterInstance.ephemeral()
            return nullcontext(self._memory)
        folder = self.root / "dagster"
        folder.mkdir(parents=True, exist_ok=True)
        return dg.DagsterInstance.local_temp(str(folder), overrides=INSTANCE)

    def run(
        self,
        key: str = "hex8_2p",
        config: Mapping[str, Mapping[str, Any]] = QUICK,
        selection: tuple[str, ...] = ASSETS,
    ) -> dg.ExecuteInProcessResult:
        """Materialise `selection` for one configuration; faults do not raise, the result tells."""
        definitions = build_defs({"storage": Storage(root=str(self.data)), "workers": self.workers})
        with self.instance() as instance:
            return definitions.resolve_implicit_global_asset_job_def().execute_in_process(
                partition_key=key,
                instance=instance,
                asset_selection=[dg.AssetKey(name) for name in selection],
                run_config={
                    "ops": {name: {"config": dict(values)} for name, values in config.items() if name in selection},
                    "loggers": {"console": {"config": {"log_level": "ERROR"}}},  # printing costs more than a stand-in
                },
                raise_on_error=False,
            )

    def versions(self, key: str = "hex8_2p") -> dict[str, str]:
        """Asset -> data version that Dagster has as the latest one; assets that were never materialised are left
        out.
        """
        with self.instance() as instance:
            found = {}
            for name in ASSETS:
                event = instance.event_log_storage.get_event_records(
                    dg.EventRecordsFilter(
                        event_type=dg.DagsterEventType.ASSET_MATERIALIZATION,
                        asset_key=dg.AssetKey(name),
                        asset_partitions=[key],
                    ),
                    limit=1,
                )
                if event:
                    materialization = event[0].asset_materialization
                    assert materialization is not None
                    found[name] = (materialization.tags or {})["dagster/data_version"]
            return found

    def manifest(self, asset: str, key: str = "hex8_2p") -> dict[str, Any]:
        return json.loads((self.data / asset / key / "latest.json").read_text())

    def files(self) -> dict[str, int]:
        """Artefacts of all assets below the data root, by relative path; manifests, plans and databases left out."""
        suffixes = (".db", ".npz", ".safetensors", ".json")
        found = {}
        for asset in ASSETS:
            for path in sorted((self.data / asset).rglob("*")):
                if path.suffix in suffixes and path.name not in ("latest.json", "plan.json"):
                    found[path.relative_to(self.data).as_posix()] = path.stat().st_size
        return found


def checks_of(result: dg.ExecuteInProcessResult) -> dict[str, bool]:
    """`asset.check` -> passed, of all checks of a run."""
    return {
        f"{evaluation.asset_key.to_user_string()}.{evaluation.check_name}": evaluation.passed
        for evaluation in result.get_asset_check_evaluations()
    }
