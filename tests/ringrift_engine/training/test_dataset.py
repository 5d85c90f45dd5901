"""Reading datasets: batches against one row at a time by hand, and every kind of damage refused before training."""

import numpy as np
import pytest

from ringrift_engine.boards import CONFIGS
from ringrift_engine.encoding import ENCODER_VERSION, Encoding
from ringrift_engine.errors import DataError
from ringrift_engine.training.dataset import Dataset
from tests.ringrift_engine.training.synthetic import arrays_of, write_dataset

KEY = "hex8_3p"
ENCODING = Encoding(CONFIGS[KEY])


@pytest.fixture
def arrays():
    return arrays_of(KEY, games=10)


def read(path) -> Dataset:
    return Dataset(path, CONFIGS[KEY])


def written(tmp_path, **changes):
    return write_dataset(tmp_path / "set.npz", KEY, games=10, **changes)


def test_a_batch_holds_the_rows_seen_from_their_movers(tmp_path, arrays):
    rows = np.array([7, 0, 31])
    found = read(written(tmp_path)).samples(rows)
    for place, row in enumerate(rows):
        seat, first, last = int(arrays["seat"][row]), *arrays["policy_offsets"][row : row + 2]
        moves = last - first
        assert np.array_equal(found.planes[place], arrays["features"][row])
        assert np.array_equal(found.scalars[place], arrays["globals"][row])
        assert found.legal[place].tolist() == [True] * moves + [False] * (found.legal.shape[1] - moves)
        assert np.array_equal(found.factors[place, :moves], arrays["policy_factors"][first:last])
        assert (found.factors[place, moves:] == ENCODING.policy_size - 1).all()
        assert np.array_equal(found.policy[place, :moves], arrays["policy_values"][first:last])
        assert not found.policy[place, moves:].any()
        for relative in range(3):
            absolute = (seat - 1 + relative) % 3
            assert found.winner[place, relative] == arrays["values_mp"][row, absolute]
            assert found.search_value[place, relative] == arrays["search_values"][row, absolute]
            assert np.array_equal(found.scores[place, relative], arrays["final_scores"][row, absolute])
            mine = arrays["ownership"][row] == absolute + 1
            assert ((found.owners[place] == relative) == mine).all()
        assert ((found.owners[place] == 3) == (arrays["ownership"][row] == 0)).all()
        assert ((found.owners[place] == -1) == ~ENCODING.playable).all()
        left = arrays["total_game_moves"][row] - arrays["move_numbers"][row]
        assert found.length[place] == pytest.approx(np.log(1 + left))
        assert found.next_move[place] == arrays["next_move"][row]
        assert found.weights[place] == arrays["sample_weights"][row]


def test_rows_are_split_as_the_dataset_says(tmp_path, arrays):
    dataset = read(written(tmp_path))
    assert dataset.held_out_rows.tolist() == np.flatnonzero(arrays["held_out"]).tolist()
    assert sorted([*dataset.training_rows, *dataset.held_out_rows]) == list(range(50))
    assert dataset.games(dataset.training_rows) == 8
    assert dataset.games(dataset.held_out_rows) == 2


def test_scores_far_beyond_the_thresholds_count_as_twice_them(tmp_path, arrays):
    high = arrays["final_scores"].copy()
    high[:, :3] = 9
    assert read(written(tmp_path, final_scores=high)).samples(np.arange(4)).scores.max() == 2


DAMAGE = {
    "a_key_is_missing": (lambda _: {"ownership": None}, "keys missing: ownership"),
    "another_type": (lambda a: {"features": a["features"].astype(np.float32)}, "features is float32"),
    "a_row_too_few": (lambda a: {"sample_weights": a["sample_weights"][1:]}, "sample_weights has 49"),
    "no_number": (lambda a: {"globals": a["globals"] * np.float32(np.nan)}, "globals are not all finite"),
    "nobody_won": (lambda a: {"values_mp": a["values_mp"] * 0}, "values_mp"),
    "policies_that_sum_to_two": (lambda a: {"policy_values": a["policy_values"] * 2}, "50 policies do not sum to 1"),
    "another_configuration": (lambda _: {"config_key": np.array("hex8_2p")}, "config_key is 'hex8_2p', not 'hex8_3p'"),
    "another_encoder": (lambda _: {"encoder_version": np.array(ENCODER_VERSION + 1)}, "encoder_version"),
    "other_rules": (lambda _: {"rules_version": np.array(99)}, "rules_version is 99"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_refused_with_the_files_name_and_a_remedy(name, tmp_path, arrays):
    change, text = DAMAGE[name]
    path = written(tmp_path, **change(arrays))
    with pytest.raises(DataError, match=rf"set\.npz: .*{text}.*materialise npz_exports or combined_npz again"):
        read(path)


@pytest.mark.parametrize("part", [0.0, 0.3, 0.99])
def test_a_torn_file_is_refused(part, tmp_path):
    path = written(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(DataError, match=r"set\.npz: .*torn"):
        read(path)


def test_flipped_bytes_among_the_planes_are_refused(tmp_path):
    path = written(tmp_path)
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataError, match="torn"):
        read(path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"none\.npz: there is no such dataset"):
        read(tmp_path / "none.npz")


def test_rows_of_an_export_all_weigh_one(tmp_path, arrays):
    path = written(tmp_path, sample_weights=None)
    export = Dataset(path, CONFIGS[KEY], export=True)
    rows = np.array([3, 1, 41])
    found = export.samples(rows)
    assert found.weights.tolist() == [1, 1, 1]
    assert np.array_equal(found.planes, arrays["features"][rows])
    assert np.array_equal(export.winners(rows), found.winner)


def test_an_export_does_not_pass_for_a_combined_dataset(tmp_path):
    with pytest.raises(DataError, match="keys missing: sample_weights"):
        read(written(tmp_path, sample_weights=None))
