"""The loop as an operator starts it: a real daemon, web server and code server, from an empty folder to its end."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest

from ringrift_assets.cli.server import Loop
from ringrift_assets.definitions import defs
from tests.ringrift_assets.cli.conftest import KEY, ROOT
from tests.ringrift_engine.cli.conftest import ringrift, told

# As little work as there can be: one batch of one game, and no room for a second run.
TINY = "selfplay: {bootstrap_games: 1, bootstrap_batch: 1}\n"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture
def command(folder):
    """Runs `ringrift` in a process of its own; ends the loop that a failed test leaves behind."""
    folder.set_up(TINY)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def run(*words: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "ringrift_engine.cli.main", *words],
            cwd=folder.root, env=environment, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    yield run
    run("loop", "stop")


@pytest.mark.slow
def test_the_loop_is_started_once_looked_at_and_stopped(folder, command):
    port = str(free_port())
    code, started, progress = command("loop", "start", "--port", port, "--configurations", KEY, "--json")
    assert code == 0, progress
    assert "loading the definitions" in progress
    sensors, schedules = {one.name for one in defs.sensors or ()}, {one.name for one in defs.schedules or ()}
    assert set(json.loads(started)["turned_on"]) == sensors | schedules

    facts = told("loop", "status")
    assert facts["running"] is True
    assert facts["address"] == f"http://127.0.0.1:{port}"
    assert {one["name"] for one in facts["sensors"] if one["on"]} == sensors
    assert {one["name"] for one in facts["schedules"] if one["on"]} == schedules
    with urllib.request.urlopen(f"{facts['address']}/server_info", timeout=30) as answer:
        assert answer.status == 200

    again = ringrift("loop", "start")
    assert again.exit_code == 0
    assert "The loop runs already; every sensor and schedule was on." in again.stdout
    assert told("loop", "status")["pid"] == facts["pid"]

    loop = Loop(**json.loads((folder.root / ".dagster" / "loop.json").read_text()))
    processes = loop.processes()
    assert len(processes) >= 4  # Dagster's own: the first one, daemon, web server, code server
    wait_for_a_look("selfplay_scheduler")
    code, stopped, errors = command("loop", "stop", "--json")
    assert code == 0, errors
    assert set(json.loads(stopped)["turned_off"]) == sensors | schedules
    assert psutil.wait_procs(processes, timeout=5)[1] == []
    assert loop.processes() == []
    with socket.socket() as caller:
        assert caller.connect_ex(("127.0.0.1", int(port))) != 0

    facts = told("loop", "status")
    assert (facts["running"], facts["at_work"]) == (False, [])
    assert not [one for one in facts["sensors"] + facts["schedules"] if one["on"]]
    left_over = {path.name for path in folder.root.iterdir()}
    assert left_over <= {"dagster.yaml", "ringrift.yaml", ".dagster", "data"}


def wait_for_a_look(sensor):
    """Wait until a sensor has looked once: its daemon works, and knows the one configuration."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        (found,) = [one for one in told("loop", "status")["sensors"] if one["name"] == sensor]
        if found["last_tick"] is not None and found["last_tick"]["status"] != "started":
            assert found["last_tick"]["status"] in ("success", "skipped"), found
            return
        time.sleep(0.5)
    raise AssertionError(f"{sensor} has not looked within a minute")
