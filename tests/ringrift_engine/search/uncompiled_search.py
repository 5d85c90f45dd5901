"""Run as a program: searches saved positions and saves what was found, for runs without compilation.

python -m tests.ringrift_engine.search.uncompiled_search KEY POSITIONS.npy FOUND.npz
"""

import sys

import numpy as np

from ringrift_engine.batch import Batch
from ringrift_engine.boards import CONFIGS
from ringrift_engine.rules.state import game_dtype
from ringrift_engine.search import GumbelSearch, SearchSettings
from ringrift_engine.search.evaluators import RolloutEvaluator
from tests.ringrift_engine.search.positions import OpinionatedEvaluator, seeds_of

SETTINGS = SearchSettings(simulations=12, considered=4)


def search(key: str, games: np.ndarray) -> dict[str, np.ndarray]:
    """What a small search finds in these positions, and what rollouts say of them."""
    config = CONFIGS[key]
    legal = Batch(config, len(games), games=games).legal(np.arange(len(games)))
    found = GumbelSearch(config, OpinionatedEvaluator(config.num_players), SETTINGS).run(games, legal, seeds_of(games))
    rollouts = RolloutEvaluator(config, rollouts=2).evaluate(games, legal)
    return {
        "moves": found.moves,
        "visits": found.visits,
        "policy": found.policy,
        "root_values": found.root_values,
        "surprise": found.surprise,
        "rollouts": rollouts.values,
    }


if __name__ == "__main__":
    positions = np.load(sys.argv[2]).view(game_dtype(CONFIGS[sys.argv[1]].board))  # files do not keep dtypes' alignment
    np.savez(sys.argv[3], **search(sys.argv[1], positions))
