"""Every kernel that plays random games compiles for a GPU, on a machine that has none, and needs little of it."""

import numpy as np
import pytest

from ringrift_engine.boards import BoardConfig
from ringrift_engine.rules.setup import new_games
from ringrift_engine.rules.tables import board_table
from ringrift_engine.rules.work import FEWEST_MOVES, make_work
from tests.support.ptx import assemble, assert_fits, needs_ptxas


def kernel_of(way: str, board: str):
    """The kernel that plays in this way, and arguments of the types it gets."""
    from ringrift_engine.batch import device_kernels as k

    games = new_games(BoardConfig.from_key(f"{board}_2p"), 1)
    words, numbers, lengths = (np.zeros(1, dtype=kind) for kind in (np.uint64, np.int64, np.int32))
    places, counts = np.zeros(1, dtype=k.PLACE_DTYPE), np.zeros((2, k.PHASES), dtype=np.int64)
    rows = np.zeros((k.PHASES, 1), dtype=np.int32)
    works, table = make_work(board, 1, FEWEST_MOVES), board_table(board)
    if way == "sort":
        return k.sort_by_phase, (
            games, words, numbers, games, places, 1, rows, counts, 1, games, lengths, words,
        )  # fmt: skip
    if way == "sorted":
        return k.play_sorted, (words, table, games, places, works, rows, counts, 1, numbers)
    return k.play_random_queue, (games, words, numbers, table, games, works, 1, 1, games, lengths, words, numbers)


@needs_ptxas
@pytest.mark.slow
@pytest.mark.parametrize(
    ("way", "board"),
    [("in step", "square8"), ("in step", "hex8"), ("in step", "square19"), ("in step", "hexagonal"), ("sort", "hex8"),
     ("sorted", "hex8")],
)  # fmt: skip
def test_a_thread_that_plays_needs_few_registers_and_little_stack(way, board, tmp_path):
    assert_fits(assemble(*kernel_of(way, board), tmp_path))
