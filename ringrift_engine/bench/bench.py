"""What all groups share: what is to be measured, how thoroughly, and what the machine does at most."""

import tempfile
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from ringrift_engine.bench.limits import Limits
from ringrift_engine.bench.rows import Row
from ringrift_engine.bench.scope import Scope


@dataclass(frozen=True)
class Task:
    """A part of a group that gives some rows; `label` says what it is at, for the progress."""

    label: str
    measure: Callable[[], Iterable[Row]]


class Bench:
    """One run: its scope, its limits, a folder for its files. A context manager; the folder goes with it."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.limits = Limits(scope.effort)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @cached_property
    def folder(self) -> Path:
        """An empty folder, made when it is first asked for."""
        return Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="ringrift-bench-")))
