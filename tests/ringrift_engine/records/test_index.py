"""games.parquet says what the shards say, and the same bytes however it came about."""

import math
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import DataError
from ringrift_engine.records.index import COLUMNS, INDEX_NAME, read_index, update_index
from ringrift_engine.records.shard import publish_shard
from ringrift_engine.rules.state import HOW_NAMES
from tests.ringrift_engine.records.conftest import CONFIG
from tests.support.records import SEARCHER, header_of, random_records


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """Three shards of two games each."""
    folder = tmp_path_factory.mktemp("index")
    return [publish_shard(folder, header_of(CONFIG, seed), random_records(CONFIG, 2, seed)).path for seed in (1, 2, 3)]


def test_a_row_says_of_a_game_what_its_record_says(tmp_path, shard, records):
    update_index([shard.path], tmp_path / INDEX_NAME, CONFIG)
    frame = read_index(tmp_path / INDEX_NAME, CONFIG)
    assert frame.columns == [name for name, _, _ in COLUMNS]
    for row, record in zip(frame.iter_rows(named=True), records, strict=True):
        assert (row["shard"], row["game_id"], row["game_index"]) == (shard.sha256, record.game_id, record.index)
        assert (row["winner"], row["how"], row["truncated"]) == (record.winner, HOW_NAMES[record.how], False)
        assert (row["plies"], row["decisions"]) == (len(record.moves), len(record.decisions))
        assert row["searched_decisions"] == len(record.decisions)
        assert row["players"] == list(record.players)
        assert row["models"] == [SEARCHER.model] * 2
        for column, name in enumerate(("eliminated", "territory", "markers", "hand")):
            assert row[name] == record.scores[:, column].tolist()
        entropies = [-np.sum(d.policy * np.log(d.policy)) for d in record.decisions if np.all(d.policy > 1e-4)]
        assert math.isfinite(row["mean_entropy"])
        assert not entropies or 0 < row["mean_entropy"] < np.log(max(len(d.policy) for d in record.decisions))


def test_the_entropy_of_even_policies_is_the_logarithm_of_the_choices(tmp_path):
    games = random_records(CONFIG, 1, concentration=1e6)
    path = publish_shard(tmp_path, header_of(CONFIG), games).path
    update_index([path], tmp_path / INDEX_NAME, CONFIG)
    expected = np.mean([np.log(len(decision.policy)) for decision in games[0].decisions])
    assert read_index(tmp_path / INDEX_NAME, CONFIG)["mean_entropy"][0] == pytest.approx(expected, abs=0.01)


def test_only_decisions_that_may_be_learnt_from_are_counted(tmp_path):
    (record,) = random_records(CONFIG, 1)
    taught = record.decisions[::3]
    cheap = [replace(one, taught=one in taught) for one in record.decisions]
    for name, decisions in (("capped", cheap), ("alone", taught)):
        shard = publish_shard(tmp_path / name, header_of(CONFIG), [replace(record, decisions=tuple(decisions))])
        update_index([shard.path], tmp_path / f"{name}.parquet", CONFIG)
    columns = ["decisions", "searched_decisions", "mean_entropy"]
    capped, alone = (read_index(tmp_path / f"{name}.parquet", CONFIG)[columns] for name in ("capped", "alone"))
    assert capped.rows() == alone.rows()
    assert capped["searched_decisions"].to_list() == [len(taught)]


def test_adding_shards_and_starting_over_give_the_same_bytes(tmp_path, shards):
    grown, fresh = tmp_path / "grown.parquet", tmp_path / "fresh.parquet"
    assert update_index(shards[1:2], grown, CONFIG).shards_read == 1
    assert update_index(shards, grown, CONFIG).shards_read == 2
    report = update_index(shards[::-1], fresh, CONFIG)
    assert (report.shards_read, report.games) == (3, 6)
    assert grown.read_bytes() == fresh.read_bytes()
    assert update_index(shards, fresh, CONFIG).shards_read == 0


def test_shards_that_are_gone_leave_the_index(tmp_path, shards):
    out, expected = tmp_path / INDEX_NAME, tmp_path / "expected.parquet"
    update_index(shards, out, CONFIG)
    assert update_index(shards[:1], out, CONFIG).games == 2
    update_index(shards[:1], expected, CONFIG)
    assert out.read_bytes() == expected.read_bytes()


def test_a_torn_index_is_made_again(tmp_path, shards):
    out = tmp_path / INDEX_NAME
    update_index(shards, out, CONFIG)
    whole = out.read_bytes()
    out.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="no index of games of hex8_2p"):
        read_index(out, CONFIG)
    assert update_index(shards, out, CONFIG).shards_read == 3
    assert out.read_bytes() == whole


def test_an_index_of_another_configuration_or_a_missing_one_is_refused(tmp_path, shards):
    update_index(shards, tmp_path / INDEX_NAME, CONFIG)
    with pytest.raises(DataError, match="no index of games of square8_2p"):
        read_index(tmp_path / INDEX_NAME, BoardConfig.from_key("square8_2p"))
    with pytest.raises(DataError, match="no index"):
        read_index(tmp_path / "none.parquet", CONFIG)


def test_a_shard_of_another_configuration_is_not_indexed(tmp_path, shards):
    with pytest.raises(DataError, match="a shard of hex8_2p where one of hex8_3p"):
        update_index(shards, tmp_path / INDEX_NAME, BoardConfig.from_key("hex8_3p"))
    assert list(tmp_path.iterdir()) == []


def test_games_with_equal_moves_have_equal_hashes_and_others_not(tmp_path, shards):
    update_index(shards, tmp_path / INDEX_NAME, CONFIG)
    frame = read_index(tmp_path / INDEX_NAME, CONFIG)
    assert frame["moves_hash"].n_unique() == frame.height
    assert frame.select(pl.col("shard").n_unique()).item() == 3
