"""What one self-play run may be told."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, Self

from ringrift_engine.errors import ConfigError, refuse_unknown


@dataclass(frozen=True, kw_only=True)
class SelfplaySettings:
    """How games are played; who plays them is not here. ConfigError for values that make no sense."""

    games: int = 100
    concurrency: int = 256  # games on the board at once: the batch that a network sees
    sampled_decisions: int = 20  # choices of a game that are drawn from the policy before play turns greedy
    temperature: float = 1.0  # of those draws; below 1 likely moves are drawn more often
    opening_probability: float = 0.5  # share of games that begin with random choices, for diversity
    opening_decisions: int = 6  # at most so many of them, at least one
    swap_rule: bool = False  # two players only: seat 2 may take over seat 1's game

    def __post_init__(self) -> None:
        for name in ("games", "concurrency", "opening_decisions"):
            if getattr(self, name) < 1:
                raise ConfigError(f"Self-play: {name} must be 1 or more, not {getattr(self, name)}.")
        if self.sampled_decisions < 0:
            raise ConfigError(f"Self-play: sampled_decisions must be 0 or more, not {self.sampled_decisions}.")
        if not self.temperature > 0:
            raise ConfigError(
                f"Self-play: temperature must be above 0, not {self.temperature}; sampled_decisions=0 plays greedily."
            )
        if not 0 <= self.opening_probability <= 1:
            raise ConfigError(f"Self-play: opening_probability must be 0 to 1, not {self.opening_probability}.")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], source: str) -> Self:
        """Settings from a table; `source` names it in the ConfigError that an unknown option raises."""
        refuse_unknown("self-play option", values, [field.name for field in fields(cls)], source)
        return cls(**values)


BOOTSTRAP_PLAY: Final = SelfplaySettings(sampled_decisions=2**31, opening_probability=0.8, opening_decisions=12)
"""How the bootstrap player's games are played: drawn to the end and from many openings. A first network learns who wins
from positions of all kinds; games that turn greedy show it only what the heuristic likes.
"""
