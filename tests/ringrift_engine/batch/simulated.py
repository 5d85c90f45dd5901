"""Plays random games in numba-cuda's simulator and writes how they ended; `test_random_games` runs it.

    NUMBA_ENABLE_CUDASIM=1 NUMBA_DISABLE_JIT=1 python -m tests.ringrift_engine.batch.simulated \
        KEY SEEDS THREADS WAY ROOM FILE

The simulator runs the kernel as Python, one thread of the operating system for each of the device's, and with
compilation off the rules below it as well: what it shares with the compiled CPU is only the source.
"""

import sys

import numpy as np

from ringrift_engine.batch.device_games import DeviceGames
from ringrift_engine.boards import BoardConfig
from ringrift_engine.rules.setup import new_games


def main(key: str, count: int, threads: int, way: str, room: int, file: str) -> None:
    config = BoardConfig.from_key(key)
    games = DeviceGames(config, new_games(config, 1), threads=threads, way=way, room=room)
    played = games.play_random(np.arange(count, dtype=np.uint64)).to_host()
    np.savez(file, final=played.final, length=played.length, trails=played.trails)


if __name__ == "__main__":
    key, count, threads, way, room, file = sys.argv[1:]
    main(key, int(count), int(threads), way, int(room), file)
