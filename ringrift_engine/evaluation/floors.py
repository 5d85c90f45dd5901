"""Win rates that every promoted model must reach against the fixed opponents: the one table of them.

Floors keep broken models out; that a candidate is better than the promoted model is the sequential test's business.
They rise with the games that a model could learn from, because a first network after a few thousand games should pass
if it plays sensibly, and a later one that still does not should not. Numbers: the tiers of the platform that this one
replaces.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ringrift_engine.errors import ConfigError


@dataclass(frozen=True)
class Floors:
    """The least win rates, in [0, 1], of one number of players and one amount of data."""

    tier: str
    random: float
    heuristic: float


# tier -> games from which it holds, then per number of players: rates against random and against the heuristic.
_TIERS: Final[Mapping[str, tuple[int, Mapping[int, tuple[float, float]]]]] = MappingProxyType(
    {
        "bootstrap": (0, {2: (0.75, 0.55), 3: (0.50, 0.40), 4: (0.40, 0.30)}),
        "standard": (5_000, {2: (0.85, 0.65), 3: (0.55, 0.45), 4: (0.45, 0.35)}),
        "aspirational": (20_000, {2: (0.90, 0.80), 3: (0.60, 0.55), 4: (0.50, 0.45)}),
    }
)


def floors_of(num_players: int, training_games: int) -> Floors:
    """The floors for a model that learnt from `training_games` games; ConfigError for impossible numbers."""
    if training_games < 0:
        raise ConfigError(f"A model cannot have learnt from {training_games} games.")
    tier = max((name for name in _TIERS if _TIERS[name][0] <= training_games), key=lambda name: _TIERS[name][0])
    rates = _TIERS[tier][1].get(num_players)
    if rates is None:
        raise ConfigError(f"There are no floors for {num_players} players; known: 2, 3, 4.")
    return Floors(tier, *rates)
