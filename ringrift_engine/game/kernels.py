"""Entry points for a single game: what a person wants to see of a move beyond its integer."""

from ringrift_engine.rules.backend import kernel
from ringrift_engine.rules.territory import find_claim


@kernel
def region_cells(games, table, works, move, out):
    """Write the cells of a claimed region, ascending and without its border, to `out` int64 [B]; their number."""
    board = table[0]
    work = works[0]
    find_claim(games[0], board, work, move)
    count = 0
    for y in range(int(board.width)):
        for x in range(int(board.width)):
            if (work.region_rows[y] >> x) & 1 != 0:
                out[count] = y * int(board.width) + x
                count += 1
    return count
