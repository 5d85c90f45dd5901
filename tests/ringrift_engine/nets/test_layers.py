"""Convolutions against loops over the geometry's neighbours, and what standardised weights promise."""

import numpy as np
import pytest
import torch

from ringrift_engine.boards import CONFIGS, geometry_of
from ringrift_engine.nets.layers import BoardMask, StandardisedConvolution, convolution_taps


def neighbours(board: str, cell: int) -> list[tuple[int, int]]:
    """(dx, dy) of a cell's neighbours on the board, by the reach of the geometry."""
    geometry = geometry_of(board)
    return [step for number, step in enumerate(geometry.directions) if geometry.reach[cell, number] > 0]


@pytest.mark.parametrize("board", ["hex8", "square8"])
def test_a_convolution_sums_a_cell_and_its_neighbours_on_the_board(board):
    config, geometry = CONFIGS[f"{board}_2p"], geometry_of(board)
    torch.manual_seed(1)
    layer = StandardisedConvolution(2, 3, convolution_taps(config.is_hex))
    playable = geometry.playable.reshape(config.size, config.size)
    inputs = torch.randn(1, 2, config.size, config.size) * torch.from_numpy(playable)
    found = layer(inputs)[0].detach().numpy()
    weight = layer.effective_weight().detach().numpy()
    for cell in np.flatnonzero(geometry.playable):
        y, x = divmod(int(cell), config.size)
        steps = [(0, 0), *neighbours(board, int(cell))]
        expected = sum(weight[:, :, dy + 1, dx + 1] @ inputs[0, :, y + dy, x + dx].numpy() for dx, dy in steps)
        assert found[:, y, x] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("is_hex", [False, True])
def test_weights_have_mean_zero_and_variance_gain_over_fan_in_over_the_taps_read(is_hex):
    torch.manual_seed(2)
    taps = convolution_taps(is_hex)
    layer = StandardisedConvolution(5, 7, taps, gain=3.0)
    live = layer.effective_weight().detach()[:, :, taps]
    assert live.shape == (7, 5, 7 if is_hex else 9)
    fan_in = live[0].numel()
    assert live.mean((1, 2)).numpy() == pytest.approx(0, abs=1e-6)
    assert live.square().mean((1, 2)).numpy() == pytest.approx(9 / fan_in, rel=1e-4)
    assert not layer.effective_weight()[:, :, ~taps].any()


def test_the_scale_of_inputs_is_part_of_the_weights():
    torch.manual_seed(3)
    scale = torch.tensor([0.5, 4.0])
    scaled = StandardisedConvolution(2, 3, convolution_taps(False), scale=scale)
    plain = StandardisedConvolution(2, 3, convolution_taps(False))
    plain.load_state_dict(scaled.state_dict())
    inputs = torch.randn(1, 2, 4, 4)
    assert torch.allclose(scaled(inputs), plain(inputs * scale[None, :, None, None]), atol=1e-5)


def test_frozen_weights_are_those_of_the_moment():
    layer = StandardisedConvolution(2, 3, convolution_taps(True))
    inputs = torch.randn(1, 2, 5, 5)
    before = layer(inputs)
    layer.freeze(torch.float32)
    with torch.no_grad():
        layer.gain.mul_(2)
    assert torch.allclose(layer(inputs), before, atol=1e-5)


def test_pooling_counts_the_boards_cells_only():
    playable = torch.tensor([[True, False], [True, True]])
    mask = BoardMask(playable)
    inputs = torch.tensor([[[[3.0, 100.0], [4.0, 5.0]]]])
    assert mask(inputs).flatten().tolist() == [3, 0, 4, 5]
    assert mask.mean_and_max(mask(inputs)).tolist() == [[4.0, 5.0]]
