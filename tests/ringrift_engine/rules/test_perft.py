"""Perft: the number of leaves of the game tree, level by level, frozen in perft.json as the naive engine counted them.

Twelve starts and positions from the middle of recorded games. `python -m tests.naive.perft` made the file.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from ringrift_engine import BoardConfig, Game
from ringrift_engine.batch import Batch
from ringrift_engine.batch.kernels import mark_rejected
from ringrift_engine.rules.moves import RECOVER
from ringrift_engine.rules.tables import board_table

CASES = json.loads((Path(__file__).parent / "perft.json").read_text())


def leaves_by_level(game: Game, depth: int) -> list[int]:
    """Leaves after 1, 2, ... `depth` moves; all positions of a level are expanded in one batch."""
    counts, positions = [], game.record.copy()
    for level in range(depth):
        batch = Batch(game.config, len(positions), games=positions)
        rows = np.arange(len(positions))
        legal = batch.legal(rows, complete=True)
        counts.append(len(legal.moves))
        if level + 1 < depth:
            parents = np.repeat(rows, legal.counts)
            keep = ~rejected_moves(batch, parents, legal.moves)
            children = Batch(game.config, int(keep.sum()), games=positions[parents[keep]])
            children.apply(np.arange(len(children)), legal.moves[keep])
            positions = children.games
    return counts


def rejected_moves(batch: Batch, parents: np.ndarray, moves: np.ndarray) -> np.ndarray:
    """bool [M]: the recoveries that are listed but cannot be played."""
    rejected = np.zeros(len(moves), dtype=np.bool_)
    for index in np.flatnonzero(moves & 31 == RECOVER):
        one = slice(index, index + 1)
        mark_rejected(batch.games, int(parents[index]), moves[one], board_table(batch.config.board), rejected[one])
    return rejected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_game_tree_has_as_many_leaves_as_the_naive_engine_counted(case):
    config = BoardConfig.from_key(case["key"])
    game = Game(config) if case["state"] is None else Game.from_snapshot(config, case["state"])
    assert leaves_by_level(game, len(case["leaves"])) == case["leaves"]
