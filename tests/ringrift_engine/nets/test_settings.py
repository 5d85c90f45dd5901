"""Sizes of networks and the architecture hash: everything that changes what weights mean changes the hash."""

from dataclasses import fields, replace

import pytest

from ringrift_engine.boards import CONFIG_KEYS, CONFIGS
from ringrift_engine.errors import ConfigError
from ringrift_engine.nets.settings import NetworkSettings, architecture_hash, network_settings

CONFIG = CONFIGS["hex8_2p"]
BASE = NetworkSettings(blocks=3, channels=24, pooled_every=1, pooled_channels=8, head_channels=12, hidden=20)


def test_an_equal_architecture_has_an_equal_hash():
    assert architecture_hash(BASE, CONFIG, 1) == architecture_hash(replace(BASE), CONFIG, 1)


@pytest.mark.parametrize("name", [field.name for field in fields(NetworkSettings)])
def test_every_setting_changes_the_hash(name):
    changed = replace(BASE, **{name: getattr(BASE, name) + 1})
    assert architecture_hash(changed, CONFIG, 1) != architecture_hash(BASE, CONFIG, 1)


def test_board_players_and_encoder_change_the_hash():
    hashes = {architecture_hash(BASE, config, version) for config in CONFIGS.values() for version in (1, 2)}
    assert len(hashes) == 2 * len(CONFIG_KEYS)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"blocks": -1}, "blocks = -1"),
        ({"channels": 0}, "channels = 0"),
        ({"pooled_every": -1}, "pooled_every = -1"),
        ({"hidden": 0}, "hidden = 0"),
        ({"pooled_channels": 25}, "pooled_channels = 25 exceeds channels = 24"),
    ],
)
def test_an_impossible_size_is_refused_by_name(changes, named):
    with pytest.raises(ConfigError, match=named):
        replace(BASE, **changes)


def test_every_second_block_pools_if_pooled_every_is_two_and_none_if_zero():
    assert [replace(BASE, pooled_every=2).is_pooled(block) for block in range(4)] == [False, True, False, True]
    assert not any(replace(BASE, pooled_every=0).is_pooled(block) for block in range(4))


@pytest.mark.parametrize("key", CONFIG_KEYS)
def test_the_networks_of_large_boards_are_smaller(key):
    config = CONFIGS[key]
    small = network_settings(CONFIGS["hex8_2p"])
    assert (network_settings(config).channels < small.channels) == (config.cells > 100)
