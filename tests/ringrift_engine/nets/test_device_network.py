"""The network that judges on a GPU, with the CPU standing in: what it reads and writes, and in which rows."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ringrift_engine.boards import CONFIGS
from ringrift_engine.encoding import Encoding
from ringrift_engine.nets.inference import ChunkedForward
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.settings import NetworkSettings
from tests.ringrift_engine.nets.test_network import trained_looking
from tests.ringrift_engine.search.positions import random_positions
from tests.support.ptx import needs_numba_cuda

CONFIG = CONFIGS["hex8_3p"]
SIZES = NetworkSettings(blocks=2, channels=16)


@pytest.fixture
def device_network(monkeypatch):
    """The module, on the CPU: arrays are shared with numpy instead of kernels, and a recording is a call."""
    from ringrift_engine.nets import device_network

    def record(network, size):
        return SimpleNamespace(replay=lambda: network._pass(size))

    monkeypatch.setattr(device_network, "CUDA", "cpu")
    monkeypatch.setattr(device_network, "share_with_kernels", lambda tensor: tensor.numpy())
    monkeypatch.setattr(device_network.DeviceNetwork, "_record", record)
    return device_network


@needs_numba_cuda
def test_it_judges_the_positions_that_were_written_into_its_planes(device_network):
    encoding = Encoding(CONFIG)
    games, _ = random_positions(CONFIG, 70, 20)
    planes, numbers = encoding.encode(games)
    judge = device_network.DeviceNetwork(trained_looking(encoding), CONFIG)
    judge.reserve(10)
    judge.reserve(len(games))
    judge.planes[: len(games)] = planes.reshape(len(games), encoding.planes, -1)
    judge.numbers[: len(games)] = numbers
    judge.judge(len(games))
    policy, values = ChunkedForward(trained_looking(encoding), "bf16", 1, 128)(planes, numbers)
    for found, expected in ((judge.policy, policy), (judge.values, values)):
        spread = float(expected.std(axis=0).max())  # positions differ, and so do the answers
        assert spread > 0
        assert found[: len(games)] == pytest.approx(expected, abs=0.2 * spread)
    assert not judge.values[device_network.batch_size(len(games)) :].any()


@needs_numba_cuda
def test_the_planes_of_a_cell_lie_side_by_side_for_kernels_and_convolutions(device_network):
    judge = device_network.DeviceNetwork(BoardNetwork(SIZES, Encoding(CONFIG)), CONFIG)
    judge.reserve(1)
    assert judge.planes.shape[1:] == (Encoding(CONFIG).planes, CONFIG.box)
    assert judge.planes.strides[1] == 1
    assert judge._planes.is_contiguous(memory_format=torch.channels_last)
    assert np.shares_memory(judge.planes, judge._planes.numpy())


@needs_numba_cuda
@pytest.mark.parametrize(
    ("rows", "size"), [(1, 64), (64, 64), (65, 96), (96, 96), (97, 128), (129, 192), (193, 256), (4_096, 4_096)]
)
def test_batches_have_few_sizes(device_network, rows, size):
    assert device_network.batch_size(rows) == size
