"""The arrays that trees live in: a `Forest` holds the trees of one worker.

A node is a position where somebody has a choice, or the end of a game; moves without a choice are played on the way to
it. An edge is one choice. An edge leads to at most one node and a node has one edge above it, so what a search knows of
a choice (visits, values) is kept in the node behind it, and an edge is only 16 bytes: the early hexagonal board has
1,400 a node.

Nodes have fixed places, `budget` + 1 for each tree, the root first. Edges come from one pool in the order in which
nodes are made, so the edges of all roots come first, and those of one step's new nodes follow one another in the order
of the trees. A pool that is full grows between two calls of compiled code; nothing is ever dropped.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch.plain import plain
from ringrift_engine.boards import BoardConfig
from ringrift_engine.rules.state import MAX_PLAYERS, game_dtype
from ringrift_engine.rules.tables import board_table
from ringrift_engine.rules.work import make_work

NO_NODE: Final = -1
NO_EDGE: Final = -1

NODE_DTYPE: Final = np.dtype(
    [
        ("first_edge", np.int64),  # place of the first choice in the pool
        ("edges", np.int32),  # number of choices; 0 where the game is over
        ("parent", np.int32),  # place of the node above, NO_NODE at roots
        ("visits", np.int32),  # simulations that reached or passed the node, its own evaluation included
        ("mover", np.int32),  # seat to move; where the game is over, nobody asks
        ("evaluation", np.float64, (MAX_PLAYERS,)),  # win probability of seat s in entry s - 1
        ("value_sum", np.float64, (MAX_PLAYERS,)),  # of the evaluations of all visits
    ],
    align=True,
)

EDGE_DTYPE: Final = np.dtype(
    [
        ("move", np.int64),
        ("logit", np.float32),  # once evaluated, the logarithm of the prior policy
        ("child", np.int32),  # place of the node behind the move, NO_NODE before the first visit
    ],
    align=True,
)

TREE_DTYPE: Final = np.dtype(
    [
        ("root", np.int32),  # place of the root
        ("nodes", np.int32),  # how many nodes the tree has
        ("considered", np.int32),  # choices that the root considers
        ("leaf", np.int32),  # node that the current simulation ends in; NO_NODE between selection and expansion
        ("parent", np.int32),  # node above the edge to expand
        ("edge", np.int64),  # edge to expand, NO_EDGE if the simulation ends in an old node
    ],
    align=True,
)


def bytes_per_tree(config: BoardConfig, simulations: int) -> int:
    """Memory of one tree, taking every node to have as many choices as an empty board has placements."""
    edges = (3 * config.cells + 2) * EDGE_DTYPE.itemsize
    return (simulations + 1) * (game_dtype(config.board).itemsize + NODE_DTYPE.itemsize + edges)


def scratch_dtype(board: str) -> np.dtype:
    """Arrays of one node's choices, as `gumbel` wants them."""
    longest = make_work(board).moves.shape[1]
    names = (("logits", np.float64), ("visits", np.int64), ("values", np.float64), ("policy", np.float64))
    return np.dtype([(name, kind, (longest,)) for name, kind in names], align=True)


class Forest:
    """Room for up to `capacity` trees of `budget` simulations each, used again by one planting after the other.

    games    records [capacity * (budget + 1)] of games, one a node
    nodes    records [capacity * (budget + 1)]
    edges    records [pool], of which the first `used[0]` are in use
    trees    records [T], T <= capacity
    gumbels  float64 [edges of all roots], aligned with the first edges of the pool

    All are plain arrays of records (`batch.plain`): a search of few trees spends its time between compiled calls.
    """

    def __init__(self, config: BoardConfig, capacity: int, budget: int, pool: int | None = None) -> None:
        """`pool` is the number of edges to begin with, by default as many as `bytes_per_tree` reckons with; untouched
        memory costs nothing.
        """
        self.config = config
        self.places = budget + 1
        self.capacity = capacity
        self.games = _empty(capacity * self.places, game_dtype(config.board))
        self.nodes = _empty(capacity * self.places, NODE_DTYPE)
        self.edges = _empty(capacity * self.places * (3 * config.cells + 2) if pool is None else pool, EDGE_DTYPE)
        self.trees = _empty(0, TREE_DTYPE)
        self.gumbels = np.zeros(0, dtype=np.float64)
        self.used = np.zeros(1, dtype=np.int64)
        self.table = plain(board_table(config.board))
        self.works = plain(make_work(config.board))
        self.scratch = _empty(1, scratch_dtype(config.board))

    def plant(
        self, games: NDArray[np.void], moves: NDArray[np.int64], offsets: NDArray[np.int64], considered: int
    ) -> None:
        """Begin with one root for each of the T games, whose choices are moves[offsets[t]:offsets[t + 1]]."""
        count = len(games)
        roots = np.arange(count) * self.places
        self.reserve(len(moves))
        self.used[0] = len(moves)
        edges = self.edges[: len(moves)]
        edges["move"] = moves
        edges["logit"] = 0
        edges["child"] = NO_NODE
        self.games[roots] = games
        nodes = np.zeros(count, dtype=self.nodes.dtype)
        nodes["first_edge"] = offsets[:-1]
        nodes["edges"] = np.diff(offsets)
        nodes["parent"] = NO_NODE
        nodes["mover"] = games["player"]
        self.nodes[roots] = nodes
        self.trees = plain(np.zeros(count, dtype=TREE_DTYPE))
        self.trees["root"] = roots
        self.trees["leaf"] = roots
        self.trees["nodes"] = 1
        self.trees["considered"] = np.minimum(nodes["edges"], considered)
        self.trees["edge"] = NO_EDGE

    def new_leaves(self, start: int) -> tuple[NDArray[np.void], NDArray[np.int64], NDArray[np.int32]]:
        """The leaves of the current simulation that are new and not the end of a game, in the order of the trees:
        games [L], all their choices, which begin at place `start` of the pool, and how many each has [L].
        """
        leaves = self.trees["leaf"]
        counts = self.nodes["edges"][leaves]
        new = counts > 0
        return self.games[leaves[new]], self.edges["move"][start : self.used[0]], counts[new]

    def reserve(self, edges: int) -> None:
        """Make room in the pool for so many edges in all, by doubling."""
        if edges > len(self.edges):
            grown = _empty(max(edges, 2 * len(self.edges)), EDGE_DTYPE)
            grown[: self.used[0]] = self.edges[: self.used[0]]
            self.edges = grown


def _empty(count: int, dtype: np.dtype) -> NDArray[Any]:
    return plain(np.empty(count, dtype=dtype))
