"""Killing a process at a chosen fsync, rename or deletion, as a power cut or an impatient person would.

`FaultPoints(folder, kill_at)` makes the process kill itself with SIGKILL just before its `kill_at`-th fsync, rename or
link below the folder, or before other `calls`, such as "unlink"; nothing after that runs, no `finally`, no exit
handler. Without `kill_at` it only counts.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

_CALLS = ("fsync", "replace", "rename", "link")


class FaultPoints:
    """Counts the calls that make files durable or visible below `folder`, and kills at one of them."""

    def __init__(self, folder: Path, kill_at: int | None = None, calls: tuple[str, ...] = _CALLS) -> None:
        self.folder = folder.resolve()
        self.kill_at = kill_at
        self.calls = calls
        self.seen: list[str] = []

    def install(self) -> None:
        """Wrap the calls of `os` in this process, for good."""
        for name in self.calls:
            setattr(os, name, self._wrapped(name, getattr(os, name)))

    def _wrapped(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def wrapper(*arguments: Any, **options: Any) -> Any:
            path = _path_of(arguments[0] if name in ("fsync", "unlink") else arguments[1])
            if path.is_relative_to(self.folder):
                self.seen.append(f"{name} {path.relative_to(self.folder)}")
                if len(self.seen) == self.kill_at:
                    os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **options)

        return wrapper


def _path_of(place: Any) -> Path:
    """The path behind a path or a file descriptor."""
    return Path(os.readlink(f"/proc/self/fd/{place}")) if isinstance(place, int) else Path(place).resolve()


def start_child(work: Callable[[], None], faults: FaultPoints | None = None) -> int:
    """Run `work` in a forked process and return its id, for `exit_code_of`.

    It ends with 0 if `work` returned, 1 if it raised. With `faults` that has no `kill_at`, the points passed are
    written to `<folder>.points`, one a line.
    """
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            if faults is not None:
                faults.install()
            work()
            if faults is not None:
                faults.folder.with_suffix(".points").write_text("\n".join(faults.seen))
            code = 0
        finally:
            os._exit(code)
    return pid


def exit_code_of(pid: int) -> int:
    """Wait for a child; its exit code, or minus the signal that killed it."""
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def in_child(work: Callable[[], None], faults: FaultPoints | None = None) -> int:
    """Run `work` in a forked process, wait for it, and return its exit code as `exit_code_of` does."""
    return exit_code_of(start_child(work, faults))
