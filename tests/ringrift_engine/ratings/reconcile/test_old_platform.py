"""A `unified_elo.db` as the old platform wrote it: what can be rated is, apart from ours; the rest is counted."""

import json
import random
import sqlite3
from contextlib import closing

import pytest

from ringrift_engine.errors import DataError
from ringrift_engine.ratings.reconcile import EloReconciler
from ringrift_engine.ratings.reconcile.old_platform import import_unified_elo, old_pools

# The columns of the old platform's own statement; `winner_id` came later.
COLUMNS = (
    "id INTEGER PRIMARY KEY AUTOINCREMENT, participant_a TEXT, participant_b TEXT, participant_ids TEXT, "
    "rankings TEXT, winner TEXT, winner_id TEXT, board_type TEXT NOT NULL, num_players INTEGER NOT NULL, "
    "game_length INTEGER, duration_sec REAL, timestamp REAL NOT NULL, "
    "tournament_id TEXT, game_id TEXT, worker TEXT, metadata TEXT"
)


def old_file(path, rows, columns=COLUMNS):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"CREATE TABLE match_history ({columns})")
        for row in rows:
            names = ", ".join(row)
            marks = ", ".join("?" * len(row))
            connection.execute(f"INSERT INTO match_history ({names}) VALUES ({marks})", list(row.values()))
    return path


def match(who, places, number=0, **changes):
    """A game as the newest writer recorded it; the winner stands where it stood."""
    winner = who[places.index(0)] if places.count(0) == 1 else None
    row = {
        "participant_a": who[0], "participant_b": who[1], "participant_ids": json.dumps(who),
        "rankings": json.dumps(places), "winner": winner, "winner_id": winner, "board_type": "hex8",
        "num_players": len(who), "game_length": 50, "timestamp": 1.5e9 + number, "game_id": f"game {number}",
    }  # fmt: skip
    return row | changes


def test_games_of_every_form_are_taken_once_and_the_rest_is_counted(tmp_path):
    rows = [
        match(["a", "b"], [0, 1], 1),
        match(["a", "b"], [0, 1], 2, participant_ids=None, rankings=None),  # the oldest form: names and winner alone
        match(["a", "b"], [0, 1], 3, game_id=None),
        match(["a", "b", "c"], [2, 0, 1], 4),
        match(["a", "b", "c", "d"], [0, 1, 1, 3], 5, board_type="square8"),
        match(["a", "b"], [0, 0], 6),
        match(["a", "b"], [0, 1], 7, rankings=None, winner=None, winner_id=None),
        match(["a", "b", "c"], [0, 1, 2], 8, rankings=None),
        match(["a", "b"], [0, 1], 9, winner="b"),
        match(["a", "a"], [0, 1], 10),
        match(["a", "b"], [0, 1], 11, board_type="hex9"),
        match(["a", "b"], [0, 1], 12, num_players=3),
        match(["a", "b"], [0, 1], 13, rankings="not JSON", winner=None, winner_id=None),
    ]
    source, target = old_file(tmp_path / "unified_elo.db", rows), tmp_path / "old_platform.db"
    count = import_unified_elo(source, target)
    assert (count.added, count.known) == (5, 0)
    assert count.left_out == {
        "nobody won": 3,
        "the finishing order is missing": 1,
        "winner and finishing order contradict each other": 1,
        "a participant played against itself": 1,
        "the configuration is unknown": 1,
        "the participants are missing": 1,
    }
    assert "seats" in count.summary()
    assert "3 because nobody won" in count.summary()
    assert (import_unified_elo(source, target).added, import_unified_elo(source, target).known) == (0, 5)
    pools = {pool.pool for pool in old_pools(target, (), 3)}
    assert pools == {"unified_elo/square8_4p", "unified_elo/hex8_2p", "unified_elo/hex8_3p"}


def test_ratings_are_those_of_the_strengths_although_the_winner_is_named_first(tmp_path):
    """The old platform wrote winner, loser: taken for seats, all of it would be an advantage of seat 1."""
    strengths, rng, rows = {"weak": 1_000.0, "even": 1_200.0, "strong": 1_400.0}, random.Random(5), []
    for number in range(1_500):
        one, other = rng.sample(sorted(strengths), 2)
        if rng.random() > 1 / (1 + 10 ** ((strengths[other] - strengths[one]) / 400)):
            one, other = other, one
        rows.append(match([one, other], [0, 1], number))
    target = tmp_path / "old_platform.db"
    import_unified_elo(old_file(tmp_path / "unified_elo.db", rows), target)
    (pool,) = old_pools(target, ("hex8_2p",), 3)
    assert [row["participant"] for row in pool.strongest] == ["strong", "even", "weak"]
    elo = {row["participant"]: row["elo"] for row in pool.strongest}
    assert elo["strong"] - elo["even"] == pytest.approx(200, abs=45)
    assert elo["even"] - elo["weak"] == pytest.approx(200, abs=45)
    assert elo[pool.fixed_at] == 1_200.0
    assert (pool.games, pool.participants) == (1_500, 3)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_bytes(b"nothing of the kind" * 300), "torn or no unified_elo.db"),
        (lambda path: old_file(path, [], "id INTEGER, winner TEXT"), "lacks board_type, num_players, timestamp, part"),
        (lambda path: sqlite3.connect(path).execute("CREATE TABLE x (y)").connection.close(), "no unified_elo.db"),
    ],
)
def test_what_is_no_such_file_is_refused_and_nothing_is_made(tmp_path, make, words):
    make(tmp_path / "unified_elo.db")
    with pytest.raises(DataError, match=words):
        import_unified_elo(tmp_path / "unified_elo.db", tmp_path / "old_platform.db")
    assert not (tmp_path / "old_platform.db").exists()


def test_our_log_has_none_of_it(tmp_path):
    source = old_file(tmp_path / "unified_elo.db", [match(["a", "b"], [0, 1])])
    reconciler = EloReconciler(tmp_path / "data", clock=lambda: 5.0)
    assert reconciler.import_unified_elo(source).added == 1
    assert not reconciler.matches.exists()
    assert old_pools(tmp_path / "elsewhere.db", (), 3) == []
