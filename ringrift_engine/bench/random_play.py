"""Uniformly random games, counted.

A move is drawn from the list that players choose from (`rules.legal.list_choices`), made in full at every move. A game
is played to its end before the next one begins, which is how the engine's own playouts work.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.bench.kernels import play_games
from ringrift_engine.boards import BoardConfig
from ringrift_engine.rules.setup import new_games
from ringrift_engine.rules.tables import board_table
from ringrift_engine.rules.work import make_work
from ringrift_engine.search.guards import check_lists, overlong

_COUNTS: Final = 5
_LINE: Final = 8  # 64-bit words of a cache line: what two threads write must not share one


@dataclass(frozen=True)
class Played:
    """What some random games came to."""

    moves: int
    bookkeeping: int
    decisions: int
    listed: int
    games: int


class RandomGames:
    """Plays random games of one configuration, on every thread its own."""

    def __init__(self, config: BoardConfig, threads: int) -> None:
        self._config = config
        self._start = new_games(config, 1)
        self._table = board_table(config.board)
        # Records of their own for every thread, so that none writes into a cache line of another's.
        self._games = [new_games(config, 1) for _ in range(threads)]
        self._works = [make_work(config.board) for _ in range(threads)]
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def play(self, games: int, seed: int) -> Played:
        """Play `games` games on every thread, from streams named by seed and thread; OverlongGameError if one does not
        end.
        """
        spread = map if self._pool is None else self._pool.map
        workers = range(len(self._games))
        totals = np.sum(list(spread(lambda worker: self._play(worker, games, seed), workers)), axis=0)
        for works in self._works:
            check_lists(works)
        if totals[4]:
            raise overlong(self._config)
        moves, bookkeeping, decisions, listed = (int(total) for total in totals[:4])
        return Played(moves, bookkeeping, decisions, listed, games * len(workers))

    def _play(self, worker: int, games: int, seed: int) -> NDArray[np.int64]:
        states = np.full(2 * _LINE, seed * len(self._games) + worker, dtype=np.uint64)
        totals = np.zeros(_COUNTS, dtype=np.int64)
        play_games(
            self._games[worker], self._start, self._table, self._works[worker], states[_LINE:], games,
            self._config.max_moves, totals,
        )  # fmt: skip
        return totals
