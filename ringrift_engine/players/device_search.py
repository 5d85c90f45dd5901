"""The search player whose trees, positions and network are on a GPU. Importing this file needs the `gpu` extra."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards import BoardConfig
from ringrift_engine.players.interface import Decisions
from ringrift_engine.players.playout_cap import CappedSearch
from ringrift_engine.search import NO_CAP, PlayoutCap, SearchSettings
from ringrift_engine.search.device_search import DeviceGumbelSearch, DeviceJudge

if TYPE_CHECKING:
    from ringrift_engine.batch import Batch


class DeviceSearchPlayer:
    """As `SearchPlayer`: games stay on the host, each decision's search is done on the device."""

    def __init__(
        self, config: BoardConfig, judge: DeviceJudge, name: str, settings: SearchSettings, cap: PlayoutCap = NO_CAP
    ) -> None:
        self.name = name
        self._search = CappedSearch(lambda own: DeviceGumbelSearch(config, judge, own), settings, cap)

    def choose(self, batch: "Batch", rows: NDArray[np.int64], seeds: NDArray[np.uint64]) -> Decisions:
        """See `Player.choose`."""
        return self._search.decide(batch, rows, seeds)
