"""Value errors against sums by hand, with a network whose answer is known."""

import numpy as np
import pytest
import torch

from ringrift_engine.boards import CONFIGS
from ringrift_engine.encoding import ENCODER_VERSION, Encoding
from ringrift_engine.errors import DataError
from ringrift_engine.evaluation.predictions import held_out_predictions
from ringrift_engine.evaluation.value_error import value_error_of
from ringrift_engine.nets.checkpoint import CheckpointHeader, save_checkpoint
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.settings import NetworkSettings
from tests.ringrift_engine.training.synthetic import arrays_of, write_dataset

SETTINGS = NetworkSettings(blocks=0, channels=4, pooled_channels=1, hidden=4)


def constant_model(path, key, chances):
    """A checkpoint that gives every position these chances of the relative seats."""
    network = BoardNetwork(SETTINGS, Encoding(CONFIGS[key]))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        network.value.bias.copy_(torch.tensor(chances).log())
    save_checkpoint(
        path, CheckpointHeader(config_key=key, settings=SETTINGS, encoder_version=ENCODER_VERSION), network.state_dict()
    )
    return path


def error_of(model, data, key):
    return value_error_of(held_out_predictions(model, data, CONFIGS[key]))


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("data") / "set.npz", "hex8_3p", games=40)


def test_the_error_is_the_weighted_mean_square_of_values_from_minus_one_to_one(tmp_path, dataset):
    chances = (0.2, 0.5, 0.3)
    found = error_of(constant_model(tmp_path / "m", "hex8_3p", chances), dataset, "hex8_3p")
    arrays, total, weight = arrays_of("hex8_3p", games=40), 0.0, 0.0
    for row in np.flatnonzero(arrays["held_out"]):
        for relative in range(3):
            won = arrays["values_mp"][row, (int(arrays["seat"][row]) - 1 + relative) % 3]
            wrong = (2 * chances[relative] - 1) - (2 * won - 1)
            total += float(arrays["sample_weights"][row]) * wrong**2 / 3
        weight += float(arrays["sample_weights"][row])
    assert found.error == pytest.approx(total / weight, rel=1e-5)
    assert (found.rows, found.games) == (40, 8)


def test_saying_even_with_two_players_has_error_one(tmp_path):
    data = write_dataset(tmp_path / "set.npz", "square8_2p", games=20)
    model = constant_model(tmp_path / "m", "square8_2p", (0.5, 0.5))
    assert error_of(model, data, "square8_2p").error == pytest.approx(1.0, abs=1e-6)


def test_without_held_out_rows_no_model_can_be_judged(tmp_path):
    arrays = arrays_of("hex8_3p", games=10)
    held_out = np.zeros_like(arrays["held_out"])
    names = arrays["game_id"] | np.uint64(1)
    data = write_dataset(tmp_path / "set.npz", "hex8_3p", games=10, held_out=held_out, game_id=names)
    model = constant_model(tmp_path / "m", "hex8_3p", (0.2, 0.5, 0.3))
    with pytest.raises(DataError, match="no rows are held out"):
        error_of(model, data, "hex8_3p")


def test_a_model_of_another_configuration_is_refused(tmp_path, dataset):
    model = constant_model(tmp_path / "m", "square8_3p", (0.2, 0.5, 0.3))
    with pytest.raises(DataError):
        error_of(model, dataset, "hex8_3p")
