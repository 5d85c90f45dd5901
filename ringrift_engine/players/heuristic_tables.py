"""What the heuristic adds to the rules' data: constants of a board (centre, coordinates, cells one and two steps away,
lines) and the sums of one scan.

Both are records, like those of `rules.tables` and `rules.work`, so that compiled code gets them as arguments and
allocates nothing. Numbers that only ever name places in other tables are unsigned: compiled code need not ask whether
they count from the end.

A line is all cells along an axis from edge to edge. What blocks its cells is a word of bits, and on boards whose lines
are short a table knows for every word and place how far one sees both ways (`heuristic_views`).
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards import BoardConfig, Geometry, geometry_of
from ringrift_engine.players.heuristic_weights import COMPONENTS
from ringrift_engine.rules.state import MARKER, MAX_PLAYERS, OFF_BOARD, SEATS, game_dtype
from ringrift_engine.rules.tables import MAX_AXES, MAX_DIRECTIONS

CLOSURE_MARKERS: Final = 10
"""Markers of a seat that territory closure looks at, lowest cells first."""
_RING_TWO_SQUARE: Final = 16  # cells at distance two, away from the edges
_RING_TWO_HEX: Final = 12
_LONGEST_TABLED: Final = 9  # cells of a line: 2**9 words with 9 places each are 9 kB, which stay in the first cache

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
    size, box = config.size, config.box
    words = 1 << size if size <= _LONGEST_TABLED else 1
    return np.dtype(
        [
            ("line", np.uint8, (box, MAX_AXES)),  # number of the line through a cell along each axis
            ("place", np.uint8, (box, MAX_AXES)),  # its place on that line, counted from the negative end
            ("edges", np.uint32, (MAX_AXES, 2 * size - 1)),  # word of an empty line: bits set from its end on
            ("runs", np.int16, (words, size)),  # by word and place, see `_runs`; of one word where lines are long
            ("beside", np.uint16, (box, MAX_DIRECTIONS)),  # adjacent cells; the cell itself where there is none
            ("missing", np.int8, (box,)),  # how many of those there are not
            ("ring_two", np.uint16, (box, _RING_TWO_HEX if config.is_hex else _RING_TWO_SQUARE)),  # cells at distance
            # two, filled up with the cell itself
            ("marker_field", np.int64, (OFF_BOARD + 1,)),  # by code of a cell: 1 << 8 * owner for markers, else 0
            ("column", np.int16, (box,)),
            ("row", np.int16, (box,)),
            ("is_center", np.int8, (box,)),
        ],
        align=True,
    )


def scan_dtype(board: str) -> np.dtype:
    """dtype of what one scan gathers, of the components made from it, and of what is remembered for the next scans."""
    config = BoardConfig.from_key(f"{board}_2p")
    lines = 2 * config.size - 1
    sums = [(name, np.float64, (SEATS,)) for name in _SUMS]
    return np.dtype(
        [
            *sums,
            ("components", np.float64, (COMPONENTS,)),
            ("marker_column", np.int64, (SEATS, CLOSURE_MARKERS)),
            ("marker_row", np.int64, (SEATS, CLOSURE_MARKERS)),
            ("marker_count", np.int64, (SEATS,)),  # of those, at most CLOSURE_MARKERS
            # --- of the position before
            ("views", np.int64, (config.box, MAX_AXES)),  # by cell, only where stacks are: `heuristic_views`
            ("around", np.int64, (config.box,)),
            ("beyond", np.int64, (config.box,)),
            ("words_before", np.uint32, (MAX_AXES, lines)),  # by axis and line: places with stacks or collapsed
            # --- of the position and how it differs from that: `heuristic_changes`
            ("words", np.uint32, (MAX_AXES, lines)),
            ("differs", np.int8, (config.box,)),  # 0 where a cell is the same
            ("changed_lines", np.int64, (MAX_AXES,)),  # by axis: bits of the lines with a cell that differs
            ("changed_rows", np.int64, (config.size,)),  # bit x of row y: the cell is near one that differs
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
    constants.marker_field[MARKER + 1 : MARKER + MAX_PLAYERS + 1] = 1 << 8 * np.arange(1, MAX_PLAYERS + 1)
    _fill_neighbours(geometry, constants)
    _fill_lines(geometry, constants)
    table.setflags(write=False)
    return table


def _fill_neighbours(geometry: Geometry, constants: np.record) -> None:
    cells = np.arange(geometry.size**2)
    constants.beside[:] = constants.ring_two[:] = cells[:, None]
    exists = geometry.reach > 0
    constants.beside[:, : exists.shape[1]] = cells[:, None] + exists * geometry.stride
    constants.missing[:] = exists.shape[1] - exists.sum(axis=1)
    away = distances(geometry)
    for cell in np.flatnonzero(geometry.playable):
        ring = np.flatnonzero((away[cell] == 2) & geometry.playable)
        constants.ring_two[cell, : len(ring)] = ring


def _fill_lines(geometry: Geometry, constants: np.record) -> None:
    cells = np.flatnonzero(geometry.playable)
    for axis, direction in enumerate(geometry.axes):
        place = geometry.reach[cells, geometry.opposite[direction]].astype(np.int64)
        starts, line = np.unique(cells - place * geometry.stride[direction], return_inverse=True)
        constants.place[cells, axis] = place
        constants.line[cells, axis] = line
        lengths = geometry.reach[starts, direction].astype(np.int64) + 1
        constants.edges[axis, : len(starts)] = (1 << geometry.size) - (1 << lengths)
    if len(constants.runs) > 1:
        constants.runs[:] = _runs(geometry.size)


def _runs(size: int) -> NDArray[np.int16]:
    """int16 [2**size, size]: what one sees from a place on a line, whatever stands on the place itself.

    Four numbers of four bits, lowest first: free cells up to the first set bit in the positive direction, free cells
    behind that one up to the next, and both in the negative direction. The ends of a word block like set bits.
    """
    words = np.arange(1 << size)
    table = np.zeros((1 << size, size), dtype=np.int16)
    for place in range(size):
        for shift, steps in ((0, range(place + 1, size)), (8, range(place - 1, -1, -1))):
            blockers = np.zeros(1 << size, dtype=np.int64)
            for step in steps:
                is_free = (words >> step) & 1 == 0
                table[:, place] += np.where(is_free & (blockers == 0), 1 << shift, 0).astype(np.int16)
                table[:, place] += np.where(is_free & (blockers == 1), 16 << shift, 0).astype(np.int16)
                blockers += ~is_free
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
