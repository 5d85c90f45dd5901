"""What is worth trying again: faults that were in the way for a moment. Everything else fails at once.

Transient are a TransientError, a database that another process has locked, memory that ran out, a connection or a file
system that did not answer, and a worker that was killed with signal 9, which is how the kernel ends the largest process
when memory is short. A full disk is not: it is as full a minute later. Nor is anything that a check or a gate found.

`retried` turns a transient fault inside an asset into Dagster's own retry: the step is repeated after a pause that
doubles each time and is half left to chance, so that what collided once does not collide again. Dagster is imported
when it is needed: workers ask `is_transient` and do without it.
"""

import errno
import random
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ringrift_engine.errors import RingRiftError, TransientError

if TYPE_CHECKING:
    import dagster as dg

SUSPECTS: Final = (RingRiftError, OSError, sqlite3.OperationalError, MemoryError, RuntimeError)
"""Kinds of errors among which there are transient ones; `is_transient` tells which."""

_PASSING: Final = frozenset(
    {
        errno.EAGAIN,
        errno.ENOMEM,
        errno.ETIMEDOUT,
        errno.ECONNRESET,
        errno.ECONNREFUSED,
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
        errno.ESTALE,  # a network file system that was away for a moment
    }
)
_LOCKED: Final = re.compile(r"database (table )?is locked")
_KILLED: Final = re.compile(r"failed with code (-9|137)\b")  # of the process itself, and of a shell around it


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How often and how long."""

    retries: int = 3
    first_pause_s: float = 5.0
    longest_pause_s: float = 60.0

    def pause(self, retries_before: int, chance: float) -> float:
        """Seconds before the next attempt; `chance` in [0, 1] picks from the upper half of the pause."""
        whole = min(self.first_pause_s * 2**retries_before, self.longest_pause_s)
        return whole * (0.5 + 0.5 * chance)


PATIENCE: Final = Patience()


def is_transient(error: BaseException) -> bool:
    """Whether the same work, done again, may well succeed: judged by the error itself or by what caused it."""
    link: BaseException | None = error
    while link is not None:
        if _passes(link):
            return True
        link = link.__cause__
    return False


@contextmanager
def retried(
    context: "dg.AssetExecutionContext", patience: Patience = PATIENCE, chance: Callable[[], float] = random.random
) -> Iterator[None]:
    """Raise RetryRequested for a transient fault of the block; any other, and the last one, is raised as it is."""
    import dagster as dg
    from dagster._core.errors import DagsterPipesExecutionError

    try:
        yield
    except (*SUSPECTS, DagsterPipesExecutionError) as error:
        before = context.retry_number
        if before >= patience.retries or not is_transient(error):
            raise
        pause = patience.pause(before, chance())
        context.log.warning(f"Transient: {error} - attempt {before + 2} of {patience.retries + 1} in {pause:.0f} s.")
        raise dg.RetryRequested(max_retries=patience.retries, seconds_to_wait=pause) from error


def _passes(error: BaseException) -> bool:
    """Whether this one error is transient."""
    kind = type(error)
    if isinstance(error, sqlite3.OperationalError):
        return _LOCKED.search(str(error)) is not None
    if isinstance(error, OSError):
        return error.errno in _PASSING
    if kind.__name__ == "DagsterPipesExecutionError":
        return _KILLED.search(str(error)) is not None
    if kind.__name__ == "OutOfMemoryError":  # of a GPU; by its name, because whoever asks need not have torch
        return kind.__module__.split(".")[0] == "torch"
    return isinstance(error, (TransientError, MemoryError))
