"""What a worker process tells its asset, line by line through a file.

Dagster's own reader takes whatever stands at the end of the file for a line. A long message becomes visible page by
page, so on a busy machine a reader sometimes sees its beginning alone, and the result of an hour's work is lost. Here a
line is a line once it has its end.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Final

import dagster as dg
from dagster_pipes import PipesDefaultMessageWriter, PipesParams

_LOOK_EVERY_S: Final = 0.01


class WholeMessageReader(dg.PipesMessageReader):
    """Reads the messages of one worker from a temporary file, in a thread of its own."""

    @contextmanager
    def read_messages(self, handler: dg.PipesMessageHandler) -> Iterator[PipesParams]:
        """Hand every message to `handler` while the block runs; gives what the worker must know to write them."""
        ended = Event()
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "messages"
            path.touch()
            thread = Thread(target=_read, args=(path, ended.is_set, handler), daemon=True)
            thread.start()
            try:
                yield {PipesDefaultMessageWriter.FILE_PATH_KEY: str(path)}
            finally:
                ended.set()
                thread.join()

    def no_messages_debug_text(self) -> str:
        """Where Dagster says that it looked, if a worker said nothing."""
        return "Attempted to read messages from a temporary file."


def whole_lines(path: Path, ended: Callable[[], bool]) -> Iterator[bytes]:
    """The lines of a file that grows, without their ends; ends when `ended` says so and all was read.

    What follows the last end of a line is none: whoever wrote it was killed.
    """
    rest = b""
    with path.open("rb") as file:
        while True:
            last = ended()  # asked first: what was written before the end is read below
            read = file.read()
            *lines, rest = (rest + read).split(b"\n")
            yield from lines
            if not read:
                if last:
                    return
                time.sleep(_LOOK_EVERY_S)


def _read(path: Path, ended: Callable[[], bool], handler: dg.PipesMessageHandler) -> None:
    try:
        for line in whole_lines(path, ended):
            handler.handle_message(json.loads(line))
    except (ValueError, dg.DagsterError):
        handler.report_pipes_framework_exception("reader of the worker's messages", sys.exc_info())
