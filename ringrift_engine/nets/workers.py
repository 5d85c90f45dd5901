"""Threads that take whole pieces of network work, with torch computing each piece in one thread.

Torch's own threads share every layer and meet after it. Beside other busy processes each meeting waits for the
scheduler: two of them took 7.5 times as long as two threads with whole pieces (median of 25 pairs, quartiles 5.7 and
9.0; 256 positions, 4x64, two cores, ten other processes). Pieces that are cut the same way for any number of threads,
and combined in order, give results that do not depend on that number.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import torch

from ringrift_engine.errors import ConfigError

Result = TypeVar("Result")


class Workers:
    """A number of threads, idle between calls; the first call confines torch to one thread in the whole process."""

    def __init__(self, threads: int) -> None:
        """ConfigError if there is no thread."""
        if threads < 1:
            raise ConfigError(f"network work needs at least 1 thread, not {threads}")
        self._pool = ThreadPoolExecutor(threads) if threads > 1 else None

    def map(self, work: Callable[..., Result], *pieces: Iterable[Any]) -> list[Result]:
        """Results of `work` for the pieces, in their order."""
        torch.set_num_threads(1)
        return list(map(work, *pieces)) if self._pool is None else list(self._pool.map(work, *pieces))
