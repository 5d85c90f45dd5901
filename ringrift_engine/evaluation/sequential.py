"""The sequential test that decides whether a candidate is stronger: a generalised SPRT over rounds.

A round is one opening played from every seat, n games; its outcome is the candidate's half points in all of them
(`ranking`). Games of one opening are not independent, rounds are, so rounds are what is counted. The hypotheses are
about the mean score alone: `elo0` and `elo1` translate to it by the same formula for any number of players
(`intervals.expected_score`). How outcomes spread around the mean is estimated with it, under either hypothesis by
maximum likelihood. With two players and no draws this is the pentanomial test of chess engines with two empty
classes.

With three and four players the whole finishing order counts, not the win alone: it needs half as many games, and
under Plackett-Luce it measures the same strength. A candidate that wins no more often but loses by less would pass;
the floors, which count wins, stand against that.

Between two looks the ratio jumps, and at a decision it is past the bound, so that with Wald's bounds errors would be
rarer than asked for and games more. The bounds are moved inwards by what such a walk oversteps on average, 0.583
standard deviations of the step from look to look, as it is seen in the rounds that were played.

Elo is measured by the mean score over the openings that are played: openings that favour a seat draw every score
towards even, so a gain there counts for less than on even ones.

Source: M. Van den Bergh, "A practical introduction to the GSPRT" (2016), as fishtest applies it; A. Wald, "Sequential
tests of statistical hypotheses" (1945), for the bounds; D. Siegmund, "Sequential Analysis" (1985), for the overstep.
"""

import math
import operator
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards.config import PLAYER_COUNTS
from ringrift_engine.errors import ConfigError
from ringrift_engine.evaluation.intervals import elo_of_score, expected_score
from ringrift_engine.evaluation.ranking import round_categories

ACCEPT: Final = "accept"
REFUSE: Final = "refuse"
CONTINUE: Final = "continue"
NOT_SHOWN: Final = "not shown"

# What an outcome that was never seen counts for, in rounds: no likelihood is zero, whatever the mean.
_UNSEEN: Final = 1e-3
_OVERSTEP: Final = 0.5826  # -zeta(1/2) / sqrt(2 pi): mean excess of a normal walk over a far bound, in steps
_ROOT_TOLERANCE: Final = 1e-14  # of the interval searched
_ROOT_STEPS: Final = 200  # halving alone would need 50


@dataclass(frozen=True, kw_only=True)
class SequentialSettings:
    """Hypotheses, error rates and limits; ConfigError for a test that cannot decide anything."""

    elo0: float = 0.0
    """Strength of the candidate over its opponent that is to be refused."""
    elo1: float = 25.0
    """Strength that is to be accepted."""
    alpha: float = 0.05
    """Chance to accept a candidate of strength `elo0`."""
    beta: float = 0.05
    """Chance to refuse a candidate of strength `elo1`."""
    min_games: int = 50
    """No decision before so many games; with a lower cap there is none at all."""
    max_games: int = 2_500
    """Cap: the round that would exceed it is not played, and what is undecided then is not shown."""
    games_a_look: int = 32
    """Games between two looks at the result, as whole rounds; more make bigger batches and a test that ends later."""

    def __post_init__(self) -> None:
        if not self.elo0 < self.elo1:
            raise ConfigError(f"Sequential test: elo0 = {self.elo0} must be below elo1 = {self.elo1}.")
        for name in ("alpha", "beta"):
            if not 0 < getattr(self, name) < 0.5:
                raise ConfigError(f"Sequential test: {name} = {getattr(self, name)} must be between 0 and 0.5.")
        for name in ("min_games", "max_games", "games_a_look"):
            if getattr(self, name) < 1:
                raise ConfigError(f"Sequential test: {name} = {getattr(self, name)} must be 1 or more.")

    def next_rounds(self, num_players: int, rounds: int) -> int:
        """How many rounds to play before the next look, after `rounds` of them: at least one, and within the cap."""
        wanted = self.games_a_look // num_players
        return max(1, min(wanted, self.max_games // num_players - rounds))

    @property
    def bounds(self) -> tuple[float, float]:
        """Wald's: log-likelihood ratios of a test that looks after every bit of evidence, refusing and accepting."""
        return math.log(self.beta / (1 - self.alpha)), math.log((1 - self.beta) / self.alpha)


@dataclass(frozen=True, kw_only=True)
class SequentialVerdict:
    """What the test says after the rounds so far."""

    decision: str
    """ACCEPT, REFUSE, CONTINUE, or NOT_SHOWN at the cap."""
    llr: float
    """Log-likelihood ratio of `elo1` against `elo0`; NaN without a round."""
    games: int
    rounds: int
    score: float
    """Mean score in [0, 1]; NaN without a round."""
    bounds: tuple[float, float]
    """Ratios at which the test refuses (at or below the first) and accepts (at or above the second) as it looks."""

    @property
    def elo(self) -> float:
        """Elo of the mean score. Stopping on success makes it too large on average: a description, not an estimate;
        `stopped.elo_after` estimates.
        """
        return elo_of_score(self.score)

    def to_json(self) -> dict[str, float | int | str | None]:
        """All fields as JSON values, NaN as None."""
        return {name: None if value != value else value for name, value in asdict(self).items()}


def decide(counts: Sequence[int], settings: SequentialSettings) -> SequentialVerdict:
    """The verdict after rounds of which counts[k] gave the candidate k half points.

    The length of `counts` says how many players a game has (`round_categories`): 5, 13 or 25. ConfigError for another
    one, and for counts below 0.
    """
    players = _players_of(counts)
    rounds = sum(counts)
    games = rounds * players
    if rounds == 0:
        return SequentialVerdict(
            decision=CONTINUE, llr=math.nan, games=0, rounds=0, score=math.nan, bounds=settings.bounds
        )
    ratios = _ratios(counts, settings.elo0, settings.elo1)
    seen = _seen(counts)
    llr = sum(map(operator.mul, seen, ratios))
    refuse, accept = _moved(settings, players, seen, ratios)
    score = sum(index * count for index, count in enumerate(counts)) / (rounds * (len(counts) - 1))
    if games >= settings.min_games and llr >= accept:
        decision = ACCEPT
    elif games >= settings.min_games and llr <= refuse:
        decision = REFUSE
    elif games + players > settings.max_games:
        decision = NOT_SHOWN
    else:
        decision = CONTINUE
    return SequentialVerdict(
        decision=decision, llr=llr, games=games, rounds=rounds, score=score, bounds=(refuse, accept)
    )


def log_likelihood_ratio(counts: Sequence[int], elo0: float, elo1: float) -> float:
    """ln of how much likelier the counts are if the mean score is that of `elo1` than if it is that of `elo0`.

    Under each, outcomes have the distribution with that mean that makes the counts likeliest.
    """
    return sum(map(operator.mul, _seen(counts), _ratios(counts, elo0, elo1)))


def _seen(counts: Sequence[int]) -> list[float]:
    return [max(float(count), _UNSEEN) for count in counts]


def _ratios(counts: Sequence[int], elo0: float, elo1: float) -> list[float]:
    """For every outcome ln of its chance under `elo1` over that under `elo0`."""
    seen = _seen(counts)
    total, last = sum(seen), len(seen) - 1
    shares = [count / total for count in seen]
    mean0, mean1 = expected_score(elo0), expected_score(elo1)
    away0 = [index / last - mean0 for index in range(last + 1)]
    away1 = [index / last - mean1 for index in range(last + 1)]
    t0, t1 = (_root_between(shares, away, -1.0 / away[-1], -1.0 / away[0]) for away in (away0, away1))
    return [math.log((1.0 + t0 * under0) / (1.0 + t1 * under1)) for under0, under1 in zip(away0, away1, strict=True)]


def _moved(settings: SequentialSettings, players: int, seen: list[float], ratios: list[float]) -> tuple[float, float]:
    """Wald's bounds, moved inwards by what the walk oversteps; they never cross."""
    total = sum(seen)
    mean = sum(map(operator.mul, seen, ratios)) / total
    variance = sum(count * (ratio - mean) ** 2 for count, ratio in zip(seen, ratios, strict=True)) / total
    rounds = max(1, settings.games_a_look // players)
    refuse, accept = settings.bounds
    inwards = min(_OVERSTEP * math.sqrt(rounds * variance), (accept - refuse) / 2)
    return refuse + inwards, accept - inwards


def likeliest_with_mean(shares: NDArray[np.float64], scores: NDArray[np.float64], mean: float) -> NDArray[np.float64]:
    """float64 [K]: the distribution over `scores` with the given mean under which the observed `shares` are likeliest.

    shares  float64 [K], all above 0, sum 1
    scores  float64 [K], ascending, with scores[0] < mean < scores[-1]

    By Lagrange's condition p = shares / (1 + t (scores - mean)), with the one t that makes the mean right.
    """
    distance = scores - mean
    t = _root_between(shares.tolist(), distance.tolist(), -1.0 / distance[-1], -1.0 / distance[0])
    return shares / (1.0 + t * distance)


def _root_between(shares: list[float], distance: list[float], lowest: float, highest: float) -> float:
    """Where sum(shares * distance / (1 + t * distance)) is 0 for lowest < t < highest; it falls all the way between.

    Newton's method, halving the interval whenever a step would leave it: the function has poles at both ends. Plain
    numbers, because five to twenty-five classes are too few for arrays to pay.
    """
    tolerance = _ROOT_TOLERANCE * (highest - lowest)
    pairs = list(zip(shares, distance, strict=True))
    t = 0.0
    for _ in range(_ROOT_STEPS):
        excess = slope = 0.0
        for share, away in pairs:
            ratio = away / (1.0 + t * away)
            part = share * ratio
            excess += part
            slope += part * ratio
        step = excess / slope
        # Before the bracket: the last step is within rounding, and would leave an interval that begins at t.
        if abs(step) <= tolerance:
            return t + step
        lowest, highest = (t, highest) if excess > 0 else (lowest, t)
        following = t + step
        t = following if lowest < following < highest else (lowest + highest) / 2
    return t


def _players_of(counts: Sequence[int]) -> int:
    for players in PLAYER_COUNTS:
        if len(counts) == round_categories(players):
            if min(counts) < 0:
                raise ConfigError(f"Counts of rounds must be 0 or more, not {list(counts)}.")
            return players
    lengths = ", ".join(str(round_categories(players)) for players in PLAYER_COUNTS)
    raise ConfigError(f"{len(counts)} classes of rounds fit no number of players; known lengths: {lengths}.")
