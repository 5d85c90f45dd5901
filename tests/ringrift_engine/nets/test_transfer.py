"""Transferred networks: the same function where both configurations mean the same, and weights where names meet."""

import math

import pytest
import torch

from ringrift_engine.boards import CONFIG_KEYS, CONFIGS
from ringrift_engine.encoding import ENCODER_VERSION, Encoding
from ringrift_engine.encoding.action_planes import action_layout, describe_index, output_names
from ringrift_engine.errors import DataError
from ringrift_engine.nets.checkpoint import Checkpoint, CheckpointHeader
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.settings import NetworkSettings
from ringrift_engine.nets.transfer import sources_of, transfer

SETTINGS = NetworkSettings(blocks=2, channels=8, pooled_every=2, pooled_channels=4, head_channels=4, hidden=8)


def trained(key, seed=1):
    """A checkpoint whose weights are all random, biases and the gains that begin at zero too."""
    network = BoardNetwork(SETTINGS, Encoding(CONFIGS[key]), seed)
    noise = torch.Generator().manual_seed(seed)
    weights = {
        name: tensor + 0.3 * torch.randn(tensor.shape, generator=noise) for name, tensor in network.state_dict().items()
    }
    header = CheckpointHeader(config_key=key, settings=SETTINGS, encoder_version=ENCODER_VERSION)
    return Checkpoint(header, weights, "1a2b3c" + "0" * 58)


def network_of(checkpoint):
    network = BoardNetwork(SETTINGS, Encoding(CONFIGS[checkpoint.header.config_key]))
    network.load_state_dict(dict(checkpoint.weights))
    return network


def inputs_of(old, new, positions=5):
    """Random inputs of `old`, and the same positions as `new` sees them if its further seats have nothing."""
    chance = torch.Generator().manual_seed(0)
    playable = torch.from_numpy(old.playable.copy())
    planes = (
        torch.randint(0, 4, (positions, old.planes, *playable.shape), generator=chance, dtype=torch.int8) * playable
    )
    numbers = torch.rand(positions, old.globals, generator=chance)
    wider_planes = torch.zeros(positions, new.planes, *playable.shape, dtype=torch.int8)
    wider_numbers = torch.zeros(positions, new.globals)
    for number, name in enumerate(new.plane_names):
        if name in old.plane_names:
            wider_planes[:, number] = planes[:, old.plane_names.index(name)]
    for number, name in enumerate(new.global_names):
        if name in old.global_names:
            wider_numbers[:, number] = numbers[:, old.global_names.index(name)]
    return (planes, numbers), (wider_planes, wider_numbers)


def by_output(policy, encoding, of=None):
    """The policy planes whose names the encoding `of` has too, in its order."""
    names, wanted = output_names(encoding.config), output_names((of or encoding).config)
    planes = policy[:, : encoding.policy_planes * encoding.playable.size].unflatten(1, (encoding.policy_planes, -1))
    return planes[:, [names.index(name) for name in wanted[: (of or encoding).policy_planes]]]


@pytest.mark.parametrize(
    ("old_key", "new_key"), [("square8_2p", "square8_4p"), ("hex8_2p", "hex8_3p"), ("hex8_3p", "hex8_4p")]
)
def test_where_the_new_seats_have_nothing_the_network_says_the_same(old_key, new_key):
    checkpoint = trained(old_key)
    old, new = Encoding(CONFIGS[old_key]), Encoding(CONFIGS[new_key])
    found = transfer(checkpoint, new)
    assert found.share == 1.0
    before, after = inputs_of(old, new)
    small, large = network_of(checkpoint), found.network
    with torch.no_grad():
        trunks = small._trunk(*before), large._trunk(*after)
        assert trunks[0].abs().max() > 1
        assert torch.allclose(*trunks, rtol=1e-4, atol=1e-4)
        said, says = small(*before), large(*after)
    assert torch.allclose(by_output(said.policy, old), by_output(says.policy, new, old), rtol=1e-4, atol=1e-4)
    old_seats, new_seats = CONFIGS[old_key].num_players, CONFIGS[new_key].num_players
    last = old_seats - 1
    chances, new_chances = said.value.softmax(1), says.value.softmax(1)
    assert torch.allclose(chances[:, :last], new_chances[:, :last], atol=1e-5)
    assert torch.allclose(chances[:, last], new_chances[:, last:].sum(1), atol=1e-5)
    assert torch.allclose(new_chances[:, last], new_chances[:, -1], atol=1e-6), "later seats begin alike"
    owners, new_owners = said.ownership.softmax(1), says.ownership.softmax(1)
    assert torch.allclose(owners[:, last], new_owners[:, last:new_seats].sum(1), atol=1e-5)
    assert torch.allclose(owners[:, -1], new_owners[:, -1], atol=1e-5), "nobody"
    assert torch.allclose(says.scores[:, :old_seats], said.scores, rtol=1e-4, atol=1e-4)
    assert torch.allclose(says.scores[:, -1], said.scores[:, -1], rtol=1e-4, atol=1e-4)
    assert torch.allclose(says.length, said.length, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("old_key", "new_key"), [("square8_2p", "square19_2p"), ("hex8_3p", "hexagonal_3p")])
def test_a_larger_board_of_the_family_takes_every_weight_as_it_is(old_key, new_key):
    checkpoint = trained(old_key)
    found = transfer(checkpoint, Encoding(CONFIGS[new_key]))
    assert found.share == 1.0
    own = network_of(checkpoint)
    assert torch.allclose(own.stem.effective_weight(), found.network.stem.effective_weight(), atol=1e-6)
    weights = found.network.state_dict()
    others = [name for name in weights if not name.startswith("stem.")]
    assert all(torch.equal(weights[name], checkpoint.weights[name]) for name in others)


def test_with_fewer_players_the_stem_keeps_its_weights_but_for_a_constant_of_each_output():
    checkpoint = trained("square8_4p")
    old, new = Encoding(CONFIGS["square8_4p"]), Encoding(CONFIGS["square8_2p"])
    found = transfer(checkpoint, new)
    assert found.share == 1.0
    places = [old.plane_names.index(name) for name in new.plane_names]
    before = network_of(checkpoint).stem.effective_weight()[:, places]
    after = found.network.stem.effective_weight()
    # In the units of the new network: the length of a line, the unit of runs, depends on the number of players.
    apart = (before - after) / torch.from_numpy(new.plane_scale.copy()).reshape(1, -1, 1, 1)
    assert torch.allclose(apart, apart.mean((1, 2, 3), keepdim=True).expand_as(apart), atol=1e-5)


def test_what_the_other_network_does_not_have_begins_at_zero_where_it_is_read_and_fresh_where_it_is_said(monkeypatch):
    checkpoint, new = trained("square8_2p"), Encoding(CONFIGS["square19_2p"])
    new.plane_names = ("something else", *new.plane_names[1:])
    new.global_names = ("another number", *new.global_names[1:])
    found = transfer(checkpoint, new, seed=3)
    assert 0.9 < found.share < 1
    assert not found.network.from_globals.weight[:, 0].any()
    effective = found.network.stem.effective_weight()
    assert effective[:, 0].abs().max() < 1e-6
    monkeypatch.setitem(_outputs(monkeypatch), "ownership", lambda config: (config.key, "seat_1", "nobody"))
    found = transfer(checkpoint, Encoding(CONFIGS["square19_2p"]), seed=3)
    fresh = BoardNetwork(SETTINGS, new, seed=3)
    assert torch.equal(found.network.ownership.weight[0], fresh.ownership.weight[0])
    assert torch.equal(found.network.ownership.weight[1], checkpoint.weights["ownership.weight"][1])


def _outputs(monkeypatch):
    from ringrift_engine.nets import transfer as module

    outputs = dict(module._OUTPUTS)
    monkeypatch.setattr(module, "_OUTPUTS", outputs)
    return outputs


def test_boards_of_another_family_are_refused_with_those_that_would_do():
    with pytest.raises(DataError, match=r"1a2b3c000000 is of square8_2p, and hex8_2p .* Name one of hex8 or hexagonal"):
        transfer(trained("square8_2p"), Encoding(CONFIGS["hex8_2p"]))


def test_equal_checkpoints_give_equal_weights():
    first, second = (transfer(trained("hex8_2p"), Encoding(CONFIGS["hexagonal_4p"])).network for _ in range(2))
    assert all(torch.equal(weight, second.state_dict()[name]) for name, weight in first.state_dict().items())


def test_a_seat_that_is_not_known_takes_what_the_last_one_has():
    known = ("cap_0", "cap_1", "phase_movement", "place 2")
    assert sources_of(("cap_0", "cap_1", "cap_2", "cap_3"), known, 2) == [0, 1, 1, 1]
    assert sources_of(("phase_movement", "place 2", "place 3", "cap_9x", "rim"), known, 2) == [2, 3, -1, -1, -1]


@pytest.mark.parametrize("key", CONFIG_KEYS)
def test_every_output_has_a_name_of_its_own_that_says_what_it_stands_for(key):
    config = CONFIGS[key]
    names, layout = output_names(config), action_layout(config.board, config.num_players)
    assert len(names) == len(set(names)) == Encoding(config).policy_planes + Encoding(config).specials
    for plane in range(layout.planes):
        words = describe_index(config, plane * layout.box).split(" @ ")[0]
        assert words in (names[plane], f"claim border of relative seat {names[plane][-1]}")


def test_the_logarithm_of_the_copies_is_what_each_of_them_loses():
    checkpoint = trained("hex8_2p")
    found = transfer(checkpoint, Encoding(CONFIGS["hex8_4p"])).network
    given = checkpoint.weights["value.bias"]
    assert found.value.bias.tolist() == pytest.approx([given[0].item(), *[given[1].item() - math.log(3)] * 3])
