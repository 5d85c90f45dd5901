"""What is settled about a game before its first move: its number, who sits where, how it opens, which random numbers it
uses.

Everything follows from the run's seed and the game's index, never from when the game is played or what is played beside
it. Matches plan their games themselves: the same `opening_seed` with other seats is the same opening played from
another side.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.players.sampling import mix_seeds, uniforms
from ringrift_engine.selfplay.settings import SelfplaySettings

# Streams of a game, so that no two purposes share random numbers.
_PLAY: Final = 1
_OPENING: Final = 2
_WHETHER: Final = 3
_HOW_LONG: Final = 4
_AGAINST: Final = 5


@dataclass(frozen=True)
class GamePlan:
    """One game to be played.

    index         number of the game in its run
    seats         for each seat, seat 1 first, the number of the player that sits there
    play_seed     names the random numbers of the players' decisions, 0 <= seed < 2**64
    opening_seed  those of the opening
    opening       choices made at random before the players take over
    """

    index: int
    seats: tuple[int, ...]
    play_seed: int
    opening_seed: int
    opening: int


def plan_games(num_players: int, settings: SelfplaySettings, seed: int) -> list[GamePlan]:
    """The plans of a self-play run: seats rotate by one from game to game, openings are drawn for each."""
    indices = np.arange(settings.games, dtype=np.uint64)
    games = mix_seeds(np.full(settings.games, seed, dtype=np.uint64), indices)
    play, opening = stream(games, _PLAY), stream(games, _OPENING)
    lengths = _opening_lengths(opening, settings)
    return [
        GamePlan(
            index=index,
            seats=tuple((seat + index) % num_players for seat in range(num_players)),
            play_seed=int(play[index]),
            opening_seed=int(opening[index]),
            opening=lengths[index],
        )
        for index in range(settings.games)
    ]


def seat_opponents(plans: Sequence[GamePlan], shares: Sequence[float], num_players: int) -> list[GamePlan]:
    """The plans with other seats: player 0, who learns, against itself or against copies of one opponent.

    `shares` has the share of games of each player's copies as opponents, that of player 0 for games against itself
    first; they sum to 1. Which game is against whom is drawn from the seeds of the games; player 0's seat rotates.
    """
    if not plans:
        return []
    drawn = uniforms(stream(np.array([plan.play_seed for plan in plans], dtype=np.uint64), _AGAINST))
    opponents = np.minimum(np.searchsorted(np.cumsum(shares), drawn, side="right"), len(shares) - 1)
    return [
        replace(plan, seats=tuple(0 if seat == plan.index % num_players else int(other) for seat in range(num_players)))
        for plan, other in zip(plans, opponents, strict=True)
    ]


def stream(seeds: NDArray[np.uint64], purpose: int) -> NDArray[np.uint64]:
    """uint64 [R]: for each seed another one, independent for each purpose."""
    return mix_seeds(seeds, np.full(len(seeds), purpose, dtype=np.uint64))


def _opening_lengths(seeds: NDArray[np.uint64], settings: SelfplaySettings) -> list[int]:
    """0 for games that begin with the players, else evenly 1 to `opening_decisions`."""
    opens = uniforms(stream(seeds, _WHETHER)) < settings.opening_probability
    lengths = 1 + (uniforms(stream(seeds, _HOW_LONG)) * settings.opening_decisions).astype(int)
    return np.where(opens, lengths, 0).tolist()
