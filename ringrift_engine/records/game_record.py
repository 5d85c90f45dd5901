"""One finished game as self-play hands it on: every move, what was learnt at each decision, and the result.

How games are kept in files is `shard`'s business; this module knows no format and no database.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SCORE_COLUMNS = ("eliminated", "territory", "markers", "hand")


@dataclass(frozen=True, eq=False)
class Decision:
    """What a player knew at one of its decisions; forced moves and decisions without a policy have none.

    ply           index into the game's moves
    policy_moves  int64 [k], choices with a share in the policy, at least one
    policy        float32 [k], sums to 1 within 1e-5
    root_values   float32 [n], win probability of seat s in column s - 1; length 0 where the player made no estimate
    simulations   search simulations spent, 0 without search
    sampled       whether the move was drawn by probability rather than being the best
    surprise      nats by which the search's policy differs from what it began with; None without such a search
    taught        whether the decision is an example to learn from; a cheap search only moves the game on
    """

    ply: int
    policy_moves: NDArray[np.int64]
    policy: NDArray[np.float32]
    root_values: NDArray[np.float32]
    simulations: int
    sampled: bool
    surprise: float | None = None
    taught: bool = True


@dataclass(frozen=True, eq=False)
class GameRecord:
    """A game from its start to its end.

    game_id        hex SHA-256 prefix of configuration, seed, index, players and moves
    seed, index    of the run, and of the game within it
    swap_rule      whether seat 2 could swap; after a swap in `moves` the two players sit in each other's seats
    players        names, seat 1 first, as they sat at the start
    opening_plies  decisions played at random before the players took over
    moves          int64 [T], all of them, bookkeeping included
    decisions      in order of ply
    winner, how    the winning seat, and how (codes of `rules.state.HOW_NAMES`)
    scores         int16 [n, 4] at the end, columns SCORE_COLUMNS, seat 1 first
    """

    game_id: str
    seed: int
    index: int
    swap_rule: bool
    players: tuple[str, ...]
    opening_plies: int
    moves: NDArray[np.int64]
    decisions: tuple[Decision, ...]
    winner: int
    how: int
    scores: NDArray[np.int16]
