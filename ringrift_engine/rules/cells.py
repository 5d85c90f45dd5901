"""The only functions that change the board, so that its counters (stacks, markers, territory, rings) can never drift.

A cell is empty, a marker, a stack or collapsed (RULES.md 0). Functions that lift leave an empty cell; functions that
put expect one. Rings that leave the board do so through `credit`.
"""

from typing import Final

from ringrift_engine.rules.backend import lowest_bit, rule
from ringrift_engine.rules.pieces import close_cell, open_cell
from ringrift_engine.rules.rows import size_of
from ringrift_engine.rules.state import (
    COLLAPSED,
    EMPTY,
    MARKER,
    NOBODY,
    OFF_BOARD,
    STACK,
)

_ALL_RINGS: Final = (4**25 - 1) // 3  # the lower bit of each ring of the highest stack


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
def flip(game, rows, owner, cell):
    """Put a cell into the rows of `owner` and of all owners, or take it out of them."""
    y = cell // size_of(game)
    bit = 1 << (cell - y * size_of(game))
    rows[owner, y] ^= bit
    rows[0, y] ^= bit


@rule
def flip_lanes(game, board, cell):
    """Let a cell block the rays that pass it, or let them pass again."""
    for axis in range(board.lane.shape[1]):
        game.lanes[board.lane[cell, axis]] ^= 1 << int(board.place[cell, axis])


@rule
def put_marker(game, board, cell, player):
    game.cell[cell] = MARKER + player
    game.markers[player] += 1
    flip(game, game.marker_rows, player, cell)
    close_cell(game, board, cell, player)


@rule
def lift_marker(game, board, cell):
    player = int(game.cell[cell]) - MARKER
    game.cell[cell] = EMPTY
    game.markers[player] -= 1
    flip(game, game.marker_rows, player, cell)
    open_cell(game, board, cell, player)


@rule
def pretend_marker(game, origin, target, player):
    """Show a marker elsewhere, for a look at the cells alone: pretend it back before anything else is asked."""
    game.cell[origin] = EMPTY
    game.cell[target] = MARKER + player


@rule
def collapse(game, board, cell, player):
    """Turn an empty cell or a marker into the player's territory."""
    owner = int(game.cell[cell]) - MARKER
    if owner != NOBODY:
        game.markers[owner] -= 1
        flip(game, game.marker_rows, owner, cell)
    game.cell[cell] = COLLAPSED + player
    game.territory[player] += 1
    y = cell // size_of(game)
    game.open_rows[y] &= ~(1 << (cell - y * size_of(game)))
    flip_lanes(game, board, cell)
    close_cell(game, board, cell, NOBODY)
    for colour in range(1, int(game.num_players) + 1):
        if colour != owner:  # to its owner's colour a marker was a wall already
            close_cell(game, board, cell, colour)


@rule
def cap_height(rings, height):
    """How many rings from the top have the top ring's colour."""
    other = rings ^ (rings & 3) * _ALL_RINGS
    return lowest_bit(other | 1 << 2 * height) >> 1


@rule
def put_stack(game, board, cell, rings, height):
    """Stand a stack on an empty cell; its controller is the colour of the top ring. Height 0 leaves the cell empty."""
    if height > 0:
        controller = (rings & 3) + 1
        game.cell[cell] = STACK + controller
        game.rings[cell] = rings
        game.height[cell] = height
        game.cap[cell] = cap_height(rings, height)
        game.stacks[controller] += 1
        flip(game, game.stack_rows, controller, cell)
        flip_lanes(game, board, cell)


@rule
def lift_stack(game, board, cell):
    """Take a stack off the board; its rings are still counted as on it."""
    controller = int(game.cell[cell]) - STACK
    game.stacks[controller] -= 1
    flip(game, game.stack_rows, controller, cell)
    flip_lanes(game, board, cell)
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
def remove_top_rings(game, board, cell, count, player):
    """Eliminate the `count` top rings of a stack; control may pass."""
    rings = int(game.rings[cell])
    height = int(game.height[cell])
    lift_stack(game, board, cell)
    for _ in range(count):
        credit(game, player, (rings & 3) + 1)
        rings >>= 2
    put_stack(game, board, cell, rings, height - count)


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
def extract_lowest_ring(game, board, cell, player):
    """Eliminate the player's lowest ring in a stack, even if it is the top ring; nothing without one (RULES.md 4.9)."""
    depth = lowest_ring_of(game, cell, player)
    if depth >= 0:
        rings = int(game.rings[cell])
        height = int(game.height[cell])
        below = rings >> (2 * (depth + 1))
        above = rings & ((1 << (2 * depth)) - 1)
        lift_stack(game, board, cell)
        credit(game, player, player)
        put_stack(game, board, cell, above | (below << (2 * depth)), height - 1)
