"""Lanes: all cells of a board in a row along an axis, numbered so that a word of bits can stand for one.

A word holds bit `place` for each cell of the lane that blocks a ray. Places count from 1, and everything that is no
cell of the lane is set in its word: so a ray is free up to the next bit that is set, wherever it comes from.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards.geometry import geometry_of


@dataclass(frozen=True, eq=False)
class Lanes:
    """The lanes of one board. H axes, axis h along direction h and back along h + H; B cells of the box; L lanes."""

    lane: NDArray[np.int16]
    """int16 [B, H]: the number of the lane through a cell along an axis; 0 for numbers that are no cells."""
    place: NDArray[np.int8]
    """int8 [B, H]: the cell's bit in it, at least 1 and rising along direction h; 0 for numbers that are no cells."""
    empty: NDArray[np.int32]
    """int32 [L]: the words of an empty board, in which only the edges block."""


@cache
def lanes_of(board: str) -> Lanes:
    """The lanes of `board`, one of BOARD_NAMES."""
    geometry = geometry_of(board)
    axes = len(geometry.directions) // 2
    lane = np.zeros((len(geometry.playable), axes), dtype=np.int16)
    place = np.zeros((len(geometry.playable), axes), dtype=np.int8)
    empty: list[int] = []
    for axis in range(axes):
        for first in np.flatnonzero(geometry.playable & (geometry.reach[:, axis + axes] == 0)):
            cells = first + geometry.stride[axis] * np.arange(geometry.reach[first, axis] + 1)
            lane[cells, axis] = len(empty)
            place[cells, axis] = np.arange(1, len(cells) + 1)
            empty.append(~(((1 << len(cells)) - 1) << 1))
    return Lanes(lane, place, np.array(empty, dtype=np.int32))
