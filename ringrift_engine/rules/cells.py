"""The only functions that change the board, so that its counters (stacks, markers, territory, rings) can never drift.

A cell is empty, a marker, a stack or collapsed (RULES.md 0). Functions that lift leave an empty cell; functions that
put expect one. Rings that leave the board do so through `credit`.
"""

from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.state import COLLAPSED, EMPTY, MARKER, NOBODY, OFF_BOARD, STACK, UNKNOWN, WHOLE


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
def row_of(game, cell):
    """The row of a cell; its width is part of the record's type, so that a compiler divides by a constant."""
    return cell // game.open_rows.shape[0]


@rule
def bit_of(game, cell):
    """The cell's bit in its row."""
    return 1 << (cell % game.open_rows.shape[0])


@rule
def flip(game, rows, owner, cell):
    """Put a cell into the rows of `owner` and of all owners, or take it out of them."""
    y = row_of(game, cell)
    bit = bit_of(game, cell)
    rows[owner, y] ^= bit
    rows[0, y] ^= bit


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
    game.open_rows[row_of(game, cell)] &= ~bit_of(game, cell)
    close_cell(game, board, cell, NOBODY)
    for colour in range(1, int(game.num_players) + 1):
        if colour != owner:  # to its owner's colour a marker was a wall already
            close_cell(game, board, cell, colour)


@rule
def close_cell(game, board, cell, colour):
    """A free cell becomes a wall to `colour`. What hung together still does if it hangs together around the cell."""
    if game.whole[colour] != WHOLE or not is_simple(board, free_around(game, board, cell, colour)):
        game.whole[colour] = UNKNOWN


@rule
def open_cell(game, board, cell, colour):
    """A wall to `colour` becomes a free cell, which joins its free neighbours if it has any."""
    if game.whole[colour] != WHOLE or free_around(game, board, cell, colour) & neighbour_bits(board) == 0:
        game.whole[colour] = UNKNOWN


@rule
def free_row(game, y, colour):
    """The cells of a row that are no walls to `colour`; nothing beyond the edges."""
    if y < 0 or y >= game.open_rows.shape[0]:
        return 0
    row = int(game.open_rows[y])
    return row & ~int(game.marker_rows[colour, y]) if colour != NOBODY else row


@rule
def free_around(game, board, cell, colour):
    """Which cells around a cell are no walls to `colour`, a bit each, in the order of a walk around it."""
    y = row_of(game, cell)
    x = cell - y * game.open_rows.shape[0]
    above = ((free_row(game, y - 1, colour) << 1) >> x) & 7
    beside = ((free_row(game, y, colour) << 1) >> x) & 7
    below = ((free_row(game, y + 1, colour) << 1) >> x) & 7
    if board.is_hex:
        return beside >> 2 | below & 2 | (below & 1) << 2 | (beside & 1) << 3 | (above & 2) << 3 | (above & 4) << 3
    right = beside >> 2 | (below & 4) >> 1 | (below & 2) << 1 | (below & 1) << 3
    return right | (beside & 1) << 4 | (above & 1) << 5 | (above & 2) << 5 | (above & 4) << 5


@rule
def neighbour_bits(board):
    """The bits of `free_around` that are territory neighbours: on square boards those beside, above and below."""
    return 63 if board.is_hex else 85


@rule
def is_simple(board, around):
    """Whether the free neighbours of a cell hang together in the ring around it: one run of free cells holds all."""
    cells = 6 if board.is_hex else 8
    ring = (1 << cells) - 1
    if around == ring:
        return True
    near = around & neighbour_bits(board)
    if not board.is_hex:  # a corner joins the two neighbours beside it; alone it joins nothing
        near |= around & (near << 1 | near >> 1 | near << 7)
    starts = near & ~(near << 1 | near >> (cells - 1)) & ring
    return starts != 0 and starts & (starts - 1) == 0


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
        flip(game, game.stack_rows, controller, cell)


@rule
def lift_stack(game, cell):
    """Take a stack off the board; its rings are still counted as on it."""
    controller = int(game.cell[cell]) - STACK
    game.stacks[controller] -= 1
    flip(game, game.stack_rows, controller, cell)
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
