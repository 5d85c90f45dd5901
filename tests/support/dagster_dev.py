"""`dagster dev` as a person starts it: in a folder with the repository's instance settings, on a free port.

It is asked through the address that its own pages ask, GraphQL, so that a test sees what the UI can see.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil

ROOT: Final = Path(__file__).parents[2]
TOOLS: Final = Path(sys.executable).parent
INSTANCE_FILES: Final = ("dagster.yaml", "pyproject.toml", "workspace.yaml")
_START_WITHIN_S: Final = 180
_STOP_WITHIN_S: Final = 30
_RUN_WITHIN_S: Final = 300
_ASK_EVERY_S: Final = 0.3
_FINAL: Final = {"SUCCESS", "FAILURE", "CANCELED"}

_RUNS: Final = """
query Runs($filter: RunsFilter!) {
  runsOrError(filter: $filter) {
    ... on Runs { results { runId status tags { key value } assetSelection { path } } }
  }
}"""
_LAUNCH: Final = """
mutation Launch($executionParams: ExecutionParams!) {
  launchPipelineExecution(executionParams: $executionParams) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}"""
_MATERIALISATIONS: Final = """
query Materialisations($asset: AssetKeyInput!, $partitions: [String!]) {
  assetOrError(assetKey: $asset) {
    ... on Asset { assetMaterializations(partitions: $partitions) { runId partition } }
  }
}"""

_START_SENSOR: Final = """
mutation Start($selector: SensorSelector!) {
  startSensor(sensorSelector: $selector) { __typename ... on PythonError { message } }
}"""
_TICKS: Final = """
query Ticks($selector: SensorSelector!) {
  sensorOrError(sensorSelector: $selector) {
    ... on Sensor { sensorState { ticks(limit: 25) { timestamp status skipReason error { message } runIds } } }
  }
}"""
_EVENTS: Final = """
query Events($run: ID!) {
  logsForRun(runId: $run) {
    ... on EventConnection { events { __typename ... on MessageEvent { eventType stepKey timestamp message } } }
  }
}"""


@dataclass(frozen=True)
class Run:
    """A run as the UI lists it."""

    run_id: str
    status: str
    tags: Mapping[str, str]
    assets: frozenset[str]


@dataclass(frozen=True)
class DagsterDev:
    """A running `dagster dev`: its address, and the folder that it was started in."""

    url: str
    folder: Path

    def ask(self, query: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The data of a GraphQL answer; AssertionError with the errors where there are any."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.url}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            found = json.load(answer)
        assert not found.get("errors"), found["errors"]
        return found["data"]

    def runs(self, **conditions: Any) -> list[Run]:
        """Runs, newest first; `conditions` are the fields of GraphQL's RunsFilter."""
        results = self.ask(_RUNS, {"filter": conditions})["runsOrError"]["results"]
        return [
            Run(
                run_id=found["runId"],
                status=found["status"],
                tags={tag["key"]: tag["value"] for tag in found["tags"]},
                assets=frozenset("/".join(asset["path"]) for asset in found["assetSelection"] or ()),
            )
            for found in results
        ]

    def finished(self, run_id: str) -> Run:
        """A run once it has ended, in whatever way; AssertionError if it takes too long."""
        deadline = time.monotonic() + _RUN_WITHIN_S
        while time.monotonic() < deadline:
            (run,) = self.runs(runIds=[run_id])
            if run.status in _FINAL:
                return run
            time.sleep(_ASK_EVERY_S)
        raise AssertionError(f"run {run_id} has not ended within {_RUN_WITHIN_S} s")

    def launch(self, assets: Sequence[str], partition: str, config: Mapping[str, Any]) -> str:
        """Start a run that makes `assets`, with the options `config` of each; its id."""
        parameters = {
            "selector": {
                "repositoryLocationName": "ringrift_assets",
                "repositoryName": "__repository__",
                "jobName": "__ASSET_JOB",
                "assetSelection": [{"path": [name]} for name in assets],
            },
            "runConfigData": {"ops": {name: {"config": values} for name, values in config.items()}},
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": partition}]},
            "mode": "default",
        }
        launched = self.ask(_LAUNCH, {"executionParams": parameters})["launchPipelineExecution"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return launched["run"]["runId"]

    def start_sensor(self, name: str) -> None:
        """Turn a sensor on."""
        started = self.ask(_START_SENSOR, {"selector": _sensor(name)})["startSensor"]
        assert started["__typename"] == "Sensor", started

    def ticks(self, sensor: str) -> list[dict[str, Any]]:
        """The latest ticks of a sensor, newest first; AssertionError if one failed."""
        ticks = self.ask(_TICKS, {"selector": _sensor(sensor)})["sensorOrError"]["sensorState"]["ticks"]
        failed = [tick["error"]["message"] for tick in ticks if tick["error"]]
        assert not failed, failed[0]
        return ticks

    def events(self, run_id: str) -> list[dict[str, Any]]:
        """The event log of a run, oldest first."""
        return self.ask(_EVENTS, {"run": run_id})["logsForRun"]["events"]

    def materialised_by(self, asset: str, partition: str) -> list[str]:
        """Ids of the runs that materialised a partition of an asset, newest first."""
        variables = {"asset": {"path": [asset]}, "partitions": [partition]}
        found = self.ask(_MATERIALISATIONS, variables)["assetOrError"].get("assetMaterializations", ())
        return [event["runId"] for event in found]


def _sensor(name: str) -> dict[str, str]:
    location = {"repositoryLocationName": "ringrift_assets", "repositoryName": "__repository__"}
    return {**location, "sensorName": name}


@contextmanager
def dagster_dev(folder: Path) -> Iterator[DagsterDev]:
    """`dagster dev` in `folder`, which gets the repository's instance settings; its processes end with the block."""
    for name in INSTANCE_FILES:
        shutil.copy(ROOT / name, folder / name)
    port, log = _free_port(), folder / "dagster-dev.log"
    command = [str(TOOLS / "dagster"), "dev", "-p", str(port)]
    with log.open("wb") as lines:
        process = subprocess.Popen(
            command, cwd=folder, env=_environment(), stdout=lines, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_up(url, process, log)
            yield DagsterDev(url, folder)
        finally:
            _stop(process)


def _environment() -> dict[str, str]:
    """The caller's environment without anything that would move data or instance."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DAGSTER_", "RINGRIFT_DATA"))}
    return {**kept, "PYTHONPATH": str(ROOT)}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def _wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_WITHIN_S
    while time.monotonic() < deadline:
        assert process.poll() is None, f"dagster dev has ended:\n{log.read_text()[-3000:]}"
        try:
            with urllib.request.urlopen(f"{url}/server_info", timeout=5):
                return
        except OSError:  # nobody listens yet
            time.sleep(_ASK_EVERY_S)
    raise AssertionError(f"dagster dev does not answer after {_START_WITHIN_S} s:\n{log.read_text()[-3000:]}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process group, and what has left it: webserver, daemon and code server have groups of their own."""
    family = _family(process.pid)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
    _, left = psutil.wait_procs(family, timeout=_STOP_WITHIN_S)
    for survivor in left:
        survivor.kill()
    psutil.wait_procs(left, timeout=_STOP_WITHIN_S)
    process.wait(timeout=_STOP_WITHIN_S)


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [*parent.children(recursive=True), parent]
    except psutil.NoSuchProcess:
        return []
