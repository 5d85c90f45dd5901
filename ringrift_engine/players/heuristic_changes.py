"""What the choices of one position have in common: most stacks see after a choice what they saw before it.

So the views of all stacks are found out once for the position before (`remember_stacks`), and after a choice only those
again that a changed cell could have changed (`note_changes`): those along a lane with such a cell, and what is around
stacks near one.
"""

from ringrift_engine.players.heuristic_views import around_stack, marker_along, markers_beyond, view_along
from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.cells import is_marker, is_stack


@rule
def remember_stacks(game, board, constants, scan):
    """Find out about every stack of `game`, and that nothing has changed yet."""
    for index in range(int(board.cells)):
        cell = int(board.playable[index])
        if is_stack(game.cell[cell]):
            for axis in range(board.lane.shape[1]):
                scan.views[cell, axis] = view_along(game, board, cell, axis)
            scan.around[cell] = around_stack(game, board, constants, cell)
            scan.beyond[cell] = markers_beyond(game, constants, cell)
        elif is_marker(game.cell[cell]):
            for axis in range(int(board.axes)):
                scan.begun[cell, axis] = marker_along(game, board, cell, axis)
    forget_changes(scan)


@rule
def forget_changes(scan):
    """Take everything to be as it is remembered."""
    for lane in range(scan.changed_lanes.shape[0]):
        scan.changed_lanes[lane] = 0
    for row in range(scan.changed_rows.shape[0]):
        scan.changed_rows[row] = 0


@rule
def note_changes(before, after, board, constants, scan):
    """Mark the lanes and the surroundings of all cells in which two positions differ."""
    forget_changes(scan)
    for cell in range(scan.differs.shape[0]):  # without a question, so that compilers compare many cells at once
        scan.differs[cell] = (
            (after.cell[cell] ^ before.cell[cell])
            | (after.height[cell] ^ before.height[cell])
            | (after.cap[cell] ^ before.cap[cell])
        )
    for cell in range(scan.differs.shape[0]):
        if scan.differs[cell] != 0:
            for axis in range(board.lane.shape[1]):
                scan.changed_lanes[board.lane[cell, axis]] = 1
            note_surroundings(constants, scan, cell)


@rule
def note_surroundings(constants, scan, cell):
    """Mark the square of all cells at most two columns and rows away, which holds those at most two steps away."""
    row = int(constants.row[cell])
    bits = (31 << int(constants.column[cell])) >> 2
    for other in range(max(0, row - 2), min(scan.changed_rows.shape[0], row + 3)):
        scan.changed_rows[other] |= bits


@rule
def is_near_change(constants, scan, cell):
    """Whether a cell has changed at most two steps from `cell`; at times also if it was further away."""
    return (scan.changed_rows[int(constants.row[cell])] >> int(constants.column[cell])) & 1 != 0
