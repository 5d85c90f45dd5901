"""Elo after the sequential test has stopped: a median-unbiased estimate and an interval that cover as they say.

Whoever stops when ahead looks stronger than it is, and the interval of a fixed number of games covers too seldom. Here
what could have happened under the same rule is put in an order: accepted early is more than accepted late, that is more
than undecided at the cap (more with a higher likelihood ratio), then refused late, then refused early. The chance of
what happened or more grows with the strength; the strengths at which it is 2.5 %, 50 % and 97.5 % are the ends of the
interval and the estimate, which is as often too high as too low.

Between two looks the log-likelihood ratio takes a step that is nearly normal, because it is a sum over rounds. Its
density is carried from look to look on a grid between the bounds, once, without drift; for any other strength it is
that density times a likelihood ratio. The variance of a round is that of the rounds that were played and of one more
between equals; if all went one way, of half a round more that went the other.

Sources: P. Armitage, C. McPherson, B. Rowe, "Repeated significance tests on accumulating data", JRSS A 132 (1969), for
the recursion; D. Siegmund, "Estimation following sequential tests", Biometrika 65 (1978), for the order; fishtest uses
the same order with Brownian motion in continuous time.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.errors import ConfigError
from ringrift_engine.evaluation.intervals import elo_of_score, expected_score
from ringrift_engine.evaluation.sequential import REFUSE, SequentialSettings, SequentialVerdict, decide

Floats = NDArray[np.float64]

_NODES_A_STEP: Final = 6  # grid points in one standard deviation of a step: more change no digit that is shown
_MOST_NODES: Final = 600
_HALVINGS: Final = 40
_LARGEST_EXPONENT: Final = 700.0  # of a double
_OTHER_WAY: Final = 0.5  # rounds
_NEAR: Final = 0.05  # of the hypotheses' middle, in standard deviations of a round


@dataclass(frozen=True)
class StoppedElo:
    """Elo of the candidate over its opponent: infinite where every round went one way.

    value      as often too high as too low
    low, high  of the interval
    level      of the interval: how often it covers
    """

    value: float
    low: float
    high: float
    level: float = 0.95

    def __str__(self) -> str:
        return f"{self.value:+.0f}, {100 * self.level:g} % interval {self.low:+.0f} to {self.high:+.0f}"


def elo_after(counts: Sequence[int], settings: SequentialSettings, level: float = 0.95) -> StoppedElo:
    """Estimate and interval at `level` after rounds of which counts[k] gave the candidate k half points.

    For a test that goes on they are those of one that is stopped now. ConfigError without a round, and for a level
    that is none.
    """
    if not 0 < level < 1:
        raise ConfigError(f"The level of an interval must be between 0 and 1, not {level}.")
    if not sum(counts):
        raise ConfigError("Without a round there is no Elo to estimate.")
    walk = StoppedWalk(counts, settings)
    chances = ((1 - level) / 2, 0.5, (1 + level) / 2)
    low, value, high = (elo_of_score(walk.score_with(chance)) for chance in chances)
    return StoppedElo(value, low, high, level)


class StoppedWalk:
    """The walk of the log-likelihood ratio under the test's rule, and where it was stopped."""

    def __init__(self, counts: Sequence[int], settings: SequentialSettings) -> None:
        verdict = decide(counts, settings)
        self._llr, self._refused = verdict.llr, verdict.decision == REFUSE
        self._middle, self._slope, self._variance = _of_a_round(counts, settings, verdict)
        players = verdict.games // verdict.rounds
        looks = _looks(settings, players, verdict.rounds)
        self._bounds = verdict.bounds
        self._rounds = np.diff([0, *looks]).astype(float)
        self._grid, self._densities = self._carry()

    def score_with(self, chance: float) -> float:
        """The mean score in [0, 1] at which what happened, or more, has this chance."""
        low, high = 0.0, 1.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.chance_at(middle) < chance else (low, middle)
        return 0.0 if low == 0.0 else 1.0 if high == 1.0 else (low + high) / 2

    def chance_at(self, score: float) -> float:
        """Chance of what happened, or of more, if the candidate's mean score is `score`; it grows with the score."""
        drift = self._slope * (score - self._middle)  # a round
        tilt, played = drift / self._variance, np.cumsum(self._rounds)
        side = -1.0 if self._refused else 1.0
        ends = np.full(len(self._rounds), self._bounds[0 if self._refused else 1])
        ends[-1] = self._llr
        spread = np.sqrt(self._rounds * self._variance)
        goal = side * (ends - drift * self._rounds) / spread  # of a step from 0, in standard deviations
        exponent = tilt * self._grid - tilt * drift * played[:-1, None] / 2
        weights = self._densities * np.exp(np.minimum(exponent, _LARGEST_EXPONENT))
        over = _normal_tail(goal[1:, None] - side * self._grid / spread[1:, None])
        total = float(_normal_tail(goal[:1]).sum() + (weights * over).sum())
        return 1.0 - total if self._refused else total

    def _carry(self) -> tuple[Floats, Floats]:
        """The grid between the bounds, float64 [N], and float64 [looks - 1, N] the chance of every point of it after
        each look but the last, without drift, if no bound was reached before.
        """
        refuse, accept = self._bounds
        smallest = math.sqrt(float(self._rounds.min()) * self._variance)
        nodes = min(_MOST_NODES, 8 + math.ceil(_NODES_A_STEP * (accept - refuse) / smallest))
        points, weights = np.polynomial.legendre.leggauss(nodes)
        half = (accept - refuse) / 2
        grid, weights = refuse + half * (points + 1), weights * half
        densities = np.zeros((len(self._rounds) - 1, nodes))
        steps: dict[float, Floats] = {}
        for look, rounds in enumerate(self._rounds[:-1]):
            if look == 0:
                densities[0] = weights * _normal(grid, rounds * self._variance)
                continue
            if rounds not in steps:
                steps[rounds] = _normal(grid[:, None] - grid[None, :], rounds * self._variance) * weights[:, None]
            densities[look] = steps[rounds] @ densities[look - 1]
        return grid, densities


def _of_a_round(
    counts: Sequence[int], settings: SequentialSettings, verdict: SequentialVerdict
) -> tuple[float, float, float]:
    """Middle of the hypotheses' scores; how much the log-likelihood ratio of a round grows with its score; its
    variance.

    The ratio is 0 near the middle and grows as the distance from it, so the slope is their quotient, and what that
    tends to where both vanish.
    """
    seen = np.asarray(counts, dtype=np.float64)
    if verdict.score in (0.0, 1.0):
        seen[0 if verdict.score else -1] += _OTHER_WAY
    shares = seen / seen.sum()
    scores = np.linspace(0.0, 1.0, len(shares))
    score0, score1 = expected_score(settings.elo0), expected_score(settings.elo1)
    middle = (score0 + score1) / 2
    players = verdict.games // verdict.rounds
    spread = float(shares @ (scores - shares @ scores) ** 2)
    variance = (verdict.rounds * spread + _of_equals(players)) / (verdict.rounds + 1)
    distance = verdict.score - middle
    slope = (score1 - score0) / (variance + distance * distance)
    if abs(distance) > _NEAR * math.sqrt(variance) and verdict.llr * distance > 0:
        slope = verdict.llr / (verdict.rounds * distance)
    return middle, slope, slope * slope * variance


def _of_equals(players: int) -> float:
    """Variance of a round's mean score between equals on even openings: every place is as likely as every other."""
    return (players + 1) / (12 * (players - 1)) / players


def _looks(settings: SequentialSettings, players: int, rounds: int) -> list[int]:
    """Rounds at every look at which a decision was possible, up to the one after `rounds` rounds."""
    looks, played = [], 0
    while played < rounds:
        played = min(rounds, played + settings.next_rounds(players, played))
        if played * players >= settings.min_games:
            looks.append(played)
    return looks or [rounds]


def _normal(distance: Floats, variance: float) -> Floats:
    return np.exp(-distance * distance / (2 * variance)) / math.sqrt(2 * math.pi * variance)


def _normal_tail(deviations: Floats) -> Floats:
    """Chance of a normal number above each, to 1e-8."""
    return np.interp(deviations, *_tail_table())


@cache
def _tail_table() -> tuple[Floats, Floats]:
    """numpy has no error function: 1,000 points a standard deviation, straight lines between them."""
    at = np.arange(-9_000, 9_001) / 1_000
    return at, np.array([0.5 * math.erfc(one / math.sqrt(2)) for one in at.tolist()])
