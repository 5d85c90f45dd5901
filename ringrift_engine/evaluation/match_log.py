"""The match log: every evaluation game of all configurations, in one SQLite file that only grows.

A game is named by what determines it: configuration, rules version, opening, random numbers, and who sat where. So a
killed run that is repeated finds the games it had played and counts none of them twice, and a participant is a name
with its settings plus the content hash of its model: another model under the same file name is somebody else. Who won
is what the log says; ratings, tests and tables are computed from it. Unfinished games have no row.

Beside the games stand two tables that reconciliation keeps (`ringrift_engine.ratings.reconcile`): ratings with the
state of the log that they were fitted to, and every game of which another node's log says another outcome. `logged_at`
is no part of a game, only of its row: it decides between two such outcomes which was written first.
"""

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ringrift_engine import RULES_VERSION
from ringrift_engine.database import DatabaseFile, DatabaseFormat, transaction
from ringrift_engine.errors import DataError
from ringrift_engine.records.shard_schema import Participant, to_json
from ringrift_engine.rules.state import HOW_NAMES, MAX_PLAYERS

GAUNTLET: Final = "gauntlet"
TOURNAMENT: Final = "tournament"
"""Purposes under which others look for games."""
MATCHES: Final = "matches.db"
"""The name of the log in a data root."""
_SEATS: Final = range(1, MAX_PLAYERS + 1)
_SEAT_COLUMNS: Final = ", ".join(
    f"seat_{seat} INTEGER {'NOT NULL ' if seat <= 2 else ''}REFERENCES participants (id), rank_{seat} INTEGER"
    for seat in _SEATS
)

MATCH_LOG: Final = DatabaseFormat(
    name="match log",
    application_id=0x52524D4C,  # "RRML"
    version=2,
    schema=(
        "CREATE TABLE participants (id INTEGER PRIMARY KEY, name TEXT NOT NULL, model TEXT NOT NULL, "
        "simulations INTEGER NOT NULL, UNIQUE (name, model, simulations)) STRICT",
        "CREATE TABLE games (id INTEGER PRIMARY KEY, game_key TEXT NOT NULL UNIQUE, config_key TEXT NOT NULL, "
        "rules_version INTEGER NOT NULL, purpose TEXT NOT NULL, run_id TEXT NOT NULL, opening_seed TEXT NOT NULL, "
        "opening_decisions INTEGER NOT NULL, opening_hash TEXT NOT NULL, play_seed TEXT NOT NULL, "
        f"{_SEAT_COLUMNS}, winner INTEGER NOT NULL, how TEXT NOT NULL, scores TEXT NOT NULL, plies INTEGER NOT NULL, "
        "logged_at REAL NOT NULL) STRICT",
        "CREATE INDEX games_by_configuration ON games (config_key)",
        "CREATE INDEX games_by_run ON games (run_id)",
        # Stored ratings are current as long as no game came after the last one that they know.
        "CREATE TRIGGER games_stay BEFORE DELETE ON games BEGIN SELECT RAISE(ABORT, 'a match log only grows'); END",
        "CREATE TABLE conflicts (id INTEGER PRIMARY KEY, game_key TEXT NOT NULL, config_key TEXT NOT NULL, "
        "source TEXT NOT NULL, strategy TEXT NOT NULL, ours TEXT NOT NULL, theirs TEXT NOT NULL, "
        "replaced INTEGER NOT NULL, noted_at REAL NOT NULL) STRICT",
        # What stays open is met again at every import; each replacement is an event of its own.
        "CREATE UNIQUE INDEX open_conflicts ON conflicts (game_key, source, strategy, ours, theirs) WHERE NOT replaced",
        "CREATE INDEX replaced_by_configuration ON conflicts (config_key) WHERE replaced",
        "CREATE TABLE ratings (config_key TEXT PRIMARY KEY, fit TEXT NOT NULL, last_game INTEGER NOT NULL, "
        "last_replaced INTEGER NOT NULL, games INTEGER NOT NULL, participants BLOB NOT NULL, identities BLOB NOT NULL, "
        "elo BLOB NOT NULL, deviations BLOB NOT NULL, fitted_at REAL NOT NULL) STRICT",
    ),
)
GAME_COLUMNS: Final = (
    "game_key", "config_key", "rules_version", "purpose", "run_id", "opening_seed", "opening_decisions", "opening_hash",
    "play_seed", *(f"{what}_{seat}" for seat in _SEATS for what in ("seat", "rank")), "winner", "how", "scores",
    "plies", "logged_at",
)  # fmt: skip
"""Columns of the table `games`, its row number left out."""

_KEYS_A_QUERY: Final = 500  # SQLite takes a limited number of parameters


@dataclass(frozen=True, kw_only=True)
class LoggedGame:
    """One finished evaluation game.

    purpose        what it was played for, such as `gauntlet`
    run_id         of the run that played it, as the caller names its runs
    opening_hash   names the moves of the opening; opening_seed and opening_decisions say how they were drawn
    play_seed      names the random numbers of the players, 0 <= seed < 2**64
    seats          who sat where, seat 1 first
    winner         the winning seat
    how            how it won, of `HOW_NAMES`
    ranks          finishing rank of every seat
    scores         for every seat eliminated rings, territory, markers and rings in hand at the end
    plies          all moves, forced ones included
    """

    config_key: str
    purpose: str
    run_id: str
    opening_seed: int
    opening_decisions: int
    opening_hash: str
    play_seed: int
    seats: tuple[Participant, ...]
    winner: int
    how: str
    ranks: tuple[int, ...]
    scores: tuple[tuple[int, ...], ...]
    plies: int
    rules_version: int = RULES_VERSION

    @property
    def key(self) -> str:
        """The game's identity: `game_key` of what determines it; purpose, run and outcome are no part of it."""
        return game_key(
            self.config_key, self.opening_seed, self.opening_decisions, self.play_seed, self.seats, self.rules_version
        )


def game_key(
    config_key: str,
    opening_seed: int,
    opening_decisions: int,
    play_seed: int,
    seats: Sequence[Participant],
    rules_version: int = RULES_VERSION,
) -> str:
    """Hex SHA-256 over what determines a game before its first move."""
    who = [[one.name, one.model or "", one.simulations] for one in seats]
    facts = [config_key, rules_version, opening_seed, opening_decisions, play_seed, who]
    return hashlib.sha256(to_json(facts).encode()).hexdigest()


class MatchLog(DatabaseFile):
    """An open match log."""

    FORMAT = MATCH_LOG

    def __init__(self, path: Path, clock: Callable[[], float] = time.time, *, read_only: bool = False) -> None:
        """Open or make the log, or open one that is there `read_only`; `clock` says the time that new rows get, in
        seconds since 1970.

        DataError if the file is torn, of another kind, or of another schema version.
        """
        super().__init__(path, read_only=read_only)
        self._clock = clock

    def record(self, games: Sequence[LoggedGame]) -> int:
        """Add the games in one transaction, those already logged left as they are; how many were new.

        DataError for a game whose facts contradict each other; then nothing is added.
        """
        for game in games:
            _check(game)
        now = self._clock()
        with transaction(self._connection):
            numbers = self._numbers_of({who for game in games for who in game.seats})
            before = self._connection.total_changes
            marks = ", ".join("?" * len(GAME_COLUMNS))
            self._connection.executemany(
                f"INSERT INTO games ({', '.join(GAME_COLUMNS)}) VALUES ({marks}) ON CONFLICT (game_key) DO NOTHING",
                [_row(game, numbers, now) for game in games],
            )
            return self._connection.total_changes - before

    def known(self, keys: Iterable[str]) -> dict[str, LoggedGame]:
        """The logged games among those keys, by key."""
        wanted = list(keys)
        found: dict[str, LoggedGame] = {}
        for start in range(0, len(wanted), _KEYS_A_QUERY):
            part = wanted[start : start + _KEYS_A_QUERY]
            marks = ", ".join("?" * len(part))
            found.update({game.key: game for game in self._read(f"game_key IN ({marks})", part)})
        return found

    def games(
        self, config_key: str | None = None, *, purpose: str | None = None, run_id: str | None = None
    ) -> list[LoggedGame]:
        """Games in the order in which they were logged, of all configurations, purposes and runs or the given one."""
        given = {"config_key": config_key, "purpose": purpose, "run_id": run_id}
        filters = {column: value for column, value in given.items() if value is not None}
        condition = " AND ".join(f"{column} = ?" for column in filters) or "TRUE"
        return self._read(condition, list(filters.values()))

    def participants(self) -> list[Participant]:
        """Everybody who ever played, in the order of the first appearance."""
        return list(self._participants().values())

    def counts(self, rules_version: int | None = None) -> dict[str, int]:
        """Configuration key -> logged games, of all rules or of one version, for configurations with such games."""
        chosen, values = ("TRUE", ()) if rules_version is None else ("rules_version = ?", (rules_version,))
        rows = self._connection.execute(
            f"SELECT config_key, count(*) FROM games WHERE {chosen} GROUP BY config_key ORDER BY config_key", values
        )
        return {row[0]: row[1] for row in rows}

    def _numbers_of(self, participants: set[Participant]) -> dict[Participant, int]:
        """Row numbers of participants; who is new gets one, in the order of names, so that logs of equal runs agree."""
        ordered = sorted(participants, key=_identity)
        self._connection.executemany(
            "INSERT INTO participants (name, model, simulations) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [_identity(who) for who in ordered],
        )
        query = "SELECT id FROM participants WHERE name = ? AND model = ? AND simulations = ?"
        return {who: self._connection.execute(query, _identity(who)).fetchone()[0] for who in ordered}

    def _participants(self) -> dict[int, Participant]:
        rows = self._connection.execute("SELECT id, name, model, simulations FROM participants ORDER BY id")
        return {number: Participant(name, model or None, simulations) for number, name, model, simulations in rows}

    def _read(self, condition: str, values: Sequence[Any]) -> list[LoggedGame]:
        # Games first: whoever sits in a game that can be seen is in the table that is read after it.
        rows = self._connection.execute(f"SELECT * FROM games WHERE {condition} ORDER BY id", values).fetchall()
        participants = self._participants() if rows else {}
        return [_game(row, participants) for row in rows]


def _identity(who: Participant) -> tuple[str, str, int]:
    return who.name, who.model or "", who.simulations


def _check(game: LoggedGame) -> None:
    players = len(game.seats)
    faults = {
        "the number of seats is impossible": not 2 <= players <= MAX_PLAYERS,
        "ranks or scores do not cover the seats": len(game.ranks) != players or len(game.scores) != players,
        "the winner is no seat": not 1 <= game.winner <= players,
        "the winner does not have rank 1": game.ranks[game.winner - 1 : game.winner] != (1,),
        "the way it was won is unknown": game.how not in HOW_NAMES[1:],
    }
    if found := [fault for fault, present in faults.items() if present]:
        raise DataError(f"Game {game.key[:12]} of {game.config_key} cannot be logged: {'; '.join(found)}.")


def _row(game: LoggedGame, numbers: dict[Participant, int], logged_at: float) -> tuple[Any, ...]:
    empty = (None,) * (MAX_PLAYERS - len(game.seats))
    seats = (*(numbers[who] for who in game.seats), *empty)
    ranks = (*game.ranks, *empty)
    return (
        game.key, game.config_key, game.rules_version, game.purpose, game.run_id, f"{game.opening_seed:016x}",
        game.opening_decisions, game.opening_hash, f"{game.play_seed:016x}",
        *(value for pair in zip(seats, ranks, strict=True) for value in pair),
        game.winner, game.how, to_json(game.scores), game.plies, logged_at,
    )  # fmt: skip


def _game(row: sqlite3.Row, participants: dict[int, Participant]) -> LoggedGame:
    seats = [seat for seat in _SEATS if row[f"seat_{seat}"] is not None]
    return LoggedGame(
        config_key=row["config_key"],
        purpose=row["purpose"],
        run_id=row["run_id"],
        opening_seed=int(row["opening_seed"], 16),
        opening_decisions=row["opening_decisions"],
        opening_hash=row["opening_hash"],
        play_seed=int(row["play_seed"], 16),
        seats=tuple(participants[row[f"seat_{seat}"]] for seat in seats),
        winner=row["winner"],
        how=row["how"],
        ranks=tuple(row[f"rank_{seat}"] for seat in seats),
        scores=tuple(tuple(values) for values in json.loads(row["scores"])),
        plies=row["plies"],
        rules_version=row["rules_version"],
    )
