"""Lines of markers: detection, collapse, and what is owed for them (RULES.md 4.5, 4.6).

A line is a maximal run of the mover's markers along an axis, named by its first cell, the one at the axis' negative
end. "Need" (`line_length`) is what the reward depends on; "detected" what the original engine sees at all, which on
hex8 with three or four players is longer.
"""

from ringrift_engine.rules.backend import lowest_bit, rule
from ringrift_engine.rules.cells import collapse
from ringrift_engine.rules.moves import COLLAPSE_ALL, COLLAPSE_SEGMENT, PROCESS_LINE, make_move
from ringrift_engine.rules.rows import is_hex
from ringrift_engine.rules.state import MARKER
from ringrift_engine.rules.work import push


@rule
def markers_along(game, board, cell, direction, player):
    """How many markers of the player follow `cell` without a gap in a direction, `cell` itself not counted."""
    stride = int(board.stride[direction])
    limit = int(board.reach[cell, direction])
    at = cell
    count = 0
    while count < limit:
        at += stride
        if game.cell[at] != MARKER + player:
            break
        count += 1
    return count


@rule
def run_from(game, board, cell, axis):
    """Length of the run of the mover's markers that starts at `cell` towards the axis' positive end."""
    return 1 + markers_along(game, board, cell, int(board.axis_direction[axis]), int(game.player))


@rule
def starts_line(game, board, cell, axis):
    """Length of the detected line whose first cell is `cell`, or 0."""
    player = int(game.player)
    if game.cell[cell] != MARKER + player:
        return 0
    forward = int(board.axis_direction[axis])
    if markers_along(game, board, cell, int(board.opposite[forward]), player) > 0:
        return 0
    length = 1 + markers_along(game, board, cell, forward, player)
    return length if length >= game.detected_line_length else 0


@rule
def any_line(game, board):
    """Whether the player to move has a detected line, which takes three or four markers: all rows at once."""
    player = int(game.player)
    if game.markers[player] < game.detected_line_length:
        return False
    enough = -1 if game.detected_line_length == 3 else 0  # bits that stand for the fourth marker where three will do
    found = 0
    for y in range(board.playable_rows.shape[0]):
        first = int(game.marker_rows[player, y])
        second = int(game.marker_rows[player, y + 1])
        third = int(game.marker_rows[player, y + 2])
        fourth = int(game.marker_rows[player, y + 3])
        found |= first & first >> 1 & first >> 2 & (first >> 3 | enough)
        found |= first & second & third & (fourth | enough)
        found |= first & second << 1 & third << 2 & (fourth << 3 | enough)
        if not is_hex(board):
            found |= first & second >> 1 & third >> 2 & (fourth >> 3 | enough)
    return found != 0


@rule
def list_lines(game, board, work, count, with_null_moves):
    """Collapse moves of all detected lines; `with_null_moves` adds `process_line`, which never does anything else.

    For an exact line `process_line` equals collapsing all of it, for a longer one it leaves the board as it is.
    """
    if not any_line(game, board):
        return count
    size = board.playable_rows.shape[0]
    for y in range(size):
        row = int(game.marker_rows[game.player, y])
        while row != 0:
            count = list_lines_from(game, board, work, count, y * size + lowest_bit(row), with_null_moves)
            row &= row - 1
    return count


@rule
def list_lines_from(game, board, work, count, cell, with_null_moves):
    """Those whose first cell is `cell`."""
    need = int(game.line_length)
    for axis in range(board.axis_direction.shape[0]):
        length = starts_line(game, board, cell, axis)
        if length > 0:
            if with_null_moves:
                count = push(work, count, make_move(PROCESS_LINE, cell, 0, 0, axis))
            count = push(work, count, make_move(COLLAPSE_ALL, cell, 0, 0, axis))
            if length > need:
                count = list_segments(board, work, count, cell, axis, length, need)
    return count


@rule
def list_segments(board, work, count, cell, axis, length, need):
    """Every window of `need` cells of a longer line."""
    stride = int(board.stride[int(board.axis_direction[axis])])
    for offset in range(length - need + 1):
        count = push(work, count, make_move(COLLAPSE_SEGMENT, cell + offset * stride, 0, 0, axis))
    return count


@rule
def collapse_run(game, board, cell, axis, length):
    """Collapse `length` cells from `cell` along an axis to the player to move."""
    stride = int(board.stride[int(board.axis_direction[axis])])
    for offset in range(length):
        collapse(game, board, cell + offset * stride, int(game.player))


@rule
def process_line(game, board, cell, axis):
    """Collapse an exact line; on a longer one only the debt is dropped, as in the original engine."""
    length = run_from(game, board, cell, axis)
    if length == game.line_length:
        collapse_line(game, board, cell, axis)
    else:
        game.line_payment_due = 0


@rule
def collapse_line(game, board, cell, axis):
    """Collapse a whole line; a ring is owed if the player controls a stack.

    One bit, not a counter: every line move overwrites it, so two lines can be had for one ring (RULES.md 4.6).
    """
    collapse_run(game, board, cell, axis, run_from(game, board, cell, axis))
    game.line_payment_due = 1 if game.stacks[game.player] > 0 else 0


@rule
def collapse_segment(game, board, cell, axis):
    """Collapse exactly `need` cells of a longer line; nothing is owed."""
    collapse_run(game, board, cell, axis, int(game.line_length))
    game.line_payment_due = 0
