"""What the choices of one position have in common: most stacks see after a choice what they saw before it.

So everything about stacks and closure is found out once for the position before (`remember`), and after a choice only
that again which a changed cell could have changed (`note_changes`): what stacks see along a lane with such a cell, what
is around stacks near one, and the closure of a seat whose markers are others.
"""

from ringrift_engine.players.heuristic_markers import closure
from ringrift_engine.players.heuristic_views import around_stack, markers_beside, markers_beyond, view_along
from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.cells import is_marker, is_stack
from ringrift_engine.rules.state import MARKER


@rule
def remember(game, board, constants, scan):
    """Find out about every stack and every seat's markers of `game`, and that nothing has changed yet."""
    for index in range(int(board.cells)):
        cell = int(board.playable[index])
        if is_stack(game.cell[cell]):
            for axis in range(board.lane.shape[1]):
                scan.views[cell, axis] = view_along(game, board, cell, axis)
            scan.around[cell] = around_stack(game, board, constants, cell)
            scan.beside[cell] = markers_beside(game, board, constants, cell)
            scan.beyond[cell] = markers_beyond(game, constants, cell)
    for seat in range(1, int(game.num_players) + 1):
        scan.closures[seat] = closure(game, board, scan, seat)
    forget_changes(scan)


@rule
def forget_changes(scan):
    """Take everything to be as it is remembered."""
    for lane in range(scan.changed_lanes.shape[0]):
        scan.changed_lanes[lane] = 0
    for row in range(scan.near_change.shape[0]):
        scan.near_change[row] = 0
        scan.near_marker[row] = 0
    for seat in range(scan.changed_markers.shape[0]):
        scan.changed_markers[seat] = 0


@rule
def note_changes(before, after, board, constants, scan):
    """Mark the lanes, surroundings and seats that a difference between two positions matters to."""
    forget_changes(scan)
    for cell in range(scan.differs.shape[0]):  # without a question, so that compilers compare many cells at once
        scan.differs[cell] = (
            (after.cell[cell] ^ before.cell[cell])
            | (after.height[cell] ^ before.height[cell])
            | (after.cap[cell] ^ before.cap[cell])
        )
    size = scan.near_change.shape[0]
    for y in range(size):
        if any_differs(scan, y * size, size):
            for cell in range(y * size, y * size + size):
                if scan.differs[cell] != 0:
                    note_cell(before, after, board, constants, scan, cell)


@rule
def any_differs(scan, first, count):
    """Whether one of `count` cells differs; without a question, as above."""
    found = 0
    for cell in range(first, first + count):
        found |= scan.differs[cell]
    return found != 0


@rule
def note_cell(before, after, board, constants, scan, cell):
    """Mark what one cell that differs matters to."""
    for axis in range(board.lane.shape[1]):
        scan.changed_lanes[board.lane[cell, axis]] = 1
    mark_square(constants, scan.near_change, cell, 1)
    mark_square(constants, scan.near_marker, cell, 0)  # nothing is remembered of a stack that was not there
    for code in (int(before.cell[cell]), int(after.cell[cell])):
        if is_marker(code):
            scan.changed_markers[code - MARKER] = 1
            mark_square(constants, scan.near_marker, cell, 2)


@rule
def mark_square(constants, rows, cell, steps):
    """Mark all cells at most so many columns and rows away, among which are those at most so many steps away."""
    y = int(constants.row[cell])
    bits = ((2 << 2 * steps) - 1 << int(constants.column[cell])) >> steps
    for other in range(max(0, y - steps), min(rows.shape[0], y + steps + 1)):
        rows[other] |= bits


@rule
def is_marked(constants, rows, cell):
    """Whether a cell is in a square that was marked in `rows`."""
    return (rows[int(constants.row[cell])] >> int(constants.column[cell])) & 1 != 0
