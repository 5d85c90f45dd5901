"""What a plan starts from: the games and the search that a configuration gets when nothing was noticed about it."""

import math
from dataclasses import dataclass

from ringrift_engine.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class PlayBudget:
    """One generation of self-play of one configuration; ConfigError for impossible numbers.

    bootstrap_games   games while there is no promoted model
    searched_games    games of the promoted model
    simulations       of its search, each decision
    wanted_games      held for training: less is a deficit
    wanted_positions  searched ones likewise, counted once there is a model
    temperature       of the moves that are drawn, `SelfplaySettings.temperature`
    bootstrap_player  who plays without a model; empty if nobody was declared
    memory_gib        that self-play of this configuration needs free
    """

    bootstrap_games: int
    searched_games: int
    simulations: int
    wanted_games: int
    wanted_positions: int
    temperature: float = 1.0
    bootstrap_player: str = ""
    memory_gib: float = 0.0

    def __post_init__(self) -> None:
        for name in ("bootstrap_games", "searched_games", "simulations", "wanted_games", "wanted_positions"):
            if type(getattr(self, name)) is not int or getattr(self, name) < 1:
                raise ConfigError(f"play budget {name} = {getattr(self, name)!r}: a whole number from 1 is needed")
        if not (math.isfinite(self.temperature) and self.temperature > 0):
            raise ConfigError(f"play budget temperature = {self.temperature}: it must exceed 0")
        if not (math.isfinite(self.memory_gib) and self.memory_gib >= 0):
            raise ConfigError(f"play budget memory_gib = {self.memory_gib}: at least 0 is needed")
