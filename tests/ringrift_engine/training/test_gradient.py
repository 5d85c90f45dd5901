"""The gradient of a batch in shards against the gradient of the whole batch at once."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ringrift_engine.boards import CONFIGS
from ringrift_engine.encoding import Encoding
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.settings import NetworkSettings
from ringrift_engine.nets.workers import Workers
from ringrift_engine.training.dataset import Dataset
from ringrift_engine.training.gradient import SHARDS, BatchGradient
from ringrift_engine.training.loss import Targets, losses, total
from ringrift_engine.training.settings import TrainingSettings
from ringrift_engine.training.symmetry import turned
from tests.ringrift_engine.training.synthetic import write_dataset

CONFIG = CONFIGS["square8_2p"]
ENCODING = Encoding(CONFIG)
SETTINGS = TrainingSettings()
SMALL = NetworkSettings(blocks=1, channels=8, pooled_every=1, pooled_channels=4, head_channels=4, hidden=8)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return Dataset(write_dataset(tmp_path_factory.mktemp("data") / "set.npz", CONFIG.key, games=8), CONFIG)


def test_the_next_move_teaches_its_head_and_the_trunk_unless_its_weight_is_zero(dataset):
    alone = TrainingSettings(value_weight=0, ownership_weight=0, score_weight=0, length_weight=0)
    rows = np.arange(20)
    gradients = {}
    for weight in (0.0, 1.0):
        network = BoardNetwork(SMALL, ENCODING)
        settings = replace(alone, next_move_weight=weight)
        BatchGradient(network, dataset, ENCODING, settings, Workers(1))(rows, np.zeros_like(rows))
        gradients[weight] = {name: parameter.grad for name, parameter in network.named_parameters()}
    for part in ("next_move.weight", "next_move.bias"):
        assert not gradients[0.0][part].any()
        assert gradients[1.0][part].any()
    assert not torch.equal(gradients[0.0]["stem.weight"], gradients[1.0]["stem.weight"])
    assert torch.equal(gradients[0.0]["policy.weight"], gradients[1.0]["policy.weight"])


@pytest.mark.parametrize("rows", [1, 7, 40])
def test_shards_add_up_to_the_whole(dataset, rows):
    network = BoardNetwork(SMALL, ENCODING)
    chosen = np.arange(rows)
    symmetry = chosen % ENCODING.symmetries
    samples = turned(dataset.samples(chosen), ENCODING, symmetry)
    targets = Targets.of(samples)
    heads = losses(network(torch.from_numpy(samples.planes), torch.from_numpy(samples.scalars)), targets)
    expected_loss = total(heads, targets.weights, SETTINGS)
    expected = torch.autograd.grad(expected_loss, list(network.parameters()))

    loss, shards = BatchGradient(network, dataset, ENCODING, SETTINGS, Workers(2))(chosen, symmetry)
    assert loss == pytest.approx(expected_loss.item(), rel=1e-5)
    for parameter, gradient in zip(network.parameters(), expected, strict=True):
        assert parameter.grad is not None
        assert torch.allclose(parameter.grad, gradient, rtol=1e-3, atol=1e-5)
    assert len(shards) == min(SHARDS, rows)
    assert torch.cat([weights for _, weights in shards]).tolist() == targets.weights.tolist()
    found = torch.cat([part.policy for part, _ in shards])
    assert torch.allclose(found, heads.policy, atol=1e-5)
    assert not found.requires_grad
