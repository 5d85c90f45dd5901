"""A folder as an operator has it, with runs, sensors and ticks that were made up or made by stand-in workers."""

import os
import shutil
import time
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteInstigatorOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    SensorInstigatorData,
    TickData,
    TickStatus,
)
from dagster._core.utils import make_new_run_id

from ringrift_assets.cli import automation
from ringrift_assets.outcomes import PARTITION_TAG
from tests.support.cycle import Place

ROOT = Path(__file__).parents[3]
KEY = "hex8_2p"
# A loop over one configuration with gates for a handful of games.
SETTINGS = """
loop: {configurations: hex8_2p}
training: {new_games: 4, needed_games: 4, needed_positions: 1, needed_held_out: 0}
"""


@dataclass
class Here(Place):
    """The current folder: its own settings, `data` below it; Dagster's records in memory or where an operator's are."""

    def instance(self) -> AbstractContextManager[dg.DagsterInstance]:
        return dg.DagsterInstance.from_config(str(self.root)) if self.persistent else super().instance()

    def set_up(self, settings: str) -> None:
        (self.root / "ringrift.yaml").write_text(settings)


@pytest.fixture(scope="session")
def empty_instance(tmp_path_factory) -> Path:
    """Dagster's records of a folder in which nothing was ever run: copied, because making them takes a second."""
    folder, before = tmp_path_factory.mktemp("instance"), Path.cwd()
    shutil.copy(ROOT / "dagster.yaml", folder)
    os.chdir(folder)  # records lie below the current folder
    try:
        with dg.DagsterInstance.from_config(str(folder)) as instance:
            instance.get_runs()
            instance.all_instigator_state()
            instance.get_asset_keys()
    finally:
        os.chdir(before)
    return folder / ".dagster"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Here:
    """An empty folder with instance settings, a small budget, and nothing of the caller's environment."""
    for name in [name for name in os.environ if name.startswith(("DAGSTER_", "RINGRIFT_"))]:
        if name != "RINGRIFT_CACHE_DIR":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    place = Here(tmp_path)
    place.set_up(SETTINGS)
    return place


@pytest.fixture
def here(folder, empty_instance) -> Here:
    """The folder with Dagster's records on the disk, as in earnest."""
    shutil.copytree(empty_instance, folder.root / ".dagster")
    folder.persistent = True
    return folder


@pytest.fixture
def quick(folder, monkeypatch) -> Here:
    """The folder with Dagster's records in memory, where the commands look for them too; those of sensors are on disks
    only, so here all are off.
    """
    monkeypatch.setattr(automation, "_states", lambda _: {})
    monkeypatch.setattr(dg.DagsterInstance, "from_config", lambda _: folder.instance())
    return folder


REPOSITORY = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin("ringrift_assets"), "__repository__")


def origin_of(name: str) -> RemoteInstigatorOrigin:
    return RemoteInstigatorOrigin(REPOSITORY, name)


def turn_on(instance: dg.DagsterInstance, *names: str) -> None:
    """As the UI does it."""
    for name in names:
        instance.add_instigator_state(
            InstigatorState(
                origin_of(name), InstigatorType.SENSOR, InstigatorStatus.RUNNING, SensorInstigatorData(min_interval=5)
            )
        )


def add_tick(instance: dg.DagsterInstance, name: str, status: TickStatus, **facts) -> None:
    origin = origin_of(name)
    instance.create_tick(
        TickData(
            instigator_origin_id=origin.get_id(),
            instigator_name=name,
            instigator_type=InstigatorType.SENSOR,
            status=status,
            timestamp=facts.pop("at", time.time()),
            selector_id=origin.get_selector().get_id(),
            **facts,
        )
    )


def add_run(instance: dg.DagsterInstance, status: dg.DagsterRunStatus, job: str = "generate", key: str = KEY, **tags):
    """A run that is in this state; `tags` with two underscores for a slash."""
    given = {name.replace("__", "/"): value for name, value in tags.items()}
    run = dg.DagsterRun(
        job_name=job,
        run_id=make_new_run_id(),
        status=status,
        tags={PARTITION_TAG: key, **given},
        remote_job_origin=RemoteJobOrigin(REPOSITORY, job),
    )
    return instance.add_run(run)
