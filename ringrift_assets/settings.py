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
    """Games that one generation plays.

    The bootstrap player needs no network and plays hundreds of games a second, and a first network needs many: who wins
    is one bit a game. Every searched decision asks a network dozens of times, and tells a learner more. So there are
    two numbers for games, and two for the games of a shard.
    """

    bootstrap_games: int
    """Games while there is no promoted model."""
    searched_games: int
    """Games of the promoted model."""
    bootstrap_batch: int
    """Games of a shard without search: a killed run loses at most these."""
    searched_batch: int
    """Games of a shard with search."""
    simulations: int
    """Search simulations a decision."""
    games: int | None = None
    """Games of this generation, whoever plays; None for the numbers above."""
    batch_games: int | None = None
    """Games of a shard of this generation, likewise."""
    seed: int = 0

    def __post_init__(self) -> None:
        self._at_least(1, "bootstrap_games", "searched_games", "bootstrap_batch", "searched_batch", "simulations")
        self._at_least(1, *(name for name in ("games", "batch_games") if getattr(self, name) is not None))
        self._at_least(0, "seed")

    def amount(self, searched: bool) -> tuple[int, int]:
        """Games of a generation with or without a promoted model, and games of one of its shards."""
        games, batch = (
            (self.searched_games, self.searched_batch) if searched else (self.bootstrap_games, self.bootstrap_batch)
        )
        return self.games or games, self.batch_games or batch


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


# board -> games of the bootstrap player and of a promoted model, games a shard of each, simulations; games, positions
# to learn from and held-out positions that training needs. The sizes of networks, trainings and gauntlets are the
# engine's: `nets.settings`, `training.settings` and `evaluation.settings` say them once for command line and assets.
_BOARDS: Final = {
    "hex8": (4_000, 256, 500, 64, 32, 100, 2_000, 100),
    "square8": (4_000, 256, 500, 64, 32, 100, 2_000, 100),
    "square19": (160, 32, 20, 8, 8, 16, 1_000, 50),
    "hexagonal": (96, 24, 12, 8, 8, 12, 1_000, 50),
}


def _row(board: str) -> ConfigurationSettings:
    bootstrap, searched, bootstrap_batch, searched_batch, simulations, *needed = _BOARDS[board]
    needed_games, needed_positions, needed_held_out = needed
    return ConfigurationSettings(
        selfplay=SelfplayBudget(
            bootstrap_games=bootstrap,
            searched_games=searched,
            bootstrap_batch=bootstrap_batch,
            searched_batch=searched_batch,
            simulations=simulations,
        ),
        training=TrainingBudget(
            needed_games=needed_games, needed_positions=needed_positions, needed_held_out=needed_held_out
        ),
        gauntlet=GauntletBudget(),
    )


SETTINGS: Final[Mapping[str, ConfigurationSettings]] = MappingProxyType(
    {key: _row(key.rsplit("_", 1)[0]) for key in CONFIG_KEYS}
)
