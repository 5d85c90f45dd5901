"""The settings table: every configuration has a row, overrides change it, impossible ones are errors."""

import pytest

from ringrift_assets.settings import SETTINGS, GauntletBudget, SelfplayBudget, TrainingBudget
from ringrift_engine.boards import CONFIG_KEYS
from ringrift_engine.errors import ConfigError


def test_every_configuration_has_a_row():
    assert tuple(SETTINGS) == CONFIG_KEYS


def test_one_generation_of_every_configuration_can_open_its_own_gates():
    for key, row in SETTINGS.items():
        assert row.selfplay.amount(searched=False)[0] >= row.training.needed_games, key


def test_large_boards_play_fewer_games():
    for players in (2, 3, 4):
        for large in ("square19", "hexagonal"):
            for small in ("square8", "hex8"):
                few, many = SETTINGS[f"{large}_{players}p"].selfplay, SETTINGS[f"{small}_{players}p"].selfplay
                assert few.searched_games < many.searched_games
                assert few.bootstrap_games < many.bootstrap_games
                assert few.simulations < many.simulations


def test_who_plays_decides_how_much_unless_a_run_says_so():
    budget = SelfplayBudget(bootstrap_games=40, searched_games=4, bootstrap_batch=8, searched_batch=2, simulations=1)
    assert budget.amount(searched=False) == (40, 8)
    assert budget.amount(searched=True) == (4, 2)
    asked = budget.override({"games": 6, "batch_games": 3, "seed": None})
    assert asked.amount(searched=False) == asked.amount(searched=True) == (6, 3)


@pytest.mark.parametrize(
    ("settings", "values", "named"),
    [
        (SETTINGS["hex8_2p"].selfplay, {"games": 0}, "games is 0"),
        (SETTINGS["hex8_2p"].selfplay, {"searched_batch": 0}, "searched_batch is 0"),
        (SETTINGS["hex8_2p"].selfplay, {"seed": -1}, "seed is -1"),
        (
            TrainingBudget(needed_games=1, needed_positions=1, needed_held_out=1),
            {"max_age_hours": -1.0},
            "max_age_hours",
        ),
        (GauntletBudget(), {"seed": -3}, "seed is -3"),
    ],
)
def test_an_impossible_value_is_an_error_that_names_it(settings, values, named):
    with pytest.raises(ConfigError, match=named):
        settings.override(values)
