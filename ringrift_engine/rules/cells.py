"""The only functions that change the board, so that its counters (stacks, markers, territory, rings) can never drift.

A cell is empty, a marker, a stack or collapsed (RULES.md 0). Functions that lift leave an empty cell; functions that
put expect one. Rings that leave the board do so through `credit`.
"""

from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.state import COLLAPSED, EMPTY, MARKER, OFF_BOARD, STACK


@rule
def is_marker(code):
    return EMPTY < code <= STACK


@rule
def is_stack(code):
    return STACK < code <= COLLAPSED


@rule
def is_collapsed(code):
    return COLLAPSED < code < OFF_BOARD


@rule
def put_marker(game, cell, player):
    game.cell[cell] = MARKER + player
    game.markers[player] += 1


@rule
def lift_marker(game, cell):
    game.markers[int(game.cell[cell]) - MARKER] -= 1
    game.cell[cell] = EMPTY


@rule
def collapse(game, cell, player):
    """Turn an empty cell or a marker into the player's territory."""
    if is_marker(game.cell[cell]):
        lift_marker(game, cell)
    game.cell[cell] = COLLAPSED + player
    game.territory[player] += 1


@rule
def cap_height(rings, height):
    """How many rings from the top have the top ring's colour."""
    top = rings & 3
    cap = 1
    while cap < height and ((rings >> (2 * cap)) & 3) == top:
        cap += 1
    return cap


@rule
def put_stack(game, cell, rings, height):
    """Stand a stack on an empty cell; its controller is the colour of the top ring. Height 0 leaves the cell empty."""
    if height > 0:
        controller = (rings & 3) + 1
        game.cell[cell] = STACK + controller
        game.rings[cell] = rings
        game.height[cell] = height
        game.cap[cell] = cap_height(rings, height)
        game.stacks[controller] += 1


@rule
def lift_stack(game, cell):
    """Take a stack off the board; its rings are still counted as on it."""
    game.stacks[int(game.cell[cell]) - STACK] -= 1
    game.cell[cell] = EMPTY
    game.rings[cell] = 0
    game.height[cell] = 0
    game.cap[cell] = 0


@rule
def credit(game, player, colour):
    """A ring of `colour` leaves the board for good and counts for `player`."""
    game.on_board[colour] -= 1
    game.eliminated[player] += 1


@rule
def remove_top_rings(game, cell, count, player):
    """Eliminate the `count` top rings of a stack; control may pass."""
    rings = int(game.rings[cell])
    height = int(game.height[cell])
    lift_stack(game, cell)
    for _ in range(count):
        credit(game, player, (rings & 3) + 1)
        rings >>= 2
    put_stack(game, cell, rings, height - count)


@rule
def lowest_ring_of(game, cell, colour):
    """Depth of the lowest ring of a colour in a stack (0 is the top), or -1; also -1 where no stack stands."""
    rings = int(game.rings[cell])
    for depth in range(int(game.height[cell]) - 1, -1, -1):
        if ((rings >> (2 * depth)) & 3) + 1 == colour:
            return depth
    return -1


@rule
def holds_buried_ring(game, cell, colour):
    """Whether a stack has a ring of the colour below its top ring."""
    return lowest_ring_of(game, cell, colour) > 0


@rule
def extract_lowest_ring(game, cell, player):
    """Eliminate the player's lowest ring in a stack, even if it is the top ring; nothing without one (RULES.md 4.9)."""
    depth = lowest_ring_of(game, cell, player)
    if depth >= 0:
        rings = int(game.rings[cell])
        height = int(game.height[cell])
        below = rings >> (2 * (depth + 1))
        above = rings & ((1 << (2 * depth)) - 1)
        lift_stack(game, cell)
        credit(game, player, player)
        put_stack(game, cell, above | (below << (2 * depth)), height - 1)
