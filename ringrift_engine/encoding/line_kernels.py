"""Lines in the making: how long a run of a seat's markers would be with one more marker (RULES.md 4.5).

A cell counts if it could become a marker: opponents' markers turn, stacks leave one behind. Only collapsed cells stay.
"""

from ringrift_engine.encoding import position_planes as p
from ringrift_engine.encoding.seats import relative_seat
from ringrift_engine.rules.backend import lowest_bit, rule
from ringrift_engine.rules.flood import touching
from ringrift_engine.rules.lines import markers_along
from ringrift_engine.rules.rows import is_hex


@rule
def encode_run(game, board, seat, cell, row, planes):
    """Write the longest run of the seat's markers through a cell that is not collapsed, as if its marker lay there too.

    0 where no marker of the seat lies beside it on any axis: the run would be the cell alone.
    """
    longest = 0
    for axis in range(board.axis_direction.shape[0]):
        forward = int(board.axis_direction[axis])
        run = markers_along(game, board, cell, forward, seat)
        run += markers_along(game, board, cell, int(board.opposite[forward]), seat)
        longest = max(longest, run)
    if longest > 0:
        plane = p.LINE * int(game.num_players) + relative_seat(game, seat)
        planes[row, plane, cell] = min(longest, int(game.detected_line_length)) + 1


@rule
def encode_runs(game, board, seat, row, planes):
    """Write all runs of a seat: only cells beside its markers are looked at."""
    if game.markers[seat] == 0:
        return
    size = board.playable_rows.shape[0]
    for y in range(size):
        near = cells_beside(board, game.marker_rows[seat], y) & int(game.open_rows[y])
        while near != 0:
            encode_run(game, board, seat, y * size + lowest_bit(near), row, planes)
            near &= near - 1


@rule
def cells_beside(board, rows, y):
    """Bits of row `y` that lie beside a cell of the set on an axis of lines."""
    own = int(rows[y])
    near = own << 1 | own >> 1 | touching(board, rows, y)
    if not is_hex(board):
        around = int(rows[y - 1]) | int(rows[y + 1])
        near |= around << 1 | around >> 1
    return near
