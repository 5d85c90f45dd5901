"""The search player whose trees, positions and network are on a GPU. Importing this file needs the `gpu` extra."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards import BoardConfig
from ringrift_engine.players.interface import Decisions
from ringrift_engine.search import SearchSettings
from ringrift_engine.search.device_search import DeviceGumbelSearch, DeviceJudge

if TYPE_CHECKING:
    from ringrift_engine.batch import Batch


class DeviceSearchPlayer:
    """As `SearchPlayer`: games stay on the host, each decision's search is done on the device."""

    def __init__(self, config: BoardConfig, judge: DeviceJudge, name: str, settings: SearchSettings) -> None:
        self.name = name
        self._simulations = settings.simulations
        self._search = DeviceGumbelSearch(config, judge, settings)

    def choose(self, batch: "Batch", rows: NDArray[np.int64], seeds: NDArray[np.uint64]) -> Decisions:
        """See `Player.choose`."""
        legal = batch.legal(rows)
        result = self._search.run(batch.games[rows], legal, seeds)
        return Decisions(result.moves, legal, result.policy, result.root_values, self._simulations)
