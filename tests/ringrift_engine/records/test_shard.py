"""Shards: games come back as they were, equal games give equal bytes, and nothing damaged is ever read or published."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlite_utils import Database

from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import DataError
from ringrift_engine.records import shard as shard_module
from ringrift_engine.records.discovery import shard_name, shards_in
from ringrift_engine.records.game_record import Decision, GameRecord
from ringrift_engine.records.packing import unpack_moves
from ringrift_engine.records.shard import publish_shard, read_packed, read_shard, verify_shard, write_shard
from ringrift_engine.records.shard_schema import Participant, ShardHeader
from tests.ringrift_engine.records.conftest import CONFIG
from tests.support.records import SEARCHER, header_of, random_records

MOST_BYTES_A_MOVE = 200


def assert_same_game(found: GameRecord, expected: GameRecord) -> None:
    for name in ("game_id", "seed", "index", "swap_rule", "players", "opening_plies", "winner", "how"):
        assert getattr(found, name) == getattr(expected, name), name
    assert found.moves.tolist() == expected.moves.tolist()
    assert found.scores.tolist() == expected.scores.tolist()
    assert len(found.decisions) == len(expected.decisions)
    for one, other in zip(found.decisions, expected.decisions, strict=True):
        assert_same_decision(one, other)


def assert_same_decision(found: Decision, expected: Decision) -> None:
    assert (found.ply, found.simulations, found.sampled) == (expected.ply, expected.simulations, expected.sampled)
    assert found.taught == expected.taught
    assert (found.surprise is None) == (expected.surprise is None)
    if expected.surprise is not None:
        assert found.surprise == pytest.approx(expected.surprise, rel=0.03, abs=0.0003)
    assert np.abs(found.root_values - expected.root_values).max(initial=0) < 1e-4
    shares = dict(zip(expected.policy_moves.tolist(), expected.policy.tolist(), strict=True))
    for move, share in zip(found.policy_moves.tolist(), found.policy.tolist(), strict=True):
        assert share == pytest.approx(shares.pop(move), rel=0.05)
    assert max(shares.values(), default=0) < 2.0**-15.9  # only what is too small for a code is gone


def test_games_come_back_as_they_were(records, shard):
    header, found = read_shard(shard.path)
    assert header == header_of(CONFIG)
    for one, other in zip(found, records, strict=True):
        assert_same_game(one, other)


def test_what_may_not_be_learnt_from_comes_back_so(tmp_path, records):
    cheap = [replace(one, taught=number % 4 == 0) for number, one in enumerate(records[0].decisions)]
    plain = [replace(one, surprise=None) for one in records[1].decisions]
    changed = [replace(records[0], decisions=tuple(cheap)), replace(records[1], decisions=tuple(plain))]
    _, found = read_shard(publish_shard(tmp_path, header_of(CONFIG), changed).path)
    for one, other in zip(found, changed, strict=True):
        assert_same_game(one, other)


def test_a_game_without_policies_or_estimates_comes_back(tmp_path, records):
    bare = replace(records[0], decisions=())
    first = records[1].decisions[0]
    certain = replace(
        first, policy_moves=first.policy_moves[:1], policy=np.ones(1, np.float32), root_values=np.zeros(0, np.float32)
    )
    single = replace(records[1], decisions=(certain,))
    _, found = read_shard(publish_shard(tmp_path, header_of(CONFIG), [bare, single]).path)
    assert found[0].decisions == ()
    assert found[1].decisions[0].policy_moves.tolist() == certain.policy_moves.tolist()
    assert found[1].decisions[0].policy.tolist() == [1.0]
    assert len(found[1].decisions[0].root_values) == 0


@pytest.mark.parametrize("key", ["square8_3p", "square19_2p", "hexagonal_4p"])
def test_other_boards_and_numbers_of_players(key, tmp_path):
    config = BoardConfig.from_key(key)
    games = random_records(config, 1)
    _, found = read_shard(publish_shard(tmp_path, header_of(config), games).path, key)
    for one, other in zip(found, games, strict=True):
        assert_same_game(one, other)


@pytest.mark.parametrize("key", ["hex8_2p", "square8_4p", "square19_2p", "hexagonal_3p"])
@pytest.mark.parametrize("concentration", [0.3, 300.0], ids=["varied", "even"])
def test_a_move_takes_at_most_200_bytes_search_included(key, concentration, tmp_path):
    config = BoardConfig.from_key(key)
    info = publish_shard(tmp_path, header_of(config), random_records(config, 4, concentration=concentration))
    assert info.decisions > info.moves / 4, "games without search data prove nothing"
    assert info.size_bytes == info.path.stat().st_size
    assert info.size_bytes / info.moves <= MOST_BYTES_A_MOVE


def test_equal_games_give_equal_bytes_and_one_file(tmp_path, records):
    settings = {"temperature": 1.0, "games": 3}  # the other order
    first = publish_shard(tmp_path, header_of(CONFIG), records)
    second = publish_shard(tmp_path, replace(header_of(CONFIG), settings=settings), list(records))
    third = write_shard(tmp_path / "elsewhere.db", header_of(CONFIG), records)
    assert first.sha256 == second.sha256 == third.sha256
    assert [path.name for path in tmp_path.iterdir() if path != third.path] == [shard_name(first.sha256)]


@pytest.mark.parametrize(
    "header",
    [
        replace(header_of(CONFIG), seed=8),
        replace(header_of(CONFIG), settings={"games": 4}),
        replace(header_of(CONFIG), inputs={"model": "1" * 64}),
        replace(header_of(CONFIG), participants=(replace(SEARCHER, simulations=17),)),
    ],
    ids=["seed", "settings", "inputs", "participants"],
)
def test_the_header_is_kept_and_part_of_the_content(tmp_path, records, shard, header):
    info = publish_shard(tmp_path, header, records)
    assert info.sha256 != shard.sha256
    assert read_packed(info.path).header == header


def test_seats_name_the_participants_of_the_header(tmp_path, records):
    names = ("heuristic(profile=default)", SEARCHER.name)
    header = ShardHeader(CONFIG.key, 7, (SEARCHER, Participant(names[0])))
    info = publish_shard(tmp_path, header, [replace(records[0], players=names)])
    assert read_shard(info.path)[1][0].players == names
    assert [header.participants[seat].kind for seat in read_packed(info.path).games[0].seats] == ["heuristic", "search"]


def damaged_policy(record: GameRecord, **changes) -> GameRecord:
    decisions = list(record.decisions)
    decisions[2] = replace(decisions[2], **changes)
    return replace(record, decisions=tuple(decisions))


def forced_ply(record: GameRecord) -> int:
    """A ply at which no decision was recorded, after the opening."""
    plies = {decision.ply for decision in record.decisions}
    return next(ply for ply in range(record.decisions[0].ply, len(record.moves)) if ply not in plies)


CONTRADICTIONS = {
    "winner": (lambda game: replace(game, winner=3 - game.winner), "^new shard of hex8_2p: .* recorded as won by"),
    "scores": (lambda game: replace(game, scores=game.scores + np.int16(1)), "^new shard of .* final scores"),
    "moves": (lambda game: replace(game, moves=game.moves[::-1].copy()), "is not legal"),
    "cut": (lambda game: replace(game, moves=game.moves[:-1]), "its moves lead to unfinished"),
    "player": (lambda game: replace(game, players=("nobody", "nobody")), "not among the participants"),
    "seats": (lambda game: replace(game, players=game.players[:1]), "2 players expected"),
    "seed": (lambda game: replace(game, seed=2**63), "not between 0 and 2"),
    "order": (lambda game: replace(game, decisions=game.decisions[::-1]), "not ascending"),
    "forced": (lambda game: damaged_policy(game, ply=forced_ply(game)), "ascending|nothing could be chosen|no choice"),
    "sum": (lambda game: damaged_policy(game, policy=game.decisions[2].policy / 2), "sum to 0.5"),
    "strange": (
        lambda game: damaged_policy(game, policy_moves=game.decisions[2].policy_moves + (1 << 40)),
        "no choice",
    ),
    "nan": (lambda game: damaged_policy(game, policy=game.decisions[2].policy * np.float32("nan")), "sum to nan"),
    "value": (lambda game: damaged_policy(game, root_values=np.array([1.5, -0.5], np.float32)), "no probabilities"),
    "swap": (lambda game: replace(game, swap_rule=True), None),
}


@pytest.mark.parametrize("name", [name for name, (_, message) in CONTRADICTIONS.items() if message])
def test_a_record_that_contradicts_itself_is_not_written(name, tmp_path, records):
    change, message = CONTRADICTIONS[name]
    with pytest.raises(DataError, match=message):
        publish_shard(tmp_path, header_of(CONFIG), [records[0], change(records[1])])
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_is_read_again_before_it_is_published(tmp_path, records, monkeypatch):
    """The records are fine; the disk is made to hold something else."""
    real = shard_module.pack_row

    def other_moves(number, game):
        return real(number, replace(game, moves=records[0].moves))

    monkeypatch.setattr(shard_module, "pack_row", other_moves)
    with pytest.raises(DataError, match=r"its moves lead to|policy over|decision at ply"):
        publish_shard(tmp_path, header_of(CONFIG), [records[1]])
    assert list(tmp_path.iterdir()) == []


def test_every_damaged_byte_is_noticed_by_the_name(shard, tmp_path):
    content = shard.path.read_bytes()
    for place in np.random.default_rng(0).choice(len(content), 25, replace=False):
        damaged = bytearray(content)
        damaged[place] ^= 0x40
        path = tmp_path / shard.path.name
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"hash|SQLite|not a shard"):
            verify_shard(path)


@pytest.mark.parametrize("keep", [0, 50, 4_096, -4_096])
def test_a_torn_file_is_refused_whatever_its_name(shard_copy, keep):
    shard_copy.write_bytes(shard_copy.read_bytes()[:keep])
    with pytest.raises(DataError, match=r"copy\.db: .*(remove it|Remove it)"):
        read_shard(shard_copy)


def run_sql(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()


REFUSED = {
    "application": ("PRAGMA application_id = 7", "not a shard of games"),
    "format": ("PRAGMA user_version = 99", "shard format 99"),
    "rules": ("update shard set rules_version = 99", "under rules version 99"),
    "configuration": ("update shard set config_key = 'square8_2p'", "a shard of square8_2p where one of hex8_2p"),
    "header": ("delete from shard", "0 rows instead of one"),
    "lost game": ("delete from games where position = 2", "says 6 games, there are 5"),
    "winner": ("update games set winner = 3 - winner where position = 1", "was recorded as won by seat"),
    "scores": ("update games set scores = '[[0,0,0,0],[0,0,0,0]]'", "final scores"),
    "moves": ("update games set moves = (select moves from games where position = 0)", "row says|lead to"),
    "decisions": (
        "update games set decisions = (select decisions from games where position = 0)",
        "policy over|at ply",
    ),
    "blob": ("update games set moves = x'00'", "damaged"),
    "table": ("drop table games", "SQLite says no such table"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_shard_that_is_not_what_it_should_be_is_refused(name, shard_copy):
    statement, message = REFUSED[name]
    run_sql(shard_copy, statement)
    with pytest.raises(DataError, match=message):
        read_shard(shard_copy, CONFIG.key)
    with pytest.raises(DataError, match=message):
        verify_shard(shard_copy, CONFIG.key)


def test_no_shard_is_no_shard(tmp_path):
    with pytest.raises(DataError, match="there is no such shard"):
        read_shard(tmp_path / "none.db")


def test_anyone_can_read_the_tables_with_sqlite_utils(shard, records):
    database = Database(shard.path)
    row = next(iter(database["shard"].rows))
    assert (row["config_key"], row["games"], row["seed"]) == ("hex8_2p", 6, 7)
    games = list(database["games"].rows)
    assert [game["winner"] for game in games] == [record.winner for record in records]
    assert unpack_moves(games[4]["moves"], "a test").tolist() == records[4].moves.tolist()
    database.close()


def test_reading_leaves_the_folder_as_it_was(shard):
    before = sorted(path.name for path in shard.path.parent.iterdir())
    read_shard(shard.path)
    assert sorted(path.name for path in shard.path.parent.iterdir()) == before
    assert shards_in(shard.path.parent) == [shard.path]


def test_progress_is_told_game_by_game(tmp_path, records):
    told = []
    write_shard(tmp_path / "a.db", header_of(CONFIG), records[:2], lambda *step: told.append(step))
    assert told == [("pack games", done, 2, "games") for done in (0, 1, 2)]


def test_a_verified_shard_says_what_it_holds(shard, records):
    info = verify_shard(shard.path, CONFIG.key)
    assert info == shard
    assert info.moves == sum(len(record.moves) for record in records)
    assert info.decisions == sum(len(record.decisions) for record in records)
