"""How long a new process takes until its first move, with and without compiled code on the disk."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Final

from ringrift_engine.bench.scope import Effort
from ringrift_engine.bench.timing import Measured, Work, measure
from ringrift_engine.boards import BoardConfig

_STARTS: Final = 3

_FIRST_MOVE: Final = """
import sys
import numpy as np
from ringrift_engine.batch import Batch
from ringrift_engine.boards import BoardConfig
from ringrift_engine.players.factory import in_earnest, make_player, parse_player
config = BoardConfig.from_key(sys.argv[1])
batch, rows = Batch(config, 1), np.zeros(1, dtype=np.int64)
player = make_player(in_earnest(parse_player(sys.argv[2])), config)
batch.apply(rows, player.choose(batch, rows, np.zeros(1, dtype=np.uint64)).moves)
batch.play_forced(rows)
"""


def play_first_move(config: BoardConfig, player: str, cache: Path | None = None) -> None:
    """Play one move in a process of its own; `cache` is where it keeps compiled code, by default where everybody does.

    subprocess.CalledProcessError if it fails.
    """
    moved = {} if cache is None else {"RINGRIFT_CACHE_DIR": str(cache)}
    command = [sys.executable, "-c", _FIRST_MOVE, config.key, player]
    subprocess.run(command, env={**os.environ, **moved}, check=True)


def first_move(config: BoardConfig, player: str, effort: Effort) -> Measured:
    """Seconds of a process that plays one move with `player`; an uncounted one before compiles what is missing."""

    def work() -> float:
        play_first_move(config, player)
        return 1

    return measure(work, replace(effort, repeats=min(_STARTS, effort.repeats), seconds=0.0))


def work_of_compiling(config: BoardConfig, player: str, folder: Path) -> Work:
    """A call plays one move with nothing compiled, in a new folder below `folder` each time."""
    number = 0

    def work() -> float:
        nonlocal number
        number += 1
        play_first_move(config, player, folder / f"{config.key}-{number}")
        return 1

    return work
