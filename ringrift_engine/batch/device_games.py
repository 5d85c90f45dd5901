"""Random games on a GPU, and their results left there: torch and others read them without a copy.

Importing this file needs the `gpu` extra; `play_random_games(..., device="cuda")` is the way in for results on the
host.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch.device_kernels import play_random_queue
from ringrift_engine.batch.random_games import RandomGames, refuse_overflow
from ringrift_engine.boards import BoardConfig
from ringrift_engine.rules.device import empty_on_device, launch, resident_threads, to_device
from ringrift_engine.rules.tables import board_table
from ringrift_engine.rules.work import FEWEST_MOVES, work_dtype

# Moves that a thread's list keeps. A draw beyond them enumerates a second time, a longer list takes memory of every
# thread; which is better has not been measured.
ROOM: Final = FEWEST_MOVES


@dataclass(frozen=True, eq=False)
class DeviceField:
    """One field of G records on the device, as an array [G, ...] that shares their memory.

    Whatever reads `__cuda_array_interface__` (version 3) takes it without a copy, as does
    `torch.as_tensor(field, device="cuda")`.
    """

    records: Any  # kept, so that the memory lives as long as the view
    name: str

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        dtype, offset = self.records.dtype.fields[self.name][:2]
        address, read_only = self.records.__cuda_array_interface__["data"]
        return {
            "shape": (*self.records.shape, *dtype.shape),
            "typestr": dtype.base.str,
            "data": (address + offset, read_only),
            "strides": (self.records.dtype.itemsize, *np.empty(dtype.shape, dtype=dtype.base).strides),
            "version": 3,
        }


@dataclass(frozen=True, eq=False)
class DeviceRandomGames:
    """`RandomGames` whose arrays are on the device; all have `__cuda_array_interface__`.

    overflows  int64 [1]  not 0 if some list of claims did not fit
    held       what the threads use besides; kept, so that it is not freed while they play
    """

    final: Any
    length: Any
    trails: Any
    overflows: Any
    held: tuple[Any, ...]

    def field(self, name: str) -> DeviceField:
        """A field of the last positions, such as "cell" [G, B] or "winner" [G]."""
        return DeviceField(self.final, name)

    def to_host(self) -> RandomGames:
        """A copy on the host; waits for the games. OverflowError if a list of claims did not fit."""
        refuse_overflow(self.overflows.copy_to_host(), ROOM)
        return RandomGames(
            self.final.copy_to_host().view(np.recarray), self.length.copy_to_host(), self.trails.copy_to_host()
        )


class DeviceGames:
    """Places for games of one configuration on the device, one thread each; `start` [1] is where every game begins."""

    def __init__(self, config: BoardConfig, start: NDArray[np.void], places: int | None = None) -> None:
        self.places = places or resident_threads()
        self._limit = config.max_moves
        self._start = to_device(start)
        self._table = to_device(board_table(config.board))
        self._games = empty_on_device(self.places, start.dtype)
        self._works = empty_on_device(self.places, work_dtype(config.board, ROOM))

    def play_random(self, seeds: NDArray[np.uint64]) -> DeviceRandomGames:
        """Start one game for each of the seeds, uint64 [G]; returns before they are over."""
        count = len(seeds)
        queue = to_device(np.zeros(1, dtype=np.int64))
        held = (
            self._start,
            to_device(np.asarray(seeds, dtype=np.uint64)),
            queue,
            self._table,
            self._games,
            self._works,
        )
        games = DeviceRandomGames(
            empty_on_device(count, self._start.dtype),
            empty_on_device(count, np.int32),
            empty_on_device(count, np.uint64),
            to_device(np.zeros(1, dtype=np.int64)),
            held,
        )
        threads = max(1, min(count, self.places))
        results = (games.final, games.length, games.trails, games.overflows)
        launch(play_random_queue, threads, *held, self._limit, *results)
        return games
