"""How a search is done: its budget, the constants of Gumbel search, and how much memory its trees may take."""

from dataclasses import dataclass
from typing import Final

from ringrift_engine.errors import ConfigError


@dataclass(frozen=True)
class SearchSettings:
    """Settings of `GumbelSearch`; names and constants follow Danihelka et al., "Policy improvement by planning with
    Gumbel" (ICLR 2022). ConfigError for values that no search can have.

    simulations      leaves that each decision adds to its tree
    considered       choices that the root draws without replacement and halves down to one
    c_visit, c_scale a value q counts like a logit of (c_visit + most visits of a choice) * c_scale * q. Here q is the
                     win probability of the player to move, in [0, 1], and is not stretched to the extremes of its node
                     (as mctx does, with a scale of 0.1): where every choice is equally good, noise must not look like
                     a difference. The defaults are the published constants for board games, not tuned to this one.
    gumbel_scale     multiplies the noise that draws the root's choices; 0 makes the choice deterministic, for play
                     that counts. With equal logits the first choices of the list are considered then.
    memory_mb        upper estimate for the trees that grow at the same time, 10**6 bytes; more decisions are searched
                     in several rounds
    """

    simulations: int = 32
    considered: int = 16
    c_visit: float = 50.0
    c_scale: float = 1.0
    gumbel_scale: float = 1.0
    memory_mb: int = 256

    def __post_init__(self) -> None:
        for name in ("simulations", "considered", "memory_mb"):
            if getattr(self, name) < 1:
                raise ConfigError(f"Search setting {name!r} must be 1 or more, not {getattr(self, name)}.")
        for name in ("c_visit", "c_scale", "gumbel_scale"):
            if not getattr(self, name) >= 0:
                raise ConfigError(f"Search setting {name!r} must be 0 or more, not {getattr(self, name)}.")


@dataclass(frozen=True)
class PlayoutCap:
    """Two budgets for the games that are learnt from: values need many games, policies need deep searches.

    Few decisions are searched in full and taught; the rest are searched a little, which only moves the game on to a
    result. ConfigError for impossible values.
    Source: Wu, "Accelerating Self-Play Learning in Go" (2019), section 3.1; there a quarter is searched in full.

    full_share         probability that a decision gets the settings' own simulations; 1 searches all of them so
    cheap_simulations  of the others
    """

    full_share: float = 1.0
    cheap_simulations: int = 8

    def __post_init__(self) -> None:
        if not 0 < self.full_share <= 1:
            raise ConfigError(f"full_share must be above 0 and at most 1, not {self.full_share}.")
        if self.cheap_simulations < 1:
            raise ConfigError(f"cheap_simulations must be 1 or more, not {self.cheap_simulations}.")


NO_CAP: Final = PlayoutCap()
