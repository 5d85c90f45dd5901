"""The legal set of a position, and the part of it that players choose from (RULES.md 3.3).

`list_legal` is complete: it has the moves that the original engine lists and then refuses, and both names of an exact
line's collapse. `list_choices` leaves out refused recoveries, line moves that change nothing, and all but one of the
moves that lead to the same position; its order is fixed, so an index into it names a move. Bookkeeping moves are in
both.
"""

from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.capture import list_captures
from ringrift_engine.rules.elimination import list_controlled, list_territory_payments
from ringrift_engine.rules.lines import list_lines
from ringrift_engine.rules.movement import has_mobile_stack, list_slides
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
from ringrift_engine.rules.state import (
    CAPTURE,
    CHAIN_CAPTURE,
    FORCED_ELIMINATION,
    LINE_PROCESSING,
    MOVEMENT,
    NOBODY,
    NOWHERE,
    RING_PLACEMENT,
    STACK,
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
    enumerate_moves(game, board, work, complete)
    return moves_kept(work)


@rule
def enumerate_moves(game, board, work, complete):
    """The same without a limit: `work.moves` keeps those in its window; how many there are."""
    work.count = 0
    if game.winner != NOBODY:
        return 0
    phase = int(game.phase)
    if phase == RING_PLACEMENT:
        list_in_placement(game, board, work)
    elif phase == MOVEMENT:
        list_in_movement(game, board, work, complete)
    elif phase == CAPTURE:
        list_captures(game, board, work, int(game.capture_origin), CAPTURE_MOVE)
        push(work, SKIP_CAPTURE)
    elif phase == CHAIN_CAPTURE:
        list_captures(game, board, work, int(game.chain_cell), CHAIN)
    elif phase == LINE_PROCESSING:
        list_in_lines(game, board, work, complete)
    elif phase == TERRITORY_PROCESSING:
        list_in_territory(game, board, work, complete)
    elif phase == FORCED_ELIMINATION:
        list_controlled(game, board, work, FORCED)
    return work.count


@rule
def list_in_placement(game, board, work):
    player = int(game.player)
    if game.hand[player] > 0:
        list_placements(game, board, work)
        if has_mobile_stack(game, board, player) or may_recover(game):
            push(work, SKIP_PLACEMENT)
    if work.count == 0:
        push(work, NO_PLACEMENT)
    if game.swap_open and player == 2:
        push(work, SWAP_SIDES)


@rule
def list_in_movement(game, board, work, complete):
    if game.must_move != NOWHERE:
        list_actions(game, board, work, int(game.must_move))
    else:
        for index in range(int(board.cells)):
            cell = int(board.playable[index])
            if game.cell[cell] == STACK + game.player:
                list_actions(game, board, work, cell)
    if may_recover(game):
        push(work, SKIP_RECOVERY)
        list_recoveries(game, board, work, complete)
    if work.count == 0:
        push(work, NO_MOVEMENT)


@rule
def list_actions(game, board, work, cell):
    """Slides and captures of one stack."""
    list_slides(game, board, work, cell)
    list_captures(game, board, work, cell, CAPTURE_MOVE)


@rule
def list_in_lines(game, board, work, complete):
    """An open payment stands beside further lines: in the original engine it need not be paid first."""
    list_lines(game, board, work, complete)
    if game.line_payment_due:
        list_controlled(game, board, work, ELIMINATE)
    if work.count == 0:
        push(work, NO_LINE)


@rule
def list_in_territory(game, board, work, complete):
    if game.territory_payment_due:
        list_territory_payments(game, board, work)
    elif list_regions(game, board, work) > 0:
        if not complete:
            merge_equal_claims(board, work, 0)
        push(work, SKIP_TERRITORY)
    else:
        push(work, NO_TERRITORY)
