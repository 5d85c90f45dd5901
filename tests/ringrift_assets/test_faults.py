"""SIGKILL at every fsync and rename of a whole cycle, then the same cycle again: as if nothing had happened.

Stand-ins do the engine's work, the files are published by the real code; each attempt is a process of its own on a real
Dagster instance with real pools. What a cycle that was never killed leaves is the measure.
"""

import os
import shutil
import signal
from functools import partial
from pathlib import Path

import dagster as dg
import pytest

from ringrift_assets.registry import Registry
from ringrift_engine.files import PARTIAL_PREFIX
from ringrift_engine.sync import Receipts
from tests.support.cycle import QUICK, Place
from tests.support.faults import FaultPoints, exit_code_of, in_child, start_child

# Two shards are enough for "some are there, some are not".
CONFIG = {**QUICK, "game_databases": {"games": 3, "batch_games": 2}}
AT_ONCE = 2  # places that are tried at the same time
PARTS = 4  # the points are tried in so many tests, so that each stays short


def cycle(root: Path) -> None:
    """One cycle, as one command would run it."""
    if not Place(root, persistent=True).run(config=CONFIG).success:
        raise SystemExit(1)


def traces_of(root: Path) -> dict[str, object]:
    """Everything that must be equal however often a cycle was killed on its way."""
    place = Place(root, persistent=True)
    with Registry().open(place.store) as registry:
        decisions = [row.decision.to_json() for row in registry.decisions("hex8_2p")]
        moves = [(move.sha256, move.previous, move.kind) for move in registry.pointer_history("hex8_2p")]
    with place.instance() as instance:
        slots = {
            pool: len(instance.event_log_storage.get_concurrency_info(pool).claimed_slots)
            for pool in ("generate", "sync", "train", "evaluate")
        }
        open_runs = instance.get_runs_count(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))
    return {
        "files": place.files(),
        "versions": place.versions(),
        "receipts": [receipt.name for receipt in Receipts(place.data / "receipts.db").of("hex8_2p", "synced_games")],
        "decisions": decisions,
        "promotions": moves,
        "half-written": [path.name for path in place.data.rglob(f"{PARTIAL_PREFIX}*")],
        "marks": [path.name for path in (place.data / "locks" / "runs").iterdir()],
        "slots": slots,
        "open runs": open_runs,
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """(points passed by a cycle, what it leaves, an instance with its tables made)."""
    root = tmp_path_factory.mktemp("whole") / "place"
    with Place(root, persistent=True).instance():
        pass  # makes the tables, once for all copies
    fresh = root.with_name("fresh")
    shutil.copytree(root, fresh)
    faults = FaultPoints(root / "data")
    assert in_child(lambda: cycle(root), faults) == 0
    return (root / "data.points").read_text().splitlines(), traces_of(root), fresh


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_a_cycle_killed_anywhere_and_repeated_leaves_what_a_whole_one_leaves(whole, tmp_path, part):
    points, expected, fresh = whole
    assert len(points) > 30
    numbers = range(1 + part, len(points) + 1, PARTS)
    for start in range(0, len(numbers), AT_ONCE):
        roots = {number: tmp_path / str(number) for number in numbers[start : start + AT_ONCE]}
        for root in roots.values():
            shutil.copytree(fresh, root)
        killed = [
            start_child(partial(cycle, root), FaultPoints(root / "data", kill_at=number))
            for number, root in roots.items()
        ]
        assert {exit_code_of(child) for child in killed} == {-signal.SIGKILL}
        repeated = [start_child(partial(cycle, root)) for root in roots.values()]
        assert {exit_code_of(child) for child in repeated} == {0}
        for number, root in roots.items():
            assert traces_of(root) == expected, f"killed before {points[number - 1]} ({number} of {len(points)})"
            shutil.rmtree(root)


@pytest.mark.slow
def test_a_cycle_killed_again_and_again_still_ends_like_a_whole_one(whole, tmp_path):
    points, expected, fresh = whole
    root = tmp_path / "place"
    shutil.copytree(fresh, root)
    attempts = 0
    # Each attempt gets a little further than the one before: what is done already costs few calls.
    while in_child(lambda: cycle(root), FaultPoints(root / "data", kill_at=15)) != 0:
        attempts += 1
        assert attempts < len(points)
    assert attempts > 2
    assert traces_of(root) == expected


def test_a_fault_point_kills_before_the_call_and_only_below_its_folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "a").write_text("x")

    def work() -> None:
        os.replace(tmp_path / "a", tmp_path / "b")
        os.replace(tmp_path / "b", tmp_path / "in" / "c")

    assert in_child(work, FaultPoints(tmp_path / "in", kill_at=1)) == -signal.SIGKILL
    assert (tmp_path / "b").exists()
    assert not (tmp_path / "in" / "c").exists()
