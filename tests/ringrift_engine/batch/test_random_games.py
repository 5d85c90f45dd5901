"""Random games from seeds: on the CPU they are those of `RandomPlayer`, in the simulator of a GPU those of the CPU."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ringrift_engine.batch import Batch, play_random_games
from ringrift_engine.batch.batch import OverlongGameError
from ringrift_engine.boards import CONFIGS, BoardConfig
from ringrift_engine.errors import ConfigError
from ringrift_engine.players.random import RandomPlayer
from ringrift_engine.players.sampling import mix_seeds
from ringrift_engine.rules.moves import SWAP_SIDES
from ringrift_engine.rules.setup import new_games
from ringrift_engine.rules.work import FEWEST_MOVES
from tests.support.ptx import needs_numba_cuda

REPOSITORY = Path(__file__).resolve().parents[3]
WORD = 2**64


def seeds_from(first: int, count: int) -> np.ndarray:
    return np.arange(first, first + count, dtype=np.uint64)


def games_of_the_random_player(config: BoardConfig, seeds: np.ndarray, swap_rule: bool) -> tuple[Batch, int]:
    """The games that a random player in every seat plays with these seeds, and the most choices that it ever had."""
    batch, player, most = Batch(config, len(seeds), swap_rule=swap_rule), RandomPlayer(), 0
    while len(rows := np.flatnonzero(~batch.over())):
        most = max(most, int(batch.legal(rows).counts.max()))
        plies = batch.length[rows].astype(np.uint64)
        batch.apply(rows, player.choose(batch, rows, mix_seeds(seeds[rows], plies)).moves)
    return batch, most


def scramble(word: int) -> int:
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 % WORD
    word = (word ^ word >> 27) * 0x94D049BB133111EB % WORD
    return word ^ word >> 31


def trail_of(moves: np.ndarray) -> int:
    trail = 0
    for move in moves.tolist():
        trail = scramble(trail ^ scramble((move + 0x9E3779B97F4A7C15) % WORD))
    return trail


@pytest.mark.slow
@pytest.mark.parametrize(("key", "swap_rule"), [("hex8_2p", True), ("hex8_3p", False), ("hex8_4p", False)])
def test_the_games_are_those_of_the_random_player(key, swap_rule):
    config, seeds = CONFIGS[key], seeds_from(230, 60)  # seed 260 swaps sides
    batch, most = games_of_the_random_player(config, seeds, swap_rule)
    games = play_random_games(config, seeds, swap_rule=swap_rule, threads=2)
    assert (games.final == batch.games).all()
    assert games.length.tolist() == batch.length.tolist()
    assert games.trails.tolist() == [trail_of(batch.moves_of(row)) for row in range(len(batch))]
    assert most > FEWEST_MOVES
    swaps = [SWAP_SIDES in batch.moves_of(row) & 31 for row in range(len(batch))]
    assert any(swaps) is swap_rule


@pytest.mark.slow
def test_a_game_depends_on_its_seed_alone():
    config = CONFIGS["hex8_3p"]
    together = play_random_games(config, seeds_from(0, 40), threads=3)
    apart = play_random_games(config, seeds_from(25, 5))
    assert (apart.final == together.final[25:30]).all()
    assert apart.trails.tolist() == together.trails[25:30].tolist()
    assert len(set(together.trails.tolist())) == len(together) == 40


# The way, configuration, games and threads: three threads have to share five games.
SIMULATED = [
    ("in step", "hex8_3p", 5, 3), ("in step", "square8_2p", 5, 3), ("free", "square8_3p", 2, 2),
    ("sorted", "square8_3p", 2, 1),
]  # fmt: skip


@pytest.mark.slow
@needs_numba_cuda
@pytest.mark.parametrize(("way", "key", "count", "threads"), SIMULATED)
def test_the_kernels_of_the_gpu_play_the_games_of_the_random_player_in_the_simulator(
    way, key, count, threads, tmp_path
):
    config, seeds = CONFIGS[key], seeds_from(0, count)
    command = [sys.executable, "-W", "ignore", "-m", "tests.ringrift_engine.batch.simulated", key, str(count)]
    command += [str(threads), way, str(FEWEST_MOVES), str(tmp_path / "games.npz")]
    environment = os.environ | {"NUMBA_ENABLE_CUDASIM": "1", "NUMBA_DISABLE_JIT": "1"}
    subprocess.run(command, cwd=REPOSITORY, env=environment, check=True)
    batch, most = games_of_the_random_player(config, seeds, swap_rule=False)
    with np.load(tmp_path / "games.npz") as found:
        assert (found["final"] == batch.games).all()
        assert found["length"].tolist() == batch.length.tolist()
        assert found["trails"].tolist() == [trail_of(batch.moves_of(row)) for row in range(len(batch))]
    assert batch.length.sum() > 80 * count  # positions; more than a thousand in all
    assert most > FEWEST_MOVES  # some draws fell beyond what the list keeps


@pytest.mark.slow
def test_a_game_without_an_end_is_an_error(monkeypatch):
    monkeypatch.setattr(BoardConfig, "max_moves", 5)
    with pytest.raises(OverlongGameError, match="2 random games of hex8_3p have more than 5 moves"):
        play_random_games(CONFIGS["hex8_3p"], seeds_from(0, 2))


def test_the_swap_rule_is_for_two_players():
    with pytest.raises(ConfigError, match="two players; hex8_3p has 3"):
        play_random_games(CONFIGS["hex8_3p"], seeds_from(0, 1), swap_rule=True)


def test_a_device_that_is_not_there_is_an_error(monkeypatch):
    monkeypatch.setattr("ringrift_engine.rules.backend.obstacle_to_cuda", lambda: "there is none")
    with pytest.raises(ConfigError, match="device 'cuda' cannot be used: there is none"):
        play_random_games(CONFIGS["hex8_3p"], seeds_from(0, 1), device="cuda")


@needs_numba_cuda
@pytest.mark.parametrize("name", ["cell", "rings", "hand", "winner"])
def test_a_field_on_the_device_shares_the_memory_of_its_records(name):
    from ringrift_engine.batch.device_games import DeviceField

    games = new_games(CONFIGS["hex8_3p"], 3)
    games[name] = np.arange(games[name].size).reshape(games[name].shape)
    address = {"data": (games.ctypes.data, False)}
    records = SimpleNamespace(dtype=games.dtype, shape=games.shape, __cuda_array_interface__=address)
    # The host's protocol has the same words, and numpy reads it.
    interface = DeviceField(records, name).__cuda_array_interface__
    view = np.asarray(SimpleNamespace(__array_interface__=interface))
    assert np.shares_memory(view, games)
    assert view.dtype == games[name].dtype
    assert view.tolist() == games[name].tolist()
