"""The process that does the heavy work: `python -m ringrift_assets.worker TASK`, started by an asset through Pipes.

It opens the channel to Dagster, looks the task up in `tasks`, runs it with the request that the asset sent, tells how
far it is at least every 10 s, and sends the result back as one message. A process of its own keeps the run worker
small, frees all memory at the end, and ends when its parent is gone, so that no orphan works on files that a new run
has taken over. Errors a person can put right travel back as data and are raised again by the asset; anything else is a
traceback and exit code 1.
"""

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from dagster_pipes import open_dagster_pipes

from ringrift_assets.retrying import SUSPECTS, is_transient
from ringrift_assets.tasks import TASKS
from ringrift_engine.errors import RingRiftError, TransientError
from ringrift_engine.progress import LogProgress

PARENT_VARIABLE: Final = "RINGRIFT_PARENT_PID"
_PR_SET_PDEATHSIG: Final = 1  # <linux/prctl.h>
_SPEAK_EVERY_S: Final = 10.0
_LOOK_EVERY_S: Final = 1.0


class Reporter:
    """Progress that is never silent: lines of the work itself, and a sign of life when the work has none to give.

    Compiling the rules or waiting for one long game reports nothing for a while; then a line says what was last heard
    and how long ago. `write` is called from two threads, one at a time.
    """

    def __init__(self, write: Callable[[str], object], every_s: float = _SPEAK_EVERY_S) -> None:
        self._write_line = write
        self._every_s = every_s
        self._lines = LogProgress(self._say, every_s)
        self._guard = threading.RLock()
        self._last_line = time.monotonic()
        self._last_word = ("starting", 0, 0, "", time.monotonic())

    def __call__(self, label: str, done: int, total: int, unit: str) -> None:
        with self._guard:
            self._last_word = (label, done, total, unit, time.monotonic())
            self._lines(label, done, total, unit)

    def remind(self) -> None:
        """Write a line if nothing has been written for `every_s` seconds."""
        with self._guard:
            now = time.monotonic()
            if now - self._last_line < self._every_s:
                return
            label, done, total, unit, heard = self._last_word
            self._say(f"{label}: {done}/{total} {unit} (at work, last step finished {now - heard:.0f} s ago)")

    def _say(self, line: str) -> None:
        with self._guard:
            self._last_line = time.monotonic()
            self._write_line(line)


def main() -> None:
    """Run the task named on the command line with the request that came through Pipes."""
    die_with_parent(int(os.environ.get(PARENT_VARIABLE, os.getppid())))
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    if name not in TASKS:
        raise SystemExit(f"usage: python -m ringrift_assets.worker TASK; tasks: {', '.join(TASKS)}")
    with open_dagster_pipes() as pipes:
        os.nice(pipes.extras.get("nice", 0))
        reporter = Reporter(pipes.log.info)
        _watch(lambda: reporter.remind())
        pipes.report_custom_message(answer(TASKS[name], pipes.extras, reporter))


def answer(task: Callable[..., dict[str, Any]], request: Mapping[str, Any], reporter: Reporter) -> dict[str, Any]:
    """What goes back to the asset: `{"result": ...}`, or `{"error": class name, "text": ...}` for a RingRiftError.

    Whatever is transient goes back as a TransientError: only here it is known what it was.
    """
    try:
        return {"result": task(request, reporter)}
    except SUSPECTS as error:
        if is_transient(error):
            return {"error": TransientError.__name__, "text": f"{type(error).__name__}: {error}"}
        if isinstance(error, RingRiftError):
            return {"error": type(error).__name__, "text": str(error)}
        raise


def die_with_parent(parent: int) -> None:
    """End this process when the process `parent` ends: by the kernel on Linux, by looking once a second elsewhere."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    def leave_if_orphaned() -> None:
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    leave_if_orphaned()  # the parent may have gone before the kernel was asked
    _watch(leave_if_orphaned)


def _watch(look: Callable[[], None]) -> None:
    """Call `look` once a second from a thread that ends with the process."""

    def loop() -> None:
        while True:
            time.sleep(_LOOK_EVERY_S)
            look()

    threading.Thread(target=loop, daemon=True).start()


if __name__ == "__main__":
    main()
