"""Launching a failed run again: the same job, assets, configuration and options, as a run of its own."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ringrift_assets.cli.graphql import Server
from ringrift_assets.cli.server import MODULE, recorded
from ringrift_engine.errors import DataError

if TYPE_CHECKING:
    import dagster as dg


@dataclass(frozen=True, kw_only=True)
class Relaunch:
    """What would be launched again; `launched` is the id of the new run, empty if there is none."""

    run_id: str
    job: str
    key: str
    assets: tuple[str, ...]
    config: Mapping[str, Any]
    command: str
    """The same by hand, without a server."""
    launched: str = ""


def relaunch_of(run: "dg.DagsterRun") -> Relaunch:
    """What it takes to run a failed run again."""
    from ringrift_assets.outcomes import PARTITION_TAG

    key = run.tags.get(PARTITION_TAG, "")
    assets = _assets(run)
    return Relaunch(
        run_id=run.run_id,
        job=run.job_name,
        key=key,
        assets=assets,
        config=dict(run.run_config),
        command=_command(assets, key, run.run_config),
    )


def running_server() -> Server | None:
    """The web server of the loop in the current folder, if it has one."""
    loop = recorded()
    return Server(loop.address) if loop is not None and loop.runs and loop.address else None


def launch_again(server: Server, run: "dg.DagsterRun") -> str:
    """Queue the same work as a new run; its id. LoopError if the server refuses."""
    from ringrift_assets.outcomes import PARTITION_TAG, WHY_TAG

    # Of the tags only what decides the work: the others tell how the failed run went.
    tags = {name: run.tags[name] for name in (PARTITION_TAG,) if name in run.tags}
    selected = sorted(asset.to_user_string() for asset in run.asset_selection) if run.asset_selection else None
    parent = (run.run_id, run.root_run_id or run.run_id)
    why = f"`ringrift failures retry` of run {run.run_id}"
    return server.launch(run.job_name, selected, run.run_config, {**tags, WHY_TAG: why}, parent)


def _assets(run: "dg.DagsterRun") -> tuple[str, ...]:
    """The assets that a run makes: those that it names, or those of its job."""
    from ringrift_assets.definitions import defs

    keys = run.asset_selection
    if keys is None:
        known = {job.name for job in defs.resolve_all_job_defs()}
        if run.job_name not in known:
            raise DataError(f"run {run.run_id} is of the job {run.job_name}, which the definitions no longer have.")
        keys = defs.resolve_job_def(run.job_name).asset_layer.executable_asset_keys
    return tuple(sorted(key.to_user_string() for key in keys))


def _command(assets: tuple[str, ...], key: str, config: Mapping[str, Any]) -> str:
    """The command line that makes the assets here and now; empty for a job without assets, which needs a server."""
    if not assets:
        return ""
    words = ["dagster", "asset", "materialize", "-m", MODULE, "--select", ",".join(assets)]
    words += ["--partition", key] if key else []
    words += ["--config-json", json.dumps(config)] if config else []
    return shlex.join(words)
