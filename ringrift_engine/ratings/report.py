"""Everything about one pool as plain values: what the command prints and what the ladder keeps.

What is not known is None, never a number: the rating of somebody who is not connected with the anchor by games.
"""

import math
from dataclasses import dataclass

import numpy as np

from ringrift_engine.evaluation.intervals import deviations
from ringrift_engine.ratings.cycles import strongest_cycle
from ringrift_engine.ratings.fit import fit_ratings
from ringrift_engine.ratings.pairs import Pairs, compare_pairs
from ringrift_engine.ratings.ratings import Ratings
from ringrift_engine.ratings.results import Results
from ringrift_engine.records.shard_schema import Participant

LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class RatedParticipant:
    """One participant; `elo`, `low` and `high` are None if it is not rated.

    anchored  its rating is a definition
    held      it won, or lost, everything that connects it: the rating needs a virtual game to be finite
    """

    name: str
    model: str | None
    simulations: int
    elo: float | None
    low: float | None
    high: float | None
    games: int
    anchored: bool
    held: bool


@dataclass(frozen=True, kw_only=True)
class SeatEffect:
    """What a seat is worth against the mean of all seats, in Elo, with its interval."""

    seat: int
    elo: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class PairSurprise:
    """The pair whose games are farthest from what the ratings foretell.

    score, expected  of `first` against `second`, of so many comparisons
    deviations       standard deviations between them
    """

    first: str
    second: str
    comparisons: int
    score: float
    expected: float
    deviations: float


@dataclass(frozen=True, kw_only=True)
class Circle:
    """Who beats the next one, the last the first: names, how sure the weakest victory is, and whether it is shown."""

    names: tuple[str, ...]
    weakest: float
    shown: bool


@dataclass(frozen=True, kw_only=True)
class PoolReport:
    """Ratings of one pool at 95 %, the strongest first, and whether ratings are all there is to say.

    statistic  chi-squared of all pairs against the ratings, with `degrees` of freedom
    p_value    chance of one so large if the ratings are all there is
    """

    config_key: str
    games: int
    participants: tuple[RatedParticipant, ...]
    seats: tuple[SeatEffect, ...]
    statistic: float
    degrees: int
    p_value: float
    surprise: PairSurprise | None
    circle: Circle | None


def report_of(results: Results) -> PoolReport:
    """Fit a pool with the anchor of its configuration, and look for what the fit cannot show."""
    ratings = fit_ratings(results)
    pairs = compare_pairs(results, ratings)
    rows = [_participant(ratings, place) for place in range(len(ratings.participants))]
    return PoolReport(
        config_key=results.config_key,
        games=len(results.seats),
        participants=tuple(sorted(rows, key=_strongest_first)),
        seats=tuple(_seat(ratings, place) for place in range(results.num_players)),
        statistic=pairs.statistic,
        degrees=pairs.degrees,
        p_value=pairs.p_value,
        surprise=_surprise(pairs),
        circle=_circle(pairs),
    )


def _participant(ratings: Ratings, place: int) -> RatedParticipant:
    who: Participant = ratings.participants[place]
    low, high = ratings.interval(who, LEVEL)
    rated = math.isfinite(ratings.elo[place])
    return RatedParticipant(
        name=who.name,
        model=who.model,
        simulations=who.simulations,
        elo=float(ratings.elo[place]) if rated else None,
        low=low if rated else None,
        high=high if rated else None,
        games=int(ratings.games[place]),
        anchored=bool(ratings.anchored[place]),
        held=bool(ratings.held[place]),
    )


def _strongest_first(row: RatedParticipant) -> tuple[float, str]:
    return -row.elo if row.elo is not None else math.inf, row.name


def _seat(ratings: Ratings, place: int) -> SeatEffect:
    elo, reach = float(ratings.seat_elo[place]), deviations(LEVEL) * math.sqrt(ratings.seat_covariance[place, place])
    return SeatEffect(seat=place + 1, elo=elo, low=elo - reach, high=elo + reach)


def _surprise(pairs: Pairs) -> PairSurprise | None:
    if not len(pairs.surprise):
        return None
    most = int(np.abs(pairs.surprise).argmax())
    return PairSurprise(
        first=pairs.participants[pairs.first[most]].name,
        second=pairs.participants[pairs.second[most]].name,
        comparisons=int(pairs.comparisons[most]),
        score=float(pairs.score[most]),
        expected=float(pairs.expected[most]),
        deviations=float(pairs.surprise[most]),
    )


def _circle(pairs: Pairs) -> Circle | None:
    found = strongest_cycle(pairs, LEVEL)
    if found is None:
        return None
    return Circle(names=tuple(who.name for who in found.participants), weakest=found.weakest, shown=found.shown)
