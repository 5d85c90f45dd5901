"""The search player: Gumbel search with an evaluator, a number of simulations for every decision."""

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import Batch
from ringrift_engine.boards import BoardConfig
from ringrift_engine.players.interface import Decisions
from ringrift_engine.search import GumbelSearch, SearchSettings
from ringrift_engine.search.evaluators import Evaluator


class SearchPlayer:
    """Plays what the search chooses and reports its improved policy and root values.

    `model` is what the name shows of the evaluator, usually the first digits of its content hash.
    """

    def __init__(
        self, config: BoardConfig, evaluator: Evaluator, model: str, settings: SearchSettings, threads: int = 1
    ) -> None:
        self.name = f"search(model={model},simulations={settings.simulations})"
        self._simulations = settings.simulations
        self._search = GumbelSearch(config, evaluator, settings, threads)

    def choose(self, batch: Batch, rows: NDArray[np.int64], seeds: NDArray[np.uint64]) -> Decisions:
        """See `Player.choose`."""
        legal = batch.legal(rows)
        result = self._search.run(batch.games[rows], legal, seeds)
        return Decisions(result.moves, legal, result.policy, result.root_values, self._simulations)
