"""The UCT player: a tree of playouts, each a uniformly random game to its end. It knows the rules and nothing else.

So no training changes it, its budget is any number, and it is the yardstick that networks are held against. One tree a
decision grows in compiled code (`uct_kernel`); threads take decisions one after the other, so one long game holds up no
other. A tree is not kept for the next move: what `choose` answers has to follow from position and seed alone, and the
part of a tree that both players' next moves leave is small (docs/opponents.md).

Source: Kocsis, Szepesvári, "Bandit based Monte-Carlo planning" (ECML 2006); first-play urgency: Gelly, Wang,
"Exploration exploitation in Go" (2006); more than two players: Sturtevant, "An analysis of UCT in multi-player games"
(2008).
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import Batch
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import ConfigError
from ringrift_engine.players.interface import Decisions
from ringrift_engine.players.sampling import mix_seeds, pick_best
from ringrift_engine.players.uct_kernel import EDGE_DTYPE, NODE_DTYPE, OVERLONG, grow_tree
from ringrift_engine.rules.state import NOBODY, game_dtype
from ringrift_engine.rules.tables import board_table
from ringrift_engine.rules.work import make_work
from ringrift_engine.search.guards import check_lists, overlong

PLAYOUTS: Final = 2_000
_TIES: Final = 1  # stream of a decision that draws among equals, apart from the tree's own


@dataclass(frozen=True, kw_only=True)
class UctSettings:
    """How a decision is searched; ConfigError for values that no search can have.

    playouts     random games a decision, fewer if the result is certain before
    exploration  multiplies sqrt(ln N / n) of UCB1, beside win rates in [0, 1]
    first_play   what a choice that was not tried is worth above its node's mean; `inf` tries all of them first
    Both constants were measured: docs/opponents.md.
    """

    playouts: int = PLAYOUTS
    exploration: float = 0.5
    first_play: float = 0.5

    def __post_init__(self) -> None:
        if self.playouts < 1:
            raise ConfigError(f"A UCT player needs 1 playout or more, not {self.playouts}.")
        if not 0 <= self.exploration < np.inf:
            raise ConfigError(f"A UCT player's exploration must be a number from 0 on, not {self.exploration}.")
        if not self.first_play >= 0:
            raise ConfigError(f"A UCT player's first_play must be 0 or more, not {self.first_play}.")


@dataclass(frozen=True, eq=False)
class Root:
    """What a finished tree says of its position: C choices, n seats.

    moves    int64 [C]  in the order in which they were opened, those without a visit last
    visits   int32 [C]  playouts through each
    wins     int32 [C]  of those, won by the player to move
    winners  int32 [C]  who surely wins after the choice, 0 if that is not known
    winner   who surely wins from the position, 0 if that is not known
    seats    int64 [n]  playouts that each seat won
    """

    moves: NDArray[np.int64]
    visits: NDArray[np.int32]
    wins: NDArray[np.int32]
    winners: NDArray[np.int32]
    winner: int
    seats: NDArray[np.int64]

    def weights(self, mover: int) -> NDArray[np.float64]:
        """float64 [C]: how much speaks for each choice of seat `mover`.

        The most visited is the best; their mean, below 1, orders those with equal visits. A choice that surely wins is
        the only one that counts, one that surely loses counts only if there is no other.
        """
        if self.winner == mover:
            return (self.winners == mover).astype(np.float64)
        weights = self.visits + self.wins / (self.visits + 1.0)
        open_ones = np.where(self.winners == NOBODY, weights, 0.0)
        if open_ones.any():
            return open_ones
        untried = self.visits == 0
        return untried.astype(np.float64) if untried.any() else weights

    def values(self) -> NDArray[np.float64]:
        """float64 [n]: win probability of each seat, the sure winner's 1."""
        if self.winner != NOBODY:
            return (np.arange(1, len(self.seats) + 1) == self.winner).astype(np.float64)
        return self.seats / self.seats.sum()


class UctTree:
    """The memory of one thread's trees, used again by one after the other: a record of a game for each playout."""

    def __init__(self, config: BoardConfig, settings: UctSettings) -> None:
        self._config = config
        self._settings = settings
        self._table = board_table(config.board)
        self._works = make_work(config.board)
        places = settings.playouts + 1
        # Untouched memory costs nothing, so there is room for as many choices as an empty board has placements.
        self._games = _empty(places, game_dtype(config.board))
        self._copies = _empty(1, game_dtype(config.board))
        self._nodes = _empty(places, NODE_DTYPE)
        self._edges = _empty(places * config.cells + self._works.moves.shape[1], EDGE_DTYPE)

    def search(self, game: np.void, seed: np.uint64) -> Root:
        """Search a position with a choice; OverlongGameError if a random game from it does not end."""
        self._games[0] = game
        used = np.zeros(3, dtype=np.int64)
        states = np.array([seed], dtype=np.uint64)
        seats = np.zeros(self._config.num_players, dtype=np.int64)
        done, more = self._grow(used, states, seats, 0)
        while more:
            if more == OVERLONG:
                raise overlong(self._config)
            grown = _empty(2 * len(self._edges), EDGE_DTYPE)
            grown[: used[0]] = self._edges[: used[0]]
            self._edges = grown
            done, more = self._grow(used, states, seats, done)
        return self._root(seats)

    def _grow(
        self, used: NDArray[np.int64], states: NDArray[np.uint64], seats: NDArray[np.int64], start: int
    ) -> tuple[int, int]:
        found = grow_tree(
            self._games, self._copies, self._nodes, self._edges, used, states, seats, self._table, self._works,
            self._settings.playouts, float(self._settings.exploration), float(self._settings.first_play),
            self._config.max_moves, start,
        )  # fmt: skip
        check_lists(self._works)
        return found

    def _root(self, seats: NDArray[np.int64]) -> Root:
        edges = self._edges[: self._nodes["edges"][0]]
        return Root(
            moves=np.array(edges["move"]),
            visits=np.array(edges["visits"]),
            wins=np.array(edges["wins"]),
            winners=np.array(edges["winner"]),
            winner=int(self._nodes["winner"][0]),
            seats=seats,
        )


class UctPlayer:
    """Plays the choice with most playouts; reports their shares as its policy."""

    def __init__(self, config: BoardConfig, settings: UctSettings | None = None, threads: int = 1) -> None:
        settings = settings or UctSettings()
        self.name = (
            f"uct(playouts={settings.playouts},exploration={settings.exploration:g},first_play={settings.first_play:g})"
        )
        self._seats = config.num_players
        self._playouts = settings.playouts
        self._trees: SimpleQueue[UctTree] = SimpleQueue()
        for _ in range(threads):
            self._trees.put(UctTree(config, settings))
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def choose(self, batch: Batch, rows: NDArray[np.int64], seeds: NDArray[np.uint64]) -> Decisions:
        """See `Player.choose`."""
        legal = batch.legal(rows)
        policy = np.zeros(len(legal.moves), dtype=np.float32)
        values = np.zeros((len(rows), self._seats), dtype=np.float32)
        for row, root in enumerate(self._search_all(batch.games[rows], seeds)):
            weights = root.weights(int(batch.games.player[rows[row]]))
            # Both lists hold the same moves, each once: the k-th smallest of one is the k-th smallest of the other.
            places = legal.offsets[row] + np.argsort(legal.of(row))
            policy[places] = (weights / weights.sum())[np.argsort(root.moves)]
            values[row] = root.values()
        ties = mix_seeds(seeds, np.full(len(seeds), _TIES, dtype=np.uint64))
        moves = legal.moves[pick_best(policy, legal.offsets, ties)]
        return Decisions(moves, legal, policy, values, np.full(len(rows), self._playouts, dtype=np.int64))

    def _search_all(self, games: NDArray[Any], seeds: NDArray[np.uint64]) -> Iterable[Root]:
        spread: Callable[..., Iterable[Root]] = map if self._pool is None else self._pool.map
        return spread(self._search, games, seeds)

    def _search(self, game: np.void, seed: np.uint64) -> Root:
        tree = self._trees.get()
        try:
            return tree.search(game, seed)
        finally:
            self._trees.put(tree)


def _empty(count: int, dtype: np.dtype) -> np.recarray:
    return np.empty(count, dtype=dtype).view(np.recarray)
