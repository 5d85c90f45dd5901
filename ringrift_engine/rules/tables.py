"""The record of one board's constants, which every rule gets as `board`: numpy's view of `boards.geometry`.

A record, not globals: one source serves all boards, numba specialises it by the record's type, and a change of a
table cannot be missed by the disk cache. Passed as an array of one record, because that is what kernels can take.
"""

from functools import cache
from typing import Final

import numpy as np

from ringrift_engine.boards import BoardConfig, geometry_of

MAX_DIRECTIONS: Final = 8
MAX_AXES: Final = 4


def board_dtype(board: str) -> np.dtype:
    """dtype of the table; B = W * W cells of the bounding box."""
    config = BoardConfig.from_key(f"{board}_2p")
    return np.dtype(
        [
            ("reach", np.int8, (config.box, MAX_DIRECTIONS)),  # steps from a cell to the edge
            ("stride", np.int16, (MAX_DIRECTIONS,)),  # what one step adds to a cell's number
            ("step_x", np.int8, (MAX_DIRECTIONS,)),  # the same in columns and rows
            ("step_y", np.int8, (MAX_DIRECTIONS,)),
            ("opposite", np.int8, (MAX_DIRECTIONS,)),
            ("axis_direction", np.int8, (MAX_AXES,)),  # towards the positive end of an axis, axes in recovery order
            ("playable_rows", np.int32, (config.size,)),  # bit x of row y: the cell exists
            ("playable", np.int16, (config.cells,)),  # the cells that exist, ascending
            ("cells", np.int16),
            ("width", np.int16),  # W; `size` would be numpy's own attribute of a record when nothing is compiled
            ("box", np.int16),
            ("directions", np.int8),
            ("axes", np.int8),
            ("is_hex", np.int8),
            ("spreads", np.int8),  # border markers spread to king neighbours when a region is claimed
        ],
        align=True,
    )


@cache
def board_table(board: str) -> np.recarray:
    """recarray [1] with the constants of `board`."""
    geometry = geometry_of(board)
    table = np.zeros(1, dtype=board_dtype(board)).view(np.recarray)
    row = table[0]
    count = len(geometry.directions)
    row.reach[:, :count] = geometry.reach
    row.stride[:count] = geometry.stride
    row.step_x[:count], row.step_y[:count] = zip(*geometry.directions, strict=True)
    row.opposite[:count] = geometry.opposite
    row.axis_direction[: len(geometry.axes)] = geometry.axes
    grid = geometry.playable.reshape(geometry.size, geometry.size).astype(np.int64)
    row.playable_rows[:] = (grid << np.arange(geometry.size)).sum(axis=1)
    row.playable[:] = np.flatnonzero(geometry.playable)
    row.cells = len(row.playable)
    row.width = geometry.size
    row.box = geometry.size * geometry.size
    row.directions = count
    row.axes = len(geometry.axes)
    row.is_hex = count == 6
    row.spreads = geometry.spreads
    table.setflags(write=False)
    return table
