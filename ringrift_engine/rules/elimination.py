"""Eliminating rings as payment or by force: which stacks may be chosen, and how much goes (RULES.md 4.6, 4.8, 4.10)."""

from ringrift_engine.rules.backend import lowest_bit, rule
from ringrift_engine.rules.cells import extract_lowest_ring, holds_buried_ring, is_stack, remove_top_rings
from ringrift_engine.rules.moves import ELIMINATE, make_move
from ringrift_engine.rules.state import LINE_PROCESSING
from ringrift_engine.rules.work import push


@rule
def list_controlled(game, board, work, kind):
    """One move of `kind` for each stack that the player to move controls."""
    for y in range(board.playable_rows.shape[0]):
        row = int(game.stack_rows[game.player, y])
        while row != 0:
            push(work, make_move(kind, y * board.playable_rows.shape[0] + lowest_bit(row), 0, 0, 0))
            row &= row - 1


@rule
def list_territory_payments(game, board, work):
    """Stacks that can pay for a region: controlled ones, or, in a turn with a recovery, those with an own buried
    ring."""
    if game.recovered == 0:
        list_controlled(game, board, work, ELIMINATE)
        return
    for index in range(int(board.cells)):
        cell = int(board.playable[index])
        if is_stack(game.cell[cell]) and holds_buried_ring(game, cell, int(game.player)):
            push(work, make_move(ELIMINATE, cell, 0, 0, 0))


@rule
def pay(game, cell):
    """Eliminate what the debt asks for: one ring for a line, a cap for a region, the lowest own ring after a
    recovery."""
    player = int(game.player)
    if game.phase == LINE_PROCESSING:
        remove_top_rings(game, cell, 1, player)
        game.line_payment_due = 0
    elif game.recovered == 0:
        remove_top_rings(game, cell, int(game.cap[cell]), player)
    else:
        extract_lowest_ring(game, cell, player)


@rule
def eliminate_cap(game, cell):
    """Forced elimination: the whole cap goes."""
    remove_top_rings(game, cell, int(game.cap[cell]), int(game.player))
