"""Recovery slides: how a player without stacks comes back (RULES.md 4.9).

Two measures of a line live side by side in the original engine and are kept: the list asks for the *longest* run
through the destination, the move takes the *first axis* whose run reaches the board's built-in length. Where they
disagree a listed move can be rejected, or collapse another line.
"""

from ringrift_engine.rules.backend import lowest_bit, rule
from ringrift_engine.rules.cells import (
    extract_lowest_ring,
    is_collapsed,
    is_marker,
    is_stack,
    lift_marker,
    lowest_ring_of,
    pretend_marker,
    put_marker,
    remove_top_rings,
)
from ringrift_engine.rules.lines import collapse_run, markers_along
from ringrift_engine.rules.moves import (
    RECOVER,
    RECOVER_FALLBACK,
    RECOVER_LINE,
    RECOVER_SEGMENT,
    RECOVER_STRIKE,
    detail_of,
    first_of,
    make_move,
    second_of,
    third_of,
)
from ringrift_engine.rules.state import EMPTY
from ringrift_engine.rules.work import push


@rule
def may_recover(game):
    """Whether the player to move controls no stack but owns a marker and a buried ring."""
    player = int(game.player)
    return game.stacks[player] == 0 and game.markers[player] > 0 and game.on_board[player] > 0


@rule
def run_through(game, board, cell, axis, player):
    """Length of the run of the player's markers through `cell` along an axis."""
    forward = int(board.axis_direction[axis])
    backward = int(board.opposite[forward])
    ahead = markers_along(game, board, cell, forward, player)
    return 1 + ahead + markers_along(game, board, cell, backward, player)


@rule
def longest_axis(game, board, cell, player):
    """The axis of the longest run through `cell`, the first one on ties."""
    best = 0
    longest = 0
    for axis in range(int(board.axes)):
        length = run_through(game, board, cell, axis, player)
        if length > longest:
            best, longest = axis, length
    return best


@rule
def formed_axis(game, board, cell, player):
    """The axis whose run the move takes: the first that reaches the built-in length, or -1."""
    for axis in range(int(board.axes)):
        if run_through(game, board, cell, axis, player) >= game.built_in_line_length:
            return axis
    return -1


@rule
def formed_length(game, board, cell, player):
    """Length of the run that the move takes, or 0."""
    axis = formed_axis(game, board, cell, player)
    return run_through(game, board, cell, axis, player) if axis >= 0 else 0


@rule
def move_marker(game, board, origin, target, player):
    lift_marker(game, board, origin)
    put_marker(game, board, target, player)


@rule
def list_recoveries(game, board, work, count, with_rejected):
    """All recovery slides; `with_rejected` includes those that cannot be played, else equal successors are merged
    too."""
    line_formed, count = list_line_recoveries(game, board, work, count, with_rejected)
    return count if line_formed else list_fallbacks(game, board, work, count)


@rule
def list_line_recoveries(game, board, work, count, with_rejected):
    """Slides that form a line. Whether there is any, rejected ones included; and the number of moves."""
    player = int(game.player)
    size = board.playable_rows.shape[0]
    found = False
    for y in range(size):
        row = int(game.marker_rows[player, y])
        while row != 0:
            origin = y * size + lowest_bit(row)
            row &= row - 1
            for direction in range(int(board.directions)):
                target = origin + int(board.stride[direction])
                if board.reach[origin, direction] > 0 and game.cell[target] == EMPTY:
                    pretend_marker(game, origin, target, player)
                    if forms_line(game, board, target):
                        found = True
                        count = list_recoveries_of_slide(game, board, work, count, origin, target, with_rejected)
                    pretend_marker(game, target, origin, player)
    return found, count


@rule
def forms_line(game, board, target):
    """Whether a marker of the player to move at `target`, where it already stands, is part of a line as recovery asks
    for one.
    """
    player = int(game.player)
    axis = longest_axis(game, board, target, player)
    return run_through(game, board, target, axis, player) >= game.line_length


@rule
def list_recoveries_of_slide(game, board, work, count, origin, target, with_rejected):
    """The moves of a slide that forms a line, whose marker already stands at `target`."""
    player = int(game.player)
    formed = formed_length(game, board, target, player)
    if with_rejected or formed >= game.line_length:
        count = list_segments_through(game, board, work, count, origin, target, with_rejected, formed)
        count = list_extractions(game, board, work, count, origin, target, RECOVER_LINE)
    return count


@rule
def list_segments_through(game, board, work, count, origin, target, with_rejected, formed):
    """Option 2: every window of `need` cells of the longest run that holds the destination.

    If the line that is really formed has exactly `need` cells, all windows lead to the same position: one is enough.
    """
    player = int(game.player)
    need = int(game.line_length)
    axis = longest_axis(game, board, target, player)
    length = run_through(game, board, target, axis, player)
    if length <= need:
        return count
    forward = int(board.axis_direction[axis])
    stride = int(board.stride[forward])
    ahead = markers_along(game, board, target, forward, player)
    behind = length - 1 - ahead
    for offset in range(max(0, need - 1 - ahead), min(need - 1, behind) + 1):
        count = push(work, count, make_move(RECOVER, origin, target, target - offset * stride, RECOVER_SEGMENT + axis))
        if not with_rejected and formed == need:
            return count
    return count


@rule
def list_extractions(game, board, work, count, origin, target, detail):
    """One move for each stack that holds a ring of the player, who controls none."""
    size = board.playable_rows.shape[0]
    for y in range(size):
        row = int(game.stack_rows[0, y])
        while row != 0:
            cell = y * size + lowest_bit(row)
            row &= row - 1
            if lowest_ring_of(game, cell, int(game.player)) >= 0:
                count = push(work, count, make_move(RECOVER, origin, target, cell, detail))
    return count


@rule
def list_fallbacks(game, board, work, count):
    """Without a line to form: a marker steps to an empty cell, or strikes a stack beside it."""
    size = board.playable_rows.shape[0]
    for y in range(size):
        row = int(game.marker_rows[game.player, y])
        while row != 0:
            count = list_fallbacks_of(game, board, work, count, y * size + lowest_bit(row))
            row &= row - 1
    return count


@rule
def list_fallbacks_of(game, board, work, count, origin):
    """Those of the marker at `origin`."""
    for direction in range(int(board.directions)):
        if board.reach[origin, direction] > 0:
            target = origin + int(board.stride[direction])
            code = int(game.cell[target])
            if not is_marker(code) and not is_collapsed(code):
                mode = RECOVER_STRIKE if is_stack(code) else RECOVER_FALLBACK
                count = list_extractions(game, board, work, count, origin, target, mode)
    return count


@rule
def is_rejected(game, board, move):
    """Whether the original engine lists this recovery slide and then refuses it."""
    if detail_of(move) in (RECOVER_FALLBACK, RECOVER_STRIKE):
        return False
    player = int(game.player)
    origin = first_of(move)
    target = second_of(move)
    pretend_marker(game, origin, target, player)
    formed = formed_length(game, board, target, player)
    pretend_marker(game, target, origin, player)
    return formed < game.line_length


@rule
def recover(game, board, move):
    """Play a recovery slide, payment included."""
    player = int(game.player)
    detail = detail_of(move)
    if detail == RECOVER_STRIKE:
        lift_marker(game, board, first_of(move))
        remove_top_rings(game, board, second_of(move), 1, player)
        if is_stack(game.cell[third_of(move)]):
            extract_lowest_ring(game, board, third_of(move), player)
    else:
        move_marker(game, board, first_of(move), second_of(move), player)
        if detail == RECOVER_FALLBACK:
            extract_lowest_ring(game, board, third_of(move), player)
        else:
            collapse_formed_line(game, board, move)
    game.recovered = 1


@rule
def collapse_formed_line(game, board, move):
    """Collapse what a line recovery earns and extract a ring, unless a segment was chosen."""
    player = int(game.player)
    target = second_of(move)
    detail = detail_of(move)
    axis = formed_axis(game, board, target, player)
    length = run_through(game, board, target, axis, player)
    if detail >= RECOVER_SEGMENT and length > game.line_length:
        collapse_run(game, board, third_of(move), detail - RECOVER_SEGMENT, int(game.line_length))
        return
    forward = int(board.axis_direction[axis])
    backward = int(board.opposite[forward])
    behind = markers_along(game, board, target, backward, player)
    collapse_run(game, board, target + behind * int(board.stride[backward]), axis, length)
    if detail == RECOVER_LINE:
        extract_lowest_ring(game, board, third_of(move), player)
