"""What the choices of one position have in common: most stacks see after a choice what they saw before it.

So the views of all stacks are found out once for the position before (`remember_stacks`), and after a choice only those
again that a changed cell could have changed (`note_changes`): those along a line with such a cell, and what is around
stacks near one.
"""

from ringrift_engine.players.heuristic_views import are_tabled, around_stack, markers_beyond, view_along_axis
from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.cells import is_stack
from ringrift_engine.rules.state import FIRST_BLOCKING


@rule
def remember_stacks(game, board, constants, scan):
    """Find out about every stack of `game`, and that nothing has changed yet."""
    remember_lines(game, board, constants, scan)
    take_as_remembered(board, constants, scan)
    for index in range(int(board.cells)):
        cell = int(board.playable[index])
        if is_stack(game.cell[cell]):
            for axis in range(int(board.axes)):
                scan.views[cell, axis] = view_along_axis(game, board, constants, scan, cell, axis)
            scan.around[cell] = around_stack(game, board, constants, cell)
            scan.beyond[cell] = markers_beyond(game, constants, cell)


@rule
def remember_lines(game, board, constants, scan):
    """Make the words of all lines."""
    for axis in range(int(board.axes)):
        for line in range(scan.words.shape[1]):
            scan.words_before[axis, line] = constants.edges[axis, line]
        for index in range(int(board.cells)):
            cell = int(board.playable[index])
            if game.cell[cell] >= FIRST_BLOCKING:
                scan.words_before[axis, constants.line[cell, axis]] |= 1 << int(constants.place[cell, axis])


@rule
def take_as_remembered(board, constants, scan):
    """Take everything to be as it is remembered."""
    for axis in range(int(board.axes)):
        scan.changed_lines[axis] = 0
    for row in range(scan.changed_rows.shape[0]):
        scan.changed_rows[row] = 0
    if are_tabled(constants):
        for axis in range(scan.words.shape[0]):
            for line in range(scan.words.shape[1]):
                scan.words[axis, line] = scan.words_before[axis, line]


@rule
def note_changes(before, after, board, constants, scan):
    """Mark the lines and the surroundings of all cells in which two positions differ."""
    take_as_remembered(board, constants, scan)
    for cell in range(scan.differs.shape[0]):  # without a question, so that compilers compare many cells at once
        scan.differs[cell] = (
            (after.cell[cell] ^ before.cell[cell])
            | (after.height[cell] ^ before.height[cell])
            | (after.cap[cell] ^ before.cap[cell])
        )
    for cell in range(scan.differs.shape[0]):
        if scan.differs[cell] != 0:
            is_blocked = after.cell[cell] >= FIRST_BLOCKING
            was_blocked = before.cell[cell] >= FIRST_BLOCKING
            note_on_lines(board, constants, scan, cell, int(is_blocked != was_blocked))
            note_surroundings(constants, scan, cell)


@rule
def note_on_lines(board, constants, scan, cell, flips):
    """Mark the lines through a cell; with `flips` = 1 it has become blocked or free."""
    for axis in range(int(board.axes)):
        line = int(constants.line[cell, axis])
        scan.changed_lines[axis] |= 1 << line
        if are_tabled(constants):
            scan.words[axis, line] ^= flips << int(constants.place[cell, axis])


@rule
def note_surroundings(constants, scan, cell):
    """Mark the square of all cells at most two columns and rows away, which holds those at most two steps away."""
    row = int(constants.row[cell])
    bits = (31 << int(constants.column[cell])) >> 2
    for other in range(max(0, row - 2), min(scan.changed_rows.shape[0], row + 3)):
        scan.changed_rows[other] |= bits


@rule
def is_line_changed(constants, scan, cell, axis):
    """Whether a cell has changed on the line through `cell` along an axis."""
    return (scan.changed_lines[axis] >> int(constants.line[cell, axis])) & 1 != 0


@rule
def is_near_change(constants, scan, cell):
    """Whether a cell has changed at most two steps from `cell`; at times also if it was further away."""
    return (scan.changed_rows[int(constants.row[cell])] >> int(constants.column[cell])) & 1 != 0
