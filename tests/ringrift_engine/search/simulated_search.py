"""Searches saved positions in numba-cuda's simulator and saves what was found; `test_device_search` runs it.

    NUMBA_ENABLE_CUDASIM=1 NUMBA_DISABLE_JIT=1 python -m tests.ringrift_engine.search.simulated_search \
        KEY POSITIONS.npz FOUND.npz ["little room"]
"""

import dataclasses
import sys

import numpy as np

from ringrift_engine.batch import LegalMoves
from ringrift_engine.boards import CONFIGS, BoardConfig
from ringrift_engine.rules.state import game_dtype
from ringrift_engine.search import SearchSettings
from ringrift_engine.search.device_search import DeviceGumbelSearch
from tests.ringrift_engine.search.encoded import ThinkingJudge
from tests.ringrift_engine.search.positions import seeds_of

SETTINGS = SearchSettings(simulations=10, considered=4)
LITTLE_ROOM = dataclasses.replace(SETTINGS, memory_mb=1)


def search(config: BoardConfig, saved: str, little_room: bool) -> dict[str, np.ndarray]:
    """What is found in the saved positions, and how many rows were judged at a time."""
    with np.load(saved) as found:
        games = found["games"].view(game_dtype(config.board)).view(np.recarray)  # files do not keep dtypes' alignment
        legal = LegalMoves(found["moves"], found["offsets"])
    judge = ThinkingJudge(config)
    settings, options = (LITTLE_ROOM, {"spread": 3, "edges_a_node": 20}) if little_room else (SETTINGS, {"spread": 1})
    searching = DeviceGumbelSearch(config, judge, settings, **options)
    result = searching.run(games, legal, seeds_of(games))
    return {
        "moves": result.moves,
        "visits": result.visits,
        "policy": result.policy,
        "root_values": result.root_values,
        "surprise": result.surprise,
        "asked": np.array(judge.asked),
        "evaluated": np.array(searching.evaluated()),
    }


if __name__ == "__main__":
    key, saved, file, *options = sys.argv[1:]
    np.savez(file, **search(CONFIGS[key], saved, bool(options)))  # type: ignore[arg-type]
