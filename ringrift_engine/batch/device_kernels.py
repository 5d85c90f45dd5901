"""Entry points of the GPU that play random games. Importing this file needs the `gpu` extra; `device_games` launches
them.

Threads run in warps of 32 that go through the code together: where they part, one part waits while the other runs. So
what these kernels differ in is which threads play which phase at the same time.
"""

from typing import Final

import numpy as np

from ringrift_engine.batch.random_kernels import play_random_ply
from ringrift_engine.rules.device import (
    add_up,
    cuda,
    device_function,
    device_kernel,
    take_places,
    thread_in_block,
    thread_number,
    wait_for_block,
)
from ringrift_engine.rules.state import GAME_OVER, NOBODY
from ringrift_engine.rules.work import clear

PHASES: Final = GAME_OVER  # the phases in which somebody moves
NO_SEED: Final = -1

PLACE_DTYPE: Final = np.dtype(
    [
        ("number", np.int64),  # which seed's game is played here, NO_SEED before the first
        ("ply", np.int64),
        ("trail", np.uint64),
    ]
)


@device_kernel
def play_random_queue(start, seeds, queue, table, games, works, limit, phases, final, length, trails, overflows):
    """Play the games of all seeds from start[0] to their end, at most `limit` moves each.

    `games` recarray [T] and `works` [T] belong to one thread each and hold anything at first; queue int64 [1] and
    overflows int64 [1] are 0, and the latter stays so if every list of claims fits.

    With `phases` = PHASES a thread plays a move when it is the turn of its game's phase, so that the threads of a warp
    place, move and settle territory together: games on the same board go through the same phases, so most play a whole
    turn a round. With `phases` = 1 every thread plays at once, whatever its neighbours do.

    A thread whose game is over takes the next seed, so that nobody waits for the longest game. Results go to the
    seed's row, so they do not depend on which thread played.
    """
    thread = thread_number()
    if thread < games.shape[0]:
        board = table[0]
        game = games[thread]
        work = works[thread]
        clear(work)
        games[thread] = start[0]
        trail = np.uint64(0)
        ply = 0
        number = take_places(queue, 1)
        while number < seeds.shape[0]:
            for phase in range(phases):
                if int(game.phase) % phases == phase and game.winner == NOBODY and ply < limit:
                    trail = play_random_ply(game, board, work, seeds[number], ply, trail)
                    ply += 1
            if game.winner != NOBODY or ply >= limit:
                final[number] = games[thread]
                length[number] = ply
                trails[number] = trail
                games[thread] = start[0]
                trail = np.uint64(0)
                ply = 0
                number = take_places(queue, 1)
        if work.overflowed != 0:
            overflows[0] = 1


@device_function
def next_game(start, seeds, queue, games, places, row, limit, final, length, trails):
    """If the game in a row is over, or none has begun, hand in what came of it and begin with the next seed."""
    place = places[row]
    game = games[row]
    if place.number == NO_SEED or game.winner != NOBODY or place.ply >= limit:
        if NO_SEED < place.number < seeds.shape[0]:
            final[place.number] = games[row]
            length[place.number] = place.ply
            trails[place.number] = place.trail
        games[row] = start[0]
        place.number = take_places(queue, 1)
        place.ply = 0
        place.trail = np.uint64(0)


@device_kernel
def sort_by_phase(start, seeds, queue, games, places, limit, rows, counts, turn, final, length, trails):
    """Replace games that are over, and list the others by phase.

    places  [P] of PLACE_DTYPE, games recarray [P]
    rows    int32 [PHASES, P]  out: which games stand in each phase, in no order
    counts  int64 [2, PHASES]  how many; row `turn` is 0 before. The other row is of the round before
    """
    row = thread_number()
    here = thread_in_block()
    # A block counts in its own memory first, so that one addition a block and phase reaches the common counters.
    counted = cuda.shared.array((2, PHASES), np.int64)
    if here < PHASES:
        counted[0, here] = 0
    wait_for_block()
    phase = PHASES
    rank = 0
    if row < games.shape[0]:
        next_game(start, seeds, queue, games, places, row, limit, final, length, trails)
        if places[row].number < seeds.shape[0]:
            phase = int(games[row].phase)
            rank = add_up(counted, 0, phase, 1)
    wait_for_block()
    if here < PHASES:
        counted[1, here] = add_up(counts, turn, here, counted[0, here])
    wait_for_block()
    if phase < PHASES:
        rows[phase, counted[1, phase] + rank] = row


@device_kernel
def play_sorted(seeds, table, games, places, works, rows, counts, turn, overflows):
    """Play one random move in every game that is listed; threads side by side play the same phase.

    `works` [T] belong to one thread each, which takes every T-th game. Clears the counts of the next round.
    """
    thread = thread_number()
    if thread < PHASES:
        counts[1 - turn, thread] = 0
    if thread < works.shape[0]:
        board = table[0]
        work = works[thread]
        clear(work)
        phase = 0
        before = 0  # games of earlier phases
        index = thread
        while phase < PHASES:
            if index - before >= counts[turn, phase]:
                before += counts[turn, phase]
                phase += 1
            else:
                row = rows[phase, index - before]
                place = places[row]
                place.trail = play_random_ply(
                    games[row], board, work, seeds[place.number], place.ply, place.trail
                )  # fmt: skip
                place.ply += 1
                index += works.shape[0]
        if work.overflowed != 0:
            overflows[0] = 1
