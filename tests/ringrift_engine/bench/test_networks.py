"""The bare loop and the counted operations, which shares of a limit rest on."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ringrift_engine.bench.networks import forward_flops
from ringrift_engine.bench.training import BareLoop
from ringrift_engine.boards import CONFIGS
from ringrift_engine.encoding import Encoding
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.settings import NetworkSettings
from ringrift_engine.nets.workers import Workers
from ringrift_engine.training.dataset import Dataset
from ringrift_engine.training.gradient import BatchGradient
from ringrift_engine.training.settings import training_settings
from tests.ringrift_engine.training.synthetic import write_dataset

CONFIG = CONFIGS["square8_2p"]
ENCODING = Encoding(CONFIG)
SMALL = NetworkSettings(blocks=1, channels=8, pooled_every=0, pooled_channels=4, head_channels=4, hidden=8)


def test_a_block_more_costs_the_operations_of_two_convolutions():
    deeper = forward_flops(BoardNetwork(replace(SMALL, blocks=2), ENCODING), ENCODING)
    one_convolution = 2 * 9 * SMALL.channels**2 * CONFIG.cells  # a multiplication and an addition each
    assert deeper - forward_flops(BoardNetwork(SMALL, ENCODING), ENCODING) == 2 * one_convolution


@pytest.mark.parametrize("pieces", [1, 2])
def test_the_bare_loop_computes_the_gradient_that_training_computes(tmp_path, pieces):
    """Whole or in pieces, without the reading and the symmetries."""
    dataset = Dataset(write_dataset(tmp_path / "set.npz", CONFIG.key, games=10), CONFIG)
    settings = replace(training_settings(CONFIG), precision="fp32", gradient_clip=1e9)
    network, rows, workers = BoardNetwork(SMALL, ENCODING), dataset.training_rows[:32], Workers(1)
    samples = [dataset.samples(part) for part in np.array_split(rows, pieces)]
    bare = BareLoop(network, samples, settings, threads=1, workers=workers)
    bare.step()
    BatchGradient(network, dataset, ENCODING, settings, workers)(rows, np.zeros(len(rows), dtype=np.int64))
    expected = [parameter.grad for parameter in network.parameters()]
    assert len(expected) == len(bare.gradients)
    for found, wanted in zip(bare.gradients, expected, strict=True):
        assert wanted is not None
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-6)


def test_a_step_of_the_bare_loop_lowers_the_loss_of_its_batch(tmp_path):
    dataset = Dataset(write_dataset(tmp_path / "set.npz", CONFIG.key, games=10), CONFIG)
    settings = replace(training_settings(CONFIG), precision="fp32", learning_rate=1e-3)
    bare = BareLoop(
        BoardNetwork(SMALL, ENCODING), [dataset.samples(dataset.training_rows[:32])], settings, 1, Workers(1)
    )
    first = bare.step()
    for _ in range(20):
        last = bare.step()
    assert last < first
