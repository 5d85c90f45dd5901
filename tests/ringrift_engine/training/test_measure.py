"""Held-out measurements against sums by hand, with a network whose answers are known."""

import numpy as np
import pytest
import torch

from ringrift_engine.boards import CONFIGS
from ringrift_engine.encoding import Encoding
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.settings import NetworkSettings
from ringrift_engine.nets.workers import Workers
from ringrift_engine.training.dataset import Dataset
from ringrift_engine.training.measure import HeldOut, constant_winner
from ringrift_engine.training.settings import TrainingSettings
from tests.ringrift_engine.training.synthetic import arrays_of, write_dataset

KEY = "hex8_3p"
ENCODING = Encoding(CONFIGS[KEY])
SETTINGS = TrainingSettings()
CONSTANT = (0.2, 0.5, 0.3)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    path = write_dataset(tmp_path_factory.mktemp("data") / "set.npz", KEY, games=120)
    return Dataset(path, ENCODING.config)


@pytest.fixture(scope="module")
def facts():
    """Per held-out row: weight, relative winner, shares of the legal moves."""
    arrays = arrays_of(KEY, games=120)
    offsets = arrays["policy_offsets"]
    return [
        (
            float(arrays["sample_weights"][row]),
            (int(arrays["values_mp"][row].argmax()) + 1 - int(arrays["seat"][row])) % 3,
            arrays["policy_values"][offsets[row] : offsets[row + 1]].astype(np.float64),
        )
        for row in np.flatnonzero(arrays["held_out"])
    ]


@pytest.fixture(scope="module")
def network():
    """Holds every move for equally good and says CONSTANT of every position."""
    network = BoardNetwork(NetworkSettings(blocks=0, channels=4, pooled_channels=1, hidden=4), ENCODING)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        network.value.bias.copy_(torch.tensor(CONSTANT).log())
    return network


def mean(facts, of_row) -> float:
    return sum(fact[0] * of_row(*fact[1:]) for fact in facts) / sum(fact[0] for fact in facts)


def test_the_constant_predictor_knows_the_training_rows_alone(dataset):
    arrays = arrays_of(KEY, games=120)
    wins = np.ones(3)
    for row in np.flatnonzero(~arrays["held_out"]):
        wins[(arrays["values_mp"][row].argmax() + 1 - arrays["seat"][row]) % 3] += arrays["sample_weights"][row]
    assert constant_winner(dataset) == pytest.approx(wins / wins.sum(), rel=1e-5)


def test_a_known_network_is_measured_as_by_hand(dataset, facts, network):
    found = HeldOut(dataset, SETTINGS, Workers(1)).measurement(network)
    base = constant_winner(dataset)
    assert found.losses.value == pytest.approx(mean(facts, lambda winner, _: -np.log(CONSTANT[winner])), rel=1e-5)
    assert found.constant_value_loss == pytest.approx(mean(facts, lambda winner, _: -np.log(base[winner])), rel=1e-5)
    uniform = mean(facts, lambda _, shares: np.log(len(shares)))
    assert found.uniform_policy_loss == pytest.approx(uniform, rel=1e-5)
    assert found.losses.policy == pytest.approx(uniform, rel=1e-5)
    assert found.policy_entropy == pytest.approx(mean(facts, lambda _, s: -(s * np.log(s)).sum()), rel=1e-4)
    assert found.winner_accuracy == pytest.approx(mean(facts, lambda winner, _: winner == 1), rel=1e-5)
    first_is_best = mean(facts, lambda _, shares: shares[0] == shares.max())
    assert found.move_agreement == pytest.approx(first_is_best, rel=1e-5)


def test_held_out_values_are_compared_with_outcomes_whatever_training_mixes_in(dataset, facts, network):
    measured = [
        HeldOut(dataset, TrainingSettings(search_value_share=share), Workers(1)).measurement(network)
        for share in (0.0, 1.0)
    ]
    assert measured[0] == measured[1]
    losses = measured[1].losses
    assert losses.value == pytest.approx(mean(facts, lambda winner, _: -np.log(CONSTANT[winner])), rel=1e-5)
    sure = mean(facts, lambda winner, _: -(0.8 * np.log(CONSTANT[winner]) + 0.2 * np.mean(np.log(CONSTANT))))
    assert losses.search_value == pytest.approx(sure, rel=1e-5)
    heads = (losses.ownership, losses.score, losses.length, losses.next_move)
    weights = (SETTINGS.ownership_weight, SETTINGS.score_weight, SETTINGS.length_weight, SETTINGS.next_move_weight)
    assert losses.total == pytest.approx(losses.policy + losses.value + np.dot(weights, heads), rel=1e-5)


def test_losses_on_some_rows_are_those_of_these_rows(dataset, network):
    held_out = HeldOut(dataset, SETTINGS, Workers(2))
    everything = held_out.losses(network, dataset.held_out_rows)
    parts = [held_out.losses(network, rows) for rows in np.array_split(dataset.held_out_rows, 2)]
    weights = [dataset.weights(rows).sum() for rows in np.array_split(dataset.held_out_rows, 2)]
    assert everything.total == pytest.approx(np.average([part.total for part in parts], weights=weights), rel=1e-5)
    assert parts[0].value != parts[1].value
