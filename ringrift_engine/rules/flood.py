"""Components of a pass: a flood grows a row of bits at a time, and looks only at rows that it can grow in."""

from ringrift_engine.rules.backend import highest_bit, lowest_bit, rule
from ringrift_engine.rules.rows import free_row, is_hex


@rule
def open_pass(game, board, work, colour):
    """Make everything free that is neither collapsed nor a marker of `colour`."""
    for y in range(board.playable_rows.shape[0]):
        work.free_rows[y] = free_row(game, y, colour)
        work.left_rows[y] = work.free_rows[y]


@rule
def flood(board, work, cell):
    """Fill `region_rows` with the component of the free cells that holds `cell`.

    Rows in which it can grow are visited downwards as long as there are any, then upwards, and so on: a component
    without a bay costs one visit a row.
    """
    size = board.playable_rows.shape[0]
    for y in range(size):
        work.region_rows[y] = 0
    y = cell // size
    work.region_rows[y] = 1 << cell - y * size
    waiting = 1 << y
    downwards = True
    while waiting != 0:
        ahead = waiting >> y << y if downwards else waiting & (2 << y) - 1
        if ahead == 0:
            downwards = not downwards
        else:
            y = lowest_bit(ahead) if downwards else highest_bit(ahead)
            waiting = waiting & ~(1 << y) | grow_row(board, work, y)


@rule
def grow_row(board, work, y):
    """Extend row `y` of the region as far as it can; a bit for each row beside it that can grow then."""
    free = int(work.free_rows[y])
    row = int(work.region_rows[y]) | touching(board, work.region_rows, y) & free
    row = fill_runs(row, free, board.playable_rows.shape[0])
    work.region_rows[y] = row
    above = row | row << 1 if is_hex(board) else row
    below = row | row >> 1 if is_hex(board) else row
    waiting = 0
    if above & int(work.free_rows[y - 1]) & ~int(work.region_rows[y - 1]) != 0:
        waiting = 1 << y >> 1
    if below & int(work.free_rows[y + 1]) & ~int(work.region_rows[y + 1]) != 0:
        waiting |= 2 << y
    return waiting


@rule
def touching(board, rows, y):
    """Bits of row `y` that are territory neighbours of the set `rows` in the rows above and below."""
    above = int(rows[y - 1])
    below = int(rows[y + 1])
    return above | above >> 1 | below | below << 1 if is_hex(board) else above | below


@rule
def fill_runs(row, free, size):
    """The runs of free cells that have a cell of `row`, which is free itself.

    Upwards the carry of an addition runs through a run; downwards the reach doubles with every step.
    """
    row |= free & ~(free + row)
    row |= free & row >> 1
    free &= free >> 1
    row |= free & row >> 2
    free &= free >> 2
    row |= free & row >> 4
    if size > 8:
        free &= free >> 4
        row |= free & row >> 8
        free &= free >> 8
        row |= free & row >> 16
    return row
