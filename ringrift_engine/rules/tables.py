"""The record of one board's constants, which every rule gets as `board`: numpy's view of `boards.geometry`.

A record, not globals: one source serves all boards, numba specialises it by the record's type, and a change of a
table cannot be missed by the disk cache. Passed as an array of one record, because that is what kernels can take.

Rules let loops count to the shape of a field rather than to a number in one: a shape is part of the type, so that a
compiler knows it.
"""

from functools import cache

import numpy as np

from ringrift_engine.boards import BoardConfig, geometry_of
from ringrift_engine.boards.lanes import lanes_of


def board_dtype(board: str) -> np.dtype:
    """dtype of the table; B = W * W cells of the bounding box, W rows, D directions, A axes of lines."""
    config = BoardConfig.from_key(f"{board}_2p")
    geometry = geometry_of(board)
    directions, axes = len(geometry.directions), len(geometry.axes)
    return np.dtype(
        [
            ("reach", np.int8, (config.box, directions)),  # steps from a cell to the edge
            ("stride", np.int16, (directions,)),  # what one step adds to a cell's number
            ("opposite", np.int8, (directions,)),
            ("axis_direction", np.int8, (axes,)),  # towards the positive end of an axis, axes in recovery order
            ("lane", np.int16, (config.box, directions // 2)),  # see `boards.lanes`
            ("place", np.int8, (config.box, directions // 2)),
            ("empty_lanes", np.int32, lanes_of(board).empty.shape),
            ("groups", np.int8, (1 << (6 if config.is_hex else 8),)),  # see `groups_around`
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
    geometry, lanes = geometry_of(board), lanes_of(board)
    table = np.zeros(1, dtype=board_dtype(board)).view(np.recarray)
    row = table[0]
    row.reach[:] = geometry.reach
    row.stride[:] = geometry.stride
    row.opposite[:] = geometry.opposite
    row.axis_direction[:] = geometry.axes
    row.lane[:], row.place[:], row.empty_lanes[:] = lanes.lane, lanes.place, lanes.empty
    row.groups[:] = [groups_around(around, len(geometry.directions) == 6) for around in range(len(row.groups))]
    grid = geometry.playable.reshape(geometry.size, geometry.size).astype(np.int64)
    row.playable_rows[:] = (grid << np.arange(geometry.size)).sum(axis=1)
    row.playable[:] = np.flatnonzero(geometry.playable)
    row.cells = len(row.playable)
    row.width = geometry.size
    row.box = geometry.size * geometry.size
    row.directions = len(geometry.directions)
    row.axes = len(geometry.axes)
    row.is_hex = len(geometry.directions) == 6
    row.spreads = geometry.spreads
    table.setflags(write=False)
    return table


def groups_around(around: int, is_hex: bool) -> int:
    """Into how many groups the free territory neighbours of a cell fall if only the cells around it join them.

    `around` has a bit for each cell around, in the order of a walk around the cell, set if it is free. On hex boards
    all six are neighbours. On square boards every second one is, and a corner joins the two beside it.
    """
    count = 6 if is_hex else 8
    free = [bool(around >> place & 1) for place in range(count)]
    near = free if is_hex else free[::2]
    joined = [
        near[place - 1] and near[place] and (is_hex or free[2 * place - 1]) for place in range(len(near))
    ]  # to the neighbour before it
    groups = sum(near) - sum(joined)
    return max(groups, 1) if any(near) else 0  # a ring that is joined all around has no first one
