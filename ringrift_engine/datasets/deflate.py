"""Deflated arrays: what zlib's deflate does, for rows of numbers that repeat each other.

zlib looks for repetitions everywhere. In a dataset one knows where they are: a position looks like the one before it or
like the mover's last one, a list of choices like the list before it, and most of the rest are runs. So only a few
distances are tried, and the last place of each number; it takes a quarter of zlib's time at its fastest, and less
room. What comes out is a deflate stream (RFC 1951) that every unzip reads, and its bytes do not depend on the version
of zlib. Every piece of `PIECE_BYTES` is compressed by itself.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.datasets.deflate_kernels import HASH_BITS, MAX_DISTANCE, WORDS, WORDS_WIDE, deflate_piece

PIECE_BYTES: Final = 1 << 18
END: Final = b"\x03\x00"
"""A last, empty block."""
_ROWS_BACK: Final = 4  # the seats of a game at most: the mover's last position is so many rows back or fewer


class Deflater:
    """Compresses pieces of arrays; its scratch memory is for one thread."""

    def __init__(self) -> None:
        self._tokens = np.empty(PIECE_BYTES, dtype=np.int64)
        self._places = np.empty(1 << HASH_BITS, dtype=np.int64)
        self._words = np.empty((WORDS, WORDS_WIDE), dtype=np.int64)
        self._state = np.empty(3, dtype=np.int64)
        self._out = np.empty(PIECE_BYTES // 2 + 256, dtype=np.uint32)  # no code is longer than 15 bits

    def piece(self, content: NDArray[np.uint8], row_bytes: int, item_bytes: int) -> bytes:
        """Deflated content uint8 [n], 1 to PIECE_BYTES of it: whole bytes that another piece, or END, may follow.

        It is of an array with rows of `row_bytes` and numbers of `item_bytes`.
        """
        # Pairs of small numbers are one unit: they repeat as pairs.
        unit = row_bytes if row_bytes in (2, 4, 8) else min(item_bytes, 8)
        rows_back = [row_bytes * back for back in range(1, _ROWS_BACK + 1) if row_bytes > unit]
        distances = np.array([far for far in (unit, *rows_back) if far <= MAX_DISTANCE], dtype=np.int64)
        length = deflate_piece(
            content, unit, distances, self._tokens, self._places, self._words, self._state, self._out
        )
        return self._out.view(np.uint8)[:length].tobytes()


def stored(content: bytes) -> bytes:
    """The same for up to 65,535 bytes that are not compressed."""
    length = len(content)
    return b"\0" + length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little") + content
