"""Sets of cells as rows of bits, bit x of row y for the cell y * W + x; and what is asked of the shape of a board.

Rows of a game end with some that are always empty (`state.ROWS_BEYOND`), so the rows beyond either edge can be read.
"""

from ringrift_engine.rules.backend import lowest_bit, rule
from ringrift_engine.rules.state import NOBODY, ROWS_BEYOND


@rule
def is_hex(board):
    """Part of the record's type, so that no compiled code asks."""
    return board.stride.shape[0] == 6


@rule
def size_of(game):
    """How many rows and columns the box has; part of the record's type, so that a compiler divides by a constant."""
    return game.open_rows.shape[0] - ROWS_BEYOND


@rule
def shift(row, steps):
    """The row whose bit x is bit `x + steps` of the given one."""
    return row >> steps if steps >= 0 else row << -steps


@rule
def free_row(game, y, colour):
    """The cells of a row that are no walls to `colour`: neither collapsed nor markers of it, if it is somebody."""
    row = int(game.open_rows[y])
    return row & ~int(game.marker_rows[colour, y]) if colour != NOBODY else row


@rule
def rows_a_word(board):
    """How many rows are looked at together where one cell after the other is: as many as fit into 64 bits, in equal
    parts. Fewer, longer loops are easier to foresee for a processor.
    """
    size = board.playable_rows.shape[0]
    most = 64 // size
    words = (size + most - 1) // most
    return (size + words - 1) // words


@rule
def word_of(board, rows, y):
    """The rows from `y` on that are looked at together; its bit b is the cell `y * W + b`."""
    size = board.playable_rows.shape[0]
    word = 0
    for number in range(rows_a_word(board)):
        word |= int(rows[y + number]) << number * size
    return word


@rule
def lowest_cell(board, rows):
    """The lowest cell of a set, or -1."""
    size = board.playable_rows.shape[0]
    for y in range(size):
        if rows[y] != 0:
            return y * size + lowest_bit(int(rows[y]))
    return -1


@rule
def meet(board, first, second):
    """Whether two sets have a cell in common."""
    for y in range(board.playable_rows.shape[0]):
        if first[y] & second[y] != 0:
            return True
    return False


@rule
def are_equal(board, first, second):
    """Whether two sets are the same."""
    for y in range(board.playable_rows.shape[0]):
        if first[y] != second[y]:
            return False
    return True
