"""Finishing order of a game, and what a candidate scores by it.

The game itself names a winner only. The rest are ranked as the rule book's prose has it (RULES.md 5.3): territory, then
eliminated rings with those in hand, then markers; who is equal in all three shares the better rank (1-2-2-4). Its last
tie-break, the turn of permanent elimination, is left out: no record keeps it.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

# Columns of a game's final scores, as `records.game_record.SCORE_COLUMNS` orders them.
_ELIMINATED: Final = 0
_TERRITORY: Final = 1
_MARKERS: Final = 2
_HAND: Final = 3


def finishing_ranks(winner: int, scores: NDArray[np.int16]) -> tuple[int, ...]:
    """The rank of every seat, seat 1 first, 1 for the winner alone.

    winner  the winning seat, 1 to n
    scores  int16 [n, 4], final eliminated rings, territory, markers, rings in hand of each seat
    """
    standings = [
        (seat == winner, int(row[_TERRITORY]), int(row[_ELIMINATED]) + int(row[_HAND]), int(row[_MARKERS]))
        for seat, row in enumerate(scores, start=1)
    ]
    return tuple(1 + sum(other > own for other in standings) for own in standings)


def half_points(ranks: Sequence[int], seat: int) -> int:
    """2 for each opponent that finished behind `seat`, 1 for each that shares its rank; at most 2 (n - 1)."""
    own = ranks[seat - 1]
    others = [rank for index, rank in enumerate(ranks, start=1) if index != seat]
    return sum(2 * (rank > own) + (rank == own) for rank in others)


def round_categories(num_players: int) -> int:
    """How many different sums of half points one round has: n games, the candidate once in each seat.

    5 with two players (the pentanomial counts of chess engines), 13 with three, 25 with four.
    """
    return 2 * num_players * (num_players - 1) + 1
