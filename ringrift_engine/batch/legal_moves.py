"""The legal moves of many positions as one flat array with offsets."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch.kernels import list_rows
from ringrift_engine.batch.plain import plain

_MOVES_A_ROW = 64


@dataclass(frozen=True, eq=False)
class LegalMoves:
    """Moves of R positions.

    moves    int64 [M]    row r has moves[offsets[r] : offsets[r + 1]]
    offsets  int64 [R+1]  first 0, last M
    """

    moves: NDArray[np.int64]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def of(self, row: int) -> NDArray[np.int64]:
        """The moves of one row, a view."""
        return self.moves[self.offsets[row] : self.offsets[row + 1]]

    @property
    def counts(self) -> NDArray[np.int64]:
        """int64 [R]: how many moves each row has."""
        return np.diff(self.offsets)

    def take(self, rows: Sequence[int] | NDArray[np.int64]) -> "LegalMoves":
        """The same for some of the rows, in the order given."""
        parts = [self.of(int(row)) for row in rows]
        counts = np.array([len(part) for part in parts], dtype=np.int64)
        moves = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
        return LegalMoves(moves, np.concatenate(([0], np.cumsum(counts))))


def list_moves_of(
    games: NDArray[np.void],
    rows: NDArray[np.int64],
    table: NDArray[np.void],
    works: NDArray[np.void],
    complete: bool = False,
    pool: ThreadPoolExecutor | None = None,
) -> LegalMoves:
    """The moves of games[rows]: choices, or with `complete` the whole legal set (see `rules.legal`).

    `works` has one scratch record for each thread of `pool`. The result does not depend on the number of threads.
    """
    records = plain(games), plain(table), plain(works)

    def list_part(worker: int, part: slice) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return _list_slice(rows[part], worker, complete, *records)

    if pool is None:
        moves, counts = list_part(0, slice(None))
    else:
        workers = range(len(works))
        done = list(pool.map(list_part, workers, shares_of(len(rows), len(works))))
        moves, counts = (np.concatenate(arrays) for arrays in zip(*done, strict=True))
    offsets = np.zeros(len(rows) + 1, dtype=np.int64)
    counts.cumsum(out=offsets[1:])
    return LegalMoves(moves, offsets)


def _list_slice(
    rows: NDArray[np.int64],
    worker: int,
    complete: bool,
    games: NDArray[np.void],
    table: NDArray[np.void],
    works: NDArray[np.void],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    room = works.dtype["moves"].shape[0]
    counts = np.zeros(len(rows), dtype=np.int64)
    parts: list[NDArray[np.int64]] = []
    done = 0
    while done < len(rows):
        buffer = np.empty(max(_MOVES_A_ROW * len(rows), room), dtype=np.int64)
        reached = list_rows(games, rows, table, works, worker, complete, buffer, counts, done)
        if works["overflowed"][worker]:
            raise OverflowError(f"a position has more than {room} legal moves")
        parts.append(buffer[: counts[done:reached].sum()])
        done = reached
    return (parts[0] if len(parts) == 1 else np.concatenate([np.zeros(0, np.int64), *parts])), counts


def shares_of(count: int, threads: int) -> list[slice]:
    """Which of `count` rows each thread gets: all of them in order, shares of nearly equal size."""
    return [slice(count * number // threads, count * (number + 1) // threads) for number in range(threads)]
