"""Games of the platform that this one replaces, out of its `unified_elo.db`, in pools of their own.

What that file says of a game: who played, named by words, in which order they finished or who won, and when. What it
does not say is listed in `MISSING`, and nothing of it is made up here. Without it no game can go into the match log,
whose keys are made of openings and seeds; and no rating can be compared with ours, because a name there stood for other
weights every week, and the players behind equal names are other programs. So these games lie in a file of their own,
are fitted apart from ours, with a scale of their own, and are shown beside them: never mixed.

Who sat in which seat is not known either (the winner is often named first), so for the fit the participants of a game
are put into an order that follows from its name alone: a seat effect is then estimated that is nobody's advantage.
"""

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from ringrift_engine.boards import CONFIG_KEYS, BoardConfig
from ringrift_engine.database import DatabaseFile, DatabaseFormat, transaction
from ringrift_engine.errors import DataError
from ringrift_engine.files import sha256_of
from ringrift_engine.ratings.fit import fit_ratings
from ringrift_engine.ratings.results import Results
from ringrift_engine.records.shard_schema import Participant, to_json

MISSING: Final = (
    "seats",
    "openings and seeds",
    "final scores",
    "the way of winning",
    "the rules' version",
    "content hashes of the models",
    "search budgets",
)
"""What a `unified_elo.db` does not say of a game."""
POOL_PREFIX: Final = "unified_elo/"
_NEEDED: Final = ("board_type", "num_players", "timestamp")
_WINNERS: Final = ("winner", "winner_id")

OLD_GAMES: Final = DatabaseFormat(
    name="file of the old platform's games",
    application_id=0x52524F50,  # "RROP"
    version=1,
    schema=(
        "CREATE TABLE games (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, config_key TEXT NOT NULL, "
        "participants TEXT NOT NULL, ranks TEXT NOT NULL, plies INTEGER, played_at TEXT NOT NULL, "
        "source TEXT NOT NULL) STRICT",
        "CREATE INDEX old_games_by_configuration ON games (config_key)",
    ),
)


class OldGames(DatabaseFile):
    """An open file of the old platform's games."""

    FORMAT = OLD_GAMES


@dataclass(frozen=True, kw_only=True)
class OldImport:
    """What became of the games of one `unified_elo.db`; `left_out` has the reasons, `missing` what none of them has."""

    source: str
    added: int
    known: int
    left_out: Mapping[str, int]
    missing: tuple[str, ...] = MISSING

    def summary(self) -> str:
        """The same for people."""
        lines = [f"{self.source}: {self.added} games added, {self.known} known, {sum(self.left_out.values())} left out"]
        lines += [f"  left out: {count} because {reason}" for reason, count in sorted(self.left_out.items())]
        lines.append(f"  not in that file: {', '.join(self.missing)}")
        return "\n".join([*lines, "  shown by `ringrift elo status` in pools of their own, never mixed with ours"])


@dataclass(frozen=True, kw_only=True)
class OldPool:
    """Ratings of one configuration of the old platform.

    fixed_at   the participant whose rating is 1200 here: who played most
    strongest  participant, elo and its interval, the strongest first
    """

    pool: str
    config_key: str
    games: int
    participants: int
    fixed_at: str
    strongest: tuple[Mapping[str, Any], ...]


class _LeftOutError(ValueError):
    """A game that cannot be rated; the text completes "left out because"."""


def import_unified_elo(source: Path, target: Path) -> OldImport:
    """Add the games of a `unified_elo.db` to the file at `target`, made on first use; those that are there stay.

    DataError if it is torn or has no match history; then nothing is changed.
    """
    rows, left_out = [], Counter[str]()
    digest = sha256_of(source)
    for row in _history(source):
        try:
            rows.append((*_game(row), digest))
        except _LeftOutError as reason:
            left_out[str(reason)] += 1
    with OldGames(target) as opened, transaction(opened.connection):
        before = opened.connection.total_changes
        opened.connection.executemany(
            "INSERT INTO games (name, config_key, participants, ranks, plies, played_at, source) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            rows,
        )
        added = opened.connection.total_changes - before
    return OldImport(source=str(source), added=added, known=len(rows) - added, left_out=dict(left_out))


def old_pools(path: Path, keys: Sequence[str], limit: int) -> list[OldPool]:
    """The pools of the old platform, all or of these configurations, with the `limit` strongest; empty without any."""
    if not path.is_file():
        return []
    with OldGames(path, read_only=True) as opened:
        query = "SELECT name, participants, ranks FROM games WHERE config_key = ? ORDER BY id"
        found = {key: opened.connection.execute(query, (key,)).fetchall() for key in keys or CONFIG_KEYS}
    return [_pool(key, rows, limit) for key, rows in found.items() if rows]


# --- reading the old file


def _history(source: Path) -> Iterator[dict[str, Any]]:
    """The rows of the match history."""
    try:
        with closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            columns = {row["name"] for row in connection.execute("PRAGMA table_info(match_history)")}
            _check_columns(source, sound, columns)
            yield from [dict(row) for row in connection.execute("SELECT * FROM match_history ORDER BY rowid")]
    except sqlite3.DatabaseError as error:
        raise DataError(f"{source}: SQLite says {error}. It is torn or no unified_elo.db.") from error


def _check_columns(source: Path, sound: str, columns: set[str]) -> None:
    missing = [name for name in _NEEDED if name not in columns]
    if not columns & {"participant_ids", "participant_a"}:
        missing.append("participant_ids")
    if not columns & {"rankings", *_WINNERS}:
        missing.append("rankings")
    if missing:
        raise DataError(f"{source}: no unified_elo.db: its match_history lacks {', '.join(missing)}.")
    if sound != "ok":
        raise DataError(f"{source}: the file is damaged ({sound}). Nothing was imported.")


def _game(row: Mapping[str, Any]) -> tuple[str, str, str, str, int | None, str]:
    """Name, configuration, participants, ranks, length and time of a game; _LeftOutError for one without an outcome."""
    key = f"{row['board_type']}_{row['num_players']}p"
    if key not in CONFIG_KEYS:
        raise _LeftOutError("the configuration is unknown")
    who = _participants(row)
    if len(who) != BoardConfig.from_key(key).num_players:
        raise _LeftOutError("the participants are missing")
    if len(set(who)) != len(who):
        raise _LeftOutError("a participant played against itself")
    ranks = _ranks(row, who)
    played_at = str(row["timestamp"])
    name = row.get("game_id") or hashlib.sha256(to_json([key, who, played_at]).encode()).hexdigest()
    return str(name), key, to_json(who), to_json(ranks), row.get("game_length"), played_at


def _participants(row: Mapping[str, Any]) -> list[str]:
    listed = _listed(row.get("participant_ids"))
    if listed:
        return [str(one) for one in listed]
    pair = (row.get("participant_a"), row.get("participant_b"))
    return [str(one) for one in pair if one]


def _ranks(row: Mapping[str, Any], who: Sequence[str]) -> list[int]:
    """1 for the winner alone; equals share the better rank."""
    winner = next((row[name] for name in _WINNERS if row.get(name)), None)
    places = _listed(row.get("rankings"))
    if not places:
        if winner is None:
            raise _LeftOutError("nobody won")
        if len(who) > 2:
            raise _LeftOutError("the finishing order is missing")
        places = [int(one != winner) for one in who]
    if len(places) != len(who) or not all(isinstance(place, int) for place in places):
        raise _LeftOutError("the finishing order is missing")
    ranks = [1 + sum(other < place for other in places) for place in places]
    if ranks.count(1) != 1:
        raise _LeftOutError("nobody won")
    if winner is not None and winner != who[ranks.index(1)]:
        raise _LeftOutError("winner and finishing order contradict each other")
    return ranks


def _listed(text: Any) -> list[Any]:
    """A JSON list of a column; empty if there is none."""
    try:
        found = json.loads(text) if text else []
    except ValueError:
        return []
    return found if isinstance(found, list) else []


# --- ratings


def _pool(key: str, rows: Iterable[sqlite3.Row], limit: int) -> OldPool:
    results = _results(key, list(rows))
    ratings = fit_ratings(results, {})
    order = sorted(range(len(results.participants)), key=lambda place: -np.nan_to_num(ratings.elo[place], nan=-np.inf))
    strongest = []
    for place in order[:limit]:
        who, elo = results.participants[place], float(ratings.elo[place])
        rated = elo == elo
        interval = list(ratings.interval(who)) if rated else None
        strongest.append({"participant": who.name, "elo": elo if rated else None, "interval_95": interval})
    return OldPool(
        pool=f"{POOL_PREFIX}{key}",
        config_key=key,
        games=len(results.seats),
        participants=len(results.participants),
        fixed_at=results.participants[int(np.flatnonzero(ratings.anchored)[0])].name,
        strongest=tuple(strongest),
    )


def _results(key: str, rows: Sequence[sqlite3.Row]) -> Results:
    """The games as arrays; the place of a participant in its game follows from their two names."""
    names = sorted({name for row in rows for name in json.loads(row["participants"])})
    places = {name: place for place, name in enumerate(names)}
    seats, ranks = [], []
    for row in rows:
        who, order = json.loads(row["participants"]), json.loads(row["ranks"])
        drawn = sorted(range(len(who)), key=lambda seat: hashlib.sha256(f"{row['name']} {who[seat]}".encode()).digest())
        seats.append([places[who[seat]] for seat in drawn])
        ranks.append([order[seat] for seat in drawn])
    participants = tuple(Participant(name) for name in names)
    return Results(
        config_key=key, participants=participants, seats=np.array(seats, np.int32), ranks=np.array(ranks, np.int8)
    )
