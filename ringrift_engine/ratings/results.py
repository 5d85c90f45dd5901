"""The games of one pool, as arrays: who sat where, and in which order they finished.

A pool is one configuration under one version of the rules. Participants are sorted by their names, so the same games
give the same arrays up to the order of the rows, and the same ratings, in whatever order they were logged.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine import RULES_VERSION
from ringrift_engine.boards import BoardConfig
from ringrift_engine.database import open_for_reading
from ringrift_engine.errors import DataError
from ringrift_engine.evaluation.match_log import MATCH_LOG, LoggedGame
from ringrift_engine.records.shard_schema import Participant

_WHERE: Final = "FROM games WHERE config_key = ? AND rules_version = ?"


@dataclass(frozen=True, kw_only=True)
class Results:
    """Finished games of one pool; DataError for ranks that no game gives.

    participants  who played, sorted by name, model and simulations
    seats         int32 [games, players]  place in `participants` of who sat in every seat, seat 1 first
    ranks         int8  [games, players]  finishing rank of every seat (RULES.md 5.3): 1 for the winner alone, equals
                                          share the better rank (1-2-2-4)
    """

    config_key: str
    participants: tuple[Participant, ...]
    seats: NDArray[np.int32]
    ranks: NDArray[np.int8]

    def __post_init__(self) -> None:
        shapes = self.seats.shape, self.ranks.shape
        if len(shapes[0]) != 2 or shapes[0] != shapes[1] or not shapes[0][0] or shapes[0][1] != self.num_players:
            raise DataError(
                f"{self.config_key}: seats of shape {shapes[0]} and ranks of shape {shapes[1]}; both must be "
                f"games x {self.num_players}, with one game at least."
            )
        better = (self.ranks[:, None, :] < self.ranks[:, :, None]).sum(axis=2)
        wrong = (self.ranks != better + 1).any(axis=1) | ((self.ranks == 1).sum(axis=1) != 1)
        if wrong.any():
            game = int(np.flatnonzero(wrong)[0])
            raise DataError(
                f"{self.config_key}, game {game} of the pool: the ranks {self.ranks[game].tolist()} are no finishing "
                "order with one winner. Look at the row in the match log."
            )

    @property
    def num_players(self) -> int:
        """Seats of a game."""
        return BoardConfig.from_key(self.config_key).num_players

    @property
    def games(self) -> NDArray[np.int64]:
        """int64 [participants]: games in which each sat, one for a game in which it sat in several seats."""
        rows = np.sort(self.seats, axis=1)
        first = np.ones(rows.shape, dtype=bool)
        first[:, 1:] = rows[:, 1:] != rows[:, :-1]
        return np.bincount(rows[first], minlength=len(self.participants))


def results_of(games: Iterable[LoggedGame]) -> Results:
    """The pool of these games; DataError if there is none, or if they are of several configurations or rules."""
    rows = list(games)
    pools = sorted({(game.config_key, game.rules_version) for game in rows})
    if len(pools) != 1:
        names = ", ".join(f"{key} under rules {version}" for key, version in pools) or "no game"
        raise DataError(f"Ratings are of one configuration under one version of the rules; these are {names}.")
    participants = _sorted({who for game in rows for who in game.seats})
    numbers = {who: number for number, who in enumerate(participants)}
    return Results(
        config_key=pools[0][0],
        participants=participants,
        seats=np.array([[numbers[who] for who in game.seats] for game in rows], dtype=np.int32),
        ranks=np.array([game.ranks for game in rows], dtype=np.int8),
    )


def read_results(path: Path, config_key: str) -> Results:
    """The pool of a configuration, read from the match log at `path` without the columns that ratings do not need.

    DataError if there is no log there, or no game of that configuration under the present rules in it.
    """
    if not path.is_file():
        raise DataError(f"{path}: there is no match log. `ringrift evaluate --log` and every gauntlet write one.")
    seats = range(1, BoardConfig.from_key(config_key).num_players + 1)
    columns = ", ".join(f"{what}_{seat}" for what in ("seat", "rank") for seat in seats)
    connection = open_for_reading(path, MATCH_LOG)
    try:
        pool = (config_key, RULES_VERSION)
        # Plain tuples: a row object with names would cost more than the fit.
        cursor = connection.cursor()
        cursor.row_factory = None
        found = cursor.execute(f"SELECT {columns} {_WHERE}", pool).fetchall()
        known = cursor.execute("SELECT id, name, model, simulations FROM participants").fetchall()
    finally:
        connection.close()
    if not found:
        raise DataError(f"{path}: no game of {config_key} under rules {RULES_VERSION}, so nobody can be rated.")
    rows = np.array(found, dtype=np.int64)
    who = {number: Participant(name, model or None, simulations) for number, name, model, simulations in known}
    return _numbered(config_key, rows[:, : len(seats)], rows[:, len(seats) :].astype(np.int8), who)


def _numbered(config_key: str, ids: NDArray[np.int64], ranks: NDArray[np.int8], who: dict[int, Participant]) -> Results:
    """Results of games whose seats hold the log's numbers of participants."""
    present = np.unique(ids)
    participants = _sorted({who[int(number)] for number in present})
    places = {one: place for place, one in enumerate(participants)}
    place_of = np.array([places[who[int(number)]] for number in present], dtype=np.int32)
    seats = place_of[np.searchsorted(present, ids)]
    return Results(config_key=config_key, participants=participants, seats=seats, ranks=ranks)


def _sorted(participants: Iterable[Participant]) -> tuple[Participant, ...]:
    return tuple(sorted(participants, key=lambda who: (who.name, who.model or "", who.simulations)))


def distinct_rows(columns: Sequence[NDArray[np.integer]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First place and number of occurrences of every distinct row of a table given by its columns, all 0 or more.

    Columns are folded one after the other into one number, so that only numbers are sorted.
    """
    code = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        code = code * (int(column.max()) + 1) + column
        code = np.unique(code, return_inverse=True)[1].astype(np.int64)
    _, first, counts = np.unique(code, return_index=True, return_counts=True)
    return first, counts
