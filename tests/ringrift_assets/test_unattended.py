"""The loop by itself: the real daemon and code server, real workers, tiny budgets, three generations, and faults.

What happened is read from Dagster's event log and the registry alone, as an operator would; the test itself only turns
the sensors on, breaks things, and puts them right again. Budgets and thresholds come from `ringrift.yaml`, which the
sensors read anew at every tick.
"""

import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import psutil
import pytest
import yaml

from ringrift_assets.outcomes import OUTCOME_TAG, STAGE_TAG, WHY_TAG
from ringrift_assets.sensors import ALL_SENSORS
from ringrift_engine.promotion.registry import Registry
from tests.support.dagster_dev import DagsterDev, Run, dagster_dev

KEY = "hex8_2p"
SETTINGS: dict[str, Any] = {
    "loop": {"configurations": KEY},
    "selfplay": {
        "bootstrap_games": 4, "searched_games": 3, "bootstrap_batch": 2, "searched_batch": 3, "simulations": 2
    },
    "training": {
        "new_games": 3, "needed_games": 1, "needed_positions": 1, "needed_held_out": 0,
        "samples": 64, "batch_size": 16, "channels": 16, "blocks": 1, "background_games": 0,
    },
    "evaluation": {
        "games": 2, "simulations": 1, "min_games": 2, "max_games": 4, "win_rate_random": 0.0, "win_rate_heuristic": 0.0
    },
    "promotion": {"min_games": 1, "elo_threshold": 400, "confidence_threshold": 0.6, "max_value_mse_degradation": 4.0},
    "quality": {"blocked_below": 0.0, "degraded_below": 0.0},
    "rollback": {"games_a_check": 2, "min_games_for_regression": 2, "consecutive_checks_required": 1,
        "time_window_seconds": 1, "elo_regression_threshold": -10_000, "min_win_rate": 0.0},
    "breaker": {"faults": 1, "cool_down_s": 15},
    "idle": {"backoff_s": 1},
}  # fmt: skip
_WITHIN_S = 300
_LOOK_EVERY_S = 0.5

Found = TypeVar("Found")


class Loop:
    """The running loop, and the two places that tell what it did."""

    def __init__(self, dagster: DagsterDev) -> None:
        self.dagster = dagster
        self.data = dagster.folder / "data"

    def settings(self, **changes: dict[str, Any]) -> None:
        """Write ringrift.yaml, whole at once, with some sections changed."""
        sections = {name: {**SETTINGS.get(name, {}), **changes.get(name, {})} for name in SETTINGS | changes}
        draft = self.dagster.folder / "ringrift.yaml.new"
        draft.write_text(yaml.safe_dump(sections))
        draft.replace(self.dagster.folder / "ringrift.yaml")

    def rows(self, subject: str) -> list[dict[str, Any]]:
        """Facts of the registry, oldest first."""
        with Registry(self.data / "registry.db") as registry:
            return [dict(row.facts) for row in registry.history(subject, KEY)]

    def runs(self, job: str, **conditions: Any) -> list[Run]:
        """Runs of a job, newest first."""
        return self.dagster.runs(pipelineName=job, **conditions)


def wait(what: str, look: Callable[[], Found]) -> Found:
    """What `look` gives once it gives something."""
    deadline = time.monotonic() + _WITHIN_S
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(_LOOK_EVERY_S)
    raise AssertionError(f"not within {_WITHIN_S} s: {what}")


@pytest.fixture(scope="module")
def loop(tmp_path_factory) -> Iterator[Loop]:
    """The loop, started as by an operator, after three cycles."""
    folder = tmp_path_factory.mktemp("loop")
    draft = folder / "ringrift.yaml"
    draft.write_text(yaml.safe_dump(SETTINGS))
    with dagster_dev(folder) as dagster:
        for sensor in ALL_SENSORS:
            dagster.start_sensor(sensor.name)
        found = Loop(dagster)
        for number in (1, 2, 3):
            wait(f"cycle {number}", lambda number=number: len(found.runs("improve", statuses=["SUCCESS"])) >= number)
        yield found


def judged(loop: Loop) -> list[dict[str, Any]]:
    """Candidates that were decided about, of different generations."""
    if not (loop.data / "registry.db").exists():
        return []
    by_generation = {row["generation"]: row for row in loop.rows("gauntlet")}
    return [by_generation[generation] for generation in sorted(by_generation)]


@pytest.mark.slow
@pytest.mark.timeout(900)
class TestUnattended:
    """In this order: the loop runs on while it is looked at and disturbed."""

    def test_three_generations_were_played_trained_and_judged(self, loop):
        generations = [row["generation"] for row in judged(loop)]
        assert len(generations) >= 3
        assert generations == sorted(set(generations))
        trained = {row["generation"] for row in loop.rows("training")}
        assert set(generations) <= trained
        improved = loop.runs("improve", statuses=["SUCCESS"])
        assert len(improved) >= 3
        assert all("every gate is open" in run.tags[WHY_TAG] for run in improved)

    def test_games_were_asked_for_because_data_were_missing(self, loop):
        generated = loop.runs("generate", statuses=["SUCCESS"])
        assert generated
        assert any("of the wanted data are missing" in run.tags[WHY_TAG] for run in generated)

    def test_the_promoted_model_plays_and_the_plan_says_why(self, loop):
        plans = loop.rows("plan")
        assert plans[0]["player"] == "bootstrap"
        assert any(plan["player"] == "promoted model" for plan in plans)
        assert all(plan["terms"] for plan in plans)
        assert loop.dagster.materialised_by("selfplay_plan", KEY)

    def test_gates_closed_before_they_opened(self, loop):
        rows = [row for row in loop.rows("gate") if row["gate"] == "enough_new_games"]
        assert {row["passed"] for row in rows} == {True, False}
        assert all("needed" in row["text"] for row in rows)

    def test_a_killed_trainer_is_tried_again_by_itself(self, loop):
        before = len(judged(loop))
        victim = wait("a trainer at work", lambda: trainer(loop))
        victim.send_signal(signal.SIGKILL)
        wait("a step that is to be tried again", lambda: events(loop, "STEP_UP_FOR_RETRY", "checkpoints"))
        wait("the next candidate", lambda: len(judged(loop)) > before)

    def test_a_damaged_shard_fails_the_run_opens_the_breaker_and_heals(self, loop):
        wait("nothing at work", lambda: idle(loop))
        shard = next((loop.data / "game_databases" / KEY).glob("*.db"))
        whole = shard.read_bytes()
        shard.write_bytes(whole[:-50])
        try:
            failed = wait("a fault of self-play", lambda: faults(loop, "game_databases"))
            assert failed[0].tags[OUTCOME_TAG] == "fault"
            wait("a row of the failure", lambda: [r for r in loop.rows("run_failure") if shard.name in r["error"]])
            wait("an open breaker", lambda: said(loop, "selfplay_scheduler", "breaker of game_databases is open"))
        finally:
            shard.write_bytes(whole)
        done = len(loop.runs("generate", statuses=["SUCCESS"]))
        wait("a run that goes well", lambda: len(loop.runs("generate", statuses=["SUCCESS"])) > done)

    def test_stale_games_are_answered_with_a_run_of_priority(self, loop):
        wait("nothing at work", lambda: idle(loop))
        with sqlite3.connect(loop.data / "receipts.db", timeout=30) as receipts:
            receipts.execute("UPDATE receipts SET received_at = received_at - 100 * 3600")
        receipts.close()
        asked = wait("a run that clears the gate", lambda: answers(loop, "gate fresh_games is closed"))
        assert asked[0].tags["dagster/priority"] == "10"
        wait("fresh games", lambda: [row for row in loop.rows("gate") if row["gate"] == "fresh_games"][-1]["passed"])

    def test_poor_games_block_training_and_are_answered(self, loop):
        loop.settings(quality={"blocked_below": 0.999, "degraded_below": 0.999})
        try:
            asked = wait("a run that clears the gate", lambda: answers(loop, "gate quality is closed"))
            assert asked[0].tags["dagster/priority"] == "10"
            wait("a raised plan", lambda: [plan for plan in loop.rows("plan") if plan["games"] > plan["base_games"]])
        finally:
            loop.settings()

    def test_a_full_disk_stops_self_play_and_says_so(self, loop):
        loop.settings(resources={"quota_gb": 0.000001})
        try:
            wait("a tick that says so", lambda: said(loop, "selfplay_scheduler", "resources.quota_gb"))
        finally:
            loop.settings()

    def test_nothing_was_lost_or_counted_twice(self, loop):
        for name in ("registry.db", "matches.db", "receipts.db"):
            with sqlite3.connect(f"file:{loop.data / name}?mode=ro", uri=True) as database:
                assert database.execute("PRAGMA quick_check").fetchone() == ("ok",)
            database.close()
        log = (loop.dagster.folder / "dagster-dev.log").read_text()
        assert "database is locked" not in log


def trainer(loop: Loop) -> psutil.Process | None:
    """The process that trains for this loop, if there is one."""
    for process in psutil.process_iter(["cmdline", "cwd"]):
        trains = (process.info["cmdline"] or [])[-2:] == ["ringrift_assets.worker", "train"]
        if trains and process.info["cwd"] == str(loop.dagster.folder):
            return process
    return None


def faults(loop: Loop, stage: str) -> list[Run]:
    """Failed runs of a stage."""
    return [run for run in loop.dagster.runs(statuses=["FAILURE"]) if run.tags.get(STAGE_TAG) == stage]


def answers(loop: Loop, gate: str) -> list[Run]:
    """Runs that were asked for because of a closed gate."""
    return [run for run in loop.runs("generate") if gate in run.tags.get(WHY_TAG, "")]


def said(loop: Loop, sensor: str, text: str) -> list[str]:
    """What a sensor gave as the reason for starting nothing, where it contains `text`."""
    return [tick["skipReason"] for tick in loop.dagster.ticks(sensor) if text in (tick["skipReason"] or "")]


def events(loop: Loop, kind: str, step: str) -> list[dict[str, Any]]:
    """Events of a kind and a step, of the newest cycles."""
    runs = loop.runs("improve")[:3]
    return [
        event
        for run in runs
        for event in loop.dagster.events(run.run_id)
        if (event.get("eventType"), event.get("stepKey")) == (kind, step)
    ]


def idle(loop: Loop) -> bool:
    """Whether nothing is at work or waiting."""
    return not loop.dagster.runs(statuses=["STARTED", "STARTING", "QUEUED", "NOT_STARTED"])
