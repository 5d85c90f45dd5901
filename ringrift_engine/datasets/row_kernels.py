"""The compiled loops over rows of a dataset: policies, hashes of positions, means of rows that are the same position,
rows fetched in another order."""

import numpy as np

from ringrift_engine.rules.backend import kernel, rule
from ringrift_engine.rules.random import scramble

_FACTOR = np.uint64(0xBF58476D1CE4E5B9)
_HALF = np.uint64(32)
_BYTE = np.uint64(8)
_ONE, _TWO, _THREE, _SEVEN = np.uint64(1), np.uint64(2), np.uint64(3), np.uint64(7)
_SEEDS = (
    np.uint64(0x243F6A8885A308D3),
    np.uint64(0x13198A2E03707344),
    np.uint64(0xA4093822299F31D0),
    np.uint64(0x082EFA98EC4E6C89),
)


@rule
def word_at(content, row, at):
    """The eight bytes from `at` on, the first one lowest."""
    word = np.uint64(0)
    for step in range(8):
        word |= np.uint64(content[row, at + np.uint64(step)]) << np.uint64(8 * step)
    return word


@rule
def last_word(content, row, at):
    """The bytes from `at` on, fewer than eight, with a one above them."""
    word = _ONE
    for place in range(np.int64(at), content.shape[1]):
        word = (word << _BYTE) | np.uint64(content[row, place])
    return word


@rule
def absorb(lane, word):
    """A lane of a hash after one more word; for a given lane no two words lead to the same."""
    lane = (lane ^ word) * _FACTOR
    return lane ^ (lane >> _HALF)


@rule
def absorb_row(content, row, first, second, third, fourth):
    """Four lanes after the bytes of a row, word after word in turns: one alone would wait for its products."""
    at, end = np.uint64(0), np.uint64(content.shape[1])
    while at + _BYTE * (_ONE + _THREE) <= end:
        first = absorb(first, word_at(content, row, at))
        second = absorb(second, word_at(content, row, at + _BYTE))
        third = absorb(third, word_at(content, row, at + _BYTE * _TWO))
        fourth = absorb(fourth, word_at(content, row, at + _BYTE * _THREE))
        at += _BYTE * (_ONE + _THREE)
    while at + _BYTE <= end:
        first = absorb(first, word_at(content, row, at))
        at += _BYTE
    return absorb(first, last_word(content, row, at)), second, third, fourth


@kernel
def digest_rows(planes, numbers, digests):
    """Write digests uint64 [N, 2] of rows whose content is planes uint8 [N, P] and numbers uint8 [N, Q]."""
    for row in range(planes.shape[0]):
        lanes = absorb_row(planes, row, _SEEDS[0], _SEEDS[1], _SEEDS[2], _SEEDS[3])
        first, second, third, fourth = absorb_row(numbers, row, lanes[0], lanes[1], lanes[2], lanes[3])
        digests[row, 0] = scramble(first ^ scramble(second ^ scramble(third ^ scramble(fourth))))
        digests[row, 1] = scramble(fourth ^ scramble(first ^ scramble(second ^ scramble(third + _SEVEN))))


@kernel
def fill_policies(moves, offsets, played, even, decisions, codes, code_offsets, values, shares):
    """Write shares float32 [M] along moves int64 [M], the choices of R rows, which begin at offsets int64 [R + 1].

    Of row r: if decisions[r] is 0 or more, values[code] of each code of that decision, scaled to sum 1; else the same
    for every choice if even[r], or all for the move that was played[r].
    codes uint8 [Q], decision d having code_offsets[d] to code_offsets[d + 1] of them; values float64 [256].
    """
    for row in range(decisions.shape[0]):
        first, count = offsets[row], offsets[row + 1] - offsets[row]
        decision = decisions[row]
        if decision >= 0:
            start = code_offsets[decision]
            total = 0.0
            for entry in range(count):
                total += values[codes[start + entry]]
            for entry in range(count):
                shares[first + entry] = values[codes[start + entry]] / total
        else:
            for entry in range(count):
                if even[row]:
                    shares[first + entry] = 1 / count
                else:
                    shares[first + entry] = 1 if moves[first + entry] == played[row] else 0


@rule
def lists_equal(offsets, factors, first, second):
    """Whether two rows list the same choices."""
    count = offsets[first + 1] - offsets[first]
    if offsets[second + 1] - offsets[second] != count:
        return False
    for entry in range(count):
        here, there = offsets[first] + entry, offsets[second] + entry
        if factors[here, 0] != factors[there, 0] or factors[here, 1] != factors[there, 1]:
            return False
    return True


@rule
def merge_policies(offsets, factors, values, rows, weights, sums):
    """Write the mean policy of the rows that list the same choices as the first; others are of another rule option."""
    kept = rows[0]
    start, count = offsets[kept], offsets[kept + 1] - offsets[kept]
    total = 0.0
    for entry in range(count):
        sums[entry] = 0.0
    for row in rows:
        if lists_equal(offsets, factors, kept, row):
            for entry in range(count):
                share = weights[row] * values[offsets[row] + entry]
                sums[entry] += share
                total += share
    for entry in range(count):
        values[start + entry] = sums[entry] / total


@rule
def mean_by_relative_seat(columns, seat, players, rows, weights, means):
    """Write the mean of columns over seats to `means`, by seat relative to the mover: in another game the same position
    may be another seat's.
    """
    total = 0.0
    for relative in range(players):
        means[relative] = 0.0
    for row in rows:
        total += weights[row]
        for relative in range(players):
            means[relative] += weights[row] * columns[row, (int(seat[row]) - 1 + relative) % players]
    for relative in range(players):
        means[relative] /= total


@rule
def merge_search_values(search_values, seat, players, rows, weights, means):
    """Write the mean of what searches stated, as it is: rounded to `parts`, it would lose what a search knows."""
    kept = rows[0]
    mean_by_relative_seat(search_values, seat, players, rows, weights, means)
    for relative in range(players):
        search_values[kept, (int(seat[kept]) - 1 + relative) % players] = means[relative]


@rule
def merge_outcomes(outcomes, own_values, seat, players, rows, weights, parts, sums):
    """Write the mean outcome in whole `parts`."""
    kept = rows[0]
    mean_by_relative_seat(outcomes, seat, players, rows, weights, sums)
    left, largest = parts, 0
    for relative in range(players):
        sums[relative] = np.rint(sums[relative] * parts)
        left -= sums[relative]
        if sums[relative] > sums[largest]:
            largest = relative
    sums[largest] += left
    for relative in range(players):
        outcomes[kept, (int(seat[kept]) - 1 + relative) % players] = sums[relative] / parts
    own_values[kept] = 2 * sums[0] / parts - 1


@kernel
def merge_groups(groups, starts, weights, lists, results, players, parts, sums, merged):
    """Write the means of each group of rows into its first one; group g is groups[starts[g] : starts[g + 1]].

    groups int64 [S], starts int64 [K + 1], weights float64 [N]
    lists    offsets int64 [N + 1], factors int32 [M, 2], policy values float32 [M], which are changed
    results  values_mp float32 [N, 4], values float32 [N] and search_values float32 [N, 4], which are changed; seat
             int8 [N]
    Means of outcomes are whole numbers of 1 / parts. Scratch: sums float64 [C], C the longest list, 4 at least.
    merged float64 [N] gets the mean weight of each group in its first row.
    """
    offsets, factors, values = lists
    outcomes, own_values, search_values, seat = results
    for group in range(starts.shape[0] - 1):
        rows = groups[starts[group] : starts[group + 1]]
        merge_policies(offsets, factors, values, rows, weights, sums)
        merge_outcomes(outcomes, own_values, seat, players, rows, weights, parts, sums)
        merge_search_values(search_values, seat, players, rows, weights, sums)
        total = 0.0
        for row in rows:
            total += weights[row]
        merged[rows[0]] = total / rows.shape[0]


@kernel
def gather_rows(content, rows, out):
    """Write rows of content uint8 [N, P], by their numbers int64 [R], to out uint8 [R, P]."""
    width = content.shape[1]
    for place in range(rows.shape[0]):
        row = rows[place]
        for at in range(width):
            out[place, at] = content[row, at]


@kernel
def gather_lists(content, offsets, rows, new_offsets, out):
    """Write lists of content uint8 [M, P], row r having offsets[r] to offsets[r + 1], to new_offsets of out."""
    width = content.shape[1]
    for place in range(rows.shape[0]):
        start, there = offsets[rows[place]], new_offsets[place]
        for entry in range(new_offsets[place + 1] - there):
            for at in range(width):
                out[there + entry, at] = content[start + entry, at]
