"""Progress of long work: how much is done, how fast, how long it will take.

Engine functions call `progress(label, done, total, unit)` as often as they like; who listens decides how often a
person sees it: `LogProgress` writes a line at most every few seconds, `BarProgress` draws a bar in a terminal.
"""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Protocol, Self

from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress


class Progress(Protocol):
    """Something that is told how far a piece of work is."""

    def __call__(self, label: str, done: int, total: int, unit: str) -> None: ...


def silent(label: str, done: int, total: int, unit: str) -> None:
    """Tell nobody."""


class LogProgress:
    """Writes rate, done/total and time left through `write`, at most every `every_s` seconds and always at the end."""

    DEFAULT_EVERY_S: Final = 10.0

    def __init__(self, write: Callable[[str], object], every_s: float = DEFAULT_EVERY_S) -> None:
        self._write = write
        self._every_s = every_s
        self._started: dict[str, float] = {}
        self._last: dict[str, float] = {}

    def __call__(self, label: str, done: int, total: int, unit: str) -> None:
        now = time.monotonic()
        if label not in self._started or done == 0:
            self._started[label] = now
            self._last[label] = now
            self._write(f"{label}: 0/{total} {unit}")
            return
        if done < total and now - self._last[label] < self._every_s:
            return
        self._last[label] = now
        elapsed = max(now - self._started[label], 1e-9)
        left = (total - done) * elapsed / max(done, 1)
        self._write(f"{label}: {done}/{total} {unit}, {done / elapsed:.1f} {unit}/s, {left:.0f} s left")
        if done >= total:
            del self._started[label]


class BarProgress:
    """Draws one bar per label on standard error while its `with` block lasts."""

    def __init__(self) -> None:
        from rich.console import Console

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bars = RichProgress(*columns, console=Console(stderr=True))
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def __call__(self, label: str, done: int, total: int, unit: str) -> None:
        if label not in self._tasks:
            self._tasks[label] = self._bars.add_task(f"{label} [{unit}]", total=total)
        self._bars.update(self._tasks[label], completed=done, total=total)
