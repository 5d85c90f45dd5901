"""Ratings by maximum likelihood, from nothing but the results of one pool.

Equal games (same seats, same ranks) are counted and evaluated once; with two players the counts are all that the
likelihood depends on. Newton's method then needs a handful of steps: the likelihood is concave (`orders`), and its
second derivatives are needed for the covariance anyway.
"""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.errors import ConfigError
from ringrift_engine.ratings.anchors import ANCHOR_ELO, anchors_of
from ringrift_engine.ratings.problem import Parameters, Problem, problem_of
from ringrift_engine.ratings.ratings import Ratings
from ringrift_engine.ratings.results import Results
from ringrift_engine.ratings.virtual import Part
from ringrift_engine.records.shard_schema import Participant

Floats = NDArray[np.float64]

ELO: Final = 400 / math.log(10)  # Elo a natural unit of strength
_STEPS: Final = 100  # of Newton's method; a handful is usual
_HALVINGS: Final = 60
_PRECISION: Final = 1e-9  # natural units in the last step: far below what any interval shows


def fit_ratings(results: Results, anchors: Mapping[Participant, float] | None = None) -> Ratings:
    """The likeliest ratings of everybody who is connected with an anchor by games.

    `anchors` are fixed, participant -> Elo; without them those of the configuration. A pool in which none of them
    played is fixed at the participant with the most games, at the anchor's 1200. ConfigError for an anchor that is no
    finite number.
    """
    problem = problem_of(results, _fixed(results, anchors_of(results.config_key) if anchors is None else anchors))
    point, part = _maximum(problem)
    return _ratings(results, problem, point, part)


def problem_at(results: Results, ratings: Ratings) -> tuple[Problem, Floats]:
    """The problem that these ratings of these results solve, and the free coordinates of the solution."""
    fixed = {int(place): float(ratings.elo[place]) / ELO for place in np.flatnonzero(ratings.anchored)}
    problem = problem_of(results, fixed)
    log_ties = np.log(list(ratings.tie_factors.values()))
    return problem, problem.point(Parameters(ratings.elo / ELO, ratings.seat_elo / ELO, log_ties))


def _fixed(results: Results, anchors: Mapping[Participant, float]) -> dict[int, float]:
    """Place of every anchor that played -> its strength in natural units."""
    if wrong := [who.name for who, elo in anchors.items() if not math.isfinite(elo)]:
        raise ConfigError(f"The anchor {wrong[0]} needs a finite rating.")
    present = {results.participants.index(who): elo for who, elo in anchors.items() if who in results.participants}
    chosen = present or {int(np.argmax(results.games)): ANCHOR_ELO}
    return {place: elo / ELO for place, elo in chosen.items()}


def _ratings(results: Results, problem: Problem, point: Floats, part: Part) -> Ratings:
    """What the maximum means, in Elo."""
    at, m, n = problem.parameters(point), len(problem.free), problem.num_players
    inverse = np.linalg.inv(part.information) * ELO**2
    covariance = np.zeros((len(at.strength), len(at.strength)))
    covariance[np.ix_(problem.free, problem.free)] = inverse[:m, :m]
    covariance[~problem.rated], covariance[:, ~problem.rated] = math.nan, math.nan
    return Ratings(
        config_key=results.config_key,
        participants=results.participants,
        elo=np.where(problem.rated, at.strength * ELO, math.nan),
        covariance=covariance,
        seat_elo=at.seat * ELO,
        seat_covariance=(problem.rest @ inverse[m:, m:] @ problem.rest.T)[:n, :n],
        games=results.games,
        held=problem.held,
        anchored=problem.anchored,
        tie_factors=dict(zip(problem.orders.tie_sizes, np.exp(at.log_ties).tolist(), strict=True)),
        log_likelihood=problem.log_likelihood(point),
    )


def _maximum(problem: Problem) -> tuple[Floats, Part]:
    """Newton's method with halved steps: the maximum of a concave function, and its derivatives there."""
    point = np.zeros(problem.size)
    part = problem.evaluate(point)
    for _ in range(_STEPS):
        step: Floats = np.linalg.solve(part.information, part.gradient).astype(np.float64)
        if np.abs(step).max() < _PRECISION:
            return point, part
        point, part = _improved(problem, point, part, step)
    raise ArithmeticError(f"no maximum of the likelihood in {_STEPS} steps")


def _improved(problem: Problem, point: Floats, part: Part, step: Floats) -> tuple[Floats, Part]:
    """The first of step, half of it, a quarter, ... that does not lower the objective."""
    slack = 1e-12 * abs(part.value)  # rounding of a sum over all games
    for _ in range(_HALVINGS):
        following = problem.evaluate(point + step)
        if following.value >= part.value - slack:
            return point + step, following
        step = step / 2
    raise ArithmeticError("no step of Newton's method raises the likelihood")
