"""What is measured of games is what their records say, counted one move at a time."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from ringrift_engine.records.index import INDEX_NAME, read_index, update_index
from ringrift_engine.records.measures import EarlierGames, GameMeasures
from ringrift_engine.records.move_phases import NOTHING_TO_DO
from ringrift_engine.records.shard import publish_shard, read_packed
from ringrift_engine.records.shard_schema import Participant
from ringrift_engine.rules.moves import kind_of
from tests.ringrift_engine.records.conftest import CONFIG
from tests.support.records import SEARCHER, header_of, random_records


@pytest.fixture(scope="module")
def measured(shard):
    return GameMeasures.of(read_packed(shard.path))


def test_counts_are_those_of_the_records(measured, records):
    assert len(measured) == len(records)
    for row, record in enumerate(records):
        kinds = Counter(int(kind_of(int(move))) for move in record.moves)
        for kind, count in enumerate(measured.kinds[row]):
            assert count == (0 if kind in NOTHING_TO_DO else kinds[kind])
        assert measured.phases[row].sum() == measured.kinds[row].sum()
        assert (measured.winner[row], measured.how[row]) == (record.winner, record.how)
        assert measured.lengths[row] == len(record.moves)
        assert measured.decided[row] == measured.searched[row] == len(record.decisions)
        assert measured.setting[row] == SEARCHER.name


def test_entropies_are_those_of_the_policies(measured, records):
    for row, record in enumerate(records):
        entropies = []
        for decision in record.decisions:
            choices = len(decision.policy)  # every choice of these records has a share
            entropies.append(-sum(p * math.log(p) for p in decision.policy.tolist() if p > 0) / math.log(choices))
        assert measured.entropy[row] == pytest.approx(sum(entropies), rel=0.01)  # shares are kept within 2.2 %


def test_even_policies_have_entropy_one(tmp_path):
    path = publish_shard(tmp_path, header_of(CONFIG), random_records(CONFIG, 1, concentration=1e6)).path
    measured = GameMeasures.of(read_packed(path))
    assert measured.entropy[0] / measured.decided[0] == pytest.approx(1, abs=0.005)


def test_hashes_are_those_of_the_index(measured, shard, tmp_path):
    update_index([shard.path], tmp_path / INDEX_NAME, CONFIG)
    frame = read_index(tmp_path / INDEX_NAME, CONFIG)
    assert frame["opening_hash"].to_list() == measured.opening.tolist()
    assert frame["moves_hash"].to_list() == measured.moves.tolist()
    assert np.all(np.isin(measured.moves, EarlierGames.of(frame).moves))


def test_a_setting_is_all_who_played_each_named_once(shard):
    packed = read_packed(shard.path)
    other = Participant("random")
    header = replace(packed.header, participants=(SEARCHER, other))
    seats = [(0, 0), (0, 1), (1, 0), (1, 1), (0, 0), (0, 0)]
    games = tuple(replace(game, seats=pair) for game, pair in zip(packed.games, seats, strict=True))
    both = f"random and {SEARCHER.name}"
    found = GameMeasures.of(replace(packed, header=header, games=games)).setting.tolist()
    assert found == [SEARCHER.name, both, both, "random", SEARCHER.name, SEARCHER.name]


def test_parts_can_be_joined_and_taken(measured):
    twice = GameMeasures.join([measured, measured])
    assert len(twice) == 2 * len(measured)
    chosen = np.arange(len(twice)) == len(measured) + 1
    assert twice.take(chosen).kinds.tolist() == measured.kinds[1:2].tolist()
    assert len(GameMeasures.join([])) == 0


def test_a_length_has_its_place_among_the_finished_games_before():
    frame = pl.DataFrame(
        {"truncated": [False] * 4 + [True], "plies": [30, 10, 20, 20, 999], "moves_hash": [1, 2, 3, 4, 5]}
    )
    earlier = EarlierGames.of(frame)
    assert earlier.lengths.tolist() == [10, 20, 20, 30]
    assert earlier.moves.tolist() == [1, 2, 3, 4, 5]
    assert [earlier.place_of(length) for length in (5, 10, 15, 20, 30, 31)] == [0, 0.125, 0.25, 0.5, 0.875, 1]
    assert not earlier.enough
    assert EarlierGames(np.arange(8), earlier.moves).enough
