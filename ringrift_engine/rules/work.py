"""Scratch memory of one thread: the list of moves being made, and rows of bits for regions. Nothing in it outlives a
call but what `clear` sets.

The list is a window on all moves that the rules enumerate: every one is counted, and those from number `first` on are
kept that there is room for. On the CPU `first` is 0 and there is room for all. A thread of a GPU has little room: it
counts, draws a number, and has the window moved there if the move was not kept. So one source lists, counts, selects.

Functions that list take the number of moves so far and return it with theirs: a number that is handed on stays in a
register, one in the scratch record would be read and written for every move.
"""

from typing import Final

import numpy as np

from ringrift_engine.boards import BoardConfig
from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.state import ROWS_BEYOND

# Twice what 100,000 random games needed at most; a longer list raises `overflowed`, nothing is dropped in silence.
_MOVES_SMALL: Final = 4_096
_MOVES_LARGE: Final = 16_384
MAX_MERGED_REGIONS: Final = 64
MOST_PLACED: Final = 3  # rings in one placement
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
            ("overflowed", np.int64),  # a list that must be whole was not
            ("free_steps", np.int8, (8 if not config.is_hex else 6,)),  # of the rays of the stack in hand
            ("passable_rows", np.int32, (size + 2 * MOST_PLACED,)),  # cells that do not block rays; row y is y + 3
            (
                "run_rows",
                np.int32,
                (MOST_PLACED, size + ROWS_BEYOND),
            ),  # cells from which any ray is free for 1, 2, 3 steps
            (
                "free_rows",
                np.int32,
                (size + 1,),
            ),  # what the current pass may flood; its last row is empty, like a game's
            (
                "left_rows",
                np.int32,
                (size + 1,),
            ),  # what it has not flooded yet
            ("region_rows", np.int32, (size + 1,)),  # the component in hand
            ("claim_rows", np.int32, (size,)),  # the component with its border
            ("merged_rows", np.int32, (MAX_MERGED_REGIONS, size)),  # claims already listed as choices
        ],
        align=True,
    )


def make_work(board: str, threads: int = 1, room: int | None = None) -> np.recarray:
    """recarray [threads] of scratch records."""
    return np.zeros(threads, dtype=work_dtype(board, room)).view(np.recarray)


@rule
def clear(work):
    """Make scratch memory that holds anything, as that of a GPU does, as good as new: no cell lies beyond the board."""
    work.first = 0
    work.overflowed = 0
    for row in range(MOST_PLACED):
        work.passable_rows[row] = 0
        work.passable_rows[work.passable_rows.shape[0] - 1 - row] = 0
    for rings in range(MOST_PLACED):
        for row in range(1, ROWS_BEYOND + 1):
            work.run_rows[rings, work.run_rows.shape[1] - row] = 0
    last = work.region_rows.shape[0] - 1
    work.free_rows[last] = 0
    work.left_rows[last] = 0
    work.region_rows[last] = 0


@rule
def push(work, count, move):
    """Append a move to a list of `count`, which keeps it if it lies in the window; how many there are with it."""
    place = count - work.first
    if 0 <= place < work.moves.shape[0]:
        work.moves[place] = move
    return count + 1


@rule
def moves_kept(work, count):
    """How many moves of a list from number 0 on are kept; says so in `overflowed` if that is not all of them."""
    if count > work.moves.shape[0]:
        work.overflowed = 1
        return work.moves.shape[0]
    return count
