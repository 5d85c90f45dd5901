"""The lines of `ringrift loop run`: each change once, in the order of time, from Dagster's records alone."""

import json
import signal
import subprocess
import sys
import time

import dagster as dg
import pytest
from dagster._core.scheduler.instigation import TickStatus

from ringrift_assets.cli.watch import Line, News
from tests.ringrift_assets.cli.conftest import KEY, add_run, add_tick, turn_on

# The whole of `loop run` with processes that only wait, in a process of its own, which is sent a signal.
PROGRAM = """
import sys
from ringrift_assets.cli import server, starting
from ringrift_engine.cli.main import main
waits = "import time; print('a line of the log', flush=True); time.sleep(600)"
server._command = lambda port: [sys.executable, "-c", waits]
starting._all_on = lambda loop, tell: []
main(["loop", "run", "--no-server", "--verbose", "--json"])
"""


@pytest.fixture
def news(here):
    with here.instance() as instance:
        turn_on(instance, "training_trigger", "run_failures")
        yield instance, News(instance)


def said(news):
    return [f"{line.what}: {line.said}" for line in news.since_last_look()]


def test_a_decision_is_told_once_until_it_changes(news):
    instance, lines = news
    now = time.time()
    assert said(lines) == []
    add_tick(instance, "training_trigger", TickStatus.SKIPPED, at=now - 900, skip_reason="from before this began")
    assert said(lines) == []
    skipped = "hex8_2p: 5 new games, 1000 needed. Age: 0.{} h"
    for step, minute in enumerate((1, 2, 3)):
        add_tick(instance, "training_trigger", TickStatus.SKIPPED, at=now + step, skip_reason=skipped.format(minute))
        expected = ["training_trigger: skipped: hex8_2p: 5 new games, 1000 needed. Age: 0.1 h"] if step == 0 else []
        assert said(lines) == expected  # an age that grows is no new decision
    add_tick(instance, "training_trigger", TickStatus.SUCCESS, at=now + 4, run_ids=["12345678-9"], run_keys=["k"])
    assert said(lines) == ["training_trigger: requests 12345678"]
    add_tick(instance, "training_trigger", TickStatus.SKIPPED, at=now + 5, skip_reason=skipped.format(4))
    assert said(lines) == ["training_trigger: skipped: hex8_2p: 5 new games, 1000 needed. Age: 0.4 h"]


def test_a_run_is_told_when_it_starts_and_when_it_ends(news):
    instance, lines = news
    run = add_run(instance, dg.DagsterRunStatus.QUEUED, ringrift__why="because")
    assert said(lines) == []
    short = f"run: run {run.run_id[:8]} of generate of {KEY}"
    instance.report_dagster_event(event(dg.DagsterEventType.RUN_START), run.run_id)
    assert said(lines) == [f"{short} starts: because"]
    assert said(lines) == []
    instance.add_run_tags(run.run_id, {"ringrift/stage": "checkpoints", "ringrift/outcome": "blocked"})
    instance.report_run_failed(instance.get_run_by_id(run.run_id), "the gate is closed")
    (line,) = said(lines)
    assert line.startswith(f"{short} failed in checkpoints after ")
    assert line.endswith("(blocked): the gate is closed")
    assert said(lines) == []


def event(kind):
    return dg.DagsterEvent(event_type_value=kind.value, job_name="generate")


def test_a_line_has_its_time_and_a_log_has_its_own():
    at = time.mktime((2026, 11, 21, 12, 3, 4, 0, 0, -1))
    assert Line(at=at, what="quality_gate", said="skipped").text == "12:03:04 quality_gate: skipped"
    assert Line(at=at, what="run", said="run 1 starts").text == "12:03:04 run 1 starts"
    assert Line(at=at, what="log", said="2026 INFO").text == "2026 INFO"


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_or_a_request_to_end_ends_all_of_it(here, sent):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=here.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    loop = json.loads((here.root / ".dagster" / "loop.json").read_text())
    process.send_signal(sent)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert (first["what"], first["said"]) == ("log", "a line of the log")
    assert json.loads(output.splitlines()[-1])["ran"] is True
    assert not (here.root / ".dagster" / "loop.json").exists()
    assert "Traceback" not in errors
    assert subprocess.run(["kill", "-0", str(loop["pid"])], capture_output=True, check=False).returncode != 0
