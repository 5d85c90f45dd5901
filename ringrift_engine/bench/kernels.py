"""The compiled loops that the rules are measured by. Apart from their callers, because a change of any file that a
kernel's module imports compiles it anew.
"""

from ringrift_engine.rules.apply import apply_move
from ringrift_engine.rules.backend import kernel
from ringrift_engine.rules.legal import list_choices
from ringrift_engine.rules.moves import NO_LINE, NO_MOVEMENT, NO_PLACEMENT, NO_TERRITORY, kind_of
from ringrift_engine.rules.random import next_below
from ringrift_engine.rules.state import NOBODY


@kernel
def play_games(games, start, table, works, states, count, limit, totals):
    """Play `count` random games from start[0] in games[0], each at most `limit` moves.

    states  uint64, entry 0 is the stream of random numbers
    totals  int64 [5]: added to are moves, bookkeeping moves, decisions (moves among two or more), listed moves, and
            games that did not end
    """
    board = table[0]
    work = works[0]
    moves = 0
    bookkeeping = 0
    decisions = 0
    listed = 0
    unfinished = 0
    for _ in range(count):
        games[0] = start[0]
        game = games[0]
        left = limit
        while game.winner == NOBODY and left > 0:
            choices = list_choices(game, board, work)
            move = work.moves[0 if choices == 1 else next_below(states, 0, choices)]
            kind = kind_of(move)
            if kind in (NO_PLACEMENT, NO_MOVEMENT, NO_LINE, NO_TERRITORY):
                bookkeeping += 1
            if choices > 1:
                decisions += 1
            moves += 1
            listed += choices
            left -= 1
            apply_move(game, board, work, move)
        if game.winner == NOBODY:
            unfinished += 1
    totals[0] += moves
    totals[1] += bookkeeping
    totals[2] += decisions
    totals[3] += listed
    totals[4] += unfinished


@kernel
def copy_records(games, copies, rounds):
    """Copy every record `rounds` times in a row, as its successors would; the sum of something read from the copies."""
    check = 0
    for row in range(games.shape[0]):
        for turn in range(rounds):
            place = turn % copies.shape[0]
            copies[place] = games[row]
            check += int(copies[place].player)
    return check


@kernel
def make_successors(games, moves, offsets, table, works, copies):
    """Copy games[r] for every move moves[offsets[r] : offsets[r + 1]], play it on the copy; a sum over the copies."""
    board = table[0]
    work = works[0]
    check = 0
    for row in range(games.shape[0]):
        for index in range(offsets[row], offsets[row + 1]):
            place = index % copies.shape[0]
            copies[place] = games[row]
            apply_move(copies[place], board, work, moves[index])
            check += int(copies[place].player)
    return check
