"""The hand-written players: `HeuristicPlayer` takes the best choice, `BootstrapPlayer` draws by score and teaches that.

A network has nothing to imitate before the first one exists. Then self-play asks the bootstrap player: its policy
target is the softmax of the heuristic's scores, which says how much better a move looks and not only which one was
played.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import Batch, LegalMoves
from ringrift_engine.batch.legal_moves import shares_of
from ringrift_engine.batch.plain import plain
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import ConfigError, unknown_name
from ringrift_engine.players.heuristic_evaluate import measure_positions, score_choices
from ringrift_engine.players.heuristic_tables import board_constants, make_copy, make_scan
from ringrift_engine.players.heuristic_weights import COMPONENT_NAMES, COMPONENTS, weights_of
from ringrift_engine.players.interface import Decisions
from ringrift_engine.players.sampling import pick_best, pick_by_weight, softmax
from ringrift_engine.rules.tables import board_table
from ringrift_engine.rules.work import make_work

# Scores are sums of some forty products in float32: differences this small are rounding, and all true ones are larger.
TIE: Final = 1e-3

BOOTSTRAP_TEMPERATURE: Final = 10.0
"""Points of score that make a choice e times as likely; one stack more or less is worth about that much."""


class HeuristicScorer:
    """Scores choices with one weight vector; holds the scratch memory of its threads."""

    def __init__(self, config: BoardConfig, weights: NDArray[np.float64], threads: int = 1) -> None:
        self._weights = weights
        self._tables = plain(board_table(config.board)), plain(board_constants(config.board))
        # Each thread has memory of its own: what is written all the time must not share a cache line.
        self._scratch = [
            tuple(map(plain, (make_work(config.board), make_scan(config.board), make_copy(config.board))))
            for _ in range(threads)
        ]
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def scores(self, games: np.recarray, rows: NDArray[np.int64], legal: LegalMoves) -> NDArray[np.float32]:
        """float32 [M] aligned with `legal`, the choices of games[rows]: what each is worth to the player to move."""
        scores = np.zeros(len(legal.moves), dtype=np.float32)
        records = plain(games)

        def score_part(scratch: tuple[NDArray[np.void], ...], part: slice) -> None:
            offsets = legal.offsets[part.start : part.stop + 1]
            score_choices(records, *self._tables, *scratch, rows[part], legal.moves, offsets, self._weights, scores)

        spread = map if self._pool is None else self._pool.map
        list(spread(score_part, self._scratch, shares_of(len(rows), len(self._scratch))))
        return scores


class HeuristicPlayer:
    """Takes the choice with the best score, evenly among equals.

    `profile` names a set of weights; `changes` replaces single ones by component name, for experiments and tests, and
    becomes part of the player's name. ConfigError for an unknown profile or component.
    """

    def __init__(
        self,
        config: BoardConfig,
        profile: str = "default",
        threads: int = 1,
        changes: Mapping[str, float] | None = None,
    ) -> None:
        weights, told = _changed(weights_of(profile), changes or {})
        self.name = f"heuristic(profile={profile}{told})"
        self._scorer = HeuristicScorer(config, weights, threads)

    def scores(self, batch: Batch, rows: NDArray[np.int64], legal: LegalMoves) -> NDArray[np.float32]:
        """float32 [M] aligned with `legal`, the choices of these rows."""
        return self._scorer.scores(batch.games, rows, legal)

    def choose(self, batch: Batch, rows: NDArray[np.int64], seeds: NDArray[np.uint64]) -> Decisions:
        """See `Player.choose`; gives no policy."""
        legal = batch.legal(rows)
        return Decisions(legal.moves[pick_best(self.scores(batch, rows, legal), legal.offsets, seeds, TIE)])


class BootstrapPlayer:
    """Draws a choice from softmax(scores / temperature) and gives that as its policy.

    `temperature` is in points of score, above 0; ConfigError otherwise.
    """

    def __init__(
        self,
        config: BoardConfig,
        profile: str = "default",
        temperature: float = BOOTSTRAP_TEMPERATURE,
        threads: int = 1,
    ) -> None:
        if not temperature > 0:
            raise ConfigError(f"The bootstrap player's temperature must be above 0, not {temperature}.")
        self.name = f"bootstrap(profile={profile},temperature={temperature:g})"
        self._temperature = temperature
        self._scorer = HeuristicScorer(config, weights_of(profile), threads)

    def choose(self, batch: Batch, rows: NDArray[np.int64], seeds: NDArray[np.uint64]) -> Decisions:
        """See `Player.choose`."""
        legal = batch.legal(rows)
        policy = softmax(self._scorer.scores(batch.games, rows, legal), legal.offsets, self._temperature)
        return Decisions(legal.moves[pick_by_weight(policy, legal.offsets, seeds)], legal, policy)


def components_of(config: BoardConfig, games: np.recarray, views: NDArray[np.int64]) -> NDArray[np.float64]:
    """float64 [R, COMPONENTS]: every component of unfinished positions as seats `views` (int64 [R]) see them,
    unweighted.
    """
    components = np.zeros((len(views), COMPONENTS), dtype=np.float64)
    scan = make_scan(config.board)
    measure_positions(games, board_table(config.board), board_constants(config.board), scan, views, components)
    return components


def _changed(weights: NDArray[np.float64], changes: Mapping[str, float]) -> tuple[NDArray[np.float64], str]:
    told = ""
    for name in sorted(changes):
        if name not in COMPONENT_NAMES:
            raise unknown_name("heuristic component", name, COMPONENT_NAMES)
        weights[COMPONENT_NAMES.index(name)] = changes[name]
        told += f",{name}={changes[name]:g}"
    return weights, told
