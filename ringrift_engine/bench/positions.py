"""Positions from the middle of random games: what searches, players and encoders are measured on."""

from typing import Final

import numpy as np

from ringrift_engine.batch import Batch, LegalMoves
from ringrift_engine.bench.quantities import SMALL_CELLS
from ringrift_engine.boards import BoardConfig

# A random game has about 75 decisions on a small board and 350 to 500 on a large one; on an empty board nothing is
# like it will be for most of the game.
_SMALL: Final = (256, 30)
_LARGE: Final = (64, 150)


def middle_positions(config: BoardConfig, count: int | None = None) -> tuple[np.recarray, LegalMoves]:
    """Games under way in which somebody has a choice, and their choices; always the same ones.

    At most `count`, by default 256 on small boards and 64 on large ones; fewer where random games were over by then.
    """
    usual, decisions = _SMALL if config.cells < SMALL_CELLS else _LARGE
    random = np.random.default_rng(0)
    batch = Batch(config, count or usual)
    rows = np.arange(count or usual)
    for _ in range(decisions):
        legal = batch.legal(rows)
        batch.apply(rows, legal.moves[legal.offsets[:-1] + (random.random(len(rows)) * legal.counts).astype(np.int64)])
        batch.play_forced(rows)
        rows = rows[~batch.over()[rows]]
    return batch.games[rows].view(np.recarray), batch.legal(rows)
