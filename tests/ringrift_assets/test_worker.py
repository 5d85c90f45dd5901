"""The worker process: what it says, what it answers, and that it ends with its parent."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from ringrift_assets.pipes import unpack
from ringrift_assets.worker import PARENT_VARIABLE, Reporter, answer
from ringrift_engine.errors import ConfigError, DataError, RingRiftError


def test_a_silent_task_is_spoken_for(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    lines = []
    reporter = Reporter(lines.append, every_s=10)
    reporter("playing", 0, 8, "games")
    now[0] += 9
    reporter.remind()
    assert lines == ["playing: 0/8 games"]
    now[0] += 1
    reporter.remind()
    assert lines[1:] == ["playing: 0/8 games (at work, last step finished 10 s ago)"]
    reporter.remind()
    assert len(lines) == 2
    now[0] += 5
    reporter("playing", 4, 8, "games")
    assert lines[2:] == ["playing: 4/8 games, 0.3 games/s, 15 s left"]


def test_a_task_that_has_not_reported_yet_is_spoken_for_too(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    lines = []
    reporter = Reporter(lines.append, every_s=10)
    now[0] = 11
    reporter.remind()
    assert lines[0].startswith("starting")


def test_results_and_errors_travel_as_data():
    reporter = Reporter(print)

    def refuses(_request, _progress):
        raise DataError("file x is torn")

    assert unpack(answer(lambda request, _progress: {"got": request["x"]}, {"x": 3}, reporter)) == {"got": 3}
    with pytest.raises(DataError, match="file x is torn"):
        unpack(answer(refuses, {}, reporter))


@pytest.mark.parametrize(("name", "kind"), [("ConfigError", ConfigError), ("OverlongGameError", RingRiftError)])
def test_an_error_keeps_its_class_where_the_engine_declares_it_and_its_text_always(name, kind):
    with pytest.raises(kind, match="what, where, what to do"):
        unpack({"error": name, "text": "what, where, what to do"})


def test_a_bug_is_no_answer():
    def broken(_request, _progress):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        answer(broken, {}, Reporter(print))


def test_an_unknown_task_is_a_usage_error():
    done = subprocess.run(
        [sys.executable, "-m", "ringrift_assets.worker", "dance"], capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "tasks: play, gather, export, combine, check, train, evaluate" in done.stderr


PARENT = """
    import os, subprocess, sys
    code = (
        "import os, time; from ringrift_assets.worker import die_with_parent; "
        "die_with_parent(int(os.environ['{variable}'])); print('ready', flush=True); time.sleep(600)"
    )
    child = subprocess.Popen([sys.executable, "-c", code], env={{**os.environ, "{variable}": str(os.getpid())}})
    print(child.pid, flush=True)
    child.wait()
"""


def test_a_worker_ends_when_its_parent_is_killed():
    code = textwrap.dedent(PARENT).format(variable=PARENT_VARIABLE)
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    lines = {parent.stdout.readline().strip(), parent.stdout.readline().strip()}
    assert "ready" in lines
    child = int(next(line for line in lines if line != "ready"))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 30
    while _alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(child)


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_worker_whose_parent_is_gone_already_does_not_start():
    code = "from ringrift_assets.worker import die_with_parent; die_with_parent(1 << 22); print('still here')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL
    assert done.stdout == ""
