"""The network on all configurations: layout of its outputs, reach of its inputs, precision, determinism."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from ringrift_engine.boards import CONFIG_KEYS, CONFIGS, geometry_of
from ringrift_engine.encoding import Encoding
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.settings import NetworkSettings

TINY = NetworkSettings(blocks=2, channels=8, pooled_every=2, pooled_channels=4, head_channels=4, hidden=8)


def encoding_of(key: str) -> Encoding:
    return Encoding(CONFIGS[key])


def random_inputs(encoding: Encoding, rows: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    random = np.random.default_rng(seed)
    size = encoding.config.size
    planes = random.integers(0, 4, (rows, encoding.planes, size, size), dtype=np.int8) * encoding.playable
    return torch.from_numpy(planes.astype(np.int8)), torch.from_numpy(
        random.random((rows, encoding.globals), dtype=np.float32)
    )


def trained_looking(encoding: Encoding, settings: NetworkSettings = TINY, seed: int = 0) -> BoardNetwork:
    """A network none of whose weights is at its starting value: residual branches start at zero."""
    network = BoardNetwork(settings, encoding, seed)
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed + 1)
        for parameter in network.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return network


@pytest.mark.parametrize("key", CONFIG_KEYS)
def test_outputs_have_the_shapes_of_the_configuration(key):
    encoding = encoding_of(key)
    config = encoding.config
    found = BoardNetwork(TINY, encoding)(*random_inputs(encoding, 3))
    assert found.policy.shape == (3, encoding.policy_size)
    assert found.value.shape == (3, config.num_players)
    assert found.ownership.shape == (3, config.num_players + 1, config.size, config.size)
    assert found.scores.shape == (3, config.num_players, 2)
    assert found.length.shape == (3,)
    assert found.next_move.shape == (3, encoding.policy_size - 1)
    assert found.policy.dtype == found.value.dtype == torch.float32


@pytest.mark.parametrize("key", ["hex8_2p", "square8_3p"])
def test_policy_entries_are_planes_by_cells_then_specials_then_a_constant_zero(key):
    encoding = encoding_of(key)
    network = BoardNetwork(TINY, encoding)
    with torch.no_grad():
        network.policy.weight.zero_()
        network.policy.bias.copy_(1 + torch.arange(len(network.policy.bias)))
    policy = network(*random_inputs(encoding, 2)).policy.detach().numpy()
    box, planes = encoding.config.box, encoding.policy_planes
    for plane in range(planes):
        assert (policy[:, plane * box : (plane + 1) * box] == plane + 1).all()
    specials = policy[:, planes * box : -1]
    assert specials == pytest.approx(np.tile(planes + 1 + np.arange(encoding.specials), (2, 1)))
    assert (policy[:, -1] == 0).all()


@pytest.mark.parametrize("key", ["hex8_2p", "square8_2p"])
def test_without_blocks_a_cell_hears_of_itself_and_its_neighbours_alone(key):
    encoding = encoding_of(key)
    config, geometry = encoding.config, geometry_of(encoding.config.board)
    network = trained_looking(encoding, replace(TINY, blocks=0))
    planes, scalars = random_inputs(encoding, 1)
    before = network(planes, scalars).policy.detach()
    for cell in np.flatnonzero(geometry.playable)[::7]:
        changed = planes.clone()
        changed.view(1, encoding.planes, -1)[:, :, cell] += 1
        moved = (network(changed, scalars).policy.detach() - before).abs() > 1e-7
        on_cells = moved[0, : encoding.policy_planes * config.box].reshape(-1, config.box).any(dim=0).numpy()
        reached = {int(cell)} | {
            int(cell) + int(geometry.stride[number])
            for number in range(len(geometry.directions))
            if geometry.reach[cell, number] > 0
        }
        assert set(np.flatnonzero(on_cells & geometry.playable)) == reached


@pytest.mark.parametrize(("pooled_every", "hears"), [(1, True), (0, False)])
def test_pooling_alone_lets_a_corner_hear_of_the_opposite_one_within_a_block(pooled_every, hears):
    encoding = encoding_of("square19_2p")
    network = trained_looking(encoding, replace(TINY, blocks=1, pooled_every=pooled_every))
    planes, scalars = random_inputs(encoding, 1)
    changed = planes.clone()
    changed[:, :, 0, 0] = 20
    last_cell = torch.arange(encoding.policy_planes) * encoding.config.box + encoding.config.box - 1
    difference = (network(changed, scalars).policy - network(planes, scalars).policy)[0, last_cell].abs().max()
    assert bool(difference > 0) == hears


@pytest.mark.parametrize("name", [field.name for field in fields(NetworkSettings)])
def test_every_setting_changes_the_shapes_of_the_weights(name):
    def shapes(settings):
        weights = BoardNetwork(settings, encoding_of("hex8_2p")).state_dict()
        return {name: tuple(weight.shape) for name, weight in weights.items()}

    assert shapes(replace(TINY, **{name: getattr(TINY, name) + 1})) != shapes(TINY)


def test_globals_reach_every_output():
    encoding = encoding_of("hex8_2p")
    network = trained_looking(encoding)
    planes, scalars = random_inputs(encoding, 1)
    before, after = network(planes, scalars), network(planes, scalars + 1)
    for name in ("policy", "value", "ownership", "scores", "length", "next_move"):
        assert not torch.equal(getattr(before, name), getattr(after, name)), name


def test_what_lies_outside_a_hexagonal_board_is_not_seen_by_the_value():
    encoding = encoding_of("hex8_2p")
    network = trained_looking(encoding)
    seen = []
    for module in network.blocks:
        module.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    network(*random_inputs(encoding, 2))
    outside = torch.from_numpy(~encoding.playable)
    assert len(seen) == TINY.blocks
    assert all(not output[:, :, outside].any() and output.any() for output in seen)


@pytest.mark.parametrize("key", ["hex8_3p", "square8_2p"])
def test_play_and_training_see_the_same_function(key):
    encoding = encoding_of(key)
    network = trained_looking(encoding)
    inputs = random_inputs(encoding, 4)
    everything, part = network(*inputs), network.policy_and_value(*inputs)
    assert torch.equal(everything.policy, part.policy)
    assert torch.equal(everything.value, part.value)
    network.freeze(torch.float32)
    frozen = network.policy_and_value(*inputs)
    assert torch.allclose(frozen.policy, part.policy, atol=1e-4)
    assert torch.allclose(frozen.value, part.value, atol=1e-4)


def test_the_next_move_has_the_layout_of_the_policy_and_no_part_in_play():
    encoding = encoding_of("hex8_2p")
    network = trained_looking(encoding)
    inputs = random_inputs(encoding, 2)
    with torch.no_grad():
        network.next_move.load_state_dict(network.policy.state_dict())
    found = network(*inputs)
    assert torch.equal(found.next_move, found.policy[:, :-1])
    before = network.policy_and_value(*inputs)
    with torch.no_grad():
        network.next_move.weight.fill_(torch.nan)
    network.next_move.register_forward_hook(lambda *_: pytest.fail("play computed the next move"))
    after = network.policy_and_value(*inputs)
    assert torch.equal(before.policy, after.policy)
    assert torch.equal(before.value, after.value)


def test_bf16_is_close_to_float32_and_not_equal():
    encoding = encoding_of("hex8_2p")
    network = trained_looking(encoding)
    inputs = random_inputs(encoding, 16)
    exact = network.policy_and_value(*inputs)
    network.freeze(torch.bfloat16)
    rounded = network.policy_and_value(*inputs)
    for name in ("policy", "value"):
        wide, narrow = getattr(exact, name), getattr(rounded, name)
        assert narrow.dtype == torch.float32
        assert 0 < (wide - narrow).abs().max() < 0.05 * wide.abs().max()


def test_first_weights_come_from_the_seed_and_leave_the_worlds_random_numbers_alone():
    encoding = encoding_of("hex8_2p")
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, same, other = (BoardNetwork(TINY, encoding, seed).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not torch.equal(first["stem.weight"], other["stem.weight"])


def test_a_new_network_has_no_opinion():
    encoding = encoding_of("square8_4p")
    found = BoardNetwork(NetworkSettings(), encoding)(*random_inputs(encoding, 8))
    assert found.value.softmax(dim=1).detach().numpy() == pytest.approx(0.25, abs=0.05)
    assert found.policy.abs().max() < 1.0
