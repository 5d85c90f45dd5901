"""Every way in which a file can break the contract is found and named."""

from pathlib import Path

import numpy as np
import pytest

from ringrift_engine.boards import BoardConfig
from ringrift_engine.datasets.combine import CombineSettings, combine
from ringrift_engine.datasets.npz_writer import writing_npz
from ringrift_engine.datasets.validate import require_valid, validate_npz
from ringrift_engine.errors import DataError
from tests.ringrift_engine.datasets.conftest import CONFIG


@pytest.fixture(scope="module")
def arrays(paths, tmp_path_factory):
    path = tmp_path_factory.mktemp("valid") / "all.npz"
    combine(paths[:2], path, CombineSettings(), [1, 2], CONFIG)
    with np.load(path, allow_pickle=False) as found:
        return dict(found)


def written(path: Path, arrays: dict) -> Path:
    with writing_npz(path, deflate=False) as archive:
        for name, array in arrays.items():
            archive.add(name, array)
    return path


def changed(arrays: dict, name: str, place: object, value: object) -> dict:
    copy = arrays[name].copy()
    copy[place] = value
    return arrays | {name: copy}


def without(arrays: dict, name: str) -> dict:
    return {key: array for key, array in arrays.items() if key != name}


def repeated(arrays: dict) -> dict:
    copy = {name: arrays[name].copy() for name in ("features", "globals")}
    for array in copy.values():
        array[1] = array[0]
    return arrays | copy


def wide(arrays: dict) -> dict:
    return arrays | {"features": np.zeros((*arrays["features"].shape[:2], 8, 8), np.int8)}


BROKEN = {
    "key missing": (lambda a: without(a, "seat"), "keys missing: seat"),
    "key too many": (lambda a: a | {"timestamps": np.zeros(3)}, "unknown keys: timestamps"),
    "dtype": (lambda a: a | {"globals": a["globals"].astype(np.float64)}, "globals is float64, not float32"),
    "rows": (lambda a: a | {"values": a["values"][:-1]}, "values has"),
    "axes": (lambda a: a | {"seat": a["seat"][:, None]}, "seat has shape"),
    "width": (wide, "features has 8 where axis W is 9"),
    "no rows": (lambda a: {n: x[:0] if x.ndim and len(x) == len(a["seat"]) else x for n, x in a.items()}, "no rows"),
    "configuration": (lambda a: a | {"config_key": np.array("hex8_3p")}, "config_key is 'hex8_3p'"),
    "rules": (lambda a: a | {"rules_version": np.array(99)}, "rules_version is 99"),
    "encoder": (lambda a: a | {"encoder_version": np.array(99)}, "encoder_version is 99"),
    "format": (lambda a: a | {"format_version": np.array(99)}, "format_version is 99"),
    "sources": (lambda a: a | {"sources": np.array(["a"])}, "sources are not"),
    "offsets": (lambda a: changed(a, "policy_offsets", 1, 0), "policy_offsets do not cut"),
    "offsets end": (lambda a: changed(a, "policy_offsets", -1, 5), "policy_offsets do not cut"),
    "policy sum": (lambda a: changed(a, "policy_values", 0, 0.9), "policies do not sum to 1"),
    "policy nan": (lambda a: changed(a, "policy_values", 0, np.nan), "policy_values are negative or not finite"),
    "policy sign": (lambda a: changed(a, "policy_values", 0, -0.1), "policy_values are negative or not finite"),
    "factor": (lambda a: changed(a, "policy_factors", 0, a["policy_size"]), "below the policy size"),
    "factor sign": (lambda a: changed(a, "policy_factors", 0, -1), "below the policy size"),
    "globals nan": (lambda a: changed(a, "globals", 0, np.inf), "globals are not all finite"),
    "players": (lambda a: changed(a, "num_players", 0, 3), "num_players is not 2"),
    "seat": (lambda a: changed(a, "seat", 0, 3), "seat is not from 1 to 2"),
    "winner": (lambda a: changed(a, "values_mp", 0, 0), "values_mp are not shares"),
    "third seat": (lambda a: changed(a, "values_mp", 0, [0, 0, 1, 0]), "values_mp are not shares"),
    "value": (lambda a: changed(a, "values", 0, 0.123), "disagree about the mover"),
    "next move": (lambda a: changed(a, "next_move", 0, a["policy_size"] - 1), "next_move is neither"),
    "next move sign": (lambda a: changed(a, "next_move", 0, -2), "next_move is neither"),
    "search sum": (lambda a: changed(a, "search_values", 0, [0.5, 0.4, 0, 0]), "search_values are not"),
    "search sign": (lambda a: changed(a, "search_values", 0, [1.5, -0.5, 0, 0]), "search_values are not"),
    "search nan": (lambda a: changed(a, "search_values", 0, np.nan), "search_values are not"),
    "search third seat": (lambda a: changed(a, "search_values", 0, [0, 0, 1, 0]), "search_values are not"),
    "scores": (lambda a: changed(a, "final_scores", (0, 2, 0), 1), "final_scores"),
    "quality": (lambda a: changed(a, "quality_score", 0, 1.5), "quality_score"),
    "move number": (lambda a: changed(a, "move_numbers", 0, 30_000), "move_numbers"),
    "simulations": (lambda a: changed(a, "simulations", 0, -1), "simulations"),
    "surprise": (lambda a: changed(a, "surprise", 0, -0.5), "surprise is negative"),
    "no number": (lambda a: changed(a, "surprise", 0, np.nan), "surprise is negative or not finite"),
    "code": (lambda a: changed(a, "phases", 0, 99), "phases has codes without a name"),
    "split": (lambda a: changed(a, "held_out", slice(None), False), "wrong side of the split"),
    "owner": (lambda a: changed(a, "ownership", (0, 4, 4), 3), "ownership names"),
    "owner outside": (lambda a: changed(a, "ownership", (0, 0, 0), 0), "ownership names"),
    "weights": (lambda a: a | {"sample_weights": a["sample_weights"] * np.float32(1.01)}, "have mean 1.01"),
    "weight zero": (lambda a: changed(a, "sample_weights", 0, 0), "above 0 and finite"),
    "position": (repeated, "1 positions occur more than once"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_named(name, arrays, tmp_path):
    change, message = BROKEN[name]
    path = written(tmp_path / "broken.npz", change(arrays))
    report = validate_npz(path, CONFIG, combined=True)
    assert not report.valid
    assert message in "; ".join(report.violations)
    with pytest.raises(DataError, match=r"broken\.npz: not a dataset of hex8_2p"):
        require_valid(path, CONFIG, combined=True)


def test_a_sound_file_has_nothing_to_report(arrays, tmp_path):
    path = written(tmp_path / "sound.npz", arrays)
    report = require_valid(path, CONFIG, combined=True)
    assert (report.rows, report.games) == (len(arrays["seat"]), len(np.unique(arrays["game_id"])))
    assert report.valid


def test_an_export_may_repeat_positions_but_has_no_weights(arrays, tmp_path):
    path = written(tmp_path / "export.npz", repeated(without(arrays, "sample_weights")))
    assert validate_npz(path, CONFIG, combined=False).valid
    weighted = written(tmp_path / "weighted.npz", arrays)
    assert validate_npz(weighted, CONFIG, combined=False).violations == ("unknown keys: sample_weights",)


def test_all_violations_are_listed(arrays, tmp_path):
    path = written(tmp_path / "broken.npz", changed(changed(arrays, "phases", 0, 99), "quality_score", 0, 7))
    assert len(validate_npz(path, CONFIG, combined=True).violations) == 2


def test_a_file_of_another_board_is_no_dataset_of_this_one(paths):
    report = validate_npz(paths[0], BoardConfig.from_key("square8_2p"), combined=False)
    assert "features has 9 where axis W is 8" in report.violations
