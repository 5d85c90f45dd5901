"""The compiled search does what its source says: the same run as plain Python finds the same."""

import os
import subprocess
import sys

import numpy as np
import pytest

from ringrift_engine.boards import CONFIGS
from tests.ringrift_engine.search.positions import random_positions
from tests.ringrift_engine.search.uncompiled_search import search

PROGRAM = "tests.ringrift_engine.search.uncompiled_search"
# Small integers that wrap are faults; the 64-bit products of the random numbers wrap on purpose.
WARNINGS = ("error::RuntimeWarning", "ignore:overflow encountered:RuntimeWarning:ringrift_engine.rules.random")


@pytest.mark.slow
@pytest.mark.parametrize(("key", "decisions"), [("hex8_3p", 75), ("square8_2p", 50)])
def test_a_search_without_compilation_finds_the_same(tmp_path, key, decisions):
    games, _ = random_positions(CONFIGS[key], 30, decisions, seed=4)
    games = games[:2]
    np.save(tmp_path / "positions.npy", np.asarray(games))
    files = [str(tmp_path / "positions.npy"), str(tmp_path / "found.npz")]
    subprocess.run(
        [sys.executable, *(f"-W{warning}" for warning in WARNINGS), "-m", PROGRAM, key, *files],
        check=True,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
    )
    plain = np.load(tmp_path / "found.npz")
    for name, compiled in search(key, games).items():
        assert (plain[name] == compiled).all(), name
