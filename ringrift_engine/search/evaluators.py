"""What a search asks about positions: logits of their choices and win probabilities of their seats.

A network is one evaluator (`nets.evaluator`); here are the two that need none. `RolloutEvaluator` plays positions to
the end at random, which is all that can be known before the first network exists. Another teacher, or a mixture of two,
is another class with the same method; the search does not know who answers.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import LegalMoves
from ringrift_engine.batch.legal_moves import shares_of
from ringrift_engine.batch.plain import plain
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.rules.state import game_dtype
from ringrift_engine.rules.tables import board_table
from ringrift_engine.rules.work import make_work
from ringrift_engine.search.guards import check_lists, overlong
from ringrift_engine.search.playouts import count_wins


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What is thought of R positions with M choices in all, n seats.

    logits  float32 [M], aligned with the moves that were asked for; any finite numbers, only differences count
    values  float32 [R, n], win probability of seat s in column s - 1, whoever is to move; rows sum to 1
    """

    logits: NDArray[np.float32]
    values: NDArray[np.float32]


class Evaluator(Protocol):
    """Anything that can judge positions."""

    def evaluate(self, games: NDArray[Any], legal: LegalMoves) -> Evaluation:
        """Judge R positions: `games` is a structured array [R] of `game_dtype`, none of them over, and `legal` has the
        choices of each.
        """
        ...


def check_evaluation(evaluation: Evaluation, rows: int, choices: int, seats: int) -> None:
    """ValueError for an evaluation of another number of rows, choices or seats; DataError for numbers that are none."""
    found = evaluation.logits.shape, evaluation.values.shape
    if found != ((choices,), (rows, seats)):
        raise ValueError(f"asked for {choices} logits and {rows} x {seats} values, the evaluator gave {found}")
    if not (np.isfinite(evaluation.logits).all() and np.isfinite(evaluation.values).all()):
        raise DataError(
            f"The evaluator gave numbers that are not finite for some of {rows} positions: its network is damaged or "
            "was trained to infinite weights. Search with an earlier checkpoint, and look at the losses of this one."
        )


class UniformEvaluator:
    """Knows nothing: every choice alike, every seat with the same chance."""

    def __init__(self, config: BoardConfig) -> None:
        self._seats = config.num_players

    def evaluate(self, games: NDArray[Any], legal: LegalMoves) -> Evaluation:
        """See `Evaluator.evaluate`."""
        values = np.full((len(games), self._seats), 1 / self._seats, dtype=np.float32)
        return Evaluation(np.zeros(len(legal.moves), dtype=np.float32), values)


class RolloutEvaluator:
    """Values are how often each seat wins `rollouts` uniformly random games from the position; every choice has the
    same logit.

    The random numbers come from `seed` and the position itself: equal positions have equal values, in any company and
    with any number of threads. The standard error of a value is sqrt(p (1 - p) / rollouts). ConfigError for fewer than
    one rollout.
    """

    def __init__(self, config: BoardConfig, rollouts: int = 8, threads: int = 1, seed: int = 0) -> None:
        if rollouts < 1:
            raise ConfigError(f"A rollout evaluator needs 1 rollout or more, not {rollouts}.")
        self._config = config
        self._rollouts = rollouts
        self._seed = np.uint64(seed)
        self._table = plain(board_table(config.board))
        # Each thread has memory of its own: what is written all the time must not share a cache line.
        self._scratch = [
            (plain(make_work(config.board)), plain(np.zeros(1, game_dtype(config.board))), np.zeros(1, np.uint64))
            for _ in range(threads)
        ]
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def evaluate(self, games: NDArray[Any], legal: LegalMoves) -> Evaluation:
        """See `Evaluator.evaluate`; OverlongGameError if a random game does not end."""
        records = plain(games)
        wins = np.zeros((len(games), self._config.num_players), dtype=np.int64)

        def play(scratch: tuple[NDArray[Any], ...], part: slice) -> int:
            return count_wins(
                records[part], self._table, *scratch, self._rollouts, self._seed, self._config.max_moves, wins[part]
            )

        spread = map if self._pool is None else self._pool.map
        unfinished = sum(spread(play, self._scratch, shares_of(len(games), len(self._scratch))))
        for works, *_ in self._scratch:
            check_lists(works)
        if unfinished:
            raise overlong(self._config)
        values = (wins / self._rollouts).astype(np.float32)
        return Evaluation(np.zeros(len(legal.moves), dtype=np.float32), values)
