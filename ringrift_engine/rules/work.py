"""Scratch memory of one thread: the list of moves being made, and rows of bits for regions. Nothing in it outlives a
call."""

from typing import Final

import numpy as np

from ringrift_engine.boards import BoardConfig
from ringrift_engine.rules.backend import rule

# Twice what 100,000 random games needed at most; a longer list raises `overflowed`, nothing is dropped in silence.
_MOVES_SMALL: Final = 4_096
_MOVES_LARGE: Final = 16_384
MAX_MERGED_REGIONS: Final = 64
MOST_PLACED: Final = 3  # rings in one placement


def work_dtype(board: str) -> np.dtype:
    """dtype of a thread's scratch record; W rows of bits, bit x of row y is the cell `y * W + x`."""
    config = BoardConfig.from_key(f"{board}_2p")
    size = config.size
    return np.dtype(
        [
            ("moves", np.int64, (_MOVES_SMALL if config.cells < 100 else _MOVES_LARGE,)),
            ("count", np.int64),
            ("overflowed", np.int64),
            ("ray_rows", np.int32, (size,)),  # cells from which one ray is free for some steps
            ("run_rows", np.int32, (MOST_PLACED, size)),  # cells from which any ray is free for 1, 2, 3 steps
            ("free_rows", np.int32, (size,)),  # what the current pass may flood
            ("left_rows", np.int32, (size,)),  # what it has not flooded yet
            ("region_rows", np.int32, (size,)),  # the component in hand
            ("claim_rows", np.int32, (size,)),  # the component with its border
            ("merged_rows", np.int32, (MAX_MERGED_REGIONS, size)),  # claims already listed as choices
        ],
        align=True,
    )


def make_work(board: str, threads: int = 1) -> np.recarray:
    """recarray [threads] of scratch records."""
    return np.zeros(threads, dtype=work_dtype(board)).view(np.recarray)


@rule
def push(work, move):
    """Append a move to the list; a full list keeps what it has and says so."""
    count = work.count
    if count < work.moves.shape[0]:
        work.moves[count] = move
        work.count = count + 1
    else:
        work.overflowed = 1
