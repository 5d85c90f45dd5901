"""What the heuristic adds to the rules' data: constants of a board (centre, coordinates, cells one and two steps away)
and the sums of one scan.

Both are records, like those of `rules.tables` and `rules.work`, so that compiled code gets them as arguments and
allocates nothing. Numbers that only ever name places in other tables are unsigned: compiled code need not ask whether
they count from the end.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards import BoardConfig, Geometry, geometry_of
from ringrift_engine.boards.lanes import lanes_of
from ringrift_engine.players.heuristic_views import OWNER_BITS
from ringrift_engine.players.heuristic_weights import COMPONENTS
from ringrift_engine.rules.state import MARKER, MAX_PLAYERS, OFF_BOARD, SEATS, game_dtype

CLOSURE_MARKERS: Final = 10
"""Markers of a seat that territory closure looks at, lowest cells first."""
_RING_TWO_SQUARE: Final = 16  # cells at distance two, away from the edges
_RING_TWO_HEX: Final = 12

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
    config = BoardConfig.from_key(f"{board}_2p")
    box, directions = config.box, len(geometry_of(board).directions)
    return np.dtype(
        [
            ("beside", np.uint16, (box, directions)),  # adjacent cells; the cell itself where there is none
            ("missing", np.int8, (box,)),  # how many of those there are not
            # cells two steps away, filled up with the cell itself
            ("ring_two", np.uint16, (box, _RING_TWO_HEX if config.is_hex else _RING_TWO_SQUARE)),
            ("marker_field", np.int64, (OFF_BOARD + 1,)),  # by code of a cell: markers by owner (`heuristic_views`)
            ("column", np.int16, (box,)),
            ("row", np.int16, (box,)),
            ("is_center", np.int8, (box,)),
        ],
        align=True,
    )


def scan_dtype(board: str) -> np.dtype:
    """dtype of what one scan gathers, of the components made from it, and of what is remembered for the next scans."""
    config, lanes = BoardConfig.from_key(f"{board}_2p"), lanes_of(board)
    sums = [(name, np.float64, (SEATS,)) for name in _SUMS]
    return np.dtype(
        [
            *sums,
            ("near_markers", np.int64, (SEATS,)),  # beside a seat's stacks, by owner: `heuristic_views`
            ("far_markers", np.int64, (SEATS,)),  # two steps from them
            ("components", np.float64, (COMPONENTS,)),
            ("marker_column", np.int64, (CLOSURE_MARKERS,)),  # of one seat's first markers, while closure is computed
            ("marker_row", np.int64, (CLOSURE_MARKERS,)),
            # --- of the position before, by cell where stacks are (`heuristic_views`), and by seat
            ("views", np.int64, lanes.lane.shape),
            ("around", np.int64, (config.box,)),
            ("beside", np.int64, (config.box,)),
            ("beyond", np.int64, (config.box,)),
            ("closures", np.float64, (SEATS,)),
            # --- how the position differs from that: `heuristic_changes`
            ("differs", np.int8, (config.box,)),  # 0 where a cell is the same
            ("changed_lanes", np.int8, lanes.empty.shape),  # 1 for a lane with a cell that differs
            ("changed_markers", np.int8, (SEATS,)),  # 1 for a seat whose markers are others
            ("near_change", np.int64, (config.size,)),  # bit x of row y: a cell beside it differs, or it does
            ("near_marker", np.int64, (config.size,)),  # it differs, or a marker came or went up to two steps away
        ],
        align=True,
    )


def make_scan(board: str) -> np.recarray:
    """recarray [1] with one scan."""
    return np.zeros(1, dtype=scan_dtype(board)).view(np.recarray)


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
    constants.marker_field[MARKER + 1 : MARKER + MAX_PLAYERS + 1] = 1 << OWNER_BITS * np.arange(MAX_PLAYERS)
    _fill_neighbours(geometry, constants)
    table.setflags(write=False)
    return table


def _fill_neighbours(geometry: Geometry, constants: np.record) -> None:
    cells = np.arange(geometry.size**2)
    constants.ring_two[:] = cells[:, None]
    exists = geometry.reach > 0
    constants.beside[:] = cells[:, None] + exists * geometry.stride
    constants.missing[:] = exists.shape[1] - exists.sum(axis=1)
    away = distances(geometry)
    for cell in np.flatnonzero(geometry.playable):
        ring = np.flatnonzero((away[cell] == 2) & geometry.playable)
        constants.ring_two[cell, : len(ring)] = ring


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
