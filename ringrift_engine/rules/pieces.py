"""Into how many pieces the board falls, kept up to date while cells change.

`game.pieces[colour]` counts the components of the cells that are neither collapsed nor markers of `colour` (0: only
collapsed cells are walls). Where it is 1 there is no region to look for, which is nearly always.

A cell that becomes a wall cuts its piece into as many as its free neighbours then belong to; one that stops being a
wall joins them. Mostly the cells around it tell, else those within three steps, in one word of bits. If even these do
not, the count is forgotten (`UNCOUNTED`), and `territory` counts again before it looks for regions.
"""

from typing import Final

from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.rows import free_row, is_hex, size_of
from ringrift_engine.rules.state import NOBODY, UNCOUNTED

# The window: seven rows of eight bits, of which the highest stays 0, so that nothing runs from one row into the next.
_PITCH: Final = 8
_MIDDLE: Final = 3 * _PITCH + 3
_EDGE: Final = 0x7F_41_41_41_41_41_7F
_SQUARE_NEIGHBOURS: Final = 5 << _MIDDLE - 1 | 1 << _MIDDLE - _PITCH | 1 << _MIDDLE + _PITCH
_HEX_NEIGHBOURS: Final = _SQUARE_NEIGHBOURS | 1 << _MIDDLE - _PITCH + 1 | 1 << _MIDDLE + _PITCH - 1


@rule
def close_cell(game, board, cell, colour):
    """A free cell has become a wall to `colour`."""
    if game.pieces[colour] != UNCOUNTED:
        count = pieces_beside(game, board, cell, colour)
        game.pieces[colour] = game.pieces[colour] + count - 1 if count != UNCOUNTED else UNCOUNTED


@rule
def open_cell(game, board, cell, colour):
    """A wall to `colour` has become a free cell."""
    if game.pieces[colour] != UNCOUNTED:
        count = pieces_beside(game, board, cell, colour)
        game.pieces[colour] = game.pieces[colour] - count + 1 if count != UNCOUNTED else UNCOUNTED


@rule
def pieces_beside(game, board, cell, colour):
    """To how many pieces the free neighbours of a cell belong, which itself belongs to none; or UNCOUNTED."""
    groups = groups_around(game, board, cell, colour)
    return groups if groups <= 1 else pieces_in_window(board, window(game, cell, colour))


@rule
def groups_around(game, board, cell, colour):
    """How many groups the free neighbours of a cell form by the cells around it: see `tables.groups_around`."""
    y = cell // size_of(game)
    x = cell - y * size_of(game)
    above = free_row(game, y - 1, colour) << 1 >> x
    beside = free_row(game, y, colour) << 1 >> x
    below = free_row(game, y + 1, colour) << 1 >> x
    left = beside & 1
    right = beside >> 2 & 1
    if is_hex(board):
        around = right | below & 2 | (below & 1) << 2 | left << 3 | (above & 6) << 3
    else:
        around = right | below >> 1 & 2 | (below & 2) << 1 | (below & 1) << 3 | left << 4 | (above & 7) << 5
    return board.groups[around]


@rule
def window(game, cell, colour):
    """The free cells within three rows and columns of a cell, without itself, as a word."""
    word = rows_around(game, game.open_rows, cell)
    if colour != NOBODY:
        word &= ~rows_around(game, game.marker_rows[colour], cell)
    return word & ~(1 << _MIDDLE)


@rule
def rows_around(game, rows, cell):
    """The bits of a set of cells within three rows and columns of a cell, as a word.

    Not a loop that counts to seven: a compiler for a GPU would unroll it and keep fourteen rows and their addresses in
    registers for all colours of a collapse.
    """
    y = cell // size_of(game)
    x = cell - y * size_of(game)
    word = 0
    row = max(y - 3, 0)
    while row < size_of(game) and row < y + 4:
        word |= (int(rows[row]) << 3 >> x & 127) << _PITCH * (row - y + 3)
        row += 1
    return word


@rule
def pieces_in_window(board, free):
    """To how many pieces the neighbours of the middle belong; or UNCOUNTED, if two of them might meet outside."""
    left = free & (_HEX_NEIGHBOURS if is_hex(board) else _SQUARE_NEIGHBOURS)
    piece = fill_window(board, free, left, left)
    count = 0
    leaving = 0
    while left & ~piece != 0:
        count += 1
        leaving += 1 if piece & _EDGE != 0 else 0
        left &= ~piece
        piece = fill_window(board, free, left, free)
    if count > 0 and piece & _EDGE != 0:
        leaving += 1
    return count + 1 if leaving <= 1 else UNCOUNTED


@rule
def fill_window(board, free, seeds, enough):
    """The piece of the lowest of the seeds; not all of it, if it has all of `enough` before."""
    piece = seeds & -seeds
    while True:
        grown = piece | piece << 1 | piece >> 1 | piece << _PITCH | piece >> _PITCH
        if is_hex(board):
            grown |= piece << _PITCH - 1 | piece >> _PITCH - 1
        grown &= free
        if grown == piece or enough & ~grown == 0:
            return grown
        piece = grown
