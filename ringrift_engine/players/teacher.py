"""Searches that need no network: for the first games of a configuration, and as opponents that no training changes.

A search is only as good as what it asks. Random games to the end give values that are right on average, the
heuristic's scores say where to look first; together they teach a first network far more than either alone: with 32
simulations and 4 playouts the teacher won 92 of 100 games against the heuristic on square8_2p, the heuristic's own
one-ply choice being the prior.
"""

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards import BoardConfig
from ringrift_engine.players.heuristic import BOOTSTRAP_TEMPERATURE, HeuristicScorer
from ringrift_engine.players.heuristic_weights import weights_of
from ringrift_engine.players.playout_cap import named_cap
from ringrift_engine.players.search import SearchPlayer
from ringrift_engine.search import NO_CAP, PlayoutCap, SearchSettings
from ringrift_engine.search.evaluators import Evaluation, RolloutEvaluator

if TYPE_CHECKING:
    from ringrift_engine.batch import LegalMoves

TEACHER_ROLLOUTS: Final = 4
ROLLOUTS: Final = 8


class TeacherEvaluator:
    """Logits are the heuristic's scores over `temperature`, values come from random games to the end."""

    def __init__(
        self,
        config: BoardConfig,
        rollouts: int = TEACHER_ROLLOUTS,
        threads: int = 1,
        temperature: float = BOOTSTRAP_TEMPERATURE,
    ) -> None:
        self._scorer = HeuristicScorer(config, weights_of("default"), threads)
        self._playouts = RolloutEvaluator(config, rollouts, threads)
        self._temperature = np.float32(temperature)

    def evaluate(self, games: NDArray[Any], legal: "LegalMoves") -> Evaluation:
        """See `Evaluator.evaluate`."""
        scores = self._scorer.scores(games.view(np.recarray), np.arange(len(games)), legal)
        return Evaluation(scores / self._temperature, self._playouts.evaluate(games, legal).values)


def teacher_player(
    config: BoardConfig,
    threads: int = 1,
    simulations: int | None = None,
    rollouts: int = TEACHER_ROLLOUTS,
    cap: PlayoutCap = NO_CAP,
) -> SearchPlayer:
    """Gumbel search with the heuristic as policy and random games as value; `simulations` None means the search's
    default.
    """
    settings = _settings(simulations)
    name = _name("teacher", settings, rollouts, cap)
    return SearchPlayer(config, TeacherEvaluator(config, rollouts, threads), name, settings, threads, cap)


def rollout_player(
    config: BoardConfig,
    threads: int = 1,
    simulations: int | None = None,
    rollouts: int = ROLLOUTS,
    cap: PlayoutCap = NO_CAP,
) -> SearchPlayer:
    """Gumbel search that knows nothing but the rules: every choice alike, random games as value."""
    settings = _settings(simulations)
    name = _name("rollout", settings, rollouts, cap)
    return SearchPlayer(config, RolloutEvaluator(config, rollouts, threads), name, settings, threads, cap)


def _name(kind: str, settings: SearchSettings, rollouts: int, cap: PlayoutCap) -> str:
    named = [f"simulations={settings.simulations}", f"rollouts={rollouts}", *named_cap(cap)]
    return f"{kind}({','.join(named)})"


def _settings(simulations: int | None) -> SearchSettings:
    return SearchSettings() if simulations is None else SearchSettings(simulations=simulations)
