"""Rows of a dataset in another order, fetched by compiled loops that leave the interpreter to other threads."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.datasets.row_kernels import gather_lists, gather_rows


def take_rows(array: NDArray[Any], rows: NDArray[np.int64]) -> NDArray[Any]:
    """array[rows], for rows int64 [R] that exist; the array is contiguous, with one axis or more."""
    taken = np.empty((len(rows), *array.shape[1:]), dtype=array.dtype)
    if taken.size:
        gather_rows(_as_bytes(array), rows, _as_bytes(taken))
    return taken


def take_lists(
    array: NDArray[Any], offsets: NDArray[np.int64], rows: NDArray[np.int64], new_offsets: NDArray[np.int64]
) -> NDArray[Any]:
    """The lists of some rows after each other; row r has array[offsets[r] : offsets[r + 1]].

    rows         int64 [R]
    new_offsets  int64 [R + 1], where each of them begins in the result
    """
    taken = np.empty((int(new_offsets[-1]), *array.shape[1:]), dtype=array.dtype)
    if taken.size:
        gather_lists(_as_bytes(array), offsets, rows, new_offsets, _as_bytes(taken))
    return taken


def _as_bytes(array: NDArray[Any]) -> NDArray[np.uint8]:
    """uint8 [N, bytes of a row], a view."""
    return np.ascontiguousarray(array).reshape(len(array), -1).view(np.uint8)
