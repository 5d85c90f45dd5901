"""The file format of a shard: tables, versions, and what every reader checks before it believes a row.

A shard is one SQLite file with one table `shard` of a single row and one table `games`. It never changes once it is
published, and equal content gives equal bytes: no clocks, no paths, a fixed page size, no journal. Its name is the
beginning of the hash of its bytes (`discovery`). The SQLite header carries the format: `application_id` says that it
is a shard, `user_version` which version of this file wrote it.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sqlite_utils import Database
from sqlite_utils.db import Table

from ringrift_engine import RULES_VERSION, __version__
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import DataError

FORMAT_VERSION: Final = 2
APPLICATION_ID: Final = 0x52524753  # "RRGS", RingRift game shard
_PAGE_BYTES: Final = 4_096

# name, type, meaning; docs/data.md prints these tables.
Columns = tuple[tuple[str, type, str], ...]
SHARD_COLUMNS: Final[Columns] = (
    ("config_key", str, "configuration, such as hex8_2p"),
    ("format_version", int, "of these tables, also `user_version` of the file"),
    ("rules_version", int, "of the rules the games were played under; readers refuse others"),
    ("engine_version", str, "of the package that wrote the file"),
    ("seed", int, "of the run"),
    ("settings", str, "how the games were made, JSON object"),
    ("participants", str, "who played, JSON list of name, model (content hash or null) and simulations"),
    ("inputs", str, "what went in, JSON object of names and content hashes"),
    ("games", int, "rows of `games`"),
    ("moves", int, "of all games"),
    ("decisions", int, "recorded, of all games"),
)
GAME_COLUMNS: Final[Columns] = (
    ("position", int, "place in the shard, from 0; the primary key"),
    ("game_id", str, "name of the game, hexadecimal"),
    ("seed", int, "of the run that played it"),
    ("game_index", int, "number of the game in that run"),
    ("swap_rule", int, "1 if seat 2 could swap"),
    ("seats", str, "JSON list: for each seat, seat 1 first, its place in `participants`"),
    ("opening_plies", int, "random decisions before the players took over"),
    ("plies", int, "moves, bookkeeping included"),
    ("winner", int, "winning seat, 0 if the game is unfinished"),
    ("how", int, "how it was won, a code of `rules.state.HOW_NAMES`"),
    ("reason", str, "the original engine's word for it"),
    ("scores", str, "JSON list: for each seat eliminated, territory, markers and hand at the end"),
    ("moves", bytes, "deflated: all moves as 64-bit integers (`rules.moves`), lowest bytes of all moves first"),
    ("decisions", bytes, "deflated: columns of `records.packing.DecisionColumns`"),
)


@dataclass(frozen=True)
class Participant:
    """Who played: the name that game records use, the content hash of the model if there is one, the search budget."""

    name: str
    model: str | None = None
    simulations: int = 0

    @property
    def kind(self) -> str:
        """What kind of player it is: the name up to its settings, such as `search`."""
        return self.name.partition("(")[0]


@dataclass(frozen=True)
class ShardHeader:
    """What all games of a shard have in common.

    settings  how the games were made, as plain JSON values
    inputs    what went in, name to content hash (a model, a plan)
    """

    config_key: str
    seed: int
    participants: tuple[Participant, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def config(self) -> BoardConfig:
        """The configuration; ConfigError if there is none of that key."""
        return BoardConfig.from_key(self.config_key)


@contextmanager
def creating(path: Path) -> Iterator[Database]:
    """A new shard file with empty tables; on leaving, rows are on their way to the disk and the file is closed."""
    database = Database(sqlite3.connect(path))
    try:
        for pragma, value in (
            ("page_size", _PAGE_BYTES), ("journal_mode", "OFF"), ("synchronous", "OFF"),
            ("application_id", APPLICATION_ID), ("user_version", FORMAT_VERSION),
        ):  # fmt: skip
            database.execute(f"PRAGMA {pragma} = {value}").fetchall()
        with database.atomic():
            _create(database, "shard", SHARD_COLUMNS, None)
            _create(database, "games", GAME_COLUMNS, "position")
            yield database
    finally:
        database.close()


@contextmanager
def reading(path: Path) -> Iterator[Database]:
    """A shard opened for reading only; DataError if it is missing, torn, no shard, or of another format version.

    The file is immutable, so SQLite neither locks it nor looks for a journal beside it.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no such shard. `ringrift games stats` lists the shards of a configuration.")
    database = Database(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True))
    try:
        _check_format(database, path)
        yield database
    except sqlite3.Error as error:
        raise DataError(
            f"{path}: SQLite says {error}. The file is torn or no shard; remove it, or fetch it again."
        ) from error
    finally:
        database.close()


def insert(database: Database, name: str, columns: Columns, rows: list[tuple[Any, ...]]) -> None:
    """All rows of a table in one executemany, values in the order of `columns`."""
    names = [column for column, _, _ in columns]
    marks = ", ".join("?" * len(names))
    database.conn.executemany(f"insert into {name} ({', '.join(names)}) values ({marks})", rows)


def header_row(header: ShardHeader, games: int, moves: int, decisions: int) -> tuple[Any, ...]:
    """The row of table `shard`."""
    participants = [
        {"name": who.name, "model": who.model, "simulations": who.simulations} for who in header.participants
    ]
    return (
        header.config_key, FORMAT_VERSION, RULES_VERSION, __version__, header.seed, to_json(dict(header.settings)),
        to_json(participants), to_json(dict(header.inputs)), games, moves, decisions,
    )  # fmt: skip


def read_header(database: Database, path: Path, config_key: str | None) -> ShardHeader:
    """The header of an open shard; DataError if it is of other rules or not of `config_key`."""
    rows = list(table(database, "shard").rows)
    if len(rows) != 1:
        raise DataError(f"{path}: table `shard` has {len(rows)} rows instead of one. The file is damaged; remove it.")
    row = rows[0]
    if row["rules_version"] != RULES_VERSION:
        raise DataError(
            f"{path}: the games were played under rules version {row['rules_version']}, this is version "
            f"{RULES_VERSION}; they would not replay. Leave the shard out, or install the engine "
            f"{row['engine_version']} that made it."
        )
    if config_key is not None and row["config_key"] != config_key:
        raise DataError(
            f"{path}: a shard of {row['config_key']} where one of {config_key} is wanted. Move it to the folder "
            f"of {row['config_key']}."
        )
    counted = table(database, "games").count
    if counted != row["games"]:
        raise DataError(
            f"{path}: the header says {row['games']} games, there are {counted}. The file is damaged; remove it."
        )
    return ShardHeader(
        config_key=row["config_key"],
        seed=row["seed"],
        participants=tuple(Participant(**who) for who in json.loads(row["participants"])),
        settings=json.loads(row["settings"]),
        inputs=json.loads(row["inputs"]),
    )


def table(database: Database, name: str) -> Table:
    """A table of an open file."""
    return database.table(name)


def to_json(value: Any) -> str:
    """One text for one value: keys sorted, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _create(database: Database, name: str, columns: Columns, key: str | None) -> None:
    types = {column: kind for column, kind, _ in columns}
    table(database, name).create(types, pk=key, not_null=list(types), strict=True)


def _check_format(database: Database, path: Path) -> None:
    application = database.execute("PRAGMA application_id").fetchone()[0]
    if application != APPLICATION_ID:
        raise DataError(
            f"{path}: not a shard of games (application id {application:#x}, expected {APPLICATION_ID:#x}). Remove it "
            "from the folder; only shards belong there."
        )
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version != FORMAT_VERSION:
        raise DataError(
            f"{path}: shard format {version}, this engine reads format {FORMAT_VERSION}. Install the engine that "
            "wrote it, or leave the shard out."
        )
    problems = [row[0] for row in database.execute("PRAGMA quick_check(1)").fetchall()]
    if problems != ["ok"]:
        raise DataError(f"{path}: the file is torn ({problems[0]}). Remove it, or fetch it again.")
