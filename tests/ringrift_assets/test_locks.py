"""Locks and marks with real processes: who waits, who is dead, and what a start gives back."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import dagster as dg
import pytest

from ringrift_assets.locks import RunMarks, bury_dead_runs, exclusive
from tests.support.cycle import INSTANCE


def start(code, *arguments):
    """A Python process that has said `ready`."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


HOLD_LOCK = """
    import sys, time
    from pathlib import Path
    from ringrift_assets.locks import exclusive
    with exclusive(Path(sys.argv[1])):
        print("ready", flush=True)
        time.sleep(600)
"""
HOLD_MARK = """
    import sys, time
    from pathlib import Path
    from ringrift_assets.locks import RunMarks
    RunMarks(Path(sys.argv[1])).begin(sys.argv[2])
    print("ready", flush=True)
    time.sleep(600)
"""


def test_a_lock_keeps_others_out_until_its_holder_is_killed(tmp_path):
    path = tmp_path / "locks" / "hex8_2p.game_databases.lock"
    path.parent.mkdir()
    holder = start(HOLD_LOCK, path)
    told = []

    def when_held():
        told.append(time.monotonic())
        kill(holder)

    with exclusive(path, when_held):
        assert len(told) == 1
    assert time.monotonic() - told[0] < 5  # nobody waits for the dead


def test_a_free_lock_is_taken_without_a_word(tmp_path):
    with exclusive(tmp_path / "a.lock", when_held=lambda: pytest.fail("nobody holds it")):
        pass
    with exclusive(tmp_path / "a.lock", when_held=lambda: pytest.fail("nobody holds it any more")):
        pass


def test_only_a_killed_run_leaves_a_mark_that_nobody_holds(tmp_path):
    folder = tmp_path / "runs"
    marks = RunMarks(folder)
    assert not marks.died("never heard of")
    process = start(HOLD_MARK, folder, "run")
    assert not marks.died("run")
    kill(process)
    assert marks.died("run")
    marks.forget("run")
    assert not marks.died("run")
    assert list(folder.iterdir()) == []


def test_a_run_of_two_processes_is_alive_while_one_of_them_is(tmp_path):
    folder = tmp_path / "runs"
    first, second = start(HOLD_MARK, folder, "run"), start(HOLD_MARK, folder, "run")
    marks = RunMarks(folder)
    kill(first)
    assert not marks.died("run")
    kill(second)
    assert marks.died("run")


def test_an_orderly_end_takes_the_mark_away(tmp_path):
    folder = tmp_path / "runs"
    marks = RunMarks(folder)
    marks.begin("run")
    marks.begin("run")  # a second step of the same run
    assert not RunMarks(folder).died("run")
    marks.end("run")
    assert not RunMarks(folder).died("run")
    assert list(folder.iterdir()) == []


@dg.asset
def anything():
    pass


def test_a_start_frees_the_slots_of_dead_runs_and_shows_them_as_failed(tmp_path):
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides=INSTANCE) as instance:
        job = dg.Definitions([anything]).resolve_implicit_global_asset_job_def()
        dead = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
        alive = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
        storage = instance.event_log_storage
        storage.set_concurrency_slots("generate", 2)
        for run in (dead, alive):
            assert storage.claim_concurrency_slot("generate", run.run_id, "step").is_claimed
        folder = tmp_path / "runs"
        processes = [start(HOLD_MARK, folder, run.run_id) for run in (dead, alive)]
        kill(processes[0])
        assert bury_dead_runs(instance, RunMarks(folder)) == [dead.run_id]
        assert {slot.run_id for slot in storage.get_concurrency_info("generate").claimed_slots} == {alive.run_id}
        statuses = {run_id: instance.get_run_by_id(run_id).status for run_id in (dead.run_id, alive.run_id)}
        assert statuses == {dead.run_id: dg.DagsterRunStatus.FAILURE, alive.run_id: dg.DagsterRunStatus.STARTED}
        assert bury_dead_runs(instance, RunMarks(folder)) == []
        kill(processes[1])


def test_a_lock_is_not_inherited_by_processes_that_its_holder_starts(tmp_path):
    """A worker that outlives its parent for a moment must not keep the next run waiting."""
    path = tmp_path / "a.lock"
    with exclusive(path):
        sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with exclusive(path, when_held=lambda: pytest.fail("the sleeper has the lock")):
        os.kill(sleeper.pid, signal.SIGKILL)
    sleeper.wait()
