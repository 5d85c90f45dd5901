"""Plays random games in numba-cuda's simulator and writes how they ended; `test_random_games` runs it.

    NUMBA_ENABLE_CUDASIM=1 NUMBA_DISABLE_JIT=1 python -m tests.ringrift_engine.batch.simulated KEY SEEDS PLACES FILE

The simulator runs the kernel as Python, one thread of the operating system for each of the device's, and with
compilation off the rules below it as well: what it shares with the compiled CPU is only the source.
"""

import sys

import numpy as np

from ringrift_engine.batch.device_games import DeviceGames
from ringrift_engine.boards import BoardConfig
from ringrift_engine.rules.setup import new_games


def main(key: str, count: int, places: int, file: str) -> None:
    config = BoardConfig.from_key(key)
    games = DeviceGames(config, new_games(config, 1), places).play_random(np.arange(count, dtype=np.uint64)).to_host()
    np.savez(file, final=games.final, length=games.length, trails=games.trails)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
