"""`GumbelSearch`: one tree for each decision, all trees grown in step, all leaves of a step evaluated in one call.

A worker (thread) owns a slice of the trees in a `Forest` of its own and works on it in compiled code without the
interpreter lock; between two steps the new leaves of all workers are put together in the order of the decisions. So
neither the number of threads nor the other decisions change a result, as far as the evaluator keeps to that.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import LegalMoves
from ringrift_engine.boards import BoardConfig
from ringrift_engine.search.backup import back_up
from ringrift_engine.search.evaluators import Evaluation, Evaluator, check_evaluation
from ringrift_engine.search.expand import OVERLONG, expand_edges
from ringrift_engine.search.guards import check_lists, overlong
from ringrift_engine.search.gumbel import draw_gumbels, halving_schedule
from ringrift_engine.search.report import report_roots
from ringrift_engine.search.select import select_edges
from ringrift_engine.search.settings import SearchSettings
from ringrift_engine.search.tree import Forest, bytes_per_tree

_T = TypeVar("_T")


@dataclass(frozen=True, eq=False)
class SearchResult:
    """What a search found out about R decisions with M choices in all, n seats.

    moves        int64 [R]       the move to play
    policy       float32 [M]     improved policy, aligned with the choices; sums to 1 for each decision
    root_values  float32 [R, n]  win probability of seat s in column s - 1 if the player to move follows that policy
    visits       int32 [M]       simulations through each choice
    surprise     float32 [R]     divergence of the improved policy from the evaluator's, nats
    """

    moves: NDArray[np.int64]
    policy: NDArray[np.float32]
    root_values: NDArray[np.float32]
    visits: NDArray[np.int32]
    surprise: NDArray[np.float32]


class GumbelSearch:
    """Searches decisions of one configuration with one evaluator; keeps its memory from call to call."""

    def __init__(self, config: BoardConfig, evaluator: Evaluator, settings: SearchSettings, threads: int = 1) -> None:
        self._config = config
        self._evaluator = evaluator
        self._settings = settings
        self._schedule = halving_schedule(settings.considered, settings.simulations)
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None
        self._forests = [Forest(config, 0, settings.simulations) for _ in range(threads)]

    @property
    def trees_at_once(self) -> int:
        """How many decisions are searched together; more are searched in rounds of equal size."""
        size = bytes_per_tree(self._config, self._settings.simulations)
        return max(1, self._settings.memory_mb * 10**6 // size)

    def run(self, games: NDArray[Any], legal: LegalMoves, seeds: NDArray[np.uint64]) -> SearchResult:
        """Search R decisions.

        games  structured [R] of `game_dtype`, none over; not changed
        legal  the choices of each, at least one, as `Batch.legal` lists them
        seeds  uint64 [R], a random stream for the noise of each decision
        OverlongGameError if forced moves do not end; DataError if the evaluator's numbers are not finite; ValueError
        for a decision without a choice and for an evaluation of another shape.
        """
        return run_in_rounds(games, legal, seeds, self.trees_at_once, self._config.num_players, self._run_round)

    def _run_round(self, games: NDArray[Any], legal: LegalMoves, seeds: NDArray[np.uint64]) -> SearchResult:
        self._plant(games, legal, seeds)
        self._end_simulation(self._evaluate(games, legal), [0] * self._threads)
        for simulation in range(self._settings.simulations):
            used = [int(forest.used[0]) for forest in self._forests]
            self._each(self._begin_simulation, [simulation] * self._threads)
            self._end_simulation(self._evaluate_leaves(used), used)
        parts = self._each(self._report)
        return SearchResult(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))

    def _plant(self, games: NDArray[Any], legal: LegalMoves, seeds: NDArray[np.uint64]) -> None:
        bounds = np.linspace(0, len(games), self._threads + 1).astype(int)
        for worker, (low, high) in enumerate(pairwise(bounds)):
            part = _rows(legal, low, high)
            if self._forests[worker].capacity < high - low:
                self._forests[worker] = Forest(self._config, high - low, self._settings.simulations)
            forest = self._forests[worker]
            forest.plant(games[low:high], part.moves, part.offsets, self._settings.considered)
            forest.gumbels = np.zeros(len(part.moves), dtype=np.float64)
            draw_gumbels(part.offsets, seeds[low:high].copy(), self._settings.gumbel_scale, forest.gumbels)

    def _begin_simulation(self, forest: Forest, simulation: int) -> None:
        select_edges(
            forest.nodes, forest.edges, forest.trees, forest.gumbels, self._schedule, simulation,
            self._settings.c_visit, self._settings.c_scale, forest.scratch,
        )  # fmt: skip
        done = 0
        while done < len(forest.trees):
            done, choices = expand_edges(
                forest.games, forest.nodes, forest.edges, forest.trees, forest.used, forest.table, forest.works,
                self._config.max_moves, done,
            )  # fmt: skip
            check_lists(forest.works)
            if choices == OVERLONG:
                raise overlong(self._config)
            forest.reserve(int(forest.used[0]) + choices)

    def _evaluate_leaves(self, used: list[int]) -> Evaluation:
        """Evaluate the new leaves of all workers; `used` says where their edges begin in each pool."""
        leaves = [forest.new_leaves(start) for forest, start in zip(self._forests, used, strict=True)]
        games, moves, counts = (np.concatenate(arrays) for arrays in zip(*leaves, strict=True))
        if not len(games):
            return Evaluation(np.zeros(0, np.float32), np.zeros((0, self._config.num_players), np.float32))
        offsets = np.zeros(len(counts) + 1, dtype=np.int64)
        counts.cumsum(out=offsets[1:])
        return self._evaluate(games, LegalMoves(moves, offsets))

    def _evaluate(self, games: NDArray[Any], legal: LegalMoves) -> Evaluation:
        evaluation = self._evaluator.evaluate(games, legal)
        check_evaluation(evaluation, len(games), len(legal.moves), self._config.num_players)
        return evaluation

    def _end_simulation(self, evaluation: Evaluation, used: list[int]) -> None:
        choices = rows = 0
        logits, values = [], []
        for forest, start in zip(self._forests, used, strict=True):
            more = int(forest.used[0]) - start
            new = int(np.count_nonzero(forest.nodes["edges"][forest.trees["leaf"]]))
            logits.append(evaluation.logits[choices : choices + more])
            values.append(evaluation.values[rows : rows + new])
            choices, rows = choices + more, rows + new
        self._each(_back_up, logits, values)

    def _report(self, forest: Forest) -> tuple[NDArray[Any], ...]:
        count, choices = len(forest.trees), len(forest.gumbels)
        chosen = np.zeros(count, dtype=np.int64)
        policy = np.zeros(choices, dtype=np.float32)
        visits = np.zeros(choices, dtype=np.int32)
        values = np.zeros((count, self._config.num_players), dtype=np.float32)
        surprise = np.zeros(count, dtype=np.float32)
        report_roots(
            forest.nodes, forest.edges, forest.trees, forest.gumbels, self._settings.c_visit, self._settings.c_scale,
            forest.scratch, chosen, policy, visits, values, surprise,
        )  # fmt: skip
        return forest.edges["move"][chosen], policy, values, visits, surprise

    def _each(self, work_on: Callable[..., _T], *arguments: Iterable[Any]) -> list[_T]:
        """`work_on` for every forest, with its own of each of the arguments; in threads if there are several."""
        spread = map if self._pool is None else self._pool.map
        return list(spread(work_on, self._forests, *arguments))


def run_in_rounds(
    games: NDArray[Any],
    legal: LegalMoves,
    seeds: NDArray[np.uint64],
    at_once: int,
    seats: int,
    run_round: Callable[[NDArray[Any], LegalMoves, NDArray[np.uint64]], SearchResult],
) -> SearchResult:
    """Search decisions in rounds of equal size, of at most `at_once` each; see `GumbelSearch.run`."""
    if len(legal.counts) and legal.counts.min() < 1:
        raise ValueError(f"decision {int(legal.counts.argmin())} of {len(games)} has no choice to search")
    rounds = -(-len(games) // at_once)
    bounds = np.linspace(0, len(games), rounds + 1).astype(int) if rounds else np.zeros(1, dtype=int)
    parts = [run_round(games[low:high], _rows(legal, low, high), seeds[low:high]) for low, high in pairwise(bounds)]
    return SearchResult(
        np.concatenate([np.zeros(0, np.int64), *(part.moves for part in parts)]),
        np.concatenate([np.zeros(0, np.float32), *(part.policy for part in parts)]),
        np.concatenate([np.zeros((0, seats), np.float32), *(part.root_values for part in parts)]),
        np.concatenate([np.zeros(0, np.int32), *(part.visits for part in parts)]),
        np.concatenate([np.zeros(0, np.float32), *(part.surprise for part in parts)]),
    )


def _back_up(forest: Forest, logits: NDArray[np.float32], values: NDArray[np.float32]) -> None:
    back_up(forest.nodes, forest.edges, forest.trees, logits, values)


def _rows(legal: LegalMoves, low: int, high: int) -> LegalMoves:
    """The choices of decisions low..high - 1, as views."""
    first, last = legal.offsets[low], legal.offsets[high]
    return LegalMoves(legal.moves[first:last], legal.offsets[low : high + 1] - first)
