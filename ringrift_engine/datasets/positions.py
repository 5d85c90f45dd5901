"""When two rows are the same position: the network sees the same, equal planes and equal numbers.

Positions are compared by 128 bits of hash. Nobody makes them collide on purpose, so it is a fast one: two different
positions among a billion have the same with a probability of 10^-20. No file holds it.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.datasets.row_kernels import digest_rows


def position_digests(planes: Iterable[NDArray[np.int8]], numbers: NDArray[np.float32]) -> NDArray[np.uint64]:
    """uint64 [N, 2]: a hash of each position as the network sees it.

    planes   pieces of int8 [*, C, W, W], N rows in all
    numbers  float32 [N, G]
    """
    digests = np.empty((len(numbers), 2), dtype=np.uint64)
    numbers_bytes = np.ascontiguousarray(numbers).view(np.uint8)
    row = 0
    for piece in planes:
        end = row + len(piece)
        flat = np.ascontiguousarray(piece).reshape(len(piece), -1).view(np.uint8)
        digest_rows(flat, numbers_bytes[row:end], digests[row:end])
        row = end
    return digests


def position_order(digests: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Rows int64 [N] sorted by position, in their order within it; and bool [N], where the next position begins."""
    order = np.lexsort((digests[:, 1], digests[:, 0]))
    changes = np.any(np.diff(digests[order], axis=0) != 0, axis=1)
    return order, np.concatenate(([True], changes))[: len(order)]


def count_positions(digests: NDArray[np.uint64]) -> int:
    """How many different positions rows of `digests` uint64 [N, 2] are."""
    return int(position_order(digests)[1].sum())
