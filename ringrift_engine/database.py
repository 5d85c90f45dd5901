"""SQLite files that several processes change at once: the match log and the registry.

Unlike a shard, such a file lives: it is in WAL mode, so that readers and one writer do not wait for each other,
writers queue for up to a minute, and every change is one transaction that a kill leaves either undone or done. Its
header says what it is (`application_id`) and which schema it has (`user_version`); a file of another kind or version
is refused, never converted on the way. Clocks are not read here: a row's time is what the caller says.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Final, Self

from ringrift_engine.errors import DataError

BUSY_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True)
class DatabaseFormat:
    """What distinguishes one kind of file: its name in messages, its number, the schema's version and statements."""

    name: str
    application_id: int
    version: int
    schema: tuple[str, ...]


def open_database(path: Path, form: DatabaseFormat) -> sqlite3.Connection:
    """Open the file, making it if there is none; rows are `sqlite3.Row`, statements commit at once outside
    `transaction`.

    DataError if the file is torn, of another kind, or of another version of the schema.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        if _is_unmade(connection):
            _make(connection, path, form)
        _check(connection, path, form)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.DatabaseError as error:
        connection.close()
        raise DataError(
            f"{path}: SQLite says {error}. If it is torn or no {form.name}, restore it from a copy or move it away."
        ) from error
    except DataError:
        connection.close()
        raise
    return connection


def open_for_reading(path: Path, form: DatabaseFormat) -> sqlite3.Connection:
    """Open a file that is there, somebody else's perhaps, to read it; nothing is made and nothing can be changed.

    DataError if there is none, or as `open_database`.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no {form.name}.")
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None
    )
    try:
        connection.row_factory = sqlite3.Row
        _check(connection, path, form)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise DataError(
            f"{path}: SQLite says {error}. It is torn or no {form.name}, or its folder may not be written to: readers "
            "share a file beside it with whoever writes."
        ) from error
    except DataError:
        connection.close()
        raise
    return connection


class DatabaseFile:
    """An open file of one format: use it as a context manager, or close it. Several processes may write to one file."""

    FORMAT: ClassVar[DatabaseFormat]

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Open or make the file, or open one that is there `read_only`.

        DataError if it is torn, of another kind, or of another schema version.
        """
        self.path = path
        self._connection = (open_for_reading if read_only else open_database)(path, self.FORMAT)

    @property
    def connection(self) -> sqlite3.Connection:
        """The open file, for modules that keep tables of their own in it."""
        return self._connection

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; it cannot be used afterwards."""
        self._connection.close()


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All statements of the block or none; waits at the start, not in the middle, for other writers."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _is_unmade(connection: sqlite3.Connection) -> bool:
    """Whether nothing was ever written: also what a kill during the making leaves behind."""
    return not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] and not _version(connection)


def _make(connection: sqlite3.Connection, path: Path, form: DatabaseFormat) -> None:
    # SQLite does not wait when two connections switch to WAL at once; the folder's lock lets one of them go first.
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if not _is_unmade(connection):
            return
        connection.execute("PRAGMA journal_mode = WAL")
        with transaction(connection):
            for statement in form.schema:
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {form.application_id}")
            connection.execute(f"PRAGMA user_version = {form.version}")
    finally:
        os.close(folder)


def _check(connection: sqlite3.Connection, path: Path, form: DatabaseFormat) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application != form.application_id:
        raise DataError(
            f"{path}: not a {form.name} (application id {application:#x}, expected {form.application_id:#x}). "
            "Move it away; a new one is made when it is needed."
        )
    if _version(connection) != form.version:
        raise DataError(
            f"{path}: schema version {_version(connection)} of a {form.name}, this engine knows {form.version}. "
            "Install the engine that wrote it, or move the file away to begin a new one."
        )


def _version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]
