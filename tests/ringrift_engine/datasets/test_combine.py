"""Combining: every row is in the result once or accounted for, weights follow quality and age, nothing is mixed."""

import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from ringrift_engine.boards import BoardConfig
from ringrift_engine.datasets.combine import CombineSettings, combine
from ringrift_engine.datasets.contract import COMBINED_KEYS
from ringrift_engine.datasets.export import export_shard
from ringrift_engine.datasets.npz_reader import map_rows
from ringrift_engine.datasets.npz_writer import writing_npz
from ringrift_engine.datasets.window import WindowSettings
from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.records.shard import publish_shard
from tests.ringrift_engine.datasets.conftest import CONFIG
from tests.support.records import header_of

AGES = [1, 2, 3]
SETTINGS = CombineSettings()


def load(path: Path) -> dict:
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def positions(arrays: dict) -> list[bytes]:
    """What the network sees of each row, as bytes: the slow way to compare."""
    pairs = zip(arrays["features"], arrays["globals"], strict=True)
    return [planes.tobytes() + numbers.tobytes() for planes, numbers in pairs]


def rewritten(path: Path, out: Path, **changes) -> Path:
    """A copy of an export with other arrays."""
    with writing_npz(out, deflate=True) as archive:
        for name, array in (load(path) | changes).items():
            archive.add(name, array)
    return out


@pytest.fixture(scope="module")
def combined(paths, tmp_path_factory):
    report = combine(paths, tmp_path_factory.mktemp("combined") / "all.npz", SETTINGS, AGES, CONFIG)
    return report, load(report.path)


def test_every_position_is_there_once_and_none_is_invented(paths, combined):
    report, arrays = combined
    found = positions(arrays)
    everything = [position for path in paths for position in positions(load(path))]
    assert len(set(found)) == len(found) == report.rows
    assert set(found) == set(everything)
    assert report.available_rows == report.window_rows == len(everything)
    assert report.rows + report.duplicate_rows + report.leaking_rows == len(everything)


def test_rows_keep_their_columns_together(paths, combined):
    _, arrays = combined
    origin = {}
    for path in paths:
        source = load(path)
        for row, position in enumerate(positions(source)):
            origin.setdefault(position, []).append((source, row))
    checked = 0
    for row, position in enumerate(positions(arrays)):
        if len(origin[position]) > 1:
            continue
        source, place = origin[position][0]
        names = ("game_id", "seat", "values", "values_mp", "ownership", "final_scores", "move_numbers", "held_out")
        for name in (*names, "next_move", "search_values"):
            assert np.array_equal(arrays[name][row], source[name][place]), name
        for name in ("policy_factors", "policy_values"):
            mine = arrays[name][slice(*arrays["policy_offsets"][row : row + 2])]
            assert np.array_equal(mine, source[name][slice(*source["policy_offsets"][place : place + 2])]), name
        for name in ("phases", "move_types", "victory_types", "engine_modes", "opponent_types"):
            theirs = source[f"{name}_names"][source[name][place]]
            assert arrays[f"{name}_names"][arrays[name][row]] == theirs, name
        checked += 1
    assert checked > 1_000


def test_the_file_has_exactly_the_keys_of_the_contract(combined, exports):
    report, arrays = combined
    assert sorted(arrays) == sorted(key.name for key in COMBINED_KEYS)
    assert arrays["sources"].tolist() == list(report.sources) == sorted(one.report.source for one in exports)


def test_no_game_is_on_both_sides_and_no_position_either(combined):
    _, arrays = combined
    held_out = arrays["held_out"]
    assert 0 < held_out.sum() < len(held_out)
    assert not np.intersect1d(arrays["game_id"][held_out], arrays["game_id"][~held_out]).size


def test_weights_are_quality_times_freshness_with_mean_one(paths, tmp_path):
    settings = replace(SETTINGS, half_life=1.0, surprise_share=0.0)
    arrays = load(combine(paths, tmp_path / "out.npz", settings, [1, 2, 3], CONFIG).path)
    assert arrays["sample_weights"].mean(dtype=np.float64) == pytest.approx(1, abs=1e-6)
    age = {int(game): 3 - generation for generation, path in enumerate(paths, 1) for game in load(path)["game_id"]}
    ages = np.array([age[int(game)] for game in arrays["game_id"]])
    expected = arrays["quality_score"] * 0.5**ages
    ratios = arrays["sample_weights"] / expected
    assert np.median(np.abs(ratios / np.median(ratios) - 1)) < 1e-5
    assert np.mean(np.abs(ratios / np.median(ratios) - 1) > 1e-5) < 0.02  # merged rows have means


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_weights_go_with_surprise_where_there_is_one(paths, tmp_path, share):
    """Rows without a search stay as they were, one that is far above the mean counts eight times it and no more."""
    plain, weighed = (
        load(combine(surprising(paths, tmp_path), tmp_path / "out.npz", replace(SETTINGS, surprise_share=one), AGES,
                     CONFIG).path)
        for one in (0.0, share)
    )  # fmt: skip
    assert np.array_equal(plain["surprise"], weighed["surprise"])
    surprise, held_out = weighed["surprise"].astype(np.float64), weighed["held_out"]
    searched = (surprise > 0) & ~held_out
    multiples = np.minimum(surprise / surprise[searched].mean(), 8)
    assert (multiples[searched] == 8).any()
    assert ((surprise == 0) & ~held_out).any()
    expected = plain["sample_weights"] * np.where(searched, 1 - share + share * multiples, 1)
    assert weighed["sample_weights"] == pytest.approx(expected / expected.mean(), rel=1e-5)


def surprising(paths, tmp_path) -> list[Path]:
    """The exports with surprises of every size, and one row in five that was not searched."""
    random, changed = np.random.default_rng(0), []
    for path in paths:
        count = len(load(path)["seat"])
        surprise = random.exponential(1.0, count) ** 3 * (random.random(count) < 0.8)
        changed.append(rewritten(path, tmp_path / path.name, surprise=surprise.astype(np.float32)))
    return changed


def test_freshness_has_a_floor(paths, tmp_path):
    settings = replace(SETTINGS, half_life=0.01, least_freshness=0.25, surprise_share=0.0)
    arrays = load(combine(paths, tmp_path / "out.npz", settings, [1, 2, 3], CONFIG).path)
    weights = arrays["sample_weights"] / arrays["quality_score"]
    assert weights.max() / weights.min() == pytest.approx(4, rel=1e-4)


def test_old_exports_that_are_gone_leave_the_window_and_the_dataset_as_they_were(paths, tmp_path):
    rows = [len(load(path)["seat"]) for path in paths]
    window = WindowSettings(minimum_rows=10, taper_rows=10)  # grows from the eleventh row on
    settings = replace(SETTINGS, window=window)
    whole = combine(paths, tmp_path / "whole.npz", settings, AGES, CONFIG)
    assert 10 < whole.window_rows < sum(rows[1:])  # nothing of the oldest export is in it
    gone = combine(paths[1:], tmp_path / "gone.npz", settings, AGES[1:], CONFIG, removed_rows=rows[0])
    assert (gone.window_rows, gone.sha256) == (whole.window_rows, whole.sha256)
    forgotten = combine(paths[1:], tmp_path / "forgotten.npz", settings, AGES[1:], CONFIG)
    assert forgotten.window_rows < whole.window_rows


def test_rows_that_are_gone_never_make_a_window_larger_than_what_is_there(paths, tmp_path):
    report = combine(paths, tmp_path / "out.npz", SETTINGS, AGES, CONFIG, removed_rows=10**9)
    assert report.window_rows == report.available_rows == sum(len(load(path)["seat"]) for path in paths)


def test_the_order_of_the_inputs_and_the_clock_change_nothing(paths, combined, tmp_path):
    report, _ = combined
    again = combine(paths[::-1], tmp_path / "again.npz", SETTINGS, AGES[::-1], CONFIG)
    assert again.sha256 == report.sha256
    assert asdict(replace(again, path=report.path)) == asdict(report)
    later = combine(paths, tmp_path / "later.npz", SETTINGS, [age + 100 for age in AGES], CONFIG)
    assert later.sha256 == report.sha256


REMAKE = """
import sys
from pathlib import Path
from ringrift_engine.boards import BoardConfig
from ringrift_engine.datasets.combine import CombineSettings, combine
from ringrift_engine.datasets.export import export_shard
from ringrift_engine.records.index import update_index
from ringrift_engine.records.shard import publish_shard, read_shard

folder, shards = Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
config = BoardConfig.from_key("hex8_2p")
infos = [publish_shard(folder, *read_shard(shard)) for shard in shards]
exports = [export_shard(info.path, folder / f"{info.path.stem}.npz", config) for info in infos]
total = combine([one.path for one in exports], folder / "all.npz", CombineSettings(), [1, 2, 3], config)
index = update_index([info.path for info in infos], folder / "games.parquet", config)
print(*[info.sha256 for info in infos], *[one.sha256 for one in exports], total.sha256, index.sha256)
"""


def test_another_process_makes_the_same_bytes(exports, tmp_path):
    """Another process has another hash seed, other addresses and another clock."""
    shards = [str(one.shard) for one in exports]
    printed = []
    for seed in ("1", "2"):
        folder = tmp_path / seed
        folder.mkdir()
        run = subprocess.run(
            [sys.executable, "-c", REMAKE, str(folder), *shards],
            env=os.environ | {"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        printed.append(run.stdout.split())
    assert printed[0] == printed[1]
    assert len(printed[0]) == 8


def test_the_window_lets_in_the_newest_rows(paths, exports, tmp_path):
    rows = [one.report.rows for one in exports]
    window = WindowSettings(minimum_rows=rows[1] + 10, taper_rows=1, scale=1e-9)
    report = combine(paths, tmp_path / "out.npz", replace(SETTINGS, window=window), [1, 3, 2], CONFIG)
    assert (report.available_rows, report.window_rows, report.inputs_used) == (sum(rows), rows[1] + 10, 2)
    assert set(report.sources) == {exports[1].report.source, exports[2].report.source}
    newest = {int(game) for game in load(paths[1])["game_id"]}
    second = load(paths[2])["game_id"][:10]
    assert {int(game) for game in load(report.path)["game_id"]} <= newest | {int(game) for game in second}


def test_games_of_low_quality_are_left_out(paths, tmp_path):
    arrays = load(paths[0])
    poor = arrays["game_id"] == arrays["game_id"][0]
    quality = np.where(poor, np.float32(0.3), np.float32(0.9))
    path = rewritten(paths[0], tmp_path / "poor.npz", quality_score=quality)
    kept = combine([path], tmp_path / "kept.npz", replace(SETTINGS, minimum_quality=0.3), [0], CONFIG)
    left = combine([path], tmp_path / "left.npz", replace(SETTINGS, minimum_quality=0.31), [0], CONFIG)
    assert (kept.low_quality_rows, left.low_quality_rows) == (0, poor.sum())
    assert arrays["game_id"][0] not in load(left.path)["game_id"]
    with pytest.raises(DataError, match=r"quality below 0\.95"):
        combine([path], tmp_path / "none.npz", replace(SETTINGS, minimum_quality=0.95), [0], CONFIG)


def test_the_shuffle_is_seeded_and_mixes_the_games(paths, combined, tmp_path):
    report, arrays = combined
    other = combine(paths, tmp_path / "other.npz", replace(SETTINGS, seed=1), AGES, CONFIG)
    shuffled = load(other.path)
    assert other.sha256 != report.sha256
    assert sorted(positions(shuffled)) == sorted(positions(arrays))
    half = arrays["game_id"][: report.rows // 2]
    shares = [np.mean(half == game) / np.mean(arrays["game_id"] == game) for game in np.unique(arrays["game_id"])]
    assert min(shares) > 0.6
    assert max(shares) < 1.4


def test_a_repeated_game_is_merged_into_the_newer_one(exports, tmp_path):
    """The same moves under two names, in two shards: half the rows, and the outcome as it was."""
    records = exports[0].records[:2]
    renamed = [replace(record, game_id=f"{20 * n + 1:016x}") for n, record in enumerate(records, 500)]
    both = []
    for seed, games in ((1, renamed), (2, renamed[::-1])):
        shard = publish_shard(tmp_path / "shards", header_of(CONFIG, seed), games).path
        both.append(export_shard(shard, tmp_path / f"{seed}.npz", CONFIG).path)
    report = combine(both, tmp_path / "out.npz", SETTINGS, [1, 2], CONFIG)
    distinct = len(set(positions(load(both[0]))))
    assert report.rows == distinct
    assert report.duplicate_rows == 2 * len(load(both[0])["seat"]) - distinct


def test_the_planes_can_be_mapped(combined):
    report, arrays = combined
    assert np.array_equal(map_rows(report.path, "features"), arrays["features"])


def test_nothing_is_left_beside_the_result(paths, tmp_path):
    combine(paths, tmp_path / "out.npz", SETTINGS, AGES, CONFIG)
    assert [path.name for path in tmp_path.iterdir()] == ["out.npz"]


MIXED = {
    "rules_version": np.array(99),
    "encoder_version": np.array(99),
    "format_version": np.array(99),
    "config_key": np.array("hex8_3p"),
    "policy_size": np.array(5),
    "globals": np.zeros((1, 3), np.float32),
}


@pytest.mark.parametrize("name", MIXED)
def test_exports_that_do_not_belong_together_are_refused(name, paths, tmp_path):
    foreign = rewritten(paths[1], tmp_path / "foreign.npz", **{name: MIXED[name]})
    with pytest.raises(DataError, match=r"foreign\.npz: .*(cannot be combined with|where hex8_2p is combined)"):
        combine([paths[0], foreign], tmp_path / "out.npz", SETTINGS, [1, 2], CONFIG)
    assert not (tmp_path / "out.npz").exists()


def test_inputs_are_checked_one_by_one(paths, combined, tmp_path):
    report, _ = combined
    out = tmp_path / "out.npz"
    with pytest.raises(DataError, match="no export of hex8_2p to combine"):
        combine([], out, SETTINGS, [], CONFIG)
    with pytest.raises(DataError, match="exported twice"):
        combine([paths[0], paths[0]], out, SETTINGS, [1, 2], CONFIG)
    with pytest.raises(DataError, match="a combined dataset, not an export"):
        combine([paths[0], report.path], out, SETTINGS, [1, 2], CONFIG)
    with pytest.raises(DataError, match="an export of hex8_2p where hex8_4p is combined"):
        combine(paths, out, SETTINGS, AGES, BoardConfig.from_key("hex8_4p"))
    with pytest.raises(ConfigError, match="3 inputs have 2 generations"):
        combine(paths, out, SETTINGS, [1, 2], CONFIG)
    torn = tmp_path / "torn.npz"
    torn.write_bytes(paths[1].read_bytes()[:-500])
    with pytest.raises(DataError, match=r"torn\.npz: .*torn"):
        combine([paths[0], torn], out, SETTINGS, [1, 2], CONFIG)
    assert not out.exists()


@pytest.mark.parametrize(
    "change",
    [{"half_life": 0.0}, {"least_freshness": 1.1}, {"minimum_quality": -0.1}, {"surprise_share": 2.0}, {"seed": -1}],
    ids=str,
)
def test_impossible_settings_are_refused(change):
    with pytest.raises(ConfigError, match=next(iter(change))):
        replace(SETTINGS, **change)
