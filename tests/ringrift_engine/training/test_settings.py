"""Settings of a training: impossible ones are refused by name, defaults are possible and fit the board."""

from dataclasses import asdict, replace

import pytest

from ringrift_engine.boards import CONFIG_KEYS, CONFIGS
from ringrift_engine.errors import ConfigError
from ringrift_engine.training.settings import TrainingSettings, training_settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch_size", 0),
        ("epochs", 0.0),
        ("max_samples", 0),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("warmup", 1.5),
        ("weight_decay", -0.1),
        ("next_move_weight", -0.1),
        ("search_value_share", 1.1),
        ("gradient_clip", 0.0),
        ("average_samples", 0),
        ("value_weight", -1.0),
        ("ownership_weight", float("inf")),
        ("curve_points", 0),
        ("min_rows", 0),
        ("min_held_out_rows", -1),
        ("precision", "fp64"),
        ("device", "gpu"),
        ("seed", -1),
    ],
)
def test_an_impossible_value_is_refused_by_name(name, value):
    with pytest.raises(ConfigError, match=name):
        replace(TrainingSettings(), **{name: value})


def test_settings_are_read_from_a_mapping():
    read = TrainingSettings.from_mapping({"seed": 3, "symmetries": False}, "here")
    assert asdict(read) == asdict(TrainingSettings()) | {"seed": 3, "symmetries": False}


def test_an_unknown_setting_is_refused_with_its_source_and_the_nearest_name():
    with pytest.raises(ConfigError, match=r"run\.yaml.*'learning_rte'.*Nearest: 'learning_rate'"):
        TrainingSettings.from_mapping({"learning_rte": 1}, "run.yaml")


@pytest.mark.parametrize("key", CONFIG_KEYS)
def test_large_boards_get_a_smaller_budget(key):
    config = CONFIGS[key]
    small = training_settings(CONFIGS["square8_2p"]).max_samples
    assert (training_settings(config).max_samples < small) == (config.cells > 100)
