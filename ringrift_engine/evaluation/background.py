"""Games beside a training: its weights so far, by their policy alone, against the heuristic player.

Without search a game costs a network one look at each of its decisions, so that many can be played while a training
waits. Openings and random numbers are the same at every point of a training: what differs is the weights. The games
enter no log that is kept, because nobody plays with these weights again.
"""

import copy
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import ConfigError
from ringrift_engine.evaluation.match import Arena, Contestant, play_match
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.evaluation.match_result import MatchResult
from ringrift_engine.evaluation.openings import draw_openings
from ringrift_engine.evaluation.settings import evaluation_settings
from ringrift_engine.feedback.history import HEURISTIC, OpponentResult
from ringrift_engine.nets.evaluator import FrozenNetworkEvaluator
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.precision import AUTO
from ringrift_engine.players.heuristic import HeuristicPlayer
from ringrift_engine.players.policy import PolicyPlayer

PURPOSE: Final = "background evaluation"


def background_evaluation(
    config: BoardConfig, games: int, *, seed: int = 0, threads: int = 1, precision: str = AUTO
) -> Callable[[BoardNetwork, int], OpponentResult]:
    """What plays `games` games against the heuristic player with a network that is being trained, and counts the wins.

    games      rounded up to whole rounds: every opening is played from every seat
    seed       names openings and random numbers; equal networks and seeds give equal results with any number of threads
    precision  that the network computes in, `auto` for the machine's own

    The result takes the network, which it leaves as it is, and the samples that it has seen. ConfigError for less than
    one game.
    """
    if games < 1:
        raise ConfigError(f"A background evaluation needs 1 game or more, not {games}.")

    def evaluate(network: BoardNetwork, samples: int) -> OpponentResult:
        evaluator = FrozenNetworkEvaluator(copy.deepcopy(network).cpu(), config, threads=threads, precision=precision)
        player = PolicyPlayer(evaluator, f"after {samples} samples")
        result = _against_heuristic(config, Contestant(player), games, seed, threads)
        return OpponentResult(opponent=HEURISTIC, wins=result.wins, games=result.games)

    return evaluate


def _against_heuristic(config: BoardConfig, candidate: Contestant, games: int, seed: int, threads: int) -> MatchResult:
    settings = evaluation_settings(config)
    rounds = -(-games // config.num_players)
    openings = draw_openings(config, seed, 0, rounds, settings.opening_decisions)
    with tempfile.TemporaryDirectory() as folder, MatchLog(Path(folder) / "matches.db") as log:
        arena = Arena(
            log=log, purpose=PURPOSE, run_id=f"seed {seed}", concurrency=settings.concurrency, threads=threads
        )
        return play_match(config, candidate, Contestant(HeuristicPlayer(config, threads=threads)), openings, arena)
