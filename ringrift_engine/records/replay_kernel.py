"""The compiled loop behind `replay`: recorded moves played again, each one looked up in its legal set first.

One kernel serves verification, reading and export, because every kernel that reaches all rules costs ten seconds of
compilation a board.
"""

from ringrift_engine.rules.apply import apply_move
from ringrift_engine.rules.backend import kernel, rule
from ringrift_engine.rules.legal import list_moves
from ringrift_engine.rules.moves import RECOVER, kind_of
from ringrift_engine.rules.recovery import is_rejected

ILLEGAL = -1


@rule
def is_listed(work, count, move):
    """Whether `move` is among the first `count` moves of the list."""
    for index in range(count):  # noqa: SIM110 - compiled code has no generators
        if work.moves[index] == move:
            return True
    return False


@rule
def keep_choices(work, count, kept, choices, ends):
    """Append the listed choices to those kept so far, as far as there is room; where they end is noted in any case."""
    start = ends[kept - 1] if kept > 0 else 0
    ends[kept] = start + count
    if start + count <= choices.shape[0]:
        for index in range(count):
            choices[start + index] = work.moves[index]


@kernel
def replay_rows(games, offsets, moves, keep, skipped, table, works, counts, states, places, choices, ends):
    """Play moves[offsets[g]:offsets[g + 1]] on games[g] for all g, each game up to its first illegal move.

    games recarray [G], offsets int64 [G + 1], moves int64 [K], keep uint8 [K], skipped int64 [G]. Writes to counts
    int32 [K] how many choices there were before each move: 0 if the move was legal but not among them, ILLEGAL if it
    was not legal.
    What is kept of moves with `keep` and two or more choices, after the first skipped[g] such moves of a game: the
    position in states recarray [S] unless that is empty, the index of the move in places int64 [S], and the choices,
    which end at ends int64 [S] in choices int64 [C]. The caller makes S large enough; if the last end exceeds C, some
    choices were dropped. Returns how many were kept.
    """
    board = table[0]
    work = works[0]
    kept = 0
    complete = False
    for row in range(games.shape[0]):
        left = skipped[row]
        for index in range(offsets[row], offsets[row + 1]):
            move = moves[index]
            complete = False
            count = list_moves(games[row], board, work, complete)
            legal = is_listed(work, count, move)
            if not legal:  # Other programs' games may name a move that players never choose from: a duplicate, a no-op.
                count = 0
                complete = True
                legal = is_listed(work, list_moves(games[row], board, work, complete), move)
                legal = legal and not (kind_of(move) == RECOVER and is_rejected(games[row], board, move))
            if not legal:
                counts[index] = ILLEGAL
                break
            counts[index] = count
            if count > 1:
                left -= 1
                if keep[index] != 0 and left < 0:
                    keep_choices(work, count, kept, choices, ends)
                    places[kept] = index
                    if states.shape[0] > 0:
                        states[kept] = games[row]
                    kept += 1
            apply_move(games[row], board, work, move)
    return kept
