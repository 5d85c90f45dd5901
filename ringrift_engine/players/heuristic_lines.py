"""What a stack sees along the lines through its cell: how far it slides, whom it could take, who could take it.

Two ways to the same numbers. Where lines are short, a line's blocked cells are a word of bits, and one look into a
table says how far a ray is free, and how far behind the first thing on it, in both directions. Where they are long,
rays are walked.
"""

from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.cells import is_stack
from ringrift_engine.rules.movement import capture_run, free_run
from ringrift_engine.rules.state import STACK

# A view is one number with five sums in it, so that views of several directions add up in one addition. Lines have at
# most 25 cells and stacks 25 rings: eight directions overflow no part.
_CAN_CAPTURE = 1 << 16
_CAN_CAPTURE_OPPONENT = 1 << 24
_EXPOSED = 1 << 32
_OVERTAKES = 1 << 48


@rule
def are_tabled(constants):
    """Whether the lines of the board are short enough for the table; a constant of the board, which compilers know."""
    return constants.runs.shape[0] > 1


@rule
def mark_lines(board, constants, scan, blocked):
    """Make the words of all lines from the first `blocked` of `scan.blocked_cells`."""
    for axis in range(int(board.axes)):
        for line in range(scan.words.shape[1]):
            scan.words[axis, line] = constants.edges[axis, line]
        for index in range(blocked):
            cell = int(scan.blocked_cells[index])
            scan.words[axis, constants.line[cell, axis]] |= 1 << int(constants.place[cell, axis])


@rule
def view_along_axis(game, board, constants, scan, cell, axis, seat):
    """The views of the stack at `cell`, which `seat` controls, in both directions of an axis."""
    ahead = int(board.axis_direction[axis])
    back = int(board.opposite[ahead])
    if are_tabled(constants):
        word = scan.words[axis, constants.line[cell, axis]]
        runs = int(constants.runs[word, constants.place[cell, axis]])
        return view_of(game, board, cell, ahead, seat, runs & 15, (runs >> 4) & 15) + view_of(
            game, board, cell, back, seat, (runs >> 8) & 15, runs >> 12
        )
    return view_walked(game, board, cell, ahead, seat) + view_walked(game, board, cell, back, seat)


@rule
def view_walked(game, board, cell, direction, seat):
    """The view in one direction, by walking."""
    free = free_run(game, board, cell, direction, 0)
    behind = capture_run(game, board, cell, direction, free, int(game.cap[cell]))
    return view_of(game, board, cell, direction, seat, free, behind)


@rule
def view_of(game, board, cell, direction, seat, free, behind):
    """The view in one direction, where `free` cells are free before the first thing and `behind` cells behind it.

    Added up in it are slide landings, captures, captures of an opponent's stack, and the differences of caps to
    an opponent's stack: theirs minus own where that is positive, own minus theirs where not.
    """
    height = int(game.height[cell])
    cap = int(game.cap[cell])
    # With nothing on the ray this is its last free cell, or `cell` itself with nothing behind: no stack to look at.
    seen = cell + min(free + 1, int(board.reach[cell, direction])) * int(board.stride[direction])
    code = int(game.cell[seen])
    more = int(game.cap[seen]) - cap
    stands = is_stack(code)
    is_opponent = int(stands & (code != STACK + seat))
    can_capture = int(stands & (more <= 0) & (behind > 0) & (free + 1 + behind >= height))
    view = max(0, free - height + 1) + can_capture * _CAN_CAPTURE
    view += (can_capture & is_opponent) * _CAN_CAPTURE_OPPONENT
    return view + is_opponent * (max(0, more) * _EXPOSED + max(0, -more) * _OVERTAKES)


@rule
def add_view(scan, seat, view):
    """Add a stack's view in all directions to the sums of its seat."""
    slides = view & 0xFFFF
    captures = (view >> 16) & 0xFF
    scan.slides[seat] += slides
    scan.usable[seat] += int(slides + captures > 0)
    scan.chains[seat] += max(0, ((view >> 24) & 0xFF) - 1)
    scan.exposed[seat] += (view >> 32) & 0xFFFF
    scan.overtakes[seat] += view >> 48
