"""The search of a GPU, in the simulator, against the search of the CPU: equal in every bit of every result."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ringrift_engine.boards import CONFIGS
from ringrift_engine.search import GumbelSearch
from ringrift_engine.search.tree import bytes_per_tree
from tests.ringrift_engine.search.encoded import ThinkingEvaluator
from tests.ringrift_engine.search.positions import random_positions, seeds_of
from tests.ringrift_engine.search.simulated_search import LITTLE_ROOM, SETTINGS
from tests.support.ptx import needs_numba_cuda

REPOSITORY = Path(__file__).resolve().parents[3]
# Early, in the middle, and so late that simulations meet the end of the game.
CASES = [("hex8_3p", 3, 12), ("square8_2p", 3, 50), ("hex8_3p", 8, 75), ("square8_4p", 3, 40)]


def simulated(tmp_path, key, games, legal, *options):
    """What the kernels find in the simulator, and how many rows were judged at a time."""
    np.savez(tmp_path / "positions.npz", games=games, moves=legal.moves, offsets=legal.offsets)
    command = [sys.executable, "-W", "ignore", "-m", "tests.ringrift_engine.search.simulated_search", key]
    command += [str(tmp_path / "positions.npz"), str(tmp_path / "found.npz"), *options]
    environment = os.environ | {"NUMBA_ENABLE_CUDASIM": "1", "NUMBA_DISABLE_JIT": "1"}
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "found.npz") as found:
        return dict(found)


def assert_equal(found, expected):
    for name in ("moves", "visits", "policy", "root_values", "surprise"):
        assert (found[name] == getattr(expected, name)).all(), name


@pytest.mark.slow
@needs_numba_cuda
@pytest.mark.parametrize(("key", "count", "decisions"), CASES)
def test_the_search_of_the_gpu_finds_what_the_cpu_finds(key, count, decisions, tmp_path):
    config = CONFIGS[key]
    games, legal = random_positions(config, count, decisions)
    found = simulated(tmp_path, key, games, legal)
    evaluator = ThinkingEvaluator(config)
    assert_equal(found, GumbelSearch(config, evaluator, SETTINGS).run(games, legal, seeds_of(games)))
    assert found["evaluated"] == evaluator.positions
    assert found["asked"].tolist() == [len(games)] * (1 + SETTINGS.simulations)


@pytest.mark.slow
@needs_numba_cuda
def test_rounds_a_pool_that_is_too_small_and_other_threads_change_no_result(tmp_path):
    """Memory for some of the trees, a pool that has to grow, and a tree for every third thread."""
    config = CONFIGS["square8_2p"]
    games, legal = random_positions(config, 7, 20)
    found = simulated(tmp_path, config.key, games, legal, "little room")
    assert_equal(found, GumbelSearch(config, ThinkingEvaluator(config), SETTINGS).run(games, legal, seeds_of(games)))
    assert found["asked"].max() < len(games)
    rounds = -(-len(games) // found["asked"].max())
    assert len(found["asked"]) > rounds * (1 + LITTLE_ROOM.simulations)  # a round was searched again


@needs_numba_cuda
def test_the_memory_of_a_tree_on_the_device_counts_the_scratch_of_its_thread():
    from ringrift_engine.search.device_search import device_bytes_per_tree

    config = CONFIGS["hex8_3p"]
    own = device_bytes_per_tree(config, 32) - bytes_per_tree(config, 32)
    assert 4_096 * (8 + 4 * 8) < own < 4_096 * (8 + 4 * 8) + 10_000  # a list of moves, and four numbers for each
