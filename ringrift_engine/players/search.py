"""The search player: Gumbel search with an evaluator, a number of simulations for every decision, or two."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards import BoardConfig
from ringrift_engine.players.interface import Decisions
from ringrift_engine.players.playout_cap import CappedSearch, named_cap
from ringrift_engine.search import NO_CAP, GumbelSearch, PlayoutCap, SearchSettings
from ringrift_engine.search.evaluators import Evaluator

if TYPE_CHECKING:
    from ringrift_engine.batch import Batch


class SearchPlayer:
    """Plays what the search chooses and reports its improved policy and root values.

    `name` is the participant's identity, so it has to tell evaluator and settings: see `name_of_search`.
    """

    def __init__(
        self,
        config: BoardConfig,
        evaluator: Evaluator,
        name: str,
        settings: SearchSettings,
        threads: int = 1,
        cap: PlayoutCap = NO_CAP,
    ) -> None:
        self.name = name
        self._search = CappedSearch(lambda own: GumbelSearch(config, evaluator, own, threads), settings, cap)

    def choose(self, batch: "Batch", rows: NDArray[np.int64], seeds: NDArray[np.uint64]) -> Decisions:
        """See `Player.choose`."""
        return self._search.decide(batch, rows, seeds)


def name_of_search(model: str, settings: SearchSettings, cap: PlayoutCap = NO_CAP) -> str:
    """The name of a search with a network: the first digits of its content hash, and every setting that is not the
    default.

    Memory is left out, because it changes no move.
    """
    usual = SearchSettings()
    named = [f"simulations={settings.simulations}"]
    for option in ("considered", "c_visit", "c_scale", "gumbel_scale"):
        if (value := getattr(settings, option)) != getattr(usual, option):
            named.append(f"{option}={value:g}")
    return f"search(model={model},{','.join(named + named_cap(cap))})"
