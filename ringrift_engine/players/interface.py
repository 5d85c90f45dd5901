"""What a player is: something that chooses moves for many games at once.

All its randomness is in the seeds that it is given, one for each decision, so that no decision depends on its
neighbours.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from ringrift_engine.batch import Batch, LegalMoves


@dataclass(frozen=True, eq=False)
class Decisions:
    """What a player chose in R positions, and what it can tell a learner about them.

    moves        int64 [R], one choice a position
    legal        the choices of all positions, M in all; None if the player gives no policy
    policy       float32 [M] aligned with `legal.moves`, each position's part sums to 1: what a network should learn to
                 play here, not what temperature or noise made of it; None for players that have no such opinion
    root_values  float32 [R, n], win probability of seat s in column s - 1, rows sum to 1; None without an estimate
    simulations  int64 [R], search simulations spent on each decision; None without search
    surprise     float32 [R], nats by which the search's policy differs from what it began with; None without such a
                 search
    taught       bool [R], whether a learner may take the policy for a target; None if it may everywhere. Where it may
                 not, the position is no example at all: the decision only moves the game on
    """

    moves: NDArray[np.int64]
    legal: "LegalMoves | None" = None
    policy: NDArray[np.float32] | None = None
    root_values: NDArray[np.float32] | None = None
    simulations: NDArray[np.int64] | None = None
    surprise: NDArray[np.float32] | None = None
    taught: NDArray[np.bool_] | None = None


class Player(Protocol):
    """Chooses moves; two players with equal names choose alike."""

    @property
    def name(self) -> str:
        """The identity of a participant: kind, settings, and the content hash of a model."""
        ...

    def choose(self, batch: "Batch", rows: NDArray[np.int64], seeds: NDArray[np.uint64]) -> Decisions:
        """One move for each of the rows, in their order; the batch is not changed.

        rows   int64 [R], games that are not over and have at least two choices
        seeds  uint64 [R], a stream of random numbers for each decision; equal seeds and positions give equal moves
        """
        ...
