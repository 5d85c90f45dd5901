"""The heuristic's tables of neighbours, lines and runs, each counted again cell by cell."""

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


@pytest.mark.parametrize("board", BOARDS)
def test_a_line_has_the_cells_along_an_axis_in_their_order(board):
    constants, cells = board_constants(board)[0], cells_of(board)
    for axis, direction in enumerate(geometry_of(board).axes):
        dx, dy = geometry_of(board).directions[direction]
        starts = [place for place in cells if (place[0] - dx, place[1] - dy) not in cells]
        assert len({int(constants.line[cells[start], axis]) for start in starts}) == len(starts)
        for x, y in starts:
            line = int(constants.line[cells[x, y], axis])
            length = 0
            while (x, y) in cells:
                assert (constants.line[cells[x, y], axis], constants.place[cells[x, y], axis]) == (line, length)
                x, y, length = x + dx, y + dy, length + 1
            size = geometry_of(board).size
            assert f"{constants.edges[axis, line]:0{size}b}" == "1" * (size - length) + "0" * length


@pytest.mark.parametrize("board", ["square8", "hex8"])
def test_runs_are_what_one_counts_on_a_line(board):
    size = geometry_of(board).size
    runs = board_constants(board)[0].runs
    for word in range(1 << size):
        blocked = [bool(word >> place & 1) for place in range(size)]
        for place in range(size):
            ahead, back = blocked[place + 1 :], blocked[:place][::-1]
            found = int(runs[word, place])
            assert [found >> shift & 15 for shift in (0, 4, 8, 12)] == [*free_and_behind(ahead), *free_and_behind(back)]


def free_and_behind(blocked):
    """Free cells before the first blocked one, and after it before the next."""
    free = blocked.index(True) if True in blocked else len(blocked)
    beyond = blocked[free + 1 :]
    return free, beyond.index(True) if True in beyond else len(beyond)
