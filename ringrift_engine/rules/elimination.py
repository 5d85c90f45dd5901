"""Eliminating rings as payment or by force: which stacks may be chosen, and how much goes (RULES.md 4.6, 4.8, 4.10)."""

from ringrift_engine.rules.backend import lowest_bit, rule
from ringrift_engine.rules.cells import extract_lowest_ring, holds_buried_ring, remove_top_rings
from ringrift_engine.rules.moves import ELIMINATE, make_move
from ringrift_engine.rules.rows import rows_a_word, word_of
from ringrift_engine.rules.state import LINE_PROCESSING
from ringrift_engine.rules.work import push


@rule
def list_controlled(game, board, work, count, kind):
    """One move of `kind` for each stack that the player to move controls."""
    size = board.playable_rows.shape[0]
    for y in range(0, size, rows_a_word(board)):
        word = word_of(board, game.stack_rows[game.player], y)
        while word != 0:
            count = push(work, count, make_move(kind, y * size + lowest_bit(word), 0, 0, 0))
            word &= word - 1
    return count


@rule
def list_territory_payments(game, board, work, count):
    """Stacks that can pay for a region: controlled ones, or, in a turn with a recovery, those with an own buried
    ring."""
    if game.recovered == 0:
        return list_controlled(game, board, work, count, ELIMINATE)
    size = board.playable_rows.shape[0]
    for y in range(size):
        row = int(game.stack_rows[0, y])
        while row != 0:
            cell = y * size + lowest_bit(row)
            row &= row - 1
            if holds_buried_ring(game, cell, int(game.player)):
                count = push(work, count, make_move(ELIMINATE, cell, 0, 0, 0))
    return count


@rule
def pay(game, board, cell):
    """Eliminate what the debt asks for: one ring for a line, a cap for a region, the lowest own ring after a
    recovery."""
    player = int(game.player)
    if game.phase == LINE_PROCESSING:
        remove_top_rings(game, board, cell, 1, player)
        game.line_payment_due = 0
    elif game.recovered == 0:
        remove_top_rings(game, board, cell, int(game.cap[cell]), player)
    else:
        extract_lowest_ring(game, board, cell, player)


@rule
def eliminate_cap(game, board, cell):
    """Forced elimination: the whole cap goes."""
    remove_top_rings(game, board, cell, int(game.cap[cell]), int(game.player))
