"""Scratch memory of one thread: the list of moves being made, and rows of bits for regions. Nothing in it outlives a
call.

The list is a window on all moves that the rules enumerate: it counts every one and keeps those from number `first` on
that it has room for. On the CPU `first` is 0 and there is room for all. A thread of a GPU has little room: it counts,
draws a number, and has the window moved there if the move was not kept, so one source lists, counts and selects.
"""

from typing import Final

import numpy as np

from ringrift_engine.boards import BoardConfig
from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.state import SEATS

# Twice what 100,000 random games needed at most; a longer list raises `overflowed`, nothing is dropped in silence.
_MOVES_SMALL: Final = 4_096
_MOVES_LARGE: Final = 16_384
MAX_MERGED_REGIONS: Final = 64
FEWEST_MOVES: Final = MAX_MERGED_REGIONS  # claims of regions are compared with each other, so they must all be kept


def work_dtype(board: str, room: int | None = None) -> np.dtype:
    """dtype of a thread's scratch record; W rows of bits, bit x of row y is the cell `y * W + x`.

    `room`, FEWEST_MOVES or more, is how many moves are kept; without it, all.
    """
    config = BoardConfig.from_key(f"{board}_2p")
    size = config.size
    if room is None:
        room = _MOVES_SMALL if config.cells < 100 else _MOVES_LARGE
    return np.dtype(
        [
            ("moves", np.int64, (room,)),
            ("first", np.int64),  # number of the move that `moves[0]` keeps
            ("count", np.int64),  # moves enumerated, kept or not
            ("overflowed", np.int64),  # a list that must be whole was not
            ("open_rows", np.int64, (size,)),  # cells that are not collapsed
            ("marker_rows", np.int64, (SEATS, size)),  # by owner; entry 0 holds all
            ("stack_rows", np.int64, (SEATS, size)),  # by controller
            ("free_rows", np.int64, (size,)),  # what the current pass may flood
            ("left_rows", np.int64, (size,)),  # what it has not flooded yet
            ("region_rows", np.int64, (size,)),  # the component in hand
            ("claim_rows", np.int64, (size,)),  # the component with its border
            ("merged_rows", np.int64, (MAX_MERGED_REGIONS, size)),  # claims already listed as choices
        ],
        align=True,
    )


def make_work(board: str, threads: int = 1, room: int | None = None) -> np.recarray:
    """recarray [threads] of scratch records."""
    return np.zeros(threads, dtype=work_dtype(board, room)).view(np.recarray)


@rule
def push(work, move):
    """Append a move to the list, which keeps it if it lies in the window."""
    place = work.count - work.first
    if 0 <= place < work.moves.shape[0]:
        work.moves[place] = move
    work.count += 1


@rule
def moves_kept(work):
    """How many moves of a list from number 0 on are kept; says so in `overflowed` if that is not all of them."""
    if work.count > work.moves.shape[0]:
        work.overflowed = 1
        return work.moves.shape[0]
    return work.count
