"""Quality in manifests: which games are judged together, what they are compared with, and what a later run reads."""

from dataclasses import replace

import pytest

from ringrift_assets.metadata import quality_shown
from ringrift_assets.qualities import judge_games, judge_newest_export, origin_of
from ringrift_engine.boards import BoardConfig
from ringrift_engine.datasets.dataset_quality import DatasetQuality
from ringrift_engine.datasets.export import export_shard
from ringrift_engine.records.index import INDEX_NAME, read_index, update_index
from ringrift_engine.records.quality import GamesQuality, shard_quality
from ringrift_engine.records.shard import publish_shard
from ringrift_engine.records.shard_schema import Participant, ShardHeader
from tests.support.cycle import Place
from tests.support.records import SEARCHER, random_records
from tests.support.stand_ins import StandInWorkers

CONFIG = BoardConfig.from_key("hex8_2p")
HEURISTIC = Participant("heuristic(profile=default)")
EARLIER = Participant("search(model=fedcba987654,simulations=16)", model="fedcba987654" + "0" * 52, simulations=16)


def publish(folder, seed, generation, games=4, opponents=(), inputs=None):
    """A shard in which the searcher met itself, or each opponent in one game after the other."""
    header = ShardHeader(
        CONFIG.key,
        seed,
        (SEARCHER, *opponents),
        {"generation": generation},
        {"promoted_models": str(SEARCHER.model)} if inputs is None else inputs,
    )
    records = random_records(CONFIG, games, seed)
    for number, opponent in enumerate(opponents):
        records[number] = replace(records[number], players=(SEARCHER.name, opponent.name))
    return publish_shard(folder, header, records).path


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """Two shards of the first generation, with enough games to compare with, and two of the second."""
    folder = tmp_path_factory.mktemp("qualities")
    return [publish(folder, seed, generation) for seed, generation in ((1, 1), (2, 1), (3, 2), (4, 2))]


@pytest.fixture(scope="module")
def index(shards, tmp_path_factory):
    path = tmp_path_factory.mktemp("index") / INDEX_NAME
    update_index(shards, path, CONFIG)
    return read_index(path, CONFIG)


@pytest.fixture(scope="module")
def judged(shards, index):
    return judge_games(shards, index, CONFIG, {})


def values_of(found):
    """The fields of a GamesQuality in a report."""
    return {name: found[name] for name in GamesQuality.__dataclass_fields__}


def test_the_newest_generation_is_judged_as_one_and_compared_with_those_before(judged, shards):
    quality = GamesQuality.from_json(values_of(judged))
    assert (judged["generation"], quality.games) == (2, 8)
    assert quality.length_place is not None
    assert (quality.searched_share, quality.duplicate_share) == (1, 0)
    assert {name: row["generation"] for name, row in judged["by_shard"].items()} == {
        path.name: generation for path, generation in zip(shards, (1, 1, 2, 2), strict=True)
    }


def test_a_shard_is_compared_with_the_generations_before_its_own(judged, shards):
    alone = shard_quality(shards[0], None)
    kept = judged["by_shard"][shards[0].name]
    assert (kept["games"], kept["score"], kept["grade"]) == (alone.games, alone.score, alone.grade)
    assert "length" not in kept["subscores"]
    assert "length" in judged["by_shard"][shards[2].name]["subscores"]


def test_a_later_run_reads_new_shards_and_those_of_the_newest_generation_alone(judged, shards, index, tmp_path):
    copies = [tmp_path / path.name for path in shards]
    for path, copy in zip(
        shards[2:], copies[2:], strict=True
    ):  # those of the first generation are not there to be read
        copy.write_bytes(path.read_bytes())
    known = {name: row for name, row in judged["by_shard"].items() if name != shards[3].name}
    assert judge_games(copies, index, CONFIG, known) == judged
    assert judge_games(copies, index, CONFIG, judged["by_shard"]) == judged


def test_a_shard_that_is_gone_is_forgotten(judged, shards, index):
    again = judge_games(shards[1:], index, CONFIG, judged["by_shard"])
    assert again["by_shard"].keys() == {path.name for path in shards[1:]}


def test_players_have_the_names_of_the_plan(tmp_path):
    path = publish(tmp_path, 5, 3, games=5, opponents=(HEURISTIC, Participant("random"), EARLIER))
    update_index([path], tmp_path / INDEX_NAME, CONFIG)
    found = judge_games([path], read_index(tmp_path / INDEX_NAME, CONFIG), CONFIG, {})
    assert {name: quality["games"] for name, quality in found["by_player"].items()} == {
        "self": 2, "heuristic": 1, "random": 1, "earlier": 1,
    }  # fmt: skip
    assert found["worst_player"] in found["by_player"]


def test_games_have_a_generation_and_a_network_that_searched_in_them(shards, tmp_path):
    found = origin_of(shards[2], CONFIG)
    assert (found.generation, found.promoted) == (2, SEARCHER.model)
    assert origin_of(publish(tmp_path, 6, 2, games=1, inputs={}), CONFIG).promoted is None
    assert origin_of(publish(tmp_path, 6, 2, games=1, inputs={"promoted_models": "f" * 64}), CONFIG).promoted is None


def test_the_newest_export_is_judged(shards, tmp_path):
    by_file = {}
    for path in shards[1:3]:
        export_shard(path, tmp_path / f"{path.stem}.npz", CONFIG)
        origin = origin_of(path, CONFIG)
        by_file[f"{path.stem}.npz"] = {"generation": origin.generation, "promoted": origin.promoted}
    found = DatasetQuality.from_json(judge_newest_export(tmp_path, by_file, CONFIG, first_searched=2))
    assert (found.newest_generation, found.games, found.later_searched_share) == (2, 4, 1)
    without = judge_newest_export(tmp_path, by_file, CONFIG, first_searched=None)
    assert without["later_searched_share"] is None, "before there is a promoted network, no generation is a later one"


def test_the_table_shows_the_greatest_loss_first():
    parts = [
        {"name": "fine", "value": 1.0, "weight": 0.5, "why": "all"},
        {"name": "bad", "value": 0.2, "weight": 0.3, "why": "some"},
        {"name": "light", "value": 0.0, "weight": 0.2, "why": "none"},
    ]
    shown = quality_shown({"score": 0.56, "grade": "adequate", "subscores": parts})
    assert (shown["quality"], shown["grade"]) == (0.56, "adequate")
    assert [record.data["name"] for record in shown["subscores"].records] == ["bad", "light", "fine"]


def test_quality_is_in_the_manifests_and_in_the_metadata(tmp_path):
    place = Place(tmp_path, StandInWorkers(quality=0.8))
    assert place.run(selection=("game_databases", "synced_games", "npz_exports", "combined_npz")).success
    first = place.manifest("synced_games")["report"]["quality"]
    assert (first["score"], first["grade"], first["games"]) == (0.8, "good", 5)
    for asset in ("npz_exports", "combined_npz"):
        quality = place.manifest(asset)["report"]["quality"]
        assert (quality["score"], quality["worst_player"]) == (0.8, "self")
    result = place.run(selection=("synced_games", "npz_exports", "combined_npz"))
    assert place.manifest("synced_games")["report"]["quality"] == first
    for event in result.get_asset_materialization_events():
        metadata = event.materialization.metadata
        assert (metadata["quality"].value, metadata["grade"].value) == (0.8, "good")
