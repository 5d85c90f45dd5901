"""Receipts: one row for every shard that was taken in, with the hash that was verified at its destination.

A receipt is the proof that a copy exists, so a shard may be removed elsewhere only on receipts. It is also the only
place that knows when games arrived: the files themselves hold no clock. Where a copy was removed because nothing needs
it any more, that is noted beside its receipt, so that the same games are not taken in once more. One SQLite file for
all configurations; writers wait for each other, and a receipt that exists already is left as it is.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite_utils

_BUSY_MS: Final = 60_000
_TABLE: Final = "receipts"
_REMOVED: Final = "removed"


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """One verified copy of one shard."""

    sha256: str
    name: str
    key: str
    """Configuration, such as hex8_2p."""
    source: str
    """Name of the store that it came from; no path, since stores may move."""
    destination: str
    bytes: int
    received_at: float
    """Seconds since 1970, UTC."""


class Receipts:
    """The receipts in one SQLite file, made on first use."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, receipts: Iterable[Receipt]) -> None:
        """Store receipts in one transaction; one of the same content and destination that is there already stays."""
        with self._open() as database:
            database.table(_TABLE).insert_all([asdict(receipt) for receipt in receipts], ignore=True)

    def of(self, key: str, destination: str) -> list[Receipt]:
        """All receipts of a configuration at a destination, in order of name."""
        with self._open() as database:
            rows = database.query(
                f"select * from {_TABLE} where key = :key and destination = :destination order by name",
                {"key": key, "destination": destination},
            )
            return [Receipt(**row) for row in rows]

    def note_removed(self, hashes: Iterable[str], destination: str) -> None:
        """Keep for ever that the shards with these SHA-256 are removed from a destination; doing it again changes
        nothing.
        """
        with self._open() as database:
            rows = [{"sha256": sha256, "destination": destination} for sha256 in hashes]
            database.table(_REMOVED).insert_all(rows, ignore=True)

    def removed_from(self, destination: str) -> frozenset[str]:
        """SHA-256 of all shards that were ever removed from a destination."""
        with self._open() as database:
            rows = database.query(f"select sha256 from {_REMOVED} where destination = ?", [destination])
            return frozenset(row["sha256"] for row in rows)

    @contextmanager
    def _open(self) -> Iterator["sqlite_utils.Database"]:
        import sqlite_utils

        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite_utils.Database(str(self._path))
        try:
            database.execute(f"pragma busy_timeout = {_BUSY_MS}")
            database.table(_TABLE).create(
                {
                    "sha256": str,
                    "name": str,
                    "key": str,
                    "source": str,
                    "destination": str,
                    "bytes": int,
                    "received_at": float,
                },
                pk=("sha256", "destination"),
                not_null={"name", "key", "source", "bytes", "received_at"},
                if_not_exists=True,
            )
            database.table(_REMOVED).create(
                {"sha256": str, "destination": str}, pk=("sha256", "destination"), if_not_exists=True
            )
            yield database
        finally:
            database.conn.close()
