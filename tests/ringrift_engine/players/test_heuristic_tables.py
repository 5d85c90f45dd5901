"""The heuristic's tables of neighbours, counted again cell by cell."""

import numpy as np
import pytest

from ringrift_engine.boards import geometry_of
from ringrift_engine.players.heuristic_tables import board_constants

BOARDS = ("square8", "square19", "hex8", "hexagonal")


def cells_of(board):
    """Number of a cell in the box, by its column and row."""
    size = geometry_of(board).size
    return {(int(c) % size, int(c) // size): int(c) for c in np.flatnonzero(geometry_of(board).playable)}


@pytest.mark.parametrize("board", BOARDS)
def test_neighbours_are_the_cells_one_and_two_steps_away(board):
    constants, cells = board_constants(board)[0], cells_of(board)
    steps = geometry_of(board).directions
    for (x, y), cell in cells.items():
        beside = {cells[x + dx, y + dy] for dx, dy in steps if (x + dx, y + dy) in cells}
        found = [int(other) for other in constants.beside[cell][: len(steps)]]
        assert sorted(found) == sorted([*beside, *[cell] * int(constants.missing[cell])])
        two_steps = {(x + a + c, y + b + d) for a, b in steps for c, d in steps}
        far = {cells[place] for place in two_steps if place in cells} - beside - {cell}
        ring = [int(other) for other in constants.ring_two[cell]]
        assert sorted(ring) == sorted([*far, *[cell] * (len(ring) - len(far))])
