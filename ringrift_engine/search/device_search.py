"""`DeviceGumbelSearch`: the search of `GumbelSearch` with trees, positions and evaluations on a GPU.

The host starts kernels, one after the other, and looks at nothing before a round of decisions is searched: what goes
wrong on the way is counted there and told afterwards. Importing this file needs the `gpu` extra.
"""

from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import LegalMoves
from ringrift_engine.boards import BoardConfig
from ringrift_engine.encoding.action_planes import action_layout
from ringrift_engine.encoding.cut_kernels import search_dtype
from ringrift_engine.rules.device import empty_on_device, launch, resident_threads, to_device
from ringrift_engine.rules.state import game_dtype
from ringrift_engine.rules.tables import board_table
from ringrift_engine.rules.work import work_dtype
from ringrift_engine.search.device_kernels import (
    GAME_TOO_LONG,
    LIST_TOO_LONG,
    POOL_TOO_SMALL,
    back_up_trees,
    encode_leaves,
    encode_seats_of_leaves,
    expand_edges_of_trees,
    plant_trees,
    report_trees,
    select_edges_of_trees,
)
from ringrift_engine.search.evaluators import Evaluation, check_evaluation
from ringrift_engine.search.guards import overlong
from ringrift_engine.search.gumbel import halving_schedule
from ringrift_engine.search.search import SearchResult, run_in_rounds
from ringrift_engine.search.settings import SearchSettings
from ringrift_engine.search.tree import EDGE_DTYPE, NODE_DTYPE, TREE_DTYPE, bytes_per_tree, scratch_dtype

_WIDEST_SPREAD: Final = 32  # a warp for each tree


class DeviceJudge(Protocol):
    """Judges positions that are written into its arrays, which lie on the device; R rows, C planes, B cells, G numbers,
    A policy indices, n seats.

    planes   int8 [R, C, B]     in: see `Encoding.encode`
    numbers  float32 [R, G]     in
    policy   float32 [R, A]     out: a move's logit is the sum of its two entries, the last entry is 0
    values   float32 [R, n]     out: win probabilities of the relative seats
    """

    planes: Any
    numbers: Any
    policy: Any
    values: Any

    def reserve(self, rows: int) -> None:
        """Have at least so many rows; the arrays may be others afterwards."""
        ...

    def judge(self, rows: int) -> None:
        """Judge the first `rows` positions; may return before that is done."""
        ...


def device_bytes_per_tree(config: BoardConfig, simulations: int) -> int:
    """Memory of one tree on the device: what `bytes_per_tree` reckons, and the scratch of its threads."""
    scratch = work_dtype(config.board).itemsize + scratch_dtype(config.board).itemsize
    return bytes_per_tree(config, simulations) + scratch + config.num_players * search_dtype(config.board).itemsize


class DeviceGumbelSearch:
    """Searches decisions of one configuration with one judge; keeps its memory from call to call.

    Results are those of `GumbelSearch` with an evaluator that thinks the same, as far as both compute exponentials and
    logarithms alike.
    """

    def __init__(
        self,
        config: BoardConfig,
        judge: DeviceJudge,
        settings: SearchSettings,
        *,
        spread: int | None = None,
        edges_a_node: int | None = None,
    ) -> None:
        """`spread`: every so-many-th thread gets a tree; by default as the device has room. `edges_a_node`: room in the
        pool to begin with, by default as `bytes_per_tree` reckons. Neither changes a result.
        """
        self._config = config
        self._judge = judge
        self._settings = settings
        self._spread = spread
        layout = action_layout(config.board, config.num_players)
        self._table = to_device(board_table(config.board))
        self._starts = to_device(layout.starts)
        self._special_index = to_device(layout.special_index)
        self._schedule = to_device(halving_schedule(settings.considered, settings.simulations))
        self._last = 0  # decisions of the last round
        self._edges_a_node = edges_a_node or 3 * config.cells + 2
        self._trees = _DeviceTrees(config, 1, settings.simulations, self._edges_a_node)

    @property
    def trees_at_once(self) -> int:
        """How many decisions are searched together; more are searched in rounds of equal size."""
        size = device_bytes_per_tree(self._config, self._settings.simulations)
        return max(1, self._settings.memory_mb * 10**6 // size)

    def run(self, games: NDArray[Any], legal: LegalMoves, seeds: NDArray[np.uint64]) -> SearchResult:
        """Search R decisions, given and answered on the host; see `GumbelSearch.run`."""
        return run_in_rounds(games, legal, seeds, self.trees_at_once, self._config.num_players, self._run_round)

    def evaluated(self) -> int:
        """Positions that were judged in the last round."""
        trees = self._trees
        made = trees.trees.copy_to_host()[: self._last]["nodes"]
        edges = trees.nodes.copy_to_host()["edges"].reshape(trees.capacity, -1)[: self._last]
        return int(((edges > 0) & (np.arange(edges.shape[1]) < made[:, None])).sum())

    def _run_round(self, games: NDArray[Any], legal: LegalMoves, seeds: NDArray[np.uint64]) -> SearchResult:
        self._last = len(games)
        self._judge.reserve(len(games))
        if self._trees.capacity < len(games):
            self._trees = _DeviceTrees(self._config, len(games), self._settings.simulations, self._edges_a_node)
        self._trees.reserve(len(legal.moves))
        while True:
            gumbels, used, faults = self._plant(games, legal, seeds)
            self._judge_leaves(len(games))
            for simulation in range(self._settings.simulations):
                self._begin_simulation(len(games), simulation, gumbels, used, faults)
                self._judge_leaves(len(games))
            result = self._report(legal, gumbels)
            found = faults.copy_to_host()
            if not found[POOL_TOO_SMALL]:
                break
            self._trees.reserve(int(used.copy_to_host()[0]))  # and search the round again, from the same seeds
        if found[LIST_TOO_LONG]:
            room = self._trees.works.dtype["moves"].shape[0]
            raise OverflowError(f"a position in a search has more than {room} moves")
        if found[GAME_TOO_LONG]:
            raise overlong(self._config)
        # Numbers that are not finite spread from every leaf to what is said of its root.
        said = Evaluation(result.policy, result.root_values)
        check_evaluation(said, len(games), len(legal.moves), self._config.num_players)
        return result

    def _launch(self, kernel: Any, count: int, *arguments: object) -> None:
        """Start a kernel for the first `count` trees, whose last argument is the spread of its threads."""
        spread = self._spread or max(1, min(_WIDEST_SPREAD, resident_threads() // count))
        launch(kernel, count * spread, *arguments, spread)

    def _plant(self, games: NDArray[Any], legal: LegalMoves, seeds: NDArray[np.uint64]) -> tuple[Any, Any, Any]:
        """Begin with the roots; their noise, the number of edges in use, and the faults."""
        trees, settings = self._trees, self._settings
        gumbels = empty_on_device(len(legal.moves), np.float64)
        self._launch(
            plant_trees, len(games), to_device(games), to_device(legal.moves), to_device(legal.offsets),
            to_device(seeds.copy()), settings.considered, settings.gumbel_scale, settings.simulations + 1, trees.games,
            trees.nodes, trees.edges, trees.trees, gumbels,
        )  # fmt: skip
        used = to_device(np.array([len(legal.moves)], dtype=np.int64))
        return gumbels, used, to_device(np.zeros(3, dtype=np.int64))

    def _begin_simulation(self, count: int, simulation: int, gumbels: Any, used: Any, faults: Any) -> None:
        trees, settings = self._trees, self._settings
        self._launch(
            select_edges_of_trees, count, count, trees.nodes, trees.edges, trees.trees, gumbels, self._schedule,
            simulation, settings.c_visit, settings.c_scale, trees.scratches,
        )  # fmt: skip
        self._launch(
            expand_edges_of_trees, count, count, trees.games, trees.nodes, trees.edges, trees.trees, used, self._table,
            trees.works, self._config.max_moves, faults,
        )  # fmt: skip

    def _judge_leaves(self, count: int) -> None:
        trees, judge = self._trees, self._judge
        launch(
            encode_leaves, count * self._config.box, count, trees.games, trees.nodes, trees.trees, self._table,
            judge.planes,
        )  # fmt: skip
        launch(
            encode_seats_of_leaves, count * self._config.num_players, count, trees.games, trees.nodes, trees.trees,
            self._table, trees.searches, self._config.rings_per_player, judge.planes, judge.numbers,
        )  # fmt: skip
        judge.judge(count)
        self._launch(
            back_up_trees, count, count, trees.games, trees.nodes, trees.edges, trees.trees, self._table, self._starts,
            self._special_index, judge.policy, judge.values,
        )  # fmt: skip

    def _report(self, legal: LegalMoves, gumbels: Any) -> SearchResult:
        trees, settings, count, choices = self._trees, self._settings, len(legal), len(legal.moves)
        chosen = empty_on_device(count, np.int64)
        policy = empty_on_device(choices, np.float32)
        visits = empty_on_device(choices, np.int32)
        values = empty_on_device((count, self._config.num_players), np.float32)
        surprise = empty_on_device(count, np.float32)
        self._launch(
            report_trees, count, count, trees.nodes, trees.edges, trees.trees, gumbels, settings.c_visit,
            settings.c_scale, trees.scratches, chosen, policy, visits, values, surprise,
        )  # fmt: skip
        # The roots' edges are the first of the pool.
        moves = legal.moves[chosen.copy_to_host()]
        return SearchResult(moves, *(array.copy_to_host() for array in (policy, values, visits, surprise)))


class _DeviceTrees:
    """Room on the device for up to `capacity` trees of `budget` simulations each; see `tree.Forest` for the arrays."""

    def __init__(self, config: BoardConfig, capacity: int, budget: int, edges_a_node: int) -> None:
        places = capacity * (budget + 1)
        self.capacity = capacity
        self.games = empty_on_device(places, game_dtype(config.board))
        self.nodes = empty_on_device(places, NODE_DTYPE)
        self.edges = empty_on_device(places * edges_a_node, EDGE_DTYPE)
        self.trees = empty_on_device(capacity, TREE_DTYPE)
        self.works = empty_on_device(capacity, work_dtype(config.board))
        self.scratches = empty_on_device(capacity, scratch_dtype(config.board))
        self.searches = empty_on_device((capacity, config.num_players), search_dtype(config.board))

    def reserve(self, edges: int) -> None:
        """Make room for so many edges in all; what is in the pool is lost if it grows."""
        if edges > self.edges.shape[0]:
            self.edges = empty_on_device(max(edges, 2 * self.edges.shape[0]), EDGE_DTYPE)
