"""Regions: which are disconnected, which may be claimed, and what a claim does (RULES.md 4.7).

A pass treats the markers of one colour as walls (colour 0: none). If it has a single piece, that piece holds every
stack, so nothing in it can be paid for from outside: only passes with several pieces are looked at.

Two passes can find the same set only where it touches no wall, that is, as a component of pass 0. So a coloured pass
lists the components that touch a marker of its colour, and pass 0 the others.
"""

from ringrift_engine.rules.backend import lowest_bit, rule
from ringrift_engine.rules.cells import collapse, credit, holds_buried_ring, is_stack, lift_stack
from ringrift_engine.rules.flood import flood, open_pass, touching
from ringrift_engine.rules.moves import CLAIM_REGION, detail_of, first_of, make_move
from ringrift_engine.rules.rows import are_equal, lowest_cell, meet
from ringrift_engine.rules.state import NOBODY, UNCOUNTED
from ringrift_engine.rules.work import MAX_MERGED_REGIONS, moves_kept, push


@rule
def controllers_inside(game, board, work):
    """How many colours control a stack in the component."""
    count = 0
    for seat in range(1, int(game.num_players) + 1):
        if game.stacks[seat] > 0 and meet(board, work.region_rows, game.stack_rows[seat]):
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
        if game.markers[seat] > 0 and not meet(board, work.region_rows, game.marker_rows[seat]):
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
        if game.pieces[colour] != 1 and (colour == NOBODY or game.markers[colour] > 0):
            count = list_regions_of_pass(game, board, work, count, colour, active)
    return count


@rule
def list_regions_of_pass(game, board, work, count, colour, active):
    """The claims of one pass. What the last but one component leaves over is the last: nothing to flood."""
    left = count_pass(game, board, work, colour)
    if left <= 1:
        return count
    open_pass(game, board, work, colour)
    while left > 0:
        cell = lowest_cell(board, work.left_rows)
        for y in range(board.playable_rows.shape[0]):
            work.region_rows[y] = work.left_rows[y]
        if left > 1:
            flood(board, work, cell)
        for y in range(board.playable_rows.shape[0]):
            work.left_rows[y] &= ~work.region_rows[y]
        if is_claimable(game, board, work, colour, active):
            count = push(work, count, make_move(CLAIM_REGION, cell, 0, 0, colour))
        left -= 1
    return count


@rule
def count_passes(game, board, work):
    """Count the pieces of every pass that was not counted; without a marker of a colour its pass is pass 0."""
    for colour in range(int(game.num_players) + 1):
        if colour != NOBODY and game.markers[colour] == 0:
            game.pieces[colour] = game.pieces[NOBODY]
        else:
            count_pass(game, board, work, colour)


@rule
def count_pass(game, board, work, colour):
    """How many pieces a pass has: what is known, or what one flood after the other finds."""
    if game.pieces[colour] == UNCOUNTED:
        open_pass(game, board, work, colour)
        game.pieces[colour] = 0
        cell = lowest_cell(board, work.left_rows)
        while cell >= 0:
            flood(board, work, cell)
            for y in range(board.playable_rows.shape[0]):
                work.left_rows[y] &= ~work.region_rows[y]
            game.pieces[colour] += 1
            cell = lowest_cell(board, work.left_rows)
    return int(game.pieces[colour])


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
    for colour in range(int(game.num_players) + 1):
        game.pieces[colour] = UNCOUNTED  # counted below, once for all cells
    for y in range(size):
        row = int(work.claim_rows[y])
        while row != 0:
            claim_cell(game, board, y * size + lowest_bit(row))
            row &= row - 1
    count_passes(game, board, work)
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
    if listed == 1:
        return listed
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
        if are_equal(board, work.merged_rows[other], work.claim_rows):
            return False
    return True
