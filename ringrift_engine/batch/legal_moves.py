"""The legal moves of many positions as one flat array with offsets."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch.kernels import list_rows

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
    table: np.recarray,
    works: np.recarray,
    complete: bool = False,
    pool: ThreadPoolExecutor | None = None,
) -> LegalMoves:
    """The moves of games[rows]: choices, or with `complete` the whole legal set (see `rules.legal`).

    `works` has one scratch record for each thread of `pool`. The result does not depend on the number of threads.
    """
    slices = np.array_split(rows, len(works)) if pool is not None else [rows]
    tasks = [(games, part, table, works, worker, complete) for worker, part in enumerate(slices)]
    done = list(pool.map(lambda task: _list_slice(*task), tasks)) if pool is not None else [_list_slice(*tasks[0])]
    moves = np.concatenate([part for part, _ in done])
    counts = np.concatenate([count for _, count in done])
    return LegalMoves(moves, np.concatenate(([0], np.cumsum(counts))).astype(np.int64))


def _list_slice(games, rows, table, works, worker, complete):  # type: ignore[no-untyped-def]
    counts = np.zeros(len(rows), dtype=np.int64)
    parts: list[NDArray[np.int64]] = []
    done = 0
    capacity = max(_MOVES_A_ROW * len(rows), works.dtype["moves"].shape[0])
    while done < len(rows):
        buffer = np.empty(capacity, dtype=np.int64)
        reached = list_rows(games, rows, table, works, worker, complete, buffer, counts, done)
        if works[worker].overflowed:
            raise OverflowError(f"a position has more than {works.dtype['moves'].shape[0]} legal moves")
        parts.append(buffer[: counts[done:reached].sum()])
        done = reached
    return (np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)), counts
