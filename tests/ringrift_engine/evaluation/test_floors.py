"""The floors' table, written out a second time, and the tiers' boundaries."""

import pytest

from ringrift_engine.errors import ConfigError
from ringrift_engine.evaluation.floors import floors_of


@pytest.mark.parametrize(
    ("players", "games", "tier", "random", "heuristic"),
    [
        (2, 0, "bootstrap", 0.75, 0.55),
        (2, 4_999, "bootstrap", 0.75, 0.55),
        (2, 5_000, "standard", 0.85, 0.65),
        (2, 19_999, "standard", 0.85, 0.65),
        (2, 20_000, "aspirational", 0.90, 0.80),
        (3, 100, "bootstrap", 0.50, 0.40),
        (3, 5_000, "standard", 0.55, 0.45),
        (3, 20_000, "aspirational", 0.60, 0.55),
        (4, 100, "bootstrap", 0.40, 0.30),
        (4, 5_000, "standard", 0.45, 0.35),
        (4, 1_000_000, "aspirational", 0.50, 0.45),
    ],
)
def test_floors_by_players_and_games(players, games, tier, random, heuristic):
    floors = floors_of(players, games)
    assert (floors.tier, floors.random, floors.heuristic) == (tier, random, heuristic)


@pytest.mark.parametrize(("players", "games"), [(2, -1), (5, 100)])
def test_impossible_numbers_have_no_floors(players, games):
    with pytest.raises(ConfigError):
        floors_of(players, games)


def test_floors_are_above_chance_so_they_say_something():
    for players in (2, 3, 4):
        assert floors_of(players, 0).heuristic > 1 / players
