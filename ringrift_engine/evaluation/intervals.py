"""Elo and win rates: the logistic scale, and how far what was measured may be off."""

import math
from statistics import NormalDist

from ringrift_engine.errors import ConfigError


def expected_score(elo: float) -> float:
    """Expected score in [0, 1] of one who is `elo` points stronger than each opponent.

    With two players the win probability. With more, under Plackett-Luce, the expected share of opponents that finish
    behind: any two of its players stand in the order that the two alone would have.
    """
    return 1.0 / (1.0 + 10.0 ** (-elo / 400.0))


def elo_of_score(score: float) -> float:
    """The inverse of `expected_score`: infinite at 0 and 1, NaN for NaN."""
    if score <= 0.0 or score >= 1.0:
        return math.copysign(math.inf, score - 0.5)
    return 400.0 * math.log10(score / (1.0 - score))


def deviations(level: float = 0.95) -> float:
    """How many standard deviations a normal interval reaches to both sides; ConfigError for an impossible level."""
    if not 0 < level < 1:
        raise ConfigError(f"The level of an interval must be between 0 and 1, not {level}.")
    return NormalDist().inv_cdf(0.5 + level / 2)


def wilson_interval(wins: int, games: int, confidence: float = 0.95) -> tuple[float, float]:
    """Two-sided Wilson score interval of a win rate, (0, 1) without games; for a number of games fixed in advance.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
    ConfigError if the wins are no part of the games.
    """
    if not 0 <= wins <= games:
        raise ConfigError(f"A win rate needs 0 <= wins <= games, not {wins} wins of {games} games.")
    if games == 0:
        return 0.0, 1.0
    z = deviations(confidence)
    rate = wins / games
    widened = 1 + z * z / games
    middle = (rate + z * z / (2 * games)) / widened
    spread = z / widened * math.sqrt(rate * (1 - rate) / games + z * z / (4 * games * games))
    return max(0.0, middle - spread), min(1.0, middle + spread)
