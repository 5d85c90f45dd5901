"""The compiled loops of `deflate`: content to literals and repetitions, those to Huffman codes, codes to bits.

RFC 1951 says what the tables are. Repetitions are looked for at a few distances and at the last place where the same
number stood; the longest of them is taken, even where a better one begins a byte later. Nothing is allocated here.
"""

from typing import Final

import numpy as np

from ringrift_engine.rules.backend import kernel, rule

MAX_DISTANCE: Final = 32_768
SYMBOLS: Final = 288  # literals, the end of a block, lengths: the largest of the three alphabets
HASH_BITS: Final = 13
_HASH_FACTOR: Final = np.uint64(0x9E3779B97F4A7C15)
_HASH_SHIFT: Final = np.uint64(64 - HASH_BITS)
_LONGEST: Final = 258
_SHORTEST: Final = 4  # one of three bytes saves nothing
_ENOUGH: Final = 24  # nothing longer is looked for
_STRIDE: Final = 64  # bytes compared at once; fewer are not compared as vectors
_END_OF_BLOCK: Final = 256
_DISTANCES: Final = 30
_METAS: Final = 19
_LONGEST_CODE: Final = 15
_LONGEST_META: Final = 7
_MANY_ZEROS: Final = 18
_SOME_ZEROS: Final = 17

# Rows of the scratch words: how often each symbol of an alphabet occurs, how many bits its code has, and the code, for
# symbols, for distances, and for the lengths of both's codes; then what building a tree needs.
SYMBOL: Final = 0
FAR: Final = 3
META: Final = 6
_TREE: Final = 9
WORDS: Final = _TREE + 3
WORDS_WIDE: Final = 2 * SYMBOLS  # a tree has one node less than twice its leaves


def _least_values(first: int, extras: list[int]) -> np.ndarray:
    """The least value of each symbol, of which extras[s] bits follow."""
    return first + np.concatenate(([0], np.cumsum([1 << extra for extra in extras])[:-1]))


_LENGTH_EXTRA: Final = np.array([0] * 8 + [extra for extra in range(1, 6) for _ in range(4)] + [0])
_LENGTH_LEAST: Final = np.append(_least_values(3, _LENGTH_EXTRA[:-1].tolist()), _LONGEST)
_FAR_EXTRA: Final = np.array([0, 0, *(extra for extra in range(14) for _ in range(2))])
_FAR_LEAST: Final = _least_values(1, _FAR_EXTRA.tolist())
_SYMBOL_OF_LENGTH: Final = np.searchsorted(_LENGTH_LEAST, np.arange(_LONGEST + 1), side="right") - 1
# Of distances up to 256 one by one, of larger ones by their 128s.
_FAR_OF_SMALL: Final = np.searchsorted(_FAR_LEAST, np.arange(1, 257), side="right") - 1
_FAR_OF_LARGE: Final = np.searchsorted(_FAR_LEAST, np.arange(256) * 128 + 1, side="right") - 1
_META_ORDER: Final = np.array([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15])


@rule
def far_symbol(far):
    """The symbol of a distance."""
    return _FAR_OF_SMALL[far - 1] if far <= 256 else _FAR_OF_LARGE[(far - 1) >> 7]


@rule
def repeated(data, at, far, most):
    """How many bytes from `at` on repeat those `far` before, at most `most`."""
    # Unsigned places: of signed ones compiled code asks whether they count from the end.
    here, there = np.uint64(at), np.uint64(at - far)
    length = 0
    while length + _STRIDE <= most:
        different = data[here] ^ data[there]
        for step in range(1, _STRIDE):
            different |= data[here + np.uint64(step)] ^ data[there + np.uint64(step)]
        if different != 0:
            break
        length += _STRIDE
        here += np.uint64(_STRIDE)
        there += np.uint64(_STRIDE)
    while length < most and data[here] == data[there]:
        length += 1
        here += np.uint64(1)
        there += np.uint64(1)
    return length


@rule
def slot_of(data, at, unit):
    """Where the number of `unit` bytes at `at` is remembered."""
    word = np.uint64(0)
    for step in range(unit):
        word = (word << np.uint64(8)) | np.uint64(data[np.uint64(at + step)])
    return np.int64((word * _HASH_FACTOR) >> _HASH_SHIFT)


@rule
def find_tokens(data, unit, distances, places, words, tokens):
    """Write literals (0 to 255) and repetitions (length * 65,536 + distance) and count their symbols; their number."""
    size = data.shape[0]
    longest = _LONGEST - _LONGEST % unit
    at, count, last = 0, 0, unit
    while at < size:
        most = min(longest, size - at)
        enough = min(_ENOUGH, most)
        best, nearest = 0, 0
        if last <= at:
            best, nearest = repeated(data, at, last, most), last
        for index in range(distances.shape[0]):
            far = distances[index]
            if far <= at and best < enough and data[np.uint64(at + best)] == data[np.uint64(at + best - far)]:
                length = repeated(data, at, far, most)
                if length > best:
                    best, nearest = length, far
        if unit > 1 and size - at >= unit:
            slot = np.uint64(slot_of(data, at, unit))
            far = at - places[slot]
            if best < enough and far <= MAX_DISTANCE:
                length = repeated(data, at, far, most)
                if length > best:
                    best, nearest = length, far
            places[slot] = at
        best -= best % unit
        if best >= _SHORTEST:
            tokens[np.uint64(count)] = (best << 16) + nearest
            words[SYMBOL, np.uint64(257 + _SYMBOL_OF_LENGTH[best])] += 1
            words[FAR, np.uint64(far_symbol(nearest))] += 1
            count += 1
            at += best
            last = nearest
        else:
            for _ in range(min(unit, size - at)):
                literal = data[np.uint64(at)]
                tokens[np.uint64(count)] = literal
                words[SYMBOL, literal] += 1
                count += 1
                at += 1
    return count


@rule
def sort_symbols(counts, size, order):
    """Write the symbols that occur, rarest first, then by number; how many they are."""
    used = 0
    for symbol in range(size):
        if counts[symbol] > 0:
            place = used
            while place > 0 and counts[order[place - 1]] > counts[symbol]:
                order[place] = order[place - 1]
                place -= 1
            order[place] = symbol
            used += 1
    return used


@rule
def join_trees(weights, parents, used):
    """Huffman's algorithm with two queues: leaves 0 to used - 1, rarest first, then joined nodes; writes parents."""
    leaf, joined = 0, used
    for node in range(used, 2 * used - 1):
        weights[node] = 0
        for _ in range(2):
            if joined >= node or (leaf < used and weights[leaf] <= weights[joined]):
                chosen = leaf
                leaf += 1
            else:
                chosen = joined
                joined += 1
            weights[node] += weights[chosen]
            parents[chosen] = node


@rule
def find_lengths(counts, size, longest, tree, lengths):
    """Lengths of the codes for symbols counted in counts, `longest` at most; `counts` become coarser until it fits."""
    for symbol in range(size):
        lengths[symbol] = 0
    order, weights, parents = tree[0], tree[1], tree[2]
    while True:
        used = sort_symbols(counts, size, order)
        if used == 1:
            lengths[order[0]] = 1
        if used < 2:
            return
        for leaf in range(used):
            weights[leaf] = counts[order[leaf]]
        join_trees(weights, parents, used)
        root = 2 * used - 2
        weights[root] = 0  # from here on depths
        for node in range(root - 1, -1, -1):
            weights[node] = weights[parents[node]] + 1
        if weights[0] <= longest:  # the rarest symbol is the deepest
            break
        for symbol in range(size):
            counts[symbol] = (counts[symbol] + 1) >> 1
    for leaf in range(used):
        lengths[order[leaf]] = weights[leaf]


@rule
def assign_codes(lengths, size, codes):
    """Codes in the order of RFC 1951, their first bit lowest."""
    code = 0
    for length in range(1, _LONGEST_CODE + 1):
        code <<= 1
        for symbol in range(size):
            if lengths[symbol] == length:
                turned = 0
                for bit in range(length):
                    turned |= ((code >> bit) & 1) << (length - 1 - bit)
                codes[symbol] = turned
                code += 1


@rule
def put(out, state, value, count):
    """Append `count` bits, at most 31; state int64 [3] holds waiting bits, fewer than 32, their number, and words
    written.
    """
    waiting = state[0] | (value << state[1])
    bits = state[1] + count
    if bits >= 32:
        out[state[2]] = waiting & 0xFFFFFFFF
        state[2] += 1
        waiting >>= 32
        bits -= 32
    state[0], state[1] = waiting, bits


@rule
def length_at(words, symbols, index):
    """Length of the code of the symbol or distance at an index of the header's list."""
    return words[SYMBOL + 1, index] if index < symbols else words[FAR + 1, index - symbols]


@rule
def zeros_at(words, symbols, total, index):
    """How many symbols from an index on have no code, up to the 138 that one meta symbol can say."""
    run = 0
    while run < 138 and index + run < total and length_at(words, symbols, index + run) == 0:
        run += 1
    return run


@rule
def walk_header(words, symbols, total, out, state, writes):
    """Count the meta symbols of the lengths of all codes, or write them."""
    index = 0
    while index < total:
        run = zeros_at(words, symbols, total, index)
        meta = length_at(words, symbols, index)
        if run >= 3:
            meta = _MANY_ZEROS if run > 10 else _SOME_ZEROS
        if writes:
            put(out, state, words[META + 2, meta], words[META + 1, meta])
            if meta == _MANY_ZEROS:
                put(out, state, run - 11, 7)
            elif meta == _SOME_ZEROS:
                put(out, state, run - 3, 3)
        else:
            words[META, meta] += 1
        index += run if run >= 3 else 1


@rule
def write_header(words, out, state):
    """The block's codes: which symbols there are, and how long their codes."""
    symbols, fars = _END_OF_BLOCK + 1, 1
    for symbol in range(SYMBOLS):
        if words[SYMBOL + 1, symbol] > 0:
            symbols = max(symbols, symbol + 1)
    for symbol in range(_DISTANCES):
        if words[FAR + 1, symbol] > 0:
            fars = symbol + 1
    for symbol in range(_METAS):
        words[META, symbol] = 0
    walk_header(words, symbols, symbols + fars, out, state, False)
    words[META, 0] += 1  # so that there are two symbols: a single one is no complete code
    words[META, 1] += 1
    find_lengths(words[META], _METAS, _LONGEST_META, words[_TREE:], words[META + 1])
    assign_codes(words[META + 1], _METAS, words[META + 2])
    put(out, state, 4, 3)  # a block with codes of its own, not the last one
    put(out, state, symbols - 257, 5)
    put(out, state, fars - 1, 5)
    put(out, state, _METAS - 4, 4)
    for index in range(_METAS):
        put(out, state, words[META + 1, _META_ORDER[index]], 3)
    walk_header(words, symbols, symbols + fars, out, state, True)


@rule
def write_tokens(tokens, count, words, out, state):
    """All tokens and the end of the block."""
    waiting, bits, at = state[0], state[1], np.uint64(state[2])
    for index in range(count + 1):
        token = tokens[index] if index < count else _END_OF_BLOCK
        far = token & 0xFFFF
        symbol = token
        if token > _END_OF_BLOCK:
            symbol = 257 + _SYMBOL_OF_LENGTH[np.uint64(token >> 16)]
        waiting |= words[SYMBOL + 2, np.uint64(symbol)] << bits
        bits += words[SYMBOL + 1, np.uint64(symbol)]
        if token > _END_OF_BLOCK:
            waiting |= ((token >> 16) - _LENGTH_LEAST[np.uint64(symbol - 257)]) << bits
            bits += _LENGTH_EXTRA[np.uint64(symbol - 257)]
            if bits >= 32:
                out[at] = waiting & 0xFFFFFFFF
                at += np.uint64(1)
                waiting >>= 32
                bits -= 32
            symbol = far_symbol(far)
            waiting |= (words[FAR + 2, symbol] | ((far - _FAR_LEAST[symbol]) << words[FAR + 1, symbol])) << bits
            bits += words[FAR + 1, symbol] + _FAR_EXTRA[symbol]
        if bits >= 32:
            out[at] = waiting & 0xFFFFFFFF
            at += np.uint64(1)
            waiting >>= 32
            bits -= 32
    state[0], state[1], state[2] = waiting, bits, np.int64(at)


@kernel
def deflate_piece(data, unit, distances, tokens, places, words, state, out):
    """Compress data uint8 [n] into out uint32 as one block, then an empty stored one, which ends on a whole byte.

    distances int64 [d], from 1 to MAX_DISTANCE. Scratch: tokens int64 [n], places int64 [2 ** HASH_BITS],
    words int64 [WORDS, WORDS_WIDE], state int64 [3]. Returns how many bytes were written; 2 n + 1,024 are enough.
    """
    for symbol in range(SYMBOLS):
        words[SYMBOL, symbol] = 0
        words[FAR, symbol] = 0
    for slot in range(places.shape[0]):
        places[slot] = -MAX_DISTANCE - 1
    state[0], state[1], state[2] = 0, 0, 0
    count = find_tokens(data, unit, distances, places, words, tokens)
    words[SYMBOL, _END_OF_BLOCK] = 1
    find_lengths(words[SYMBOL], SYMBOLS, _LONGEST_CODE, words[_TREE:], words[SYMBOL + 1])
    find_lengths(words[FAR], _DISTANCES, _LONGEST_CODE, words[_TREE:], words[FAR + 1])
    assign_codes(words[SYMBOL + 1], SYMBOLS, words[SYMBOL + 2])
    assign_codes(words[FAR + 1], _DISTANCES, words[FAR + 2])
    write_header(words, out, state)
    write_tokens(tokens, count, words, out, state)
    put(out, state, 0, 3)
    put(out, state, 0, (8 - state[1] % 8) % 8)
    put(out, state, 0, 16)
    put(out, state, 0xFFFF, 16)
    written = 4 * state[2] + state[1] // 8
    put(out, state, 0, 31)
    return written
