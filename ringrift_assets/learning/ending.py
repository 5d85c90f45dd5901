"""Requests to end, Ctrl-C and SIGTERM: noticed whoever handles them.

While a run is at work Dagster has handlers of its own: they interrupt the running step, which ends its worker, and
forget at the end of the run that they were called. Python itself writes the number of every signal to a pipe before
any handler; that is read here, so a request is never lost, whenever it comes.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

_REQUESTS: Final = frozenset({signal.SIGINT, signal.SIGTERM})
_MOST: Final = 4_096  # signals read at once


@contextmanager
def requests_noticed() -> Iterator[Callable[[], bool]]:
    """Whether somebody asked to end since the block began; outside of runs, a request interrupts nothing."""
    from dagster._utils.interrupts import capture_interrupts

    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    seen: set[int] = set()

    def asked() -> bool:
        with suppress(BlockingIOError):  # nothing came
            seen.update(os.read(reading, _MOST))
        return bool(seen & _REQUESTS)

    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        with capture_interrupts():
            yield asked
    finally:
        signal.set_wakeup_fd(before)
        os.close(reading)
        os.close(writing)
