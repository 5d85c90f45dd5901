"""Every kernel of the search compiles for a GPU, on a machine that has none, and needs little of it."""

import numpy as np
import pytest

from ringrift_engine.boards import BoardConfig
from ringrift_engine.encoding.cut_kernels import search_dtype
from ringrift_engine.rules.setup import new_games
from ringrift_engine.rules.tables import board_table
from ringrift_engine.rules.work import make_work
from ringrift_engine.search.tree import EDGE_DTYPE, NODE_DTYPE, TREE_DTYPE, scratch_dtype
from tests.support.ptx import assemble, assert_fits, needs_ptxas


def kernel_of(name: str, board: str):
    """A kernel of the search, and arguments of the types it gets."""
    from ringrift_engine.search import device_kernels

    def some(kind, *shape):
        return np.zeros(shape or 1, dtype=kind)

    games, table, works = new_games(BoardConfig.from_key(f"{board}_2p"), 1), board_table(board), make_work(board)
    nodes, edges, trees = some(NODE_DTYPE), some(EDGE_DTYPE), some(TREE_DTYPE)
    scratches, numbers, gumbels, grid = some(scratch_dtype(board)), some(np.int64), some(float), some(np.float32, 2, 2)
    planes = some(np.int8, 2, 3, 4).transpose(0, 2, 1)  # as `DeviceNetwork` has them: a cell's planes side by side
    arguments = {
        "plant_trees": (
            games, numbers, numbers, some(np.uint64), 1, 1.0, 1, games, nodes, edges, trees, gumbels, 1,
        ),
        "select_edges_of_trees": (
            1, nodes, edges, trees, gumbels, some(np.int32, 2, 2), 1, 1.0, 1.0, scratches, 1,
        ),
        "expand_edges_of_trees": (1, games, nodes, edges, trees, numbers, table, works, 1, numbers, 1),
        "encode_leaves": (1, games, nodes, trees, table, planes),
        "encode_seats_of_leaves": (
            1, games, nodes, trees, table, some(search_dtype(board), 2, 2), 1, planes, grid,
        ),
        "back_up_trees": (1, games, nodes, edges, trees, table, numbers, numbers, grid, grid, 1),
        "report_trees": (
            1, nodes, edges, trees, gumbels, 1.0, 1.0, scratches, numbers, some(np.float32), some(np.int32), grid,
            some(np.float32), 1,
        ),
    }  # fmt: skip
    return getattr(device_kernels, name), arguments[name]


@needs_ptxas
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "board"),
    [("plant_trees", "hex8"), ("select_edges_of_trees", "hex8"), ("encode_leaves", "hex8"),
     ("encode_leaves", "square19"), ("encode_seats_of_leaves", "hex8"), ("back_up_trees", "hex8"),
     ("report_trees", "hex8"), ("expand_edges_of_trees", "hex8"), ("expand_edges_of_trees", "hexagonal")],
)  # fmt: skip
def test_a_thread_that_searches_needs_few_registers_and_little_stack(name, board, tmp_path):
    assert_fits(assemble(*kernel_of(name, board), tmp_path))
