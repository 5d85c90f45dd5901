"""The tables of the boards against counts of RULES.md and against rays computed from coordinates."""

import numpy as np
import pytest

from ringrift_engine.boards import BOARD_NAMES, CONFIGS, geometry_of
from tests.naive.boards import board_of

# board: cells, directions, axes, longest ray, triples of cell, direction and distance (6), adjacent ordered pairs (2.2)
COUNTS = {
    "square8": (64, 8, 4, 7, 1456, 420),
    "square19": (361, 8, 4, 18, 21432, 2664),
    "hex8": (61, 6, 3, 8, 1104, 312),
    "hexagonal": (469, 6, 3, 24, 25968, 2664),
}


@pytest.mark.parametrize("board", BOARD_NAMES)
def test_the_rays_have_the_counts_of_the_rules(board):
    geometry = geometry_of(board)
    found = (
        int(geometry.playable.sum()),
        len(geometry.directions),
        len(geometry.axes),
        int(geometry.reach.max()),
        int(geometry.reach.sum()),
        int((geometry.reach > 0).sum()),
    )
    assert found == COUNTS[board]


@pytest.mark.parametrize("board", BOARD_NAMES)
def test_every_ray_visits_the_cells_that_coordinates_give(board):
    geometry, naive = geometry_of(board), board_of(board)
    assert set(np.flatnonzero(geometry.playable).tolist()) == naive.cells
    assert geometry.directions == naive.steps
    for cell in naive.cells:
        for direction, ray in enumerate(naive.rays[cell]):
            steps = range(1, int(geometry.reach[cell, direction]) + 1)
            assert [cell + step * int(geometry.stride[direction]) for step in steps] == ray


@pytest.mark.parametrize("board", BOARD_NAMES)
def test_the_axes_come_in_the_order_of_recovery(board):
    geometry = geometry_of(board)
    assert tuple(geometry.directions[axis] for axis in geometry.axes) == board_of(board).axes


@pytest.mark.parametrize("board", BOARD_NAMES)
def test_the_opposite_direction_leads_back(board):
    geometry = geometry_of(board)
    for direction, opposite in enumerate(geometry.opposite):
        assert geometry.stride[direction] == -geometry.stride[opposite]


@pytest.mark.parametrize("board", BOARD_NAMES)
def test_numbers_of_the_box_that_are_no_cells_lead_nowhere(board):
    geometry = geometry_of(board)
    assert geometry.playable.size == CONFIGS[f"{board}_2p"].box
    assert not geometry.reach[~geometry.playable].any()


def test_only_hexagonal_borders_do_not_spread():
    assert [board for board in BOARD_NAMES if not geometry_of(board).spreads] == ["hexagonal"]
