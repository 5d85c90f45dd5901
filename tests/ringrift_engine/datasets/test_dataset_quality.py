"""Quality of datasets: of small made-up files whose numbers are worked out by hand, and of real exports."""

import json
import math

import numpy as np
import pytest

from ringrift_engine.boards import BoardConfig
from ringrift_engine.datasets.combine import CombineSettings, combine
from ringrift_engine.datasets.dataset_quality import DatasetQuality, Origin, dataset_quality
from ringrift_engine.errors import DataError
from ringrift_engine.rules.state import BY_ELIMINATION, BY_STALEMATE_TERRITORY
from tests.ringrift_engine.datasets.conftest import CONFIG

ROWS = 8
MODEL = "0123456789ab" + "0" * 52


def write(path, policies=None, **changes):
    """A file of eight rows from four games, two rows each, won by both seats in turn; every policy is two halves."""
    policies = [[0.5, 0.5]] * ROWS if policies is None else policies
    games = np.arange(ROWS) // 2
    winners = games % 2
    columns = {
        "config_key": np.array("hex8_2p"),
        "seat": (np.arange(ROWS) % 2 + 1).astype(np.int8),
        "game_id": games.astype(np.uint64) + 10,
        "simulations": np.full(ROWS, 16, dtype=np.int32),
        "phases": (np.arange(ROWS) % 7).astype(np.uint8),
        "move_types": np.arange(ROWS, dtype=np.uint8),
        "victory_types": np.full(ROWS, BY_ELIMINATION, dtype=np.uint8),
        "values_mp": np.eye(4, dtype=np.float32)[winners],
        "policy_offsets": np.cumsum([0, *(len(policy) for policy in policies)]),
        "policy_values": np.array([share for policy in policies for share in policy], dtype=np.float32),
        "engine_modes": np.zeros(ROWS, dtype=np.uint8),
        "engine_modes_names": np.array(["search"]),
    }
    np.savez(path, **(columns | changes))
    return path


def judged(path, origins=None, duplicate_share=None):
    return dataset_quality(path, CONFIG, {path: Origin(1, None)} if origins is None else origins, duplicate_share)


def value_of(quality, name):
    found = [part.value for part in quality.subscores if part.name == name]
    assert len(found) == 1
    return found[0]


def test_a_made_up_dataset(tmp_path):
    policies = [[0.5, 0.5], [0.25, 0.25, 0.25, 0.25], [1.0, 0.0], [0.5, 0.5, 0.0, 0.0]] * 2
    simulations = np.array([16, 16, 16, 0, 16, 16, 16, 0])
    quality = judged(write(tmp_path / "a.npz", policies, simulations=simulations), duplicate_share=0.25)
    assert (quality.games, quality.rows, quality.newest_generation) == (4, 8, 1)
    assert quality.searched_share == 0.75
    assert quality.soft_share == 0.75
    assert quality.policy_entropy == pytest.approx((1 + 1 + 0 + 0.5) / 4)
    assert (quality.seat_deviation, quality.decisive_share) == (0, 1)
    assert quality.seat_values == (0, 0)
    assert quality.move_balance == pytest.approx(math.log(8) / math.log(16))
    assert (quality.later_rows, quality.later_searched_share) == (0, None)
    values = {part.name: part.value for part in quality.subscores}
    assert values == pytest.approx(
        {
            "decisive": 1, "phase_balance": 1, "move_balance": 1, "seats": 1, "searched": 0.75, "entropy": 1,
            "duplicates": 0.75,
        }
    )  # fmt: skip
    mean = 1 - (0.15 * 0.25 + 0.10 * 0.25) / 0.80
    assert quality.mean == pytest.approx(mean)
    assert quality.score == pytest.approx((4 * mean + 6) / 14)


def test_one_hot_targets_are_seen(tmp_path):
    quality = judged(write(tmp_path / "a.npz", [[1.0, 0.0]] * ROWS))
    assert (quality.soft_share, quality.policy_entropy, value_of(quality, "entropy")) == (0, 0, 0)


def test_a_seat_that_always_wins_is_seen(tmp_path):
    games = 200
    ones = {
        "game_id": np.arange(games, dtype=np.uint64),
        "values_mp": np.eye(4, dtype=np.float32)[np.zeros(games, dtype=int)],
        "seat": np.where(np.arange(games) < 50, 1, 2).astype(np.int8),
        "victory_types": np.where(np.arange(games) < 50, BY_STALEMATE_TERRITORY, BY_ELIMINATION).astype(np.uint8),
        **{name: np.zeros(games, dtype=np.uint8) for name in ("simulations", "phases", "move_types", "engine_modes")},
    }
    quality = judged(write(tmp_path / "a.npz", [[0.5, 0.5]] * games, **ones))
    assert quality.seat_deviation == 0.5
    assert quality.seat_errors == pytest.approx(0.5 / math.sqrt(0.25 / games))
    assert quality.seat_values == (1, -1)
    assert quality.decisive_share == 0.75
    assert value_of(quality, "seats") == value_of(quality, "searched") == value_of(quality, "phase_balance") == 0


@pytest.mark.parametrize(
    ("changes", "promoted", "share"),
    [
        pytest.param({}, MODEL, 1.0, id="all_searched"),
        pytest.param({}, None, 0.0, id="no_network_was_promoted"),
        pytest.param({"engine_modes_names": np.array(["teacher"])}, MODEL, 0.0, id="a_search_without_a_network"),
        pytest.param({"simulations": np.zeros(ROWS, int)}, MODEL, 0.0, id="a_network_without_search"),
        pytest.param({"simulations": np.array([9, 0, 0, 9, 9, 9, 0, 0])}, MODEL, 0.75, id="games_count_not_rows"),
    ],
)
def test_rows_of_later_generations_should_come_from_the_promoted_network(tmp_path, changes, promoted, share):
    first = write(tmp_path / "first.npz", game_id=np.arange(ROWS, dtype=np.uint64) + 100)
    second = write(tmp_path / "second.npz", **changes)
    data = write(tmp_path / "data.npz", game_id=np.array([100, 101, 102, 103, 10, 11, 12, 13], dtype=np.uint64))
    quality = judged(data, {first: Origin(1, None), second: Origin(2, promoted)})
    assert (quality.later_rows, quality.newest_generation) == (4, 2)
    assert quality.later_searched_share == share
    assert value_of(quality, "promoted") == share


def test_rows_of_the_first_generation_need_no_network(tmp_path):
    path = write(tmp_path / "a.npz")
    assert judged(path, {path: Origin(1, None)}).later_searched_share is None
    assert judged(path, {path: Origin(2, None)}).later_searched_share == 0


def test_what_is_no_number_makes_a_dataset_unusable(tmp_path):
    quality = judged(write(tmp_path / "a.npz", [[math.nan, 0.5]] * ROWS))
    assert (quality.mean, quality.score, quality.grade) == (None, 0.0, "unusable")
    text = json.dumps(quality.to_json(), allow_nan=False)
    assert json.dumps(DatasetQuality.from_json(json.loads(text)).to_json()) == text


def test_a_dataset_of_another_configuration_is_refused(tmp_path):
    path = write(tmp_path / "a.npz")
    with pytest.raises(DataError, match="a dataset of hex8_2p where one of hex8_3p"):
        dataset_quality(path, BoardConfig.from_key("hex8_3p"), {path: Origin(1, None)})


def test_real_exports_and_their_combination(exports, paths, tmp_path):
    origins = {path: Origin(generation, MODEL) for generation, path in enumerate(paths, start=1)}
    made = combine(paths, tmp_path / "all.npz", CombineSettings(), [1, 2, 3], CONFIG)
    quality = judged(made.path, origins, made.duplicate_rows / made.window_rows)
    assert (quality.rows, quality.games, quality.newest_generation) == (made.rows, made.games, 3)
    assert (quality.later_searched_share, quality.searched_share) == (1, 1)
    assert 0 < quality.later_rows < quality.rows
    assert quality.grade in ("excellent", "good")
    assert DatasetQuality.from_json(json.loads(json.dumps(quality.to_json()))) == quality
    one = judged(paths[0])
    assert one.rows == exports[0].report.rows
    assert "duplicates" not in {part.name for part in one.subscores}
    mixed = judged(made.path, origins | {paths[2]: Origin(3, None)})
    with np.load(made.path) as arrays, np.load(paths[1]) as second, np.load(paths[2]) as third:
        ids, of_second, of_third = (file["game_id"] for file in (arrays, second, third))
    expected = np.isin(ids, of_second).sum() / (np.isin(ids, of_second) | np.isin(ids, of_third)).sum()
    assert mixed.later_searched_share == pytest.approx(expected)
