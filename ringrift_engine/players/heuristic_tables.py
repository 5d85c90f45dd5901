"""What the heuristic adds to the rules' data: constants of a board (centre, coordinates, cells two steps away) and the
sums of one scan.

Both are records, like those of `rules.tables` and `rules.work`, so that compiled code gets them as arguments and
allocates nothing.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards import BoardConfig, Geometry, geometry_of
from ringrift_engine.players.heuristic_weights import COMPONENTS
from ringrift_engine.rules.state import SEATS, game_dtype

CLOSURE_MARKERS: Final = 10
"""Markers of a seat that territory closure looks at, lowest cells first."""
_RING_TWO: Final = 16  # cells at distance two: 16 on squares, 12 on hex boards

_SUMS: Final = (
    "heights",  # of stacks, what is above five counts a tenth
    "caps",
    "center",  # stacks on the centre
    "open_cells",  # adjacent cells that a stack could enter or capture, summed over stacks
    "usable",  # stacks that can slide or capture
    "slides",  # slide landings of all stacks
    "chains",  # directions beyond the first in which a stack can capture an opponent's
    "threats",  # their cap minus own cap over adjacent pairs of stacks of different seats
    "exposed",  # their cap minus own cap over pairs in sight, where positive
    "overtakes",  # own cap minus their cap over pairs in sight, where positive
    "allies",  # adjacent own stacks, each pair counted twice
    "beside_markers",  # own markers adjacent to own stacks, pairs
    "contacts",  # stacks adjacent to anything of an opponent
    "strikes",  # adjacent markers of opponents that may recover, pairs
    "safety",  # -2 for an opponent's stack beside a marker, -1 for one two steps away
    "lines",
    "links",  # connectivity of markers
    "closure",
    "proximity",  # how near a seat is to winning
    "buried",  # rings under another ring
    "recoverable",  # rings that recovery could still free
    "diversity",
    "eligible",  # 1 for a seat that may recover
)
"""Names of the sums of a scan, float64 [SEATS] each; entry 0 stays 0."""


def board_constants_dtype(board: str) -> np.dtype:
    """dtype of the constants; B = W * W cells of the bounding box."""
    box = BoardConfig.from_key(f"{board}_2p").box
    return np.dtype(
        [
            ("ring_two", np.int16, (box, _RING_TWO)),  # cells at distance two
            ("ring_two_count", np.int8, (box,)),
            ("column", np.int16, (box,)),
            ("row", np.int16, (box,)),
            ("is_center", np.int8, (box,)),
        ],
        align=True,
    )


def scan_dtype() -> np.dtype:
    """dtype of what one scan gathers, and of the components made from it."""
    sums = [(name, np.float64, (SEATS,)) for name in _SUMS]
    return np.dtype(
        [
            *sums,
            ("components", np.float64, (COMPONENTS,)),
            ("marker_column", np.int64, (SEATS, CLOSURE_MARKERS)),
            ("marker_row", np.int64, (SEATS, CLOSURE_MARKERS)),
            ("marker_count", np.int64, (SEATS,)),  # of those, at most CLOSURE_MARKERS
        ],
        align=True,
    )


def make_scan() -> np.recarray:
    """recarray [1] with one scan."""
    return np.zeros(1, dtype=scan_dtype()).view(np.recarray)


def make_copy(board: str) -> np.recarray:
    """recarray [1] with room for one game."""
    return np.zeros(1, dtype=game_dtype(board)).view(np.recarray)


@cache
def board_constants(board: str) -> np.recarray:
    """recarray [1] with the heuristic's constants of `board`."""
    geometry = geometry_of(board)
    table = np.zeros(1, dtype=board_constants_dtype(board)).view(np.recarray)
    constants = table[0]
    constants.row[:], constants.column[:] = np.divmod(np.arange(geometry.size**2), geometry.size)
    constants.is_center[:] = _center(geometry)
    away = distances(geometry)
    for cell in np.flatnonzero(geometry.playable):
        ring = np.flatnonzero((away[cell] == 2) & geometry.playable)
        constants.ring_two[cell, : len(ring)] = ring
        constants.ring_two_count[cell] = len(ring)
    table.setflags(write=False)
    return table


def distances(geometry: Geometry) -> NDArray[np.int64]:
    """int64 [B, B]: steps between two cells of the box, king moves on squares and hex moves on hex boards."""
    rows, columns = np.divmod(np.arange(geometry.size**2), geometry.size)
    down, right = rows[:, None] - rows, columns[:, None] - columns
    longest = np.maximum(abs(down), abs(right))
    return np.maximum(longest, abs(down + right)) if len(geometry.directions) == 6 else longest


def _center(geometry: Geometry) -> np.ndarray:
    """bool [B]: 2x2 on square8, 3x3 on square19, radius 1 on hex8 and 2 on hexagonal."""
    size = geometry.size
    if len(geometry.directions) == 6:
        middle = size // 2 * (size + 1)
        return geometry.playable & (distances(geometry)[middle] <= (1 if size < 10 else 2))
    rows, columns = np.divmod(np.arange(size * size), size)
    low, high = (size // 2 - 1, size // 2) if size % 2 == 0 else (size // 2 - 1, size // 2 + 1)
    return (low <= rows) & (rows <= high) & (low <= columns) & (columns <= high)
