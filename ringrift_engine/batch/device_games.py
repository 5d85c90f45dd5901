"""Random games on a GPU, and their results left there: torch and others read them without a copy.

Importing this file needs the `gpu` extra; `play_random_games(..., device="cuda")` is the way in for results on the
host.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch.device_kernels import (
    NO_SEED,
    PHASES,
    PLACE_DTYPE,
    play_random_queue,
    play_sorted,
    sort_by_phase,
)
from ringrift_engine.batch.random_games import RandomGames, refuse_overflow
from ringrift_engine.boards import BoardConfig
from ringrift_engine.rules.device import empty_on_device, launch, resident_threads, to_device
from ringrift_engine.rules.tables import board_table
from ringrift_engine.rules.work import FEWEST_MOVES, work_dtype

# How a game is played; every way gives the same games. Which is fastest was not measured on a GPU: `gpu.sh` tells.
FREE: Final = "free"  # one kernel for whole games, every thread at its own pace
IN_STEP: Final = "in step"  # the same, but the threads of a warp play the phases of a turn together
SORTED: Final = "sorted"  # a kernel plays one move in all games, sorted by phase before each
WAYS: Final = (FREE, IN_STEP, SORTED)
DEFAULT_WAY: Final = IN_STEP

_GAMES_A_THREAD: Final = 4  # of SORTED: so that the fullest phase does not wait for a few last games
_ROUNDS_A_LOOK: Final = 64  # moves in all games between two looks whether any game is left


def room_of(config: BoardConfig) -> int:
    """Moves that a thread's list keeps: as many as an empty board has placements. What lies beyond is enumerated a
    second time if it is drawn.
    """
    return max(FEWEST_MOVES, 3 * config.cells + 2)


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

    overflows  int64 [1]  not 0 if some list of claims did not fit `room` moves
    held       what the threads use besides; kept, so that it is not freed while they play
    """

    final: Any
    length: Any
    trails: Any
    overflows: Any
    room: int
    held: tuple[Any, ...]

    def field(self, name: str) -> DeviceField:
        """A field of the last positions, such as "cell" [G, B] or "winner" [G]."""
        return DeviceField(self.final, name)

    def to_host(self) -> RandomGames:
        """A copy on the host; waits for the games. OverflowError if a list of claims did not fit."""
        refuse_overflow(self.overflows.copy_to_host(), self.room)
        return RandomGames(
            self.final.copy_to_host().view(np.recarray), self.length.copy_to_host(), self.trails.copy_to_host()
        )


class DeviceGames:
    """Threads of the device that play games of one configuration; `start` [1] is where every game begins."""

    def __init__(
        self,
        config: BoardConfig,
        start: NDArray[np.void],
        *,
        threads: int | None = None,
        way: str = DEFAULT_WAY,
        room: int | None = None,
    ) -> None:
        """`threads`: by default as many as the device holds at once. `way`: one of WAYS. `room`: FEWEST_MOVES or more,
        how many moves a thread's list keeps, by default `room_of(config)`. Neither changes a game.
        """
        if way not in WAYS:
            raise ValueError(f"games are played {', '.join(WAYS)}; not {way!r}")
        self.threads = threads or resident_threads()
        self.room = room or room_of(config)
        self._way = way
        self._config = config
        self._start = to_device(start)
        self._table = to_device(board_table(config.board))
        self._works = empty_on_device(self.threads, work_dtype(config.board, self.room))
        self.places = self.threads * (_GAMES_A_THREAD if way == SORTED else 1)  # games that are played at once
        self._games = empty_on_device(self.places, start.dtype)

    def play_random(self, seeds: NDArray[np.uint64]) -> DeviceRandomGames:
        """Play one game for each of the seeds, uint64 [G]. May return before they are over."""
        count = len(seeds)
        queue = to_device(np.zeros(1, dtype=np.int64))
        held = (self._start, to_device(np.asarray(seeds, dtype=np.uint64)), queue, self._table, self._works)
        games = DeviceRandomGames(
            empty_on_device(count, self._start.dtype),
            empty_on_device(count, np.int32),
            empty_on_device(count, np.uint64),
            to_device(np.zeros(1, dtype=np.int64)),
            self.room,
            held,
        )
        (self._play_sorted if self._way == SORTED else self._play_through)(games, *held[:3])
        return games

    def _play_through(self, games: DeviceRandomGames, start: Any, seeds: Any, queue: Any) -> None:
        phases = 1 if self._way == FREE else PHASES
        threads = max(1, min(len(games.length), self.threads))
        launch(
            play_random_queue, threads, start, seeds, queue, self._table, self._games, self._works,
            self._config.max_moves, phases, games.final, games.length, games.trails, games.overflows,
        )  # fmt: skip

    def _play_sorted(self, games: DeviceRandomGames, start: Any, seeds: Any, queue: Any) -> None:
        fresh = np.zeros(self.places, dtype=PLACE_DTYPE)
        fresh["number"] = NO_SEED
        places = to_device(fresh)
        rows = empty_on_device((PHASES, self.places), np.int32)
        counts = to_device(np.zeros((2, PHASES), dtype=np.int64))
        done = (games.final, games.length, games.trails)
        turn = 0
        while True:
            for _ in range(_ROUNDS_A_LOOK):
                turn = 1 - turn
                launch(
                    sort_by_phase, self.places, start, seeds, queue, self._games, places, self._config.max_moves, rows,
                    counts, turn, *done,
                )  # fmt: skip
                launch(
                    play_sorted, self.threads, seeds, self._table, self._games, places, self._works, rows, counts,
                    turn, games.overflows,
                )  # fmt: skip
            if counts.copy_to_host()[turn].sum() == 0:
                return
