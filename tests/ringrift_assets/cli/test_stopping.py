"""`ringrift loop stop` and `status`: everything off, the loop's runs ended and no faults, others' runs left alone."""

import json
import os
import sys

import dagster as dg
import pytest
from dagster._core.scheduler.instigation import TickStatus

from ringrift_assets import breaker
from ringrift_assets.cli import server, stopping
from ringrift_assets.cli.automation import automations
from ringrift_assets.cli.server import launch, recorded
from ringrift_assets.locks import RunMarks
from ringrift_assets.outcomes import ended_runs
from ringrift_assets.thresholds.sections import Breaker
from tests.ringrift_assets.cli.conftest import KEY, add_run, add_tick, turn_on
from tests.ringrift_engine.cli.conftest import ringrift, told

# Where a run finds the server that launched it; here nobody listens any more.
LAUNCHED = {".dagster__grpc_info": json.dumps({"host": "localhost", "socket": "/tmp/nobody-listens-here"})}


@pytest.fixture
def loop(here, monkeypatch):
    """A loop whose processes only wait."""
    monkeypatch.chdir(here.root)
    monkeypatch.setattr(server, "_command", lambda _: [sys.executable, "-c", "import time; time.sleep(600)"])
    monkeypatch.setattr(stopping, "_CANCEL_WITHIN_S", 0.5)
    started = launch(None, "")
    yield started
    for process in started.processes():
        process.kill()


def test_nothing_to_stop_is_no_error(here):
    result = ringrift("loop", "stop")
    assert result.exit_code == 0
    assert "No loop was running." in result.output
    (here.root / "dagster.yaml").unlink()
    assert ringrift("loop", "stop").exit_code == 0


def test_sensors_that_somebody_else_turned_on_are_turned_off(here):
    with here.instance() as instance:
        turn_on(instance, "training_trigger", "freshness_gate")
    assert told("loop", "stop")["turned_off"] == ["freshness_gate", "training_trigger"]
    with here.instance() as instance:
        assert not [one.name for one in automations(instance) if one.on]


def test_what_was_at_work_is_ended_and_told(here, loop):
    with here.instance() as instance:
        working = add_run(instance, dg.DagsterRunStatus.STARTED, **LAUNCHED)
        waiting = add_run(instance, dg.DagsterRunStatus.QUEUED, key="hex8_3p")
        by_hand = add_run(instance, dg.DagsterRunStatus.STARTED, key="hex8_4p")
    stopped = told("loop", "stop")
    assert stopped["ran"] is True
    assert [run["run_id"] for run in stopped["ended_runs"]] == [working.run_id]
    assert [run["run_id"] for run in stopped["queued_runs"]] == [waiting.run_id]
    assert recorded() is None
    assert loop.processes() == []
    with here.instance() as instance:
        states = {run.run_id: run.status for run in instance.get_runs()}
    assert states == {
        working.run_id: dg.DagsterRunStatus.CANCELED,
        waiting.run_id: dg.DagsterRunStatus.QUEUED,
        by_hand.run_id: dg.DagsterRunStatus.STARTED,
    }


@pytest.mark.usefixtures("loop")
def test_an_ended_run_is_no_fault_and_holds_nothing(here):
    with here.instance() as instance:
        run = add_run(instance, dg.DagsterRunStatus.STARTED, **LAUNCHED)
        marks = RunMarks(here.data / "locks" / "runs")
        marks.begin(run.run_id)
        held = marks._held.pop(run.run_id)
    os.close(held)  # as the kernel does when a process dies
    assert marks.died(run.run_id)
    told("loop", "stop")
    assert not marks.died(run.run_id)
    assert not list((here.data / "locks" / "runs").glob("*.run"))
    with here.instance() as instance:
        (ended,) = ended_runs(instance, KEY)
        assert {ended.says_of(stage) for stage in ended.stages} == {None}
        assert breaker.judge([], ended.ended_at, Breaker(faults=1)).allows
        assert instance.get_runs_count(dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE])) == 0


# --- loop status


def test_the_status_without_a_loop_and_without_an_instance(here):
    facts = told("loop", "status")
    assert (facts["running"], facts["pid"], facts["address"], facts["queued"]) == (False, None, "", 0)
    assert {one["name"] for one in facts["sensors"]} >= {"selfplay_scheduler", "training_trigger", "run_failures"}
    assert not any(one["on"] or one["last_tick"] for one in facts["sensors"] + facts["schedules"])
    (here.root / "dagster.yaml").unlink()
    assert told("loop", "status")["instance"] is False
    assert "No dagster.yaml" in ringrift("loop", "status").output


def test_the_status_of_a_loop(here, loop):
    with here.instance() as instance:
        turn_on(instance, "training_trigger", "freshness_gate")
        add_tick(instance, "training_trigger", TickStatus.SKIPPED, at=1_000.0, skip_reason="older")
        add_tick(instance, "training_trigger", TickStatus.SKIPPED, at=2_000.0, skip_reason="hex8_2p: too few")
        add_tick(instance, "training_trigger", TickStatus.STARTED, at=2_001.0)
        add_tick(instance, "freshness_gate", TickStatus.SUCCESS, at=3_000.0, run_ids=["r1", "r2"], run_keys=["a", "b"])
        working = add_run(instance, dg.DagsterRunStatus.STARTED, ringrift__why="because")
        add_run(instance, dg.DagsterRunStatus.QUEUED)
    facts = told("loop", "status")
    assert (facts["running"], facts["pid"], facts["queued"]) == (True, loop.pid, 1)
    sensors = {one["name"]: one for one in facts["sensors"]}
    assert {name for name, one in sensors.items() if one["on"]} == {"freshness_gate", "training_trigger"}
    # A look that is still going on says nothing yet: the one before it is shown.
    trigger = {"at": 2_000.0, "status": "skipped", "reason": "hex8_2p: too few", "runs": []}
    assert sensors["training_trigger"]["last_tick"] == trigger
    assert sensors["freshness_gate"]["last_tick"]["runs"] == ["r1", "r2"]
    assert [(run["run_id"], run["why"], run["key"]) for run in facts["at_work"]] == [(working.run_id, "because", KEY)]
    text = ringrift("loop", "status").output
    assert f"process {loop.pid}" in text
    assert "2 runs requested" in text
    assert "1 at work, 1 queued" in text
    assert all(len(line) <= 120 for line in text.splitlines())
