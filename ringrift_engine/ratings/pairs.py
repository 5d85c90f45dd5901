"""Games of every two against what the ratings foretell: where one number a participant is not enough.

Ratings foretell how often each finishes before each other. What is measured of a pair is its comparisons: one for
every game in which both sat, 1 for the first finishing before the second, a half for a shared rank. Distances from the
expectation are judged with their covariance under the fit, less what the fit itself took from the same games, so that
the test of all pairs together has the chi-squared law. Expectations come from the probabilities of all possible
finishing orders, of which four players have 52.

Of a pool in which very many met, the pairs with the most comparisons are looked at. Pairs whose comparisons vary by
less than one game under the fit (the random player against a strong network) are left out of the test of all pairs:
there a single surprise is no normal deviation.

Source: W. Newey, "Maximum likelihood specification testing and conditional moment tests", Econometrica 53 (1985).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.errors import DataError
from ringrift_engine.ratings.fit import problem_at
from ringrift_engine.ratings.orders import FinishingOrders
from ringrift_engine.ratings.problem import Parameters, scattered
from ringrift_engine.ratings.ratings import Ratings
from ringrift_engine.ratings.results import Results, distinct_rows
from ringrift_engine.records.shard_schema import Participant

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_LEAST_VARIANCE: Final = 1.0  # squared comparisons
_RANK_TOLERANCE: Final = 1e-9  # of the largest eigenvalue
_MOST_PAIRS: Final = 2_000  # their covariances take 32 MB, and their eigenvalues seconds
_AT_ONCE: Final = 2_000  # seatings whose orders are in memory together


@dataclass(frozen=True, kw_only=True)
class Pairs:
    """Every pair of rated participants that met, and the test of all of them together.

    first, second  int64 [pairs]    places in `participants`, first < second
    comparisons    int64 [pairs]    seats of the two compared, over all games
    score          float64 [pairs]  of `first`, in comparisons
    expected       float64 [pairs]  the same under the ratings
    surprise       float64 [pairs]  standard deviations by which the score is above what the ratings foretell
    lead           float64 [pairs]  standard deviations by which it is above that of equals in the same seats
    statistic      chi-squared of all pairs, `degrees` of freedom
    """

    participants: tuple[Participant, ...]
    first: Integers
    second: Integers
    comparisons: Integers
    score: Floats
    expected: Floats
    surprise: Floats
    lead: Floats
    statistic: float
    degrees: int

    @property
    def p_value(self) -> float:
        """Chance of a statistic so large if the ratings are all there is; 1 where nothing can be tested."""
        return chi_squared_tail(self.statistic, self.degrees)


def compare_pairs(results: Results, ratings: Ratings) -> Pairs:
    """All pairs of a pool against its ratings; DataError if the ratings are of other participants."""
    if results.participants != ratings.participants:
        raise DataError(f"{results.config_key}: these ratings are not of these games. Fit them again.")
    moments = _Moments(results, ratings)
    seats, counts = moments.seatings()
    if moments.count == 0:
        seats = seats[:0]
    for start in range(0, len(seats), _AT_ONCE):
        moments.add(seats[start : start + _AT_ONCE], counts[start : start + _AT_ONCE])
    return moments.pairs()


class _Moments:
    """Means, variances and covariances of all pairs' scores under the fit, summed over seatings."""

    def __init__(self, results: Results, ratings: Ratings) -> None:
        self._results = results
        self._problem, point = problem_at(results, ratings)
        self._at = self._problem.parameters(point)
        self._virtual = self._problem.virtual_information(point)
        self._slots = np.array(list(combinations(range(results.num_players), 2)))
        self._first, self._second = self._met()
        self._number = np.full((len(results.participants),) * 2, -1)
        self._number[self._first, self._second] = np.arange(len(self._first))
        self._number[self._second, self._first] = np.arange(len(self._first))
        pairs, features = len(self._first), len(self._at.strength) + len(self._problem.rest)
        self._mean, self._even_mean, self._even_variance = np.zeros(pairs), np.zeros(pairs), np.zeros(pairs)
        self._covariance, self._cross = np.zeros((pairs, pairs)), np.zeros((pairs, features))
        self._information = np.zeros((features, features))

    @property
    def count(self) -> int:
        """Pairs that are looked at; none where one participant played alone."""
        return len(self._first)

    def seatings(self) -> tuple[Integers, Integers]:
        """int64 [seatings, n] the distinct ones of rated participants, and how often each occurred."""
        seats = self._results.seats[self._problem.rated[self._results.seats[:, 0]]]
        first, counts = distinct_rows(list(seats.T))
        return seats[first].astype(np.int64), counts

    def add(self, seats: Integers, counts: Integers) -> None:
        """Take in seatings, int64 [D, n], that occurred so often. O is the number of possible orders, Q of pairs of
        seats.
        """
        chances, scores = _all_orders(seats, self._at, self._problem.orders.tie_sizes)
        one, other = seats[:, self._slots[:, 0]], seats[:, self._slots[:, 1]]
        number = self._number[one, other]  # [D, Q], -1 for two seats of one participant
        points = np.where(one[:, :, None] < other[:, :, None], scores.points, 1 - scores.points)
        points = points * (number >= 0)[:, :, None]  # [D, Q, O]
        total = (number[:, :, None] == number[:, None, :]).astype(float) @ points  # of the pair, over all its seats
        mean = np.einsum("dqo,do->dq", points, chances)
        away = (points - mean[:, :, None]) * chances[:, None, :] * counts[:, None, None]
        self._add(self._mean, number, mean * counts[:, None])
        known = np.maximum(number, 0)  # a pair of one participant has no points, so it adds nothing anywhere
        pairs, features = self._cross.shape
        within = np.einsum("dqo,dro->dqr", away, points)
        self._covariance += scattered(known[:, :, None], known[:, None, :], within, pairs, pairs)
        feature = self._features(seats)
        along = np.einsum("dqo,dok->dqk", away, scores.slopes)
        self._cross += scattered(known[:, :, None], feature[:, None, :], along, pairs, features)
        curve = np.einsum("do,dok,dol->dkl", chances * counts[:, None], scores.slopes, scores.slopes)
        self._information += scattered(feature[:, :, None], feature[:, None, :], curve, features, features)
        gap = self._at.strength[self._first] - self._at.strength[self._second]
        even = chances[:, None, :] * np.exp(-gap[known][:, :, None] * total)
        even /= even.sum(axis=2, keepdims=True)
        even_mean = (even * points).sum(axis=2)
        self._add(self._even_mean, number, even_mean * counts[:, None])
        spread = (even * (points - even_mean[:, :, None]) * total).sum(axis=2)
        self._add(self._even_variance, number, spread * counts[:, None])

    def pairs(self) -> Pairs:
        """The pairs, with the scores of the games as they were."""
        comparisons, score = self._observed()
        cross, information = self._problem.reduced(self._cross, self._information)
        left = self._covariance - cross @ np.linalg.inv(information + self._virtual) @ cross.T
        away = score - self._mean
        tested = np.diag(self._covariance) >= _LEAST_VARIANCE
        statistic, degrees = _quadratic(away[tested], left[np.ix_(tested, tested)])
        spread, even = np.sqrt(np.maximum(np.diag(left), 0)), np.sqrt(self._even_variance)
        return Pairs(
            participants=self._results.participants,
            first=self._first,
            second=self._second,
            comparisons=comparisons,
            score=score,
            expected=self._mean,
            # Where the fit follows the pair, as it does one that met nobody else, nothing is left to be surprised at.
            surprise=np.where(spread > 1e-6, away / np.maximum(spread, 1e-6), 0.0),
            lead=(score - self._even_mean) / even,
            statistic=statistic,
            degrees=degrees,
        )

    def _features(self, seats: Integers) -> Integers:
        """int64 [D, n + n + t]: the parameter of every slope: strengths, then seat effects and tie factors."""
        p = len(self._at.strength)
        others = np.arange(p, self._cross.shape[1])
        return np.concatenate([seats, np.broadcast_to(others, (len(seats), len(others)))], axis=1)

    def _met(self) -> tuple[Integers, Integers]:
        seats, rated = self._results.seats, self._problem.rated
        pairs = np.sort(seats[:, self._slots].reshape(-1, 2), axis=1).astype(np.int64)
        pairs = pairs[(pairs[:, 0] != pairs[:, 1]) & rated[pairs[:, 0]]]
        code, comparisons = np.unique(pairs[:, 0] * len(rated) + pairs[:, 1], return_counts=True)
        code = np.sort(code[np.argsort(-comparisons, kind="stable")[:_MOST_PAIRS]])
        return code // len(rated), code % len(rated)

    def _observed(self) -> tuple[Integers, Floats]:
        comparisons, score = np.zeros(len(self._first)), np.zeros(len(self._first))
        seats, ranks = self._results.seats, self._results.ranks
        for one, other in self._slots:
            number = self._number[seats[:, one], seats[:, other]]
            first = np.where(seats[:, one] < seats[:, other], one, other)
            behind = one + other - first
            rows = np.arange(len(seats))
            mine, theirs = ranks[rows, first], ranks[rows, behind]
            self._add(comparisons, number, np.ones(len(seats)))
            self._add(score, number, (mine < theirs) + 0.5 * (mine == theirs))
        return comparisons.astype(np.int64), score

    @staticmethod
    def _add(sums: Floats, number: Integers, values: Floats) -> None:
        known = number >= 0
        sums += np.bincount(number[known], values[known], len(sums))


@dataclass(frozen=True)
class _Scores:
    """points float64 [1, Q, O], of the lower seat of every pair of seats; slopes float64 [D, O, n + n + t], of the log
    probability by the strengths in every seat, by seat effects, and by log tie factors.
    """

    points: Floats
    slopes: Floats


def _all_orders(seats: Integers, at: Parameters, tie_sizes: tuple[int, ...]) -> tuple[Floats, _Scores]:
    """Chances float64 [D, O] of every order that could be for every seating, and what each scores."""
    n = seats.shape[1]
    ranks = np.array(list(possible_ranks(n, tie_sizes)), dtype=np.int8)
    orders = FinishingOrders(np.tile(ranks, (len(seats), 1)), tie_sizes)
    worths = (at.strength[seats] + at.seat).repeat(len(ranks), axis=0)
    of = orders.evaluate(np.take_along_axis(worths, orders.seats, axis=1), at.log_ties)
    by_seat = np.empty_like(of.gradient[:, :n])
    np.put_along_axis(by_seat, orders.seats, of.gradient[:, :n], axis=1)
    slopes = np.concatenate([by_seat, by_seat, of.gradient[:, n:]], axis=1)
    one, other = np.array(list(combinations(range(n), 2))).T
    points = (ranks[:, one] < ranks[:, other]) + 0.5 * (ranks[:, one] == ranks[:, other])
    shape = (len(seats), len(ranks))
    return np.exp(of.value).reshape(shape), _Scores(points.T[None], slopes.reshape(*shape, -1))


def possible_ranks(num_players: int, tie_sizes: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Every way in which a game may end, if ties have these sizes and the winner is alone."""
    for ranks in product(range(1, num_players + 1), repeat=num_players):
        standard = all(rank == 1 + sum(other < rank for other in ranks) for rank in ranks)
        shared = {ranks.count(rank) for rank in ranks} - {1}
        if standard and ranks.count(1) == 1 and shared <= set(tie_sizes):
            yield ranks


def _quadratic(away: Floats, covariance: Floats) -> tuple[float, int]:
    """Mahalanobis' distance squared and the rank of the covariance."""
    if not len(away):
        return 0.0, 0
    values, vectors = np.linalg.eigh(covariance)
    kept = values > _RANK_TOLERANCE * max(float(values.max()), 1.0)
    along = vectors[:, kept].T @ away
    return float((along**2 / values[kept]).sum()), int(kept.sum())


def chi_squared_tail(statistic: float, degrees: int) -> float:
    """Chance that chi-squared with so many degrees of freedom is above `statistic`; 1 with none.

    A finite sum, whole for even degrees and after the normal tail for odd ones; in logarithms, because terms of large
    statistics underflow.
    """
    if degrees == 0 or statistic <= 0:
        return 1.0
    half, odd = statistic / 2, degrees % 2
    powers = [0.5 * odd + k for k in range((degrees - odd) // 2)]
    terms = [math.exp(power * math.log(half) - half - math.lgamma(power + 1)) for power in powers]
    return min(1.0, math.fsum(terms) + (math.erfc(math.sqrt(half)) if odd else 0.0))
