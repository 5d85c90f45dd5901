"""Random openings, drawn once and played from every seat.

Without them two deterministic players play one game again and again, and without turning the seats whoever has the
better side looks stronger. An opening is a number of random choices from the start, forced moves played in between.
Opening i of a seed is the same whoever plays it and however many are drawn; openings are independent of each other,
so a short one may come twice. One that would end the game is drawn again.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np

from ringrift_engine.batch import Batch
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import ConfigError
from ringrift_engine.players.random import RandomPlayer
from ringrift_engine.players.sampling import mix_seeds
from ringrift_engine.selfplay.plan import GamePlan

_ATTEMPTS: Final = 100
_PLAY: Final = 1  # stream of an opening's games, apart from the opening's own
_U64: Final = np.uint64


@dataclass(frozen=True)
class Opening:
    """One opening of a configuration.

    index      its number under the seed of the match, 0 or more
    seed       names its random choices, 0 <= seed < 2**64
    decisions  random choices in it
    moves      all moves, forced ones included
    """

    index: int
    seed: int
    decisions: int
    moves: tuple[int, ...]

    @property
    def fingerprint(self) -> str:
        """16 hex digits of the moves' SHA-256: equal openings have equal ones."""
        return hashlib.sha256(np.array(self.moves, dtype="<i8").tobytes()).hexdigest()[:16]


def draw_openings(config: BoardConfig, seed: int, first: int, count: int, decisions: int) -> list[Opening]:
    """Openings number `first` to `first + count - 1` under `seed`, each with `decisions` random choices.

    ConfigError if an opening has no choice at all, or if openings so long end the game again and again.
    """
    if decisions < 1:
        raise ConfigError(f"An opening needs at least one random decision, not {decisions}.")
    if not 0 <= seed < 2**64:
        raise ConfigError(f"The seed of openings must be 0 or more and below 2**64, not {seed}.")
    indices = np.arange(first, first + count, dtype=_U64)
    streams = mix_seeds(np.full(count, seed, dtype=_U64), indices)
    found: dict[int, Opening] = {}
    missing = np.arange(count)
    for attempt in range(_ATTEMPTS):
        seeds = mix_seeds(streams[missing], np.full(len(missing), attempt, dtype=_U64))
        batch = _play_at_random(config, seeds, decisions)
        over = batch.over()
        for place in np.flatnonzero(~over):
            number = first + int(missing[place])
            found[number] = Opening(number, int(seeds[place]), decisions, tuple(batch.moves_of(int(place)).tolist()))
        missing = missing[over]
        if not len(missing):
            return [found[number] for number in sorted(found)]
    raise ConfigError(
        f"Openings of {decisions} random decisions end the game of {config.key} {_ATTEMPTS} times in a row. Use fewer."
    )


def rotations(opening: Opening, num_players: int) -> list[GamePlan]:
    """The round of an opening: n games, the candidate (player 0) once in each seat, copies of the opponent (1)
    elsewhere.

    A game's index is `opening.index * n + seat - 1`; its random numbers follow from the opening and the seat.
    """
    games = np.full(num_players, opening.seed, dtype=_U64)
    streams = mix_seeds(mix_seeds(games, np.full(num_players, _PLAY, dtype=_U64)), np.arange(num_players, dtype=_U64))
    return [
        GamePlan(
            index=opening.index * num_players + candidate,
            seats=tuple(0 if seat == candidate else 1 for seat in range(num_players)),
            play_seed=int(streams[candidate]),
            opening_seed=opening.seed,
            opening=opening.decisions,
        )
        for candidate in range(num_players)
    ]


def _play_at_random(config: BoardConfig, seeds: np.ndarray, decisions: int) -> Batch:
    """Games after their openings, drawn as `selfplay.runner` draws them: a choice's stream is named by seed and ply."""
    batch = Batch(config, len(seeds))
    player = RandomPlayer()
    batch.play_forced(np.arange(len(seeds)))
    for _ in range(decisions):
        rows = np.flatnonzero(~batch.over())
        if not len(rows):
            break
        chosen = player.choose(batch, rows, mix_seeds(seeds[rows], batch.length[rows].astype(_U64)))
        batch.apply(rows, chosen.moves)
        batch.play_forced(rows)
    return batch
