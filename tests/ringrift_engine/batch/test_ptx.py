"""Every kernel of the GPU compiles for one, on a machine that has none, and needs no more than a thread may have."""

import numpy as np
import pytest

from ringrift_engine.boards import BoardConfig
from ringrift_engine.rules.setup import new_games
from ringrift_engine.rules.tables import board_table
from ringrift_engine.rules.work import FEWEST_MOVES, make_work
from tests.support.ptx import assemble, needs_ptxas

MOST_REGISTERS = 128
MOST_STACK_BYTES = 4_096
MOST_SECONDS = 120


def random_queue(board: str):
    """The kernel and arguments of the types it gets."""
    from ringrift_engine.batch.device_kernels import play_random_queue

    games = new_games(BoardConfig.from_key(f"{board}_2p"), 1)
    words, numbers = np.zeros(1, dtype=np.uint64), np.zeros(1, dtype=np.int64)
    works = make_work(board, 1, FEWEST_MOVES)
    lengths = np.zeros(1, dtype=np.int32)
    table = board_table(board)
    return play_random_queue, (games, words, numbers, table, games, works, 1, games, lengths, words, numbers)


@needs_ptxas
@pytest.mark.slow
@pytest.mark.parametrize("board", ["square8", "hex8", "square19", "hexagonal"])
def test_a_thread_of_the_random_queue_needs_few_registers_and_little_stack(board, tmp_path):
    program = assemble(*random_queue(board), tmp_path)
    assert program.registers <= MOST_REGISTERS
    assert program.spill_bytes == 0
    assert program.stack_bytes <= MOST_STACK_BYTES
    assert program.seconds <= MOST_SECONDS
