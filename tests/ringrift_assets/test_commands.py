"""The commands of the README as they are typed: real processes, real workers, an instance in the folder they run in."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import dagster as dg
import pytest
import yaml

from ringrift_engine.files import PARTIAL_PREFIX
from ringrift_engine.records.shard import read_packed
from tests.ringrift_assets.test_chain import TINY

ROOT = Path(__file__).parents[2]
MODULE = "ringrift_assets.definitions"
TOOLS = Path(sys.executable).parent
GAMES = {"game_databases": {"games": 4, "batch_games": 1}}


@pytest.fixture
def folder(tmp_path):
    """An empty folder with the repository's instance settings, and a small budget in tiny.yaml."""
    for name in ("dagster.yaml", "pyproject.toml", "workspace.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    options(tmp_path, TINY)
    return tmp_path


def options(folder, budget):
    ops = {name: {"config": values} for name, values in budget.items()}
    (folder / "tiny.yaml").write_text(yaml.safe_dump({"ops": ops}))


def environment(**more):
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("DAGSTER_", "RINGRIFT_DATA"))
    }
    return {**inherited, "PYTHONPATH": str(ROOT), **more}


def call(folder, *command, **variables):
    """Run a tool of this environment in `folder`; exit code and everything it wrote."""
    done = subprocess.run(
        [str(TOOLS / command[0]), *command[1:]],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def materialize(folder, select, *more, **variables):
    return call(
        folder, "dagster", "asset", "materialize", "-m", MODULE, "--select", select, "--partition", "hex8_2p", *more,
        **variables,
    )  # fmt: skip


@pytest.mark.slow
def test_the_whole_chain_by_one_command_with_real_workers(folder, monkeypatch):
    code, output = materialize(folder, "*promoted_models", "--config", "tiny.yaml")
    assert code == 0, output
    assert "games of hex8_2p: 2/2 games" in output  # progress, from the worker to the terminal
    assert (folder / "data" / "matches.db").exists()
    monkeypatch.chdir(folder)  # the instance lies in the folder that commands run in
    with dg.DagsterInstance.from_config(str(folder)) as instance:  # runs persist although DAGSTER_HOME is not set
        (run,) = instance.get_runs()
        assert run.status == dg.DagsterRunStatus.SUCCESS
    assert not list(folder.glob(".tmp_dagster_home_*"))


@pytest.mark.slow
def test_the_short_forms_and_the_validation(folder):
    code, output = call(
        folder, "dagster", "asset", "materialize", "--select", "game_databases", "--partition", "hex8_2p",
        "--config", "tiny.yaml", DAGSTER_MODULE_NAME=MODULE,
    )  # fmt: skip
    assert code == 0, output
    code, output = call(folder, "dg", "launch", "--assets", "synced_games", "--partition", "hex8_2p")
    assert code == 0, output
    assert (folder / "data" / "synced_games" / "hex8_2p" / "games.parquet").exists()
    code, output = call(ROOT, "dagster", "definitions", "validate")
    assert code == 0, output


@pytest.mark.slow
def test_a_damaged_shard_gives_exit_code_1_and_names_the_file(folder):
    assert materialize(folder, "game_databases", "--config", "tiny.yaml")[0] == 0
    shard = next((folder / "data" / "game_databases" / "hex8_2p").glob("*.db"))
    shard.write_bytes(shard.read_bytes()[:-100])
    code, output = materialize(folder, "synced_games")
    assert code == 1
    assert shard.name in output
    assert "damaged" in output
    assert not (folder / "data" / "synced_games" / "hex8_2p" / "latest.json").exists()


@pytest.mark.slow
def test_self_play_killed_at_random_moments_is_finished_by_the_same_command(folder, monkeypatch):
    options(folder, GAMES)
    command = [
        str(TOOLS / "dagster"), "asset", "materialize", "-m", MODULE, "--select", "*synced_games",
        "--partition", "hex8_2p", "--config", "tiny.yaml",
    ]  # fmt: skip
    moments = random.Random(20260).choices(range(5, 25), k=3)
    for moment in moments:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            process.wait(timeout=moment)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
    began = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"killed after {moments} s: {done.stderr}"
    shards = sorted((folder / "data" / "synced_games" / "hex8_2p").glob("*.db"))
    games = [game.game_id for path in shards for game in read_packed(path).games]
    # A kill after the end of a run lets the next one play a whole generation more.
    assert len(games) == len(set(games))
    assert len(games) % 4 == 0
    assert len(games) >= 4
    assert not list((folder / "data").rglob(f"{PARTIAL_PREFIX}*"))
    monkeypatch.chdir(folder)  # the instance lies in the folder that commands run in
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        assert instance.get_runs_count(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])) == 0
        for pool in ("generate", "sync"):
            assert instance.event_log_storage.get_concurrency_info(pool).claimed_slots == []
    assert time.monotonic() - began < 600
