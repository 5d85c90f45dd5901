"""One random move, for the CPU and the GPU alike, and whole random games on the CPU.

A move is drawn by counting: the choices are enumerated, a number below their count is drawn, and if the list did not
keep the move of that number it is enumerated again with its window there. On the CPU the list keeps everything, so the
second time never comes. Leaving the second enumeration as soon as the move is found would gain a GPU next to nothing:
a warp waits for its slowest thread, and the latest of 32 even draws lies at 97 % of the list.
"""

import numpy as np

from ringrift_engine.rules.apply import apply_move
from ringrift_engine.rules.backend import kernel, rule
from ringrift_engine.rules.legal import enumerate_moves
from ringrift_engine.rules.random import first_below, mix
from ringrift_engine.rules.state import NOBODY


@rule
def draw_move(game, board, work, seed, ply):
    """The move that `RandomPlayer` draws at a ply of the game with this seed: every choice is equally likely.

    A loop, so that the code of the enumeration, most of a kernel, is there once.
    """
    chosen = 0
    work.first = 0
    kept = False
    while not kept:
        count = enumerate_moves(game, board, work, False)
        chosen = first_below(mix(seed, np.uint64(ply)), count) - work.first
        kept = chosen < work.moves.shape[0]
        work.first = 0 if kept else chosen
    return work.moves[chosen]


@rule
def play_random_ply(game, board, work, seed, ply, trail):
    """Play one drawn move; the trail with this move added to it."""
    move = draw_move(game, board, work, seed, ply)
    apply_move(game, board, work, move)
    return mix(trail, np.uint64(move))


@kernel
def play_random_rows(start, seeds, table, works, worker, limit, low, high, final, length, trails):
    """Play the games of seeds[low:high] from start[0] to their end, at most `limit` moves each.

    final recarray [G], length int32 [G] and trails uint64 [G] are filled for these rows; see `RandomGames`.
    """
    board = table[0]
    work = works[worker]
    for row in range(low, high):
        final[row] = start[0]
        game = final[row]
        trail = np.uint64(0)
        ply = 0
        while game.winner == NOBODY and ply < limit:
            trail = play_random_ply(game, board, work, seeds[row], ply, trail)
            ply += 1
        length[row] = ply
        trails[row] = trail
