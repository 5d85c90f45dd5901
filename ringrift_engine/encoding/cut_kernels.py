"""Regions about to close: where one more marker of a seat would cut cells off, and which are cut off (RULES.md 4.7).

The cells that are neither collapsed nor markers of the seat are a graph, by the neighbours of territory. A depth-first
search finds the cells without which a component falls apart, and how large its parts are, in one visit of each cell
(R. E. Tarjan, "Depth-first search and linear graph algorithms", SIAM Journal on Computing 1, 1972): below a cell hangs
a part for each branch of the search from which no edge leads further up, and what hangs nowhere is one more.

Cells are numbered in the order in which the search meets them, so a branch is a range of numbers. The map of these
numbers has a rim of walls, so that nobody asks where the board ends.
"""

from typing import Final

import numpy as np

from ringrift_engine.boards import BoardConfig
from ringrift_engine.encoding import position_planes as p
from ringrift_engine.encoding.seats import relative_seat
from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.rows import free_row, is_hex

_UNSEEN: Final = 0
_WALL: Final = 32_767  # above every number of a cell


def search_dtype(board: str) -> np.dtype:
    """dtype of the scratch memory of one search, which may hold anything before; W the width of the bounding box.

    The map has W + 1 columns, of which the first is rim, and W + 2 rows, of which the first and the last are.
    """
    config = BoardConfig.from_key(f"{board}_2p")
    numbers = (config.cells + 1,)
    fields = np.dtype(
        [
            ("number", np.int16, ((config.size + 1) * (config.size + 2),)),  # of a place on the map
            ("steps", np.int16, (6 if config.is_hex else 4,)),  # to the neighbours of a place
            # --- by number, from 1
            ("place", np.int16, numbers),
            ("above", np.int16, numbers),  # from which cell the search came
            ("tried", np.int16, numbers),  # neighbours that were looked at
            ("highest", np.int16, numbers),  # the lowest number that an edge from the cell or its branches leads to
            ("apart", np.int16, numbers),  # cells in branches that hang on this cell alone
            ("largest", np.int16, numbers),  # cells in the largest of them
            ("cells", np.int16, numbers),  # of the component, at its first cell
        ],
        align=True,
    )
    return np.dtype((np.record, fields))  # not compiled, a record's fields are attributes only so


@rule
def encode_cuts(game, board, search, seat, row, planes):
    """Write what one more marker of a seat would cut off, and what is cut off from the largest component already."""
    draw_map(game, board, search, seat)
    used = 0
    largest = 0
    for index in range(board.playable.shape[0]):
        place = place_of(board, int(board.playable[index]))
        if search.number[place] == _UNSEEN:
            first = used + 1
            used = visit(search, place, first)
            search.cells[first] = used - first + 1
            largest = max(largest, used - first + 1)
    first = 1
    while first <= used:
        write_component(game, board, search, relative_seat(game, seat), first, largest, row, planes)
        first += int(search.cells[first])


@rule
def place_of(board, cell):
    """The place of a cell on the map."""
    size = board.playable_rows.shape[0]
    return cell + cell // size + size + 2


@rule
def cell_at(board, place):
    """The cell at a place of the map."""
    size = board.playable_rows.shape[0]
    return place - place // (size + 1) - size - 1


@rule
def draw_map(game, board, search, seat):
    """Draw walls and cells that nobody has seen, and how to step from one to the next."""
    size = board.playable_rows.shape[0]
    width = size + 1
    for place in range(search.number.shape[0]):
        search.number[place] = _WALL
    for y in range(size):
        free = free_row(game, y, seat)
        place = (y + 1) * width + 1
        for x in range(size):
            search.number[place + x] = _UNSEEN if free >> x & 1 else _WALL
    search.steps[0] = 1
    search.steps[1] = -1
    search.steps[2] = width
    search.steps[3] = -width
    if is_hex(board):
        search.steps[4] = width - 1
        search.steps[5] = 1 - width


@rule
def visit(search, place, first):
    """Number the component of a place from `first` on; its last number."""
    used = first
    number = first
    enter(search, place, number, 0)
    highest = first
    tried = 0
    while True:
        if tried < search.steps.shape[0]:
            beside = place + int(search.steps[tried])
            tried += 1
            seen = int(search.number[beside])
            if seen == _UNSEEN:
                search.highest[number] = highest
                search.tried[number] = tried
                used += 1
                enter(search, beside, used, number)
                place, number, highest, tried = beside, used, used, 0
            elif seen < highest:
                highest = seen
        else:
            above = int(search.above[number])
            if above == 0:
                return used
            if highest >= above:
                hang(search, above, used - number + 1)
            number = above
            highest = min(highest, int(search.highest[number]))
            place = int(search.place[number])
            tried = int(search.tried[number])


@rule
def enter(search, place, number, above):
    """Begin with a cell that was not seen before."""
    search.number[place] = number
    search.place[number] = place
    search.above[number] = above
    search.apart[number] = 0
    search.largest[number] = 0


@rule
def hang(search, number, size):
    """Note a branch that hangs on a cell alone."""
    search.apart[number] += size
    search.largest[number] = max(int(search.largest[number]), size)


@rule
def write_component(game, board, search, seat, first, largest, row, planes):
    """Write the cells of a component, whose first number is `first`; the largest of all is nowhere enclosed."""
    players = int(game.num_players)
    size = int(search.cells[first])
    for number in range(first, first + size):
        if search.apart[number] > 0:
            others = size - 1 - max(int(search.largest[number]), size - 1 - int(search.apart[number]))
            if others > 0:
                cell = cell_at(board, int(search.place[number]))
                planes[row, p.CUT * players + seat, cell] = min(others, p.MOST_CUT)
    if size < largest:
        for number in range(first, first + size):
            cell = cell_at(board, int(search.place[number]))
            planes[row, p.ENCLOSED * players + seat, cell] = min(size, p.MOST_CUT)
