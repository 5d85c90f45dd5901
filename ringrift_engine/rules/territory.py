"""Regions: which are disconnected, which may be claimed, and what a claim does (RULES.md 4.7).

The board is held as rows of bits, so that a flood grows a row at a time. A pass treats the markers of one colour as
walls (colour 0: none). If a pass has a single component, that component holds every stack, so nothing in it can be
paid for from outside: most passes end after one flood.

Two passes can find the same set only where it touches no wall, that is, as a component of pass 0. So a coloured pass
lists the components that touch a marker of its colour, and pass 0 the others.
"""

from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.cells import (
    collapse,
    credit,
    holds_buried_ring,
    is_collapsed,
    is_marker,
    is_stack,
    lift_stack,
)
from ringrift_engine.rules.moves import CLAIM_REGION, detail_of, first_of, make_move
from ringrift_engine.rules.state import MARKER, NOBODY, STACK
from ringrift_engine.rules.work import MAX_MERGED_REGIONS, moves_kept, push


@rule
def scan_rows(game, board, work):
    """Fill the rows of open cells, of markers by owner and of stacks by controller."""
    size = int(board.width)
    for y in range(size):
        work.open_rows[y] = board.playable_rows[y]
        for seat in range(int(game.num_players) + 1):
            work.marker_rows[seat, y] = 0
            work.stack_rows[seat, y] = 0
    for index in range(int(board.cells)):
        cell = int(board.playable[index])
        code = int(game.cell[cell])
        if code != 0:
            y = cell // size
            bit = 1 << (cell - y * size)
            if is_marker(code):
                work.marker_rows[0, y] |= bit
                work.marker_rows[code - MARKER, y] |= bit
            elif is_stack(code):
                work.stack_rows[code - STACK, y] |= bit
            else:
                work.open_rows[y] &= ~bit


@rule
def open_pass(board, work, colour):
    """Make everything free that is neither collapsed nor a marker of `colour`."""
    for y in range(int(board.width)):
        row = work.open_rows[y]
        if colour != NOBODY:
            row &= ~work.marker_rows[colour, y]
        work.free_rows[y] = row
        work.left_rows[y] = row


@rule
def touching(board, rows, y):
    """Bits of row `y` that are territory neighbours of the set `rows` in the rows above and below."""
    bits = 0
    if y > 0:
        above = rows[y - 1]
        bits |= above
        if board.is_hex:
            bits |= above >> 1
    if y + 1 < board.width:
        below = rows[y + 1]
        bits |= below
        if board.is_hex:
            bits |= below << 1
    return bits


@rule
def grow_row(board, work, y):
    """Extend row `y` of the component as far as it can; whether it grew."""
    before = work.region_rows[y]
    free = work.free_rows[y]
    row = before | (touching(board, work.region_rows, y) & free)
    if row == 0:
        return False
    while True:
        wider = row | ((row << 1 | row >> 1) & free)
        if wider == row:
            break
        row = wider
    work.region_rows[y] = row
    return row != before


@rule
def flood(board, work, cell):
    """Fill `region_rows` with the component of the free cells that holds `cell`."""
    size = int(board.width)
    for y in range(size):
        work.region_rows[y] = 0
    work.region_rows[cell // size] = 1 << (cell % size)
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
    for y in range(int(board.width)):
        row = rows[y]
        if row != 0:
            x = 0
            while (row >> x) & 1 == 0:
                x += 1
            return y * int(board.width) + x
    return -1


@rule
def meets(board, first, second):
    """Whether two sets of rows have a cell in common."""
    for y in range(int(board.width)):
        if first[y] & second[y] != 0:
            return True
    return False


@rule
def controllers_inside(game, board, work):
    """How many colours control a stack in the component."""
    count = 0
    for seat in range(1, int(game.num_players) + 1):
        if game.stacks[seat] > 0 and meets(board, work.region_rows, work.stack_rows[seat]):
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
        if game.markers[seat] > 0 and not meets(board, work.region_rows, work.marker_rows[seat]):
            return True
    return False


@rule
def touches_wall(board, work, colour):
    """Whether a marker of `colour` is a territory neighbour of the component."""
    for y in range(int(board.width)):
        row = work.region_rows[y]
        if (touching(board, work.region_rows, y) | row << 1 | row >> 1) & work.marker_rows[colour, y] != 0:
            return True
    return False


@rule
def can_pay_from_outside(game, board, work):
    """Whether the mover could pay for the component with a stack outside it (RULES.md 4.7, "processable")."""
    player = int(game.player)
    size = int(board.width)
    for y in range(size):
        if game.recovered == 0:
            if work.stack_rows[player, y] & ~work.region_rows[y] != 0:
                return True
        else:
            for x in range(size):
                cell = y * size + x
                outside = (work.region_rows[y] >> x) & 1 == 0
                if outside and is_stack(game.cell[cell]) and holds_buried_ring(game, cell, player):
                    return True
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
    elif not touches_wall(board, work, colour):
        return False
    return can_pay_from_outside(game, board, work)


@rule
def list_regions(game, board, work):
    """List a claim for every region that the player to move may process; the number of claims."""
    before = work.count
    active = active_colours(game)
    if active == 0:
        return 0
    scan_rows(game, board, work)
    for colour in range(int(game.num_players) + 1):
        if colour == NOBODY or game.markers[colour] > 0:
            list_regions_of_pass(game, board, work, colour, active)
    return work.count - before


@rule
def list_regions_of_pass(game, board, work, colour, active):
    """The claims of one pass; `scan_rows` has been called."""
    open_pass(board, work, colour)
    cell = lowest_cell(board, work.left_rows)
    while cell >= 0:
        flood(board, work, cell)
        remaining = 0
        for y in range(int(board.width)):
            work.left_rows[y] &= ~work.region_rows[y]
            remaining |= work.left_rows[y]
        if remaining == 0 and cell == lowest_cell(board, work.free_rows):
            return  # a single component: it holds all stacks
        if is_claimable(game, board, work, colour, active):
            push(work, make_move(CLAIM_REGION, cell, 0, 0, colour))
        cell = lowest_cell(board, work.left_rows)


@rule
def any_region(game, board, work):
    """Whether the player to move may process a region. Uses the list of moves as scratch."""
    work.count = 0
    found = list_regions(game, board, work)
    work.count = 0
    return found > 0


@rule
def find_claim(board, work, move):
    """Fill `region_rows` with the region of a claim and `claim_rows` with all that it collapses.

    The border is every marker beside the region; on all boards but hexagonal it spreads along chains of markers of any
    colour, by king steps in the box, which on hex8 includes two that are no neighbours.
    """
    open_pass(board, work, detail_of(move))
    flood(board, work, first_of(move))
    for y in range(int(board.width)):
        row = work.region_rows[y]
        border = (touching(board, work.region_rows, y) | row << 1 | row >> 1) & work.marker_rows[0, y] & ~row
        work.claim_rows[y] = row | border
        work.left_rows[y] = border
    if board.spreads:
        spread_border(board, work)
        for y in range(int(board.width)):
            work.claim_rows[y] |= work.left_rows[y]


@rule
def spread_border(board, work):
    """Extend the border, held in `left_rows`, over every chain of markers outside the region."""
    size = int(board.width)
    grew = True
    while grew:
        grew = False
        for y in range(size):
            near = work.left_rows[y]
            if y > 0:
                near |= work.left_rows[y - 1]
            if y + 1 < size:
                near |= work.left_rows[y + 1]
            near |= near << 1 | near >> 1
            row = work.left_rows[y] | (near & work.marker_rows[0, y] & ~work.region_rows[y])
            if row != work.left_rows[y]:
                work.left_rows[y] = row
                grew = True


@rule
def claim_region(game, board, work, move):
    """Collapse a region and its border to the player to move, who is credited with every ring inside."""
    player = int(game.player)
    size = int(board.width)
    scan_rows(game, board, work)
    find_claim(board, work, move)
    for y in range(size):
        row = work.claim_rows[y]
        for x in range(size):
            if (row >> x) & 1 != 0:
                cell = y * size + x
                if is_stack(game.cell[cell]):
                    eliminate_all_rings(game, cell, player)
                if not is_collapsed(game.cell[cell]):
                    collapse(game, cell, player)
    game.territory_payment_due = 1


@rule
def eliminate_all_rings(game, cell, player):
    """Every ring of a stack leaves the board and counts for the player."""
    rings = int(game.rings[cell])
    height = int(game.height[cell])
    lift_stack(game, cell)
    for _ in range(height):
        credit(game, player, (rings & 3) + 1)
        rings >>= 2


@rule
def merge_equal_claims(board, work, first):
    """Of the claims listed from `first` on keep one for each set of collapsed cells: equal sets are equal
    successors."""
    kept = 0
    last = moves_kept(work)
    work.count = first
    for index in range(first, last):
        move = work.moves[index]
        find_claim(board, work, move)
        if kept < MAX_MERGED_REGIONS and is_new_claim(board, work, kept):
            for y in range(int(board.width)):
                work.merged_rows[kept, y] = work.claim_rows[y]
            kept += 1
            push(work, move)
        elif kept >= MAX_MERGED_REGIONS:
            push(work, move)  # more regions than were ever seen: listing an equal one twice does no harm


@rule
def is_new_claim(board, work, kept):
    for other in range(kept):
        equal = True
        for y in range(int(board.width)):
            if work.merged_rows[other, y] != work.claim_rows[y]:
                equal = False
                break
        if equal:
            return False
    return True
