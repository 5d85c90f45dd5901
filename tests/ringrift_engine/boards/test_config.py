"""The twelve configurations against the table of RULES.md 1.2, copied here number by number."""

from dataclasses import replace

import pytest

from ringrift_engine.boards import CONFIG_KEYS, CONFIGS, BoardConfig
from ringrift_engine.errors import ConfigError

# key: rings per player, line length, built-in length, detected from, V, Tmin, maximal height, cells
TABLE = {
    "square8_2p": (18, 4, 3, 4, 18, 33, 8, 64),
    "square8_3p": (18, 3, 3, 3, 24, 22, 8, 64),
    "square8_4p": (18, 3, 3, 3, 30, 17, 8, 64),
    "square19_2p": (72, 4, 4, 4, 72, 181, 19, 361),
    "square19_3p": (72, 4, 4, 4, 96, 121, 19, 361),
    "square19_4p": (72, 4, 4, 4, 120, 91, 19, 361),
    "hex8_2p": (18, 4, 4, 4, 18, 31, 9, 61),
    "hex8_3p": (18, 3, 4, 4, 24, 21, 9, 61),
    "hex8_4p": (18, 3, 4, 4, 30, 16, 9, 61),
    "hexagonal_2p": (96, 4, 4, 4, 96, 235, 25, 469),
    "hexagonal_3p": (96, 4, 4, 4, 128, 157, 25, 469),
    "hexagonal_4p": (96, 4, 4, 4, 160, 118, 25, 469),
}


@pytest.mark.parametrize("key", TABLE)
def test_a_configuration_has_the_numbers_of_the_rules(key):
    config = BoardConfig.from_key(key)
    found = (
        config.rings_per_player,
        config.line_length,
        config.built_in_line_length,
        config.detected_line_length,
        config.ring_victory_threshold,
        config.territory_victory_minimum,
        config.max_height,
        config.cells,
    )
    assert found == TABLE[key]
    assert f"{config.board}_{config.num_players}p" == config.key == key


def test_there_are_twelve_configurations_and_the_small_board_for_two_comes_first():
    assert sorted(CONFIGS) == sorted(TABLE)
    assert tuple(CONFIGS) == CONFIG_KEYS
    assert CONFIG_KEYS[0] == "hex8_2p"


def test_an_unknown_key_is_refused_with_the_nearest_one():
    with pytest.raises(ConfigError, match=r"'hex8_5p'.*'hex8_"):
        BoardConfig.from_key("hex8_5p")


@pytest.mark.parametrize(("players", "threshold"), [(2, 20), (3, 27), (4, 33)])
def test_the_ring_threshold_follows_the_number_of_rings(players, threshold):
    """The values stand in the headers of the recorded games with 20 rings."""
    config = replace(BoardConfig.from_key(f"hexagonal_{players}p"), rings_per_player=20)
    assert config.ring_victory_threshold == threshold
