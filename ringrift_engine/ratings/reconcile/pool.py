"""Ratings that lie beside the games that they were fitted to, with the state of the log at that moment.

A fit of many games takes seconds, comparing two logs must take none. So the ratings of a configuration are kept in the
log's own file, one row, arrays as bytes; and the row says which game was the last one that it knows. Games are only
added, and one whose outcome is replaced after a conflict is noted in `conflicts`, so two numbers tell whether the
ratings are those of the games that are there now. If they are not, or if another version of the fit made them, they are
not used: whoever asks waits for a fit instead. What is read here is never old.
"""

import hashlib
import sqlite3
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine import RULES_VERSION
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.ratings.anchors import anchors_of
from ringrift_engine.ratings.fit import fit_ratings
from ringrift_engine.ratings.results import read_results
from ringrift_engine.records.shard_schema import Participant, to_json

FIT_VERSION: Final = 1
"""Of the model behind `fit_ratings`: ratings that another one made are fitted again."""
_STATE: Final = (
    "coalesce((SELECT id FROM games WHERE config_key = :key ORDER BY id DESC LIMIT 1), 0) AS newest_game, "
    "coalesce((SELECT id FROM conflicts WHERE config_key = :key AND replaced ORDER BY id DESC LIMIT 1), 0) "
    "AS newest_replaced"
)


@dataclass(frozen=True, eq=False)
class Pool:
    """The ratings of everybody who played a configuration in one log; P participants.

    Games under other rules than the present ones are in no pool.

    games       games that they were fitted to
    identities  uint64 [P]   `identity_of` each participant, ascending
    numbers     int64 [P]    their rows in this log's table of participants
    elo         float64 [P]  NaN for who is not connected with the others by games
    deviations  float64 [P]  standard errors, Elo; NaN where `elo` is
    stored      whether they were read; else they were fitted just now
    """

    config_key: str
    games: int
    identities: NDArray[np.uint64]
    numbers: NDArray[np.int64]
    elo: NDArray[np.float64]
    deviations: NDArray[np.float64]
    stored: bool

    @property
    def anchored(self) -> bool:
        """Whether somebody whose rating is a definition played; else 1200 is whoever played most."""
        return any(identity in self.identities for identity in _anchor_identities(self.config_key))


def pool_of(log: MatchLog, config_key: str) -> Pool:
    """The ratings of a configuration as the games in the log have them now: read if they are stored, else fitted."""
    stored = _stored(log.connection, config_key)
    if stored is not None:
        return stored
    return _fitted(log, config_key)


def refresh_pool(log: MatchLog, config_key: str, now: float) -> Pool:
    """As `pool_of`, and what had to be fitted is stored; `now` in seconds since 1970.

    The state is read first: games that come while the fit reads make the stored row an old one, which the next reader
    notices.
    """
    stored = _stored(log.connection, config_key)
    if stored is not None:
        return stored
    state = log.connection.execute(f"SELECT {_STATE}", {"key": config_key}).fetchone()
    pool = _fitted(log, config_key)
    log.connection.execute(
        "INSERT OR REPLACE INTO ratings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            config_key, _fit_name(config_key), state["newest_game"], state["newest_replaced"], pool.games,
            pool.numbers.tobytes(), pool.identities.tobytes(), pool.elo.tobytes(), pool.deviations.tobytes(), now,
        ),
    )  # fmt: skip
    return pool


def identity_of(who: Participant) -> int:
    """64 bits of the hash of a participant's identity: two of a million agree with a chance of 3 in 100 million."""
    digest = hashlib.sha256(to_json([who.name, who.model or "", who.simulations]).encode()).digest()
    return int.from_bytes(digest[:8], "big")


def names_of(log: MatchLog, numbers: list[int]) -> list[Participant]:
    """The participants in these rows."""
    query = "SELECT name, model, simulations FROM participants WHERE id = ?"
    rows = (tuple(log.connection.execute(query, (number,)).fetchone()) for number in numbers)
    return [Participant(name, model or None, simulations) for name, model, simulations in rows]


def _stored(connection: sqlite3.Connection, config_key: str) -> Pool | None:
    """The stored ratings if they are those of the games that are there; one query, two steps down each of three
    indexes.
    """
    row = connection.execute(
        f"SELECT *, {_STATE} FROM ratings WHERE config_key = :key AND fit = :fit",
        {"key": config_key, "fit": _fit_name(config_key)},
    ).fetchone()
    if row is None or (row["last_game"], row["last_replaced"]) != (row["newest_game"], row["newest_replaced"]):
        return None
    return Pool(
        config_key,
        row["games"],
        np.frombuffer(row["identities"], np.uint64),
        np.frombuffer(row["participants"], np.int64),
        np.frombuffer(row["elo"], np.float64),
        np.frombuffer(row["deviations"], np.float64),
        stored=True,
    )


def _fitted(log: MatchLog, config_key: str) -> Pool:
    rated = "SELECT 1 FROM games WHERE config_key = ? AND rules_version = ? LIMIT 1"
    if log.connection.execute(rated, (config_key, RULES_VERSION)).fetchone() is None:
        nobody = np.zeros(0)
        return Pool(config_key, 0, nobody.astype(np.uint64), nobody.astype(np.int64), nobody, nobody, stored=False)
    results = read_results(log.path, config_key)
    ratings = fit_ratings(results)
    identities = np.array([identity_of(who) for who in ratings.participants], np.uint64)
    rows = _numbers(log.connection)
    numbers = np.array([rows[who] for who in ratings.participants], np.int64)
    deviations = np.sqrt(np.diagonal(ratings.covariance))
    order = np.argsort(identities)
    return Pool(
        config_key,
        len(results.seats),
        identities[order],
        numbers[order],
        ratings.elo[order],
        deviations[order],
        stored=False,
    )


def _numbers(connection: sqlite3.Connection) -> dict[Participant, int]:
    rows = connection.execute("SELECT id, name, model, simulations FROM participants")
    return {Participant(name, model or None, simulations): number for number, name, model, simulations in rows}


@cache
def _anchor_identities(config_key: str) -> frozenset[int]:
    return frozenset(identity_of(who) for who in anchors_of(config_key))


@cache
def _fit_name(config_key: str) -> str:
    """Names everything but the games that decides the ratings."""
    anchors = sorted((str(identity_of(who)), elo) for who, elo in anchors_of(config_key).items())
    digest = hashlib.sha256(to_json([FIT_VERSION, RULES_VERSION, anchors]).encode()).hexdigest()
    return digest[:16]
