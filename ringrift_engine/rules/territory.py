"""Regions: which are disconnected, which may be claimed, and what a claim does (RULES.md 4.7).

The board is held as rows of bits, so that a flood grows a row at a time. A pass treats the markers of one colour as
walls (colour 0: none). If a pass has a single component, that component holds every stack, so nothing in it can be
paid for from outside: most passes end after one flood.

Two passes can find the same set only where it touches no wall, that is, as a component of pass 0. So a coloured pass
lists the components that touch a marker of its colour, and pass 0 the others.
"""

from ringrift_engine.rules.backend import lowest_bit, rule
from ringrift_engine.rules.cells import (
    collapse,
    credit,
    free_row,
    holds_buried_ring,
    is_hex,
    is_stack,
    lift_stack,
)
from ringrift_engine.rules.moves import CLAIM_REGION, detail_of, first_of, make_move
from ringrift_engine.rules.state import NOBODY, SEATS, SPLIT, UNKNOWN, WHOLE
from ringrift_engine.rules.work import MAX_MERGED_REGIONS, moves_kept, push


@rule
def open_pass(game, board, work, colour):
    """Make everything free that is neither collapsed nor a marker of `colour`."""
    for y in range(board.playable_rows.shape[0]):
        work.free_rows[y] = free_row(game, y, colour)
        work.left_rows[y] = work.free_rows[y]


@rule
def touching(board, rows, y):
    """Bits of row `y` that are territory neighbours of the set `rows` in the rows above and below."""
    above = int(rows[y - 1])
    below = int(rows[y + 1])
    return above | above >> 1 | below | below << 1 if is_hex(board) else above | below


@rule
def fill_runs(row, free, size):
    """The runs of free cells that have a cell of `row`, which is free itself.

    Upwards the carry of an addition runs through a run; downwards the reach doubles with every step.
    """
    row |= free & ~(free + row)
    row |= free & row >> 1
    free &= free >> 1
    row |= free & row >> 2
    free &= free >> 2
    row |= free & row >> 4
    if size > 8:
        free &= free >> 4
        row |= free & row >> 8
        free &= free >> 8
        row |= free & row >> 16
    return row


@rule
def grow_row(board, work, y):
    """Extend row `y` of the component as far as it can; whether it grew."""
    before = int(work.region_rows[y])
    free = int(work.free_rows[y])
    row = before | (touching(board, work.region_rows, y) & free)
    if row == before:
        return False
    row = fill_runs(row, free, work.free_rows.shape[0])
    work.region_rows[y] = row
    return row != before


@rule
def flood(board, work, cell):
    """Fill `region_rows` with the component of the free cells that holds `cell`."""
    size = board.playable_rows.shape[0]
    for y in range(size):
        work.region_rows[y] = 0
    first = cell // size
    work.region_rows[first] = fill_runs(1 << (cell % size), int(work.free_rows[first]), work.free_rows.shape[0])
    grew = True
    while grew:
        grew = False
        for y in range(size):
            if grow_row(board, work, y):
                grew = True
        for y in range(size - 2, -1, -1):
            if grow_row(board, work, y):
                grew = True


@rule
def lowest_cell(board, rows):
    """The lowest cell of a set of rows, or -1."""
    for y in range(board.playable_rows.shape[0]):
        if rows[y] != 0:
            return y * board.playable_rows.shape[0] + lowest_bit(int(rows[y]))
    return -1


@rule
def meets(board, first, second):
    """Whether two sets of rows have a cell in common."""
    for y in range(board.playable_rows.shape[0]):
        if first[y] & second[y] != 0:
            return True
    return False


@rule
def controllers_inside(game, board, work):
    """How many colours control a stack in the component."""
    count = 0
    for seat in range(1, int(game.num_players) + 1):
        if game.stacks[seat] > 0 and meets(board, work.region_rows, game.stack_rows[seat]):
            count += 1
    return count


@rule
def active_colours(game):
    """How many colours have a ring on the board, tops and buried alike; hands do not count."""
    count = 0
    for seat in range(1, int(game.num_players) + 1):
        if game.on_board[seat] > 0:
            count += 1
    return count


@rule
def some_colour_stays_outside(game, board, work):
    """Whether a colour owns markers, but none in the component: then its pass has the component too."""
    for seat in range(1, int(game.num_players) + 1):
        if game.markers[seat] > 0 and not meets(board, work.region_rows, game.marker_rows[seat]):
            return True
    return False


@rule
def touches_wall(game, board, work, colour):
    """Whether a marker of `colour` is a territory neighbour of the component."""
    for y in range(board.playable_rows.shape[0]):
        row = work.region_rows[y]
        if (touching(board, work.region_rows, y) | row << 1 | row >> 1) & game.marker_rows[colour, y] != 0:
            return True
    return False


@rule
def can_pay_from_outside(game, board, work):
    """Whether the mover could pay for the component with a stack outside it (RULES.md 4.7, "processable")."""
    player = int(game.player)
    size = board.playable_rows.shape[0]
    for y in range(size):
        if game.recovered == 0:
            if game.stack_rows[player, y] & ~work.region_rows[y] != 0:
                return True
        else:
            row = int(game.stack_rows[0, y] & ~work.region_rows[y])
            while row != 0:
                if holds_buried_ring(game, y * size + lowest_bit(row), player):
                    return True
                row &= row - 1
    return False


@rule
def is_claimable(game, board, work, colour, active):
    """Whether the component in hand is disconnected, payable and not the finding of another pass."""
    inside = controllers_inside(game, board, work)
    if inside >= active:
        return False
    if colour == NOBODY:
        if inside != 1 and not some_colour_stays_outside(game, board, work):
            return False
    elif not touches_wall(game, board, work, colour):
        return False
    return can_pay_from_outside(game, board, work)


@rule
def list_regions(game, board, work, count):
    """List a claim for every region that the player to move may process."""
    active = active_colours(game)
    if active == 0 or (game.recovered == 0 and game.stacks[game.player] == 0):
        return count  # nobody could pay
    for colour in range(int(game.num_players) + 1):
        if game.whole[colour] != WHOLE and (colour == NOBODY or game.markers[colour] > 0):
            count = list_regions_of_pass(game, board, work, count, colour, active)
    return count


@rule
def know_passes(game, board, work):
    """Find out where it is unknown whether a pass has a single component."""
    for colour in range(int(game.num_players) + 1):
        if game.whole[colour] == UNKNOWN and (colour == NOBODY or game.markers[colour] > 0):
            open_pass(game, board, work, colour)
            cell = lowest_cell(board, work.free_rows)
            if cell >= 0:
                flood(board, work, cell)
            whole = cell < 0 or equal_rows(board, work.free_rows, work.region_rows)
            game.whole[colour] = WHOLE if whole else SPLIT


@rule
def equal_rows(board, first, second):
    """Whether two sets of rows are the same cells."""
    for y in range(board.playable_rows.shape[0]):
        if first[y] != second[y]:
            return False
    return True


@rule
def list_regions_of_pass(game, board, work, count, colour, active):
    """The claims of one pass."""
    open_pass(game, board, work, colour)
    cell = lowest_cell(board, work.left_rows)
    while cell >= 0:
        flood(board, work, cell)
        remaining = 0
        for y in range(board.playable_rows.shape[0]):
            work.left_rows[y] &= ~work.region_rows[y]
            remaining |= work.left_rows[y]
        if remaining == 0 and cell == lowest_cell(board, work.free_rows):
            return count  # a single component: it holds all stacks
        if is_claimable(game, board, work, colour, active):
            count = push(work, count, make_move(CLAIM_REGION, cell, 0, 0, colour))
        cell = lowest_cell(board, work.left_rows)
    return count


@rule
def any_region(game, board, work):
    """Whether the player to move may process a region. Uses the list of moves as scratch."""
    return list_regions(game, board, work, 0) > 0


@rule
def find_claim(game, board, work, move):
    """Fill `region_rows` with the region of a claim and `claim_rows` with all that it collapses.

    The border is every marker beside the region; on all boards but hexagonal it spreads along chains of markers of any
    colour, by king steps in the box, which on hex8 includes two that are no neighbours.
    """
    open_pass(game, board, work, detail_of(move))
    flood(board, work, first_of(move))
    for y in range(board.playable_rows.shape[0]):
        row = work.region_rows[y]
        border = (touching(board, work.region_rows, y) | row << 1 | row >> 1) & game.marker_rows[0, y] & ~row
        work.claim_rows[y] = row | border
        work.left_rows[y] = border
    if board.spreads:
        spread_border(game, board, work)
        for y in range(board.playable_rows.shape[0]):
            work.claim_rows[y] |= work.left_rows[y]


@rule
def spread_border(game, board, work):
    """Extend the border, held in `left_rows`, over every chain of markers outside the region."""
    size = board.playable_rows.shape[0]
    grew = True
    while grew:
        grew = False
        for y in range(size):
            near = int(work.left_rows[y - 1] | work.left_rows[y] | work.left_rows[y + 1])
            near |= near << 1 | near >> 1
            row = work.left_rows[y] | (near & game.marker_rows[0, y] & ~work.region_rows[y])
            if row != work.left_rows[y]:
                work.left_rows[y] = row
                grew = True


@rule
def claim_region(game, board, work, move):
    """Collapse a region and its border to the player to move, who is credited with every ring inside."""
    size = board.playable_rows.shape[0]
    find_claim(game, board, work, move)
    for colour in range(SEATS):
        game.whole[colour] = UNKNOWN  # known again below, once for all cells
    for y in range(size):
        row = int(work.claim_rows[y])
        while row != 0:
            claim_cell(game, board, y * size + lowest_bit(row))
            row &= row - 1
    know_passes(game, board, work)
    game.territory_payment_due = 1


@rule
def claim_cell(game, board, cell):
    player = int(game.player)
    if is_stack(game.cell[cell]):
        eliminate_all_rings(game, board, cell, player)
    collapse(game, board, cell, player)


@rule
def eliminate_all_rings(game, board, cell, player):
    """Every ring of a stack leaves the board and counts for the player."""
    rings = int(game.rings[cell])
    height = int(game.height[cell])
    lift_stack(game, board, cell)
    for _ in range(height):
        credit(game, player, (rings & 3) + 1)
        rings >>= 2


@rule
def merge_equal_claims(game, board, work, listed):
    """Of the `listed` claims keep one for each set of collapsed cells: equal sets are equal successors."""
    kept = 0
    count = 0
    for index in range(moves_kept(work, listed)):
        move = work.moves[index]
        find_claim(game, board, work, move)
        if kept < MAX_MERGED_REGIONS and is_new_claim(board, work, kept):
            for y in range(board.playable_rows.shape[0]):
                work.merged_rows[kept, y] = work.claim_rows[y]
            kept += 1
            count = push(work, count, move)
        elif kept >= MAX_MERGED_REGIONS:
            count = push(work, count, move)  # more regions than were ever seen: listing an equal one twice does no harm
    return count


@rule
def is_new_claim(board, work, kept):
    for other in range(kept):
        equal = True
        for y in range(board.playable_rows.shape[0]):
            if work.merged_rows[other, y] != work.claim_rows[y]:
                equal = False
                break
        if equal:
            return False
    return True
