"""How much of everything one cycle of a configuration takes: one table, one row a configuration.

Large boards get smaller budgets, because a game there has ten times the moves and each costs ten times the work. A run
may override any number through the fields of its asset's configuration (`assets/`), and what it used is in the metadata
of what it made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Final, Self

from ringrift_engine.boards import CONFIG_KEYS
from ringrift_engine.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class _Settings:
    """Numbers of one stage, with overrides."""

    def override(self, values: Mapping[str, Any]) -> Self:
        """These settings with the values that are not None; ConfigError names a value below the field's least one."""
        return replace(self, **{name: value for name, value in values.items() if value is not None})

    def _at_least(self, least: float, *names: str) -> None:
        for name in names:
            if not getattr(self, name) >= least:
                raise ConfigError(
                    f"{type(self).__name__}: {name} is {getattr(self, name)}, it must be at least {least:g}."
                )


@dataclass(frozen=True, kw_only=True)
class SelfplayBudget(_Settings):
    """Games that one generation plays."""

    games: int
    simulations: int
    """Search simulations a decision."""
    batch_games: int
    """Games of a shard: a killed run loses at most these."""
    seed: int = 0

    def __post_init__(self) -> None:
        self._at_least(1, "games", "simulations", "batch_games")
        self._at_least(0, "seed")


@dataclass(frozen=True, kw_only=True)
class TrainingBudget(_Settings):
    """What the training set must have before training starts, and what differs from the engine's training settings."""

    needed_games: int
    needed_positions: int
    """Positions to learn from."""
    needed_held_out: int
    """Positions of games held out for measuring."""
    max_age_hours: float = 48.0
    """Oldest acceptable age of the newest games: older data belongs to a player that is no longer there."""
    samples: int | None = None
    """Positions shown to the network, repetitions counted; None for the engine's default of the board, as below."""
    batch_size: int | None = None
    channels: int | None = None
    blocks: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        self._at_least(0, "needed_games", "needed_positions", "needed_held_out", "max_age_hours", "seed")


@dataclass(frozen=True, kw_only=True)
class GauntletBudget(_Settings):
    """What differs from the engine's settings of a gauntlet; None for the engine's default of the board."""

    games_random: int | None = None
    games_heuristic: int | None = None
    simulations: int | None = None
    min_games: int | None = None
    """Games before which the sequential test against the promoted model decides nothing."""
    max_games: int | None = None
    """Cap of that test."""
    seed: int = 0

    def __post_init__(self) -> None:
        self._at_least(0, "seed")


@dataclass(frozen=True, kw_only=True)
class ConfigurationSettings:
    """The row of one configuration."""

    selfplay: SelfplayBudget
    training: TrainingBudget
    gauntlet: GauntletBudget


# board -> games, simulations and games a shard of self-play; games, positions to learn from and held-out positions that
# training needs. The sizes of networks, trainings and gauntlets are the engine's: `nets.settings`, `training.settings`
# and `evaluation.settings` say them once for the command line and for the assets.
_BOARDS: Final = {
    "hex8": (256, 24, 64, 100, 2_000, 100),
    "square8": (256, 24, 64, 100, 2_000, 100),
    "square19": (32, 8, 8, 16, 1_000, 50),
    "hexagonal": (24, 8, 8, 12, 1_000, 50),
}


def _row(board: str) -> ConfigurationSettings:
    games, simulations, batch_games, needed_games, needed_positions, needed_held_out = _BOARDS[board]
    return ConfigurationSettings(
        selfplay=SelfplayBudget(games=games, simulations=simulations, batch_games=batch_games),
        training=TrainingBudget(
            needed_games=needed_games, needed_positions=needed_positions, needed_held_out=needed_held_out
        ),
        gauntlet=GauntletBudget(),
    )


SETTINGS: Final[Mapping[str, ConfigurationSettings]] = MappingProxyType(
    {key: _row(key.rsplit("_", 1)[0]) for key in CONFIG_KEYS}
)
