"""What one stack sees and has around it, as numbers with several sums in them.

Packed like this, what was found out about the position before a choice is kept in few words, and views in several
directions add up in one addition. Every function depends on the cells that it names and on nothing else; that is what
`heuristic_changes` relies on.

It is asked for the stacks that a choice has changed something for, and what that is a processor cannot guess. A wrong
guess takes longer than counting every case, so there are few questions here: comparisons are added as the numbers 0 and
1, and cells beyond the edge are looked up as the cell itself, whose share is then taken out.
"""

from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.cells import is_stack
from ringrift_engine.rules.movement import free_run
from ringrift_engine.rules.state import FIRST_BLOCKING

# The parts of a view. Lines have at most 25 cells and caps at most 25 rings, so eight directions overflow no part.
CAPTURES = 16  # where a part begins; the first, from bit 0 on, is the number of slide landings
ATTACKS = 24  # captures of an opponent's stack
EXPOSED = 32  # their cap minus own cap over opponents' stacks in sight, where positive
OVERTAKES = 48  # own cap minus their cap, where not negative

# The parts of what is around a stack; the first is the number of open cells.
ALLIES = 8
OPPONENTS = 16
THREATS = 24  # their cap minus own cap over opponents' stacks; may be negative, so it is the last part

# Markers by owner, those of seat s from bit OWNER_BITS (s - 1) on: no sum over all stacks overflows a part.
OWNER_BITS = 16


@rule
def view_along(game, board, cell, axis):
    """What the stack at `cell` sees and can do in both directions of an axis; depends on the cells of that lane."""
    half = board.lane.shape[1]
    return view_in(game, board, cell, axis) + view_in(game, board, cell, axis + half)


@rule
def view_in(game, board, cell, direction):
    """The same in one direction."""
    height = int(game.height[cell])
    free = free_run(game, board, cell, direction, 0)
    # With nothing on the ray this is its last free cell, or `cell` itself: no other's stack to look at, none to take.
    reach = int(board.reach[cell, direction])
    seen = cell + min(free + 1, reach) * int(board.stride[direction])
    behind = free_run(game, board, cell, direction, min(free + 1, reach))
    more = int(game.cap[seen]) - int(game.cap[cell])
    stands = is_stack(game.cell[seen])
    is_opponent = int(stands & (game.cell[seen] != game.cell[cell]))
    can_capture = int(stands & (more <= 0) & (behind > 0) & (free + 1 + behind >= height))
    view = max(0, free - height + 1) + (can_capture << CAPTURES) + ((can_capture & is_opponent) << ATTACKS)
    return view + is_opponent * ((max(0, more) << EXPOSED) + (max(0, -more) << OVERTAKES))


@rule
def around_stack(game, board, constants, cell):
    """What stands beside the stack at `cell`; depends on the cells at most one step away."""
    code = int(game.cell[cell])
    cap = int(game.cap[cell])
    around = -int(constants.missing[cell]) * (1 + (1 << ALLIES))
    for direction in range(int(board.directions)):
        beside = constants.beside[cell, direction]
        other = int(game.cell[beside])
        more = int(game.cap[beside]) - cap
        stands = is_stack(other)
        around += int((other < FIRST_BLOCKING) | (stands & (more <= 0)))
        around += int(other == code) << ALLIES
        around += int(stands & (other != code)) * ((1 << OPPONENTS) + (more << THREATS))
    return around


@rule
def markers_beside(game, board, constants, cell):
    """The markers beside `cell`, by owner; depends on the cells one step away."""
    beside = 0
    for direction in range(board.stride.shape[0]):
        beside += int(constants.marker_field[game.cell[constants.beside[cell, direction]]])
    return beside


@rule
def markers_beyond(game, constants, cell):
    """The markers two steps from `cell`, by owner; depends on those cells."""
    beyond = 0
    for index in range(constants.ring_two.shape[1]):
        beyond += int(constants.marker_field[game.cell[constants.ring_two[cell, index]]])
    return beyond


@rule
def markers_of(packed, seat):
    """How many markers of a seat there are in a number of markers by owner, or in a sum of such numbers."""
    return (packed >> OWNER_BITS * (seat - 1)) & 0xFFFF


@rule
def markers_of_others(packed, seat):
    """The markers of all owners but one: 0 if there are none."""
    return packed & ~(0xFFFF << OWNER_BITS * (seat - 1))
