"""The games of another log into ours: one transaction, no game twice, and every contradiction decided and kept.

Two logs that hold the same game hold it under the same key, because the key is made of what determines a game. If the
outcomes differ nevertheless, that is a conflict: two builds of the engine, a damaged machine, a changed row. Which
outcome stands is the caller's choice; both are kept in the table `conflicts`, so nothing is lost by choosing.

SQLite does the work, row by row within one statement: no game becomes a Python object, which is why this is faster
than inserting ready rows.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ringrift_engine.boards import CONFIG_KEYS, CONFIGS
from ringrift_engine.database import transaction
from ringrift_engine.errors import DataError
from ringrift_engine.evaluation.match_log import GAME_COLUMNS, MatchLog, game_key
from ringrift_engine.ratings.reconcile.settings import ConflictResolution
from ringrift_engine.records.shard_schema import Participant
from ringrift_engine.rules.state import HOW_NAMES, MAX_PLAYERS

OUTCOME_COLUMNS: Final = (
    "opening_hash",
    *(f"rank_{seat}" for seat in range(1, MAX_PLAYERS + 1)),
    "winner",
    "how",
    "scores",
    "plies",
)
"""What must be the same in two logs that hold the same game; who played it for what, and when, may differ."""
_REPLACED: Final = (*OUTCOME_COLUMNS, "purpose", "run_id", "logged_at")
_KEYS_TRIED: Final = 200
_CACHE_KIB: Final = 65_536  # the index of keys is written in random order: it should stay in memory
_CONFLICTS_TOLD: Final = 5


class ConflictError(DataError):
    """Games with two outcomes, where the caller wants none."""


@dataclass(frozen=True, kw_only=True)
class ImportCount:
    """What became of the games of another log: added + skipped + conflict is their number.

    added     new here
    skipped   here already, with the same outcome
    conflict  here already, with another outcome
    resolved  of these, how many were decided by the time at which they were logged
    replaced  of these, how often theirs stands now
    changed   configurations whose games are others than before
    """

    added: int
    skipped: int
    conflict: int
    resolved: int
    replaced: int
    participants_added: int
    changed: tuple[str, ...]


def import_games(log: MatchLog, other: Path, source: str, strategy: ConflictResolution, now: float) -> ImportCount:
    """Add the games of the log at `other`, which nobody writes to; `source` is the name that conflicts are kept under.

    DataError for a game that contradicts itself, ConflictError under `RAISE`; then nothing is changed. `now` in seconds
    since 1970.
    """
    connection = log.connection
    with _attached(connection, other):
        _refuse_contradictions(connection, source)
        with transaction(connection):
            participants = _add_participants(connection)
            conflicts = _decide_conflicts(connection, source, strategy, now)
            before = log.counts()
            added = _add_games(connection)
            changed = {key for key, count in log.counts().items() if count != before.get(key, 0)}
            changed |= {row["config_key"] for row in conflicts if row["replaced"]}
        total = connection.execute("SELECT count(*) FROM other.games").fetchone()[0]
    timed = strategy in (ConflictResolution.LAST_WRITE_WINS, ConflictResolution.FIRST_WRITE_WINS)
    return ImportCount(
        added=added,
        skipped=total - added - len(conflicts),
        conflict=len(conflicts),
        resolved=len(conflicts) if timed else 0,
        replaced=sum(row["replaced"] for row in conflicts),
        participants_added=participants,
        changed=tuple(key for key in CONFIG_KEYS if key in changed),
    )


# --- before anything is changed


def _refuse_contradictions(connection: sqlite3.Connection, source: str) -> None:
    """DataError for the first game that no engine can have logged."""
    row = connection.execute(f"SELECT game_key FROM other.games g WHERE NOT ({_possible()}) LIMIT 1").fetchone()
    if row is None:
        row = next(_wrong_keys(connection), None)
    if row is not None:
        raise DataError(
            f"{source}: game {row['game_key'][:12]} contradicts itself: its configuration, seats, ranks, winner, "
            "scores and key do not fit together. Nothing was imported; find out what wrote it."
        )


def _possible() -> str:
    """An SQL condition that every game meets which `MatchLog.record` accepts; one branch for each number of players."""
    branches = " ".join(
        f"WHEN g.config_key IN ({_listed(key for key in CONFIG_KEYS if CONFIGS[key].num_players == players)}) "
        f"THEN {_possible_with(players)}"
        for players in range(2, MAX_PLAYERS + 1)
    )
    return f"g.how IN ({_listed(HOW_NAMES[1:])}) AND json_valid(g.scores) AND CASE {branches} ELSE FALSE END"


def _possible_with(players: int) -> str:
    filled = " AND ".join(
        f"g.{column}_{seat} IS {'NOT ' if seat <= players else ''}NULL"
        for seat in range(1, MAX_PLAYERS + 1)
        for column in ("seat", "rank")
    )
    of_winner = " ".join(f"WHEN {seat} THEN g.rank_{seat}" for seat in range(1, players + 1))
    return f"{filled} AND CASE g.winner {of_winner} END IS 1 AND json_array_length(g.scores) = {players}"


def _listed(texts: Iterable[str]) -> str:
    return ", ".join(f"'{text}'" for text in texts)


def _wrong_keys(connection: sqlite3.Connection) -> Iterator[sqlite3.Row]:
    """Games whose key is not that of what determines them, among some that lie spread over the whole log.

    All of them would take longer than the import; who makes keys otherwise does so everywhere.
    """
    newest = connection.execute("SELECT coalesce(max(id), 0) FROM other.games").fetchone()[0]
    who = {
        row["id"]: Participant(row["name"], row["model"] or None, row["simulations"])
        for row in connection.execute("SELECT * FROM other.participants")
    }
    step = max(1, newest // _KEYS_TRIED)
    query = "SELECT * FROM other.games WHERE id = ?"
    for number in range(1, newest + 1, step):
        row = connection.execute(query, (number,)).fetchone()
        if row is not None and row["game_key"] != _key_of(row, who):
            yield row


def _key_of(row: sqlite3.Row, who: dict[int, Participant]) -> str:
    seats = [row[f"seat_{seat}"] for seat in range(1, MAX_PLAYERS + 1)]
    return game_key(
        row["config_key"],
        int(row["opening_seed"], 16),
        row["opening_decisions"],
        int(row["play_seed"], 16),
        [who[seat] for seat in seats if seat is not None],
        row["rules_version"],
    )


# --- in one transaction


def _add_participants(connection: sqlite3.Connection) -> int:
    """Make their participants known and note which number each has in which log; how many were new."""
    before = connection.total_changes
    connection.execute(
        "INSERT INTO main.participants (name, model, simulations) SELECT name, model, simulations "
        "FROM other.participants WHERE TRUE ORDER BY name, model, simulations ON CONFLICT DO NOTHING"
    )
    added = connection.total_changes - before
    connection.execute("DROP TABLE IF EXISTS temp.numbers")
    connection.execute("CREATE TEMP TABLE numbers (theirs INTEGER PRIMARY KEY, ours INTEGER NOT NULL)")
    connection.execute(
        "INSERT INTO temp.numbers SELECT t.id, o.id FROM other.participants t "
        "JOIN main.participants o USING (name, model, simulations)"
    )
    return added


def _add_games(connection: sqlite3.Connection) -> int:
    """Insert what is new, in the order in which they logged it; how many that were."""
    values = [
        f"(SELECT ours FROM temp.numbers WHERE theirs = g.{column})" if column.startswith("seat_") else f"g.{column}"
        for column in GAME_COLUMNS
    ]
    before = connection.total_changes
    connection.execute(
        f"INSERT INTO main.games ({', '.join(GAME_COLUMNS)}) SELECT {', '.join(values)} FROM other.games g "
        "WHERE TRUE ORDER BY g.id ON CONFLICT (game_key) DO NOTHING"
    )
    return connection.total_changes - before


def _decide_conflicts(
    connection: sqlite3.Connection, source: str, strategy: ConflictResolution, now: float
) -> list[sqlite3.Row]:
    """Find the games with two outcomes, keep both, and let the one stand that the strategy chooses."""
    found = _conflicts(connection, strategy)
    if found and strategy is ConflictResolution.RAISE:
        names = ", ".join(f"{row['game_key'][:12]} ({row['config_key']})" for row in found[:_CONFLICTS_TOLD])
        more = ", ..." if len(found) > _CONFLICTS_TOLD else ""
        raise ConflictError(
            f"{source}: {len(found)} games have another outcome there: {names}{more}. Nothing was imported. "
            "`--resolution` can decide by the time of logging, or skip them."
        )
    connection.executemany(
        "INSERT INTO main.conflicts (game_key, config_key, ours, theirs, replaced, source, strategy, noted_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [(*row, source, str(strategy), now) for row in found],
    )
    columns = ", ".join(_REPLACED)
    connection.executemany(
        f"UPDATE main.games SET ({columns}) = "
        f"(SELECT {columns} FROM other.games t WHERE t.game_key = main.games.game_key) WHERE game_key = ?",
        [(row["game_key"],) for row in found if row["replaced"]],
    )
    return found


def _conflicts(connection: sqlite3.Connection, strategy: ConflictResolution) -> list[sqlite3.Row]:
    """Games with two outcomes: key, configuration, both outcomes as JSON, and whether theirs is to stand.

    Of two outcomes with the same time the one whose text sorts first stands, on both nodes alike.
    """
    differs = " OR ".join(f"t.{column} IS NOT o.{column}" for column in OUTCOME_COLUMNS)
    ours, theirs = (_as_json(alias) for alias in ("o", "t"))
    later = f"(t.logged_at > o.logged_at OR (t.logged_at = o.logged_at AND {theirs} < {ours}))"
    earlier = f"(t.logged_at < o.logged_at OR (t.logged_at = o.logged_at AND {theirs} < {ours}))"
    replaced = {ConflictResolution.LAST_WRITE_WINS: later, ConflictResolution.FIRST_WRITE_WINS: earlier}
    return connection.execute(
        f"SELECT o.game_key, o.config_key, {ours} AS ours, {theirs} AS theirs, "
        f"{replaced.get(strategy, '0')} AS replaced FROM other.games t JOIN main.games o ON o.game_key = t.game_key "
        f"WHERE {differs} ORDER BY o.id"
    ).fetchall()


def _as_json(alias: str) -> str:
    pairs = ", ".join(f"'{column}', {alias}.{column}" for column in _REPLACED)
    return f"json_object({pairs})"


@contextmanager
def _attached(connection: sqlite3.Connection, other: Path) -> Iterator[None]:
    """The other log as schema `other` of our connection."""
    kept = connection.execute("PRAGMA main.cache_size").fetchone()[0]
    # Every seat is looked up in the table of participants anyway, to translate it; to check it once more takes a tenth
    # of the time.
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"PRAGMA main.cache_size = -{_CACHE_KIB}")
    connection.execute("ATTACH ? AS other", (str(other),))
    try:
        yield
    finally:
        connection.execute("DETACH other")
        connection.execute("DROP TABLE IF EXISTS temp.numbers")
        connection.execute(f"PRAGMA main.cache_size = {kept}")
        connection.execute("PRAGMA foreign_keys = ON")
