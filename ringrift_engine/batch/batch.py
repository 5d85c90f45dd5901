"""Many games of one configuration, played in lockstep or not, with a log of every move."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch.kernels import apply_rows, empty_log, play_forced_rows
from ringrift_engine.batch.legal_moves import LegalMoves, list_moves_of, shares_of
from ringrift_engine.batch.plain import plain
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import RingRiftError
from ringrift_engine.rules.setup import new_games
from ringrift_engine.rules.tables import board_table
from ringrift_engine.rules.work import make_work


class OverlongGameError(RingRiftError):
    """A game went on for more moves than any proper game can have."""


class Batch:
    """`count` games from the start, or `games` as they are.

    Rows are named by their index everywhere. Work is spread over `threads` threads that run without the interpreter
    lock; no result depends on their number.
    """

    def __init__(
        self,
        config: BoardConfig,
        count: int,
        *,
        swap_rule: bool = False,
        threads: int = 1,
        games: NDArray[np.void] | None = None,
    ) -> None:
        self.config = config
        self.games: np.recarray = (
            new_games(config, count, swap_rule) if games is None else games.copy().view(np.recarray)
        )
        self.log, self.length = empty_log(len(self.games), config.max_moves)
        self.threads = threads
        self._records = plain(self.games)
        self._table = plain(board_table(config.board))
        self._works = plain(make_work(config.board, threads))
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def __len__(self) -> int:
        return len(self.games)

    def over(self) -> NDArray[np.bool_]:
        """bool [count]: which games are finished."""
        return self._records["winner"] != 0

    def winners(self) -> NDArray[np.int8]:
        """int8 [count]: the winning seat, 0 while a game goes on."""
        return self._records["winner"].copy()

    def player_to_move(self) -> NDArray[np.int8]:
        """int8 [count]: the seat to move."""
        return self._records["player"].copy()

    def restart(self, rows: NDArray[np.int64], swap_rule: bool = False) -> None:
        """Put new games in these rows and empty their logs."""
        self._records[rows] = _start(self.config, swap_rule)
        self.length[rows] = 0

    def moves_of(self, row: int) -> NDArray[np.int64]:
        """int64 [T]: all moves of a row so far, bookkeeping included (a copy)."""
        return self.log[row, : self.length[row]].copy()

    def legal(self, rows: NDArray[np.int64], complete: bool = False) -> LegalMoves:
        """What the players of these rows choose from; with `complete` the whole legal set."""
        return list_moves_of(self._records, rows, self._table, self._works, complete, self._pool)

    def apply(self, rows: NDArray[np.int64], moves: NDArray[np.int64]) -> None:
        """Play one legal move in each row; OverlongGameError if a row's log is full."""
        self._spread(
            lambda worker, part: apply_rows(
                self._records, rows[part], moves[part], self._table, self._works, worker, self.log, self.length
            ),
            len(rows),
        )

    def play_forced(self, rows: NDArray[np.int64]) -> None:
        """Play in each row until there is a choice or the game is over."""
        self._spread(
            lambda worker, part: play_forced_rows(
                self._records, rows[part], self._table, self._works, worker, self.log, self.length
            ),
            len(rows),
        )

    def _spread(self, work_on: Callable[[int, slice], int], count: int) -> None:
        spread = map if self._pool is None else self._pool.map
        full = sum(spread(work_on, range(self.threads), shares_of(count, self.threads)))
        if full:
            raise OverlongGameError(
                f"{full} games of {self.config.key} have more than {self.config.max_moves} moves: a player repeats a "
                "move that changes nothing. Games are never cut and scored; replay the log to find it."
            )


@cache
def _start(config: BoardConfig, swap_rule: bool) -> NDArray[np.void]:
    """[1]: a game at its start; made once, because making it takes longer than some whole decisions."""
    game = plain(new_games(config, 1, swap_rule))
    game.setflags(write=False)
    return game
