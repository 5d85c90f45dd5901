"""Random games from given positions, compiled: the inner loop of `RolloutEvaluator`.

A move is drawn from the same list that players choose from, so playouts keep every rule and end by themselves.
"""

import numpy as np

from ringrift_engine.rules.apply import apply_move
from ringrift_engine.rules.backend import kernel, rule
from ringrift_engine.rules.legal import list_choices
from ringrift_engine.rules.random import mix, next_below
from ringrift_engine.rules.state import EMPTY, NOBODY


@rule
def position_hash(game, board, seed):
    """uint64 that names the random stream of a position: equal for equal boards, hands, players and phases.

    Collisions only make two positions share their luck, so the fields that rarely differ alone are left out.
    """
    word = mix(seed, np.uint64(int(game.player) + 8 * int(game.phase) + 64 * (int(game.must_move) + 1)))
    for seat in range(1, int(game.num_players) + 1):
        word = mix(word, np.uint64(int(game.hand[seat]) + 1024 * int(game.eliminated[seat])))
    for index in range(int(board.cells)):
        cell = int(board.playable[index])
        code = int(game.cell[cell])
        if code != EMPTY:
            word = mix(word, np.uint64(code + 16 * cell) ^ (np.uint64(game.rings[cell]) << np.uint64(14)))
    return word


@rule
def play_out(game, board, work, states, index, limit):
    """Play at random to the end, at most `limit` moves; the winning seat, NOBODY if the end was not reached."""
    for _ in range(limit):
        count = list_choices(game, board, work)
        if count == 0:
            break
        chosen = 0 if count == 1 else next_below(states, index, count)
        apply_move(game, board, work, work.moves[chosen])
    return int(game.winner)


@kernel
def count_wins(games, table, works, copies, states, rollouts, seed, limit, wins):
    """Add up who wins `rollouts` random games from each position; the number of games that did not end.

    games recarray [R], wins int64 [R, n] by seat - 1. `works`, `copies` (records of games) and `states` (uint64) are
    scratch, one entry each.
    """
    board = table[0]
    work = works[0]
    unfinished = 0
    for row in range(games.shape[0]):
        states[0] = position_hash(games[row], board, seed)
        for _ in range(rollouts):
            copies[0] = games[row]
            winner = play_out(copies[0], board, work, states, 0, limit)
            if winner == NOBODY:
                unfinished += 1
            else:
                wins[row, winner - 1] += 1
    return unfinished
