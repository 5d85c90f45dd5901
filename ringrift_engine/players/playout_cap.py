"""Playout cap randomisation: a coin for each decision says whether it is searched in full or a little.

See `search.settings.PlayoutCap` for the reason. Players that search leave their decisions to `CappedSearch`, wherever
their trees are.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import LegalMoves
from ringrift_engine.errors import ConfigError
from ringrift_engine.players.interface import Decisions
from ringrift_engine.players.sampling import mix_seeds, uniforms
from ringrift_engine.search import PlayoutCap, SearchResult, SearchSettings

if TYPE_CHECKING:
    from ringrift_engine.batch import Batch

_COIN: Final = 2  # stream of a decision that says how it is searched; self-play draws the move from stream 1


class Search(Protocol):
    """`GumbelSearch` or `DeviceGumbelSearch`."""

    def run(self, games: NDArray[Any], legal: LegalMoves, seeds: NDArray[np.uint64]) -> SearchResult:
        """See `GumbelSearch.run`."""
        ...


class CappedSearch:
    """Searches decisions with two budgets; `make` makes the search of each.

    ConfigError if a cheap search were dearer than a full one.
    """

    def __init__(self, make: Callable[[SearchSettings], Search], settings: SearchSettings, cap: PlayoutCap) -> None:
        self._cap = cap
        self._budgets = [settings.simulations]
        self._searches = [make(settings)]
        if cap.full_share == 1:
            return
        if cap.cheap_simulations > settings.simulations:
            raise ConfigError(
                f"A cheap search has {cap.cheap_simulations} simulations, a full one {settings.simulations}. Lower "
                "cheap_simulations, or set full_share to 1."
            )
        # Noise makes a search look at choices for a learner's sake. Nobody learns from a cheap one: it plays its best,
        # as KataGo's does, so that results tell more about the positions that are learnt from.
        self._budgets.append(cap.cheap_simulations)
        self._searches.append(make(replace(settings, simulations=cap.cheap_simulations, gumbel_scale=0.0)))

    def decide(self, batch: "Batch", rows: NDArray[np.int64], seeds: NDArray[np.uint64]) -> Decisions:
        """What the searches find; see `Player.choose`."""
        legal, games, count = batch.legal(rows), batch.games[rows], len(rows)
        taught = uniforms(mix_seeds(seeds, np.full(count, _COIN, dtype=np.uint64))) < self._cap.full_share
        moves, simulations = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
        policy = np.zeros(len(legal.moves), dtype=np.float32)
        values = np.zeros((count, batch.config.num_players), dtype=np.float32)
        surprise = np.zeros(count, dtype=np.float32)
        for search, budget, own in zip(self._searches, self._budgets, (taught, ~taught), strict=False):
            if not own.any():
                continue
            entries = np.repeat(own, legal.counts)
            offsets = np.concatenate(([0], np.cumsum(legal.counts[own]))).astype(np.int64)
            found = search.run(games[own], LegalMoves(legal.moves[entries], offsets), seeds[own])
            moves[own], values[own], surprise[own] = found.moves, found.root_values, found.surprise
            policy[entries] = found.policy
            simulations[own] = budget
        return Decisions(moves, legal, policy, values, simulations, surprise, taught)


def named_cap(cap: PlayoutCap) -> list[str]:
    """What a player's name tells of the cap: nothing where there is none."""
    if cap.full_share == 1:
        return []
    return [f"full_share={cap.full_share:g}", f"cheap_simulations={cap.cheap_simulations}"]
