"""Cells, directions and rays of the four boards as numpy tables (RULES.md 1.1).

A cell is its number in the bounding box, `y * W + x`, the same number that recorded games use. Along a direction the
number changes by a constant, so a ray needs two small tables: `stride` of a direction and `reach` of a cell in it.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards.config import CONFIGS

SQUARE_DIRECTIONS: Final = ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))
HEX_DIRECTIONS: Final = ((1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1))

# Axes as direction numbers, in the order in which recovery tries them: the order decides which line is formed (4.9).
SQUARE_AXES: Final = (0, 2, 1, 7)  # (1,0) (0,1) (1,1) (1,-1)
HEX_AXES: Final = (0, 5, 4)  # (1,0) (1,-1) (0,-1)


@dataclass(frozen=True, eq=False)
class Geometry:
    """Tables of one board. D directions, A line axes, B = W * W cells of the bounding box."""

    board: str
    size: int
    directions: tuple[tuple[int, int], ...]
    axes: tuple[int, ...]
    """Per axis the direction that leads to its positive end; the opposite direction is `opposite`."""
    playable: NDArray[np.bool_]
    """bool [B]: which numbers of the box are cells."""
    stride: NDArray[np.int16]
    """int16 [D]: what a step in a direction adds to a cell's number."""
    reach: NDArray[np.int8]
    """int8 [B, D]: steps from a cell to the edge; 0 for numbers that are no cells."""
    spreads: bool
    """Whether border markers spread to king neighbours in the box when a region is claimed (not on hexagonal)."""

    @property
    def opposite(self) -> tuple[int, ...]:
        half = len(self.directions) // 2
        return tuple((d + half) % len(self.directions) for d in range(len(self.directions)))


@cache
def geometry_of(board: str) -> Geometry:
    """The tables of `board`, one of BOARD_NAMES."""
    config = CONFIGS[f"{board}_2p"]
    size = config.size
    directions = HEX_DIRECTIONS if config.is_hex else SQUARE_DIRECTIONS
    ys, xs = np.divmod(np.arange(size * size), size)
    radius = size // 2
    playable = np.abs(xs + ys - 2 * radius) <= radius if config.is_hex else np.ones(size * size, dtype=np.bool_)
    reach = np.zeros((size * size, len(directions)), dtype=np.int8)
    for cell in np.flatnonzero(playable):
        for number, (dx, dy) in enumerate(directions):
            reach[cell, number] = _steps_to_edge(playable, size, int(xs[cell]), int(ys[cell]), dx, dy)
    return Geometry(
        board=board,
        size=size,
        directions=directions,
        axes=HEX_AXES if config.is_hex else SQUARE_AXES,
        playable=playable,
        stride=np.array([dy * size + dx for dx, dy in directions], dtype=np.int16),
        reach=reach,
        spreads=board != "hexagonal",
    )


def _steps_to_edge(playable: NDArray[np.bool_], size: int, x: int, y: int, dx: int, dy: int) -> int:
    steps = 0
    while 0 <= x + dx < size and 0 <= y + dy < size and playable[(y + dy) * size + x + dx]:
        x, y, steps = x + dx, y + dy, steps + 1
    return steps
