"""The loop's processes: what is found again, what is not, and how they end. Python programs stand in for Dagster."""

import json
import os
import signal
import socket
import sys
import textwrap
import time

import psutil
import pytest

from ringrift_assets.cli import server
from ringrift_assets.cli.server import Loop, LoopError, end, launch, recorded

CHILD = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
WAITS = "import time; time.sleep(600)"


@pytest.fixture
def start(folder, monkeypatch):
    """Starts a program as the loop; whatever is left of it is killed in the end."""
    monkeypatch.chdir(folder.root)
    started = []

    def run(program: str, port: int | None = None, configurations: str = "") -> Loop:
        monkeypatch.setattr(server, "_command", lambda _: [sys.executable, "-c", textwrap.dedent(program)])
        started.append(launch(port, configurations))
        return started[-1]

    yield run
    for loop in started:
        for process in loop.processes():
            process.kill()


def until(reached):
    deadline = time.monotonic() + 20
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_started_loop_is_found_again_by_anybody(start):
    assert recorded() is None
    loop = start(WAITS, port=3999, configurations="hex8_2p")
    found = recorded()
    assert found == loop
    assert found.runs
    assert (found.address, found.configurations) == ("http://127.0.0.1:3999", "hex8_2p")
    assert abs(found.started - psutil.Process(loop.pid).create_time()) < 5


@pytest.mark.usefixtures("folder")
def test_a_stale_file_never_names_somebody_elses_process():
    """The number lives, even as a session's, but the process is not the loop."""
    session = os.getsid(0)
    for pid in (os.getpid(), session, 2**22 + 1):
        stale = {"pid": pid, "mark": "0123456789abcdef", "started": time.time(), "port": 3000, "configurations": ""}
        server.STATE_FOLDER.mkdir(exist_ok=True)
        (server.STATE_FOLDER / "loop.json").write_text(json.dumps(stale))
        assert recorded() is None


@pytest.mark.usefixtures("folder")
def test_a_torn_file_is_an_error_that_names_it():
    server.STATE_FOLDER.mkdir()
    (server.STATE_FOLDER / "loop.json").write_text("{")
    with pytest.raises(LoopError, match=r"loop\.json cannot be read"):
        recorded()


def test_what_a_killed_loop_leaves_behind_is_found_and_ended(start):
    loop = start(f"{CHILD}\n{WAITS}")
    until(lambda: len(loop.processes()) == 2)
    os.kill(loop.pid, signal.SIGKILL)
    psutil.Process(loop.pid).wait(10)
    (left,) = loop.processes()
    found = recorded()
    assert found == loop
    assert not found.runs
    end(found)
    assert not left.is_running()
    assert recorded() is None


def test_the_first_process_is_asked_to_end_and_ends_the_others(start, tmp_path):
    loop = start(f"""
        import signal, subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        def leave(number, frame):
            child.kill()
            child.wait()
            open({str(tmp_path / "orderly")!r}, "w").close()
            sys.exit()
        signal.signal(signal.SIGTERM, leave)
        time.sleep(600)
    """)
    until(lambda: len(loop.processes()) == 2)
    time.sleep(0.3)  # its handler is set right after
    end(loop)
    assert (tmp_path / "orderly").exists()
    assert loop.processes() == []


def test_who_does_not_listen_is_killed(start, monkeypatch):
    monkeypatch.setattr(server, "_END_WITHIN_S", 0.3)
    monkeypatch.setattr(server, "_KILL_WITHIN_S", 0.3)
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True)"
    loop = start(f"{deaf}\n{WAITS}")
    until(lambda: "deaf" in server.LOG.read_text())
    end(loop)
    until(lambda: not psutil.pid_exists(loop.pid) or psutil.Process(loop.pid).status() == psutil.STATUS_ZOMBIE)


def test_interrupts_reach_a_loop_that_was_started_where_they_are_ignored(start):
    """As a shell starts what it puts into the background: Dagster's handler for its end is that for interrupts."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        start("import signal; print(signal.getsignal(signal.SIGINT) == signal.default_int_handler, flush=True)")
        until(lambda: server.LOG.read_text().strip())
    finally:
        signal.signal(signal.SIGINT, before)
    assert server.LOG.read_text().strip() == "True"


def test_the_loop_knows_one_code_location_and_its_configurations(start, monkeypatch):
    monkeypatch.setenv("DAGSTER_MODULE_NAME", "another.module")
    start(
        "import os; print(os.environ.get('DAGSTER_MODULE_NAME'), os.environ['RINGRIFT_CONFIGURATIONS'], flush=True)",
        configurations="hex8_3p,square8_2p",
    )
    until(lambda: server.LOG.read_text().strip())
    assert server.LOG.read_text().strip() == "None hex8_3p,square8_2p"


@pytest.mark.usefixtures("folder")
def test_a_taken_port_is_refused_before_anything_is_started():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with pytest.raises(LoopError, match=r"port \d+ cannot be had .* --port N"):
            launch(listener.getsockname()[1], "")
    assert not server.LOG.exists()
