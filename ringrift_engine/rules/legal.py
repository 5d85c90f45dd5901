"""The legal set of a position, and the part of it that players choose from (RULES.md 3.3).

`list_legal` is complete: it has the moves that the original engine lists and then refuses, and both names of an exact
line's collapse. `list_choices` leaves out refused recoveries, line moves that change nothing, and all but one of the
moves that lead to the same position; its order is fixed, so an index into it names a move. Bookkeeping moves are in
both.
"""

from ringrift_engine.rules.backend import lowest_bit, rule
from ringrift_engine.rules.capture import list_captures
from ringrift_engine.rules.elimination import list_controlled, list_territory_payments
from ringrift_engine.rules.lines import list_lines
from ringrift_engine.rules.movement import has_mobile_stack, list_slides, measure_rays
from ringrift_engine.rules.moves import (
    CAPTURE_MOVE,
    CHAIN,
    ELIMINATE,
    FORCED,
    NO_LINE,
    NO_MOVEMENT,
    NO_PLACEMENT,
    NO_TERRITORY,
    SKIP_CAPTURE,
    SKIP_PLACEMENT,
    SKIP_RECOVERY,
    SKIP_TERRITORY,
    SWAP_SIDES,
)
from ringrift_engine.rules.placement import list_placements
from ringrift_engine.rules.recovery import list_recoveries, may_recover
from ringrift_engine.rules.rows import rows_a_word, word_of
from ringrift_engine.rules.state import (
    CAPTURE,
    CHAIN_CAPTURE,
    LINE_PROCESSING,
    MOVEMENT,
    NOBODY,
    NOWHERE,
    RING_PLACEMENT,
    TERRITORY_PROCESSING,
)
from ringrift_engine.rules.territory import list_regions, merge_equal_claims
from ringrift_engine.rules.work import moves_kept, push


@rule
def list_legal(game, board, work):
    """Fill `work.moves` with the complete legal set; its size, 0 when the game is over."""
    return list_moves(game, board, work, True)


@rule
def list_choices(game, board, work):
    """Fill `work.moves` with what players choose from; its size, 0 when the game is over."""
    return list_moves(game, board, work, False)


@rule
def list_moves(game, board, work, complete):
    """Fill `work.moves` with the complete legal set or with the choices; how many were kept, which must be all."""
    return moves_kept(work, enumerate_moves(game, board, work, complete))


@rule
def enumerate_moves(game, board, work, complete):
    """The same without a limit: `work.moves` keeps those in its window; how many there are."""
    if game.winner != NOBODY:
        return 0
    phase = int(game.phase)
    if phase == RING_PLACEMENT:
        return list_in_placement(game, board, work)
    if phase == MOVEMENT:
        return list_in_movement(game, board, work, complete)
    if phase == CAPTURE:
        return list_in_capture(game, board, work)
    if phase == CHAIN_CAPTURE:
        measure_rays(game, board, work, int(game.chain_cell))
        return list_captures(game, board, work, 0, int(game.chain_cell), CHAIN)
    if phase == LINE_PROCESSING:
        return list_in_lines(game, board, work, complete)
    if phase == TERRITORY_PROCESSING:
        return list_in_territory(game, board, work, complete)
    return list_controlled(game, board, work, 0, FORCED)


@rule
def list_in_placement(game, board, work):
    player = int(game.player)
    count = 0
    if game.hand[player] > 0:
        count = list_placements(game, board, work, count)
        if has_mobile_stack(game, board, player) or may_recover(game):
            count = push(work, count, SKIP_PLACEMENT)
    if count == 0:
        count = push(work, count, NO_PLACEMENT)
    if game.swap_open and player == 2:
        count = push(work, count, SWAP_SIDES)
    return count


@rule
def list_in_movement(game, board, work, complete):
    count = 0
    if game.must_move != NOWHERE:
        count = list_actions(game, board, work, count, int(game.must_move))
    else:
        size = board.playable_rows.shape[0]
        for y in range(0, size, rows_a_word(board)):
            word = word_of(board, game.stack_rows[game.player], y)
            while word != 0:
                count = list_actions(game, board, work, count, y * size + lowest_bit(word))
                word &= word - 1
    if may_recover(game):
        count = push(work, count, SKIP_RECOVERY)
        count = list_recoveries(game, board, work, count, complete)
    if count == 0:
        count = push(work, count, NO_MOVEMENT)
    return count


@rule
def list_in_capture(game, board, work):
    origin = int(game.capture_origin)
    measure_rays(game, board, work, origin)
    return push(work, list_captures(game, board, work, 0, origin, CAPTURE_MOVE), SKIP_CAPTURE)


@rule
def list_actions(game, board, work, count, cell):
    """Slides and captures of one stack."""
    measure_rays(game, board, work, cell)
    count = list_slides(game, board, work, count, cell)
    return list_captures(game, board, work, count, cell, CAPTURE_MOVE)


@rule
def list_in_lines(game, board, work, complete):
    """An open payment stands beside further lines: in the original engine it need not be paid first."""
    count = list_lines(game, board, work, 0, complete)
    if game.line_payment_due:
        count = list_controlled(game, board, work, count, ELIMINATE)
    if count == 0:
        count = push(work, count, NO_LINE)
    return count


@rule
def list_in_territory(game, board, work, complete):
    if game.territory_payment_due:
        return list_territory_payments(game, board, work, 0)
    count = list_regions(game, board, work, 0)
    if count == 0:
        return push(work, count, NO_TERRITORY)
    if not complete:
        count = merge_equal_claims(game, board, work, count)
    return push(work, count, SKIP_TERRITORY)
