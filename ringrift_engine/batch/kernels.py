"""Entry points of the batch: loops over rows of games, compiled. One call works on a slice of rows with one scratch
record."""

import numpy as np

from ringrift_engine.rules.apply import apply_move
from ringrift_engine.rules.backend import kernel
from ringrift_engine.rules.legal import list_choices, list_moves
from ringrift_engine.rules.moves import RECOVER, kind_of
from ringrift_engine.rules.recovery import is_rejected
from ringrift_engine.rules.state import NOBODY


@kernel
def list_rows(games, rows, table, works, worker, complete, out, counts, start):
    """List the moves of rows[start:] into `out`, one after the other, and their numbers into `counts`.

    games recarray [G], rows int64 [R], out int64 [capacity], counts int64 [R]. Stops before a row whose list does not
    fit; returns the number of rows done, so that the caller can go on with a bigger buffer.
    """
    board = table[0]
    work = works[worker]
    filled = 0
    for index in range(start, rows.shape[0]):
        count = list_moves(games[rows[index]], board, work, complete)
        if filled + count > out.shape[0]:
            return index
        for move in range(count):
            out[filled + move] = work.moves[move]
        counts[index] = count
        filled += count
    return rows.shape[0]


@kernel
def apply_rows(games, rows, moves, table, works, worker, log, length):
    """Play moves[k] on games[rows[k]] and append it to the row's log; the number of rows whose log is full."""
    board = table[0]
    work = works[worker]
    full = 0
    for index in range(rows.shape[0]):
        row = rows[index]
        if length[row] >= log.shape[1]:
            full += 1
        else:
            log[row, length[row]] = moves[index]
            length[row] += 1
            apply_move(games[row], board, work, moves[index])
    return full


@kernel
def play_forced_rows(games, rows, table, works, worker, log, length):
    """Play while a row has exactly one choice; the number of rows whose log is full."""
    board = table[0]
    work = works[worker]
    full = 0
    for index in range(rows.shape[0]):
        row = rows[index]
        game = games[row]
        while game.winner == NOBODY:
            if list_choices(game, board, work) != 1:
                break
            if length[row] >= log.shape[1]:
                full += 1
                break
            move = work.moves[0]
            log[row, length[row]] = move
            length[row] += 1
            apply_move(game, board, work, move)
    return full


@kernel
def mark_rejected(games, row, moves, table, rejected):
    """Set rejected[k] for each move of games[row] that is listed but cannot be played."""
    board = table[0]
    game = games[row]
    for index in range(moves.shape[0]):
        move = moves[index]
        rejected[index] = kind_of(move) == RECOVER and is_rejected(game, board, move)


def empty_log(count: int, capacity: int) -> tuple[np.ndarray, np.ndarray]:
    """A log of moves, int64 [count, capacity], and how much of each row is used, int32 [count]."""
    return np.zeros((count, capacity), dtype=np.int64), np.zeros(count, dtype=np.int32)
