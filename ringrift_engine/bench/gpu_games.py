"""Random games on a CUDA device, in every way that they can be played there."""

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from ringrift_engine.bench.bench import Bench
from ringrift_engine.bench.rows import Row, not_measured
from ringrift_engine.bench.timing import Work, measure_in_turns, rate_row
from ringrift_engine.boards import BoardConfig
from ringrift_engine.devices import CUDA
from ringrift_engine.rules.setup import new_games

if TYPE_CHECKING:
    from ringrift_engine.batch.device_games import DeviceGames

_SECONDS: Final = 1.5  # of a repeat: long beside its last games, when most threads have nothing to do
_MOST_GAMES_A_PLACE: Final = 8  # results take memory


def random_play(bench: Bench, config: BoardConfig, missing: str) -> Iterable[Row]:
    """The fastest way, with the others in the details; only on two players all ways are measured, for time's sake."""
    if missing:
        yield not_measured("gpu.random_play", missing, config.key, CUDA)
        return
    from ringrift_engine.batch.device_games import DEFAULT_WAY, WAYS, DeviceGames

    ways = WAYS if config.num_players == 2 else (DEFAULT_WAY,)
    players = {way: DeviceGames(config, new_games(config, 1), way=way) for way in ways}
    works = {way: _work(player, _games_a_call(player)) for way, player in players.items()}
    found = measure_in_turns(works, replace(bench.scope.effort, seconds=0.0))
    fastest = max(found, key=lambda way: found[way].rate)
    details = {
        "way": fastest,
        "moves_per_s_by_way": {way: one.rate for way, one in found.items()},
        "games_at_once": players[fastest].places,
    }
    yield rate_row("gpu.random_play", config, found[fastest], device=CUDA, details=details)


def _games_a_call(player: "DeviceGames") -> int:
    """So many games that a call lasts about as long as a repeat should."""
    _play(player, 1)  # compiles
    began = time.perf_counter()
    _play(player, player.places)
    return player.places * max(1, min(_MOST_GAMES_A_PLACE, round(_SECONDS / (time.perf_counter() - began))))


def _work(player: "DeviceGames", games: int) -> Work:
    return lambda: _play(player, games)


def _play(player: "DeviceGames", games: int) -> int:
    """Play, and wait; the number of moves."""
    return int(player.play_random(np.arange(games, dtype=np.uint64)).length.copy_to_host().sum())
