"""The random player: every choice is equally likely. The anchor of all ratings."""

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import Batch
from ringrift_engine.players.interface import Decisions
from ringrift_engine.players.sampling import pick_best


class RandomPlayer:
    """Chooses uniformly among the choices, moves with equal successors counted once."""

    name = "random"

    def choose(self, batch: Batch, rows: NDArray[np.int64], seeds: NDArray[np.uint64]) -> Decisions:
        """See `Player.choose`; gives no policy."""
        legal = batch.legal(rows)
        equal = np.zeros(len(legal.moves), dtype=np.float32)
        return Decisions(legal.moves[pick_best(equal, legal.offsets, seeds)])
