"""Entry points of the GPU: one thread plays one game after the other. Importing this file needs the `gpu` extra."""

import numpy as np

from ringrift_engine.batch.random_kernels import play_random_ply
from ringrift_engine.rules.device import device_kernel, take_ticket, thread_number
from ringrift_engine.rules.state import NOBODY


@device_kernel
def play_random_queue(start, seeds, queue, table, games, works, limit, final, length, trails, overflows):
    """Play the games of all seeds from start[0] to their end, at most `limit` moves each.

    `games` recarray [T] and `works` [T] belong to one thread each and hold anything at first; queue int64 [1] and
    overflows int64 [1] are 0, and the latter stays so if every list of claims fits.

    A thread whose game is over takes the next seed at once: one loop over moves, not one over games, so that threads
    side by side never wait for the longest game among them. Results go to the seed's row, so they do not depend on
    which thread played.
    """
    thread = thread_number()
    if thread < games.shape[0]:
        board = table[0]
        work = works[thread]
        game = games[thread]
        work.overflowed = 0
        games[thread] = start[0]
        trail = np.uint64(0)
        ply = 0
        number = take_ticket(queue)
        while number < seeds.shape[0]:
            if game.winner == NOBODY and ply < limit:
                trail = play_random_ply(game, board, work, seeds[number], ply, trail)
                ply += 1
            else:
                final[number] = games[thread]
                length[number] = ply
                trails[number] = trail
                games[thread] = start[0]
                trail = np.uint64(0)
                ply = 0
                number = take_ticket(queue)
        if work.overflowed != 0:
            overflows[0] = 1
