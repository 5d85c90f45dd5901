"""What markers could become: lines and links, counted for a whole row of the board at once, and territory closure.

Lines and links are counted anew for every position: with a bit for each cell that takes less time than finding out
where they have changed. Closure compares markers in pairs, so it is taken from the position before where the seat's
markers are the same.
"""

from ringrift_engine.players.heuristic_tables import CLOSURE_MARKERS
from ringrift_engine.rules.backend import lowest_bit, rule
from ringrift_engine.rules.rows import is_hex

LINKS = 16  # where half links begin in what an axis gives, after points of lines


@rule
def count_bits(word):
    """How many bits are set in an int64 that is not negative; compilers have an instruction for this."""
    word -= (word >> 1) & 0x5555555555555555
    word = (word & 0x3333333333333333) + ((word >> 2) & 0x3333333333333333)
    word = (word + (word >> 4)) & 0x0F0F0F0F0F0F0F0F
    return ((word * 0x0101010101010101) >> 56) & 0x7F


@rule
def along_axis(first, second, third, fourth, free):
    """Points of lines and, from `LINKS` on, half links of all markers in a row of cells towards an axis' positive end.

    Bit x says of cell x whether an own marker is there (`first`), one, two and three steps further along the axis, and
    whether a ray passes the cell one step further (`free`). Points are 1 for two markers in a row, 3 for three, 8 for
    four or more; a link over a gap is half of one.
    """
    pairs = first & second
    triples = pairs & third
    gaps = first & ~second & free & third
    points = count_bits(pairs) + 2 * count_bits(triples) + 5 * count_bits(triples & fourth)
    return points + ((2 * count_bits(pairs) + count_bits(gaps)) << LINKS)


@rule
def scan_markers(game, board, scan, seat):
    """Fill `lines`, `links` and `closure` of a seat."""
    scan.closure[seat] = closure(game, board, scan, seat) if scan.changed_markers[seat] else scan.closures[seat]
    found = 0
    for y in range(board.playable_rows.shape[0]):
        first = int(game.marker_rows[seat, y])
        second = int(game.marker_rows[seat, y + 1])
        third = int(game.marker_rows[seat, y + 2])
        fourth = int(game.marker_rows[seat, y + 3])
        free = int(game.open_rows[y]) & ~int(game.stack_rows[0, y])
        below = int(game.open_rows[y + 1]) & ~int(game.stack_rows[0, y + 1])
        found += along_axis(first, first >> 1, first >> 2, first >> 3, free >> 1)
        found += along_axis(first, second, third, fourth, below)
        found += along_axis(first, second << 1, third << 2, fourth << 3, below << 1)
        if not is_hex(board):
            found += along_axis(first, second >> 1, third >> 2, fourth >> 3, below >> 1)
    scan.lines[seat] = found & 0xFFFF
    scan.links[seat] = 0.5 * (found >> LINKS)


@rule
def closure(game, board, scan, seat):
    """10 / mean distance over all pairs of the seat's first ten markers (0 with fewer than two) + 0.5 for each marker.

    The first ten are those with the lowest cell numbers, so on crowded boards the value depends on how the board is
    turned.
    """
    count = first_markers(game, board, scan, seat)
    if count < 2:
        return 0.5 * count
    steps = 0
    for first in range(1, count):
        for second in range(first):
            right = int(scan.marker_column[first] - scan.marker_column[second])
            down = int(scan.marker_row[first] - scan.marker_row[second])
            longest = max(abs(right), abs(down))
            steps += max(longest, abs(right + down)) if is_hex(board) else longest
    return 10.0 * (count * (count - 1) // 2) / steps + 0.5 * count


@rule
def first_markers(game, board, scan, seat):
    """Write the places of a seat's first markers into `scan`; how many they are, at most CLOSURE_MARKERS."""
    count = 0
    for y in range(board.playable_rows.shape[0]):
        row = int(game.marker_rows[seat, y])
        while row != 0 and count < CLOSURE_MARKERS:
            scan.marker_column[count] = lowest_bit(row)
            scan.marker_row[count] = y
            count += 1
            row &= row - 1
    return count
