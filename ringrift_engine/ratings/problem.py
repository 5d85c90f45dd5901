"""What the ratings of a pool maximise: the real games' log-likelihood and the virtual games', in free coordinates.

The coordinates are the strengths that are not fixed, then what gives seat effects whose sum is 0, then the logarithms
of the tie factors. Strengths are natural logarithms in here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.ratings.orders import FinishingOrders, tie_sizes_of
from ringrift_engine.ratings.results import Results, distinct_rows
from ringrift_engine.ratings.virtual import Part, VirtualGames, bounded, games_for, games_of_seats, reached, tie_part

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Parameters:
    """strength float64 [p], seat float64 [n] (sum 0), log_ties float64 [tie sizes]; natural logarithms."""

    strength: Floats
    seat: Floats
    log_ties: Floats


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A pool, its equal games counted.

    start     float64 [p]          strengths; those of anchors stay as they are
    free      int64 [m]            places of the strengths that are looked for
    rest      float64 [n + t, n - 1 + t]  from free coordinates to seat effects and log tie factors
    orders    the distinct finishing orders
    who       int64 [orders, n]    participant at every place of them
    counts    float64 [orders]     how often each occurred
    rated     bool [p]             connected with an anchor by games
    held      bool [p]             needs a virtual game to be bounded
    anchored  bool [p]
    """

    start: Floats
    free: NDArray[np.int64]
    rest: Floats
    orders: FinishingOrders
    who: NDArray[np.int64]
    counts: Floats
    virtual: VirtualGames
    rated: NDArray[np.bool_]
    held: NDArray[np.bool_]
    anchored: NDArray[np.bool_]

    @property
    def size(self) -> int:
        """Number of free coordinates."""
        return len(self.free) + self.rest.shape[1]

    @property
    def num_players(self) -> int:
        """Seats of a game."""
        return self.who.shape[1]

    def parameters(self, point: Floats) -> Parameters:
        """What free coordinates mean."""
        m, n = len(self.free), self.num_players
        strength = self.start.copy()
        strength[self.free] += point[:m]
        rest = self.rest @ point[m:]
        return Parameters(strength, rest[:n], rest[n:])

    def point(self, parameters: Parameters) -> Floats:
        """The inverse of `parameters`."""
        moved = (parameters.strength - self.start)[self.free]
        return np.concatenate([moved, self.rest.T @ np.concatenate([parameters.seat, parameters.log_ties])])

    def log_likelihood(self, point: Floats) -> float:
        """Of the real games alone."""
        at = self.parameters(point)
        return float(self.counts @ self.orders.evaluate(self._worths(at), at.log_ties).value)

    def evaluate(self, point: Floats) -> Part:
        """The objective at free coordinates."""
        at = self.parameters(point)
        real, virtual = self._real(at), self._virtual(at)
        gradient, information = self.reduced(real.gradient + virtual.gradient, real.information + virtual.information)
        return Part(real.value + virtual.value, gradient, information)

    def virtual_information(self, point: Floats) -> Floats:
        """Of the virtual games alone, in free coordinates."""
        part = self._virtual(self.parameters(point))
        return self.reduced(part.gradient, part.information)[1]

    def reduced(self, gradient: Floats, information: Floats) -> tuple[Floats, Floats]:
        """Derivatives by strengths, seat effects and log tie factors, [..., p + n + t] and [p + n + t, p + n + t], as
        derivatives by free coordinates.
        """
        m, p = len(self.free), len(self.start)
        chosen = np.concatenate([self.free, np.arange(p, len(information))])
        slope, curve = gradient[..., chosen], information[np.ix_(chosen, chosen)]
        cross = curve[:m, m:] @ self.rest
        corner = self.rest.T @ curve[m:, m:] @ self.rest
        slope = np.concatenate([slope[..., :m], slope[..., m:] @ self.rest], axis=-1)
        return slope, np.block([[curve[:m, :m], cross], [cross.T, corner]])

    def _virtual(self, at: Parameters) -> Part:
        """The virtual games' part over strengths, seats and tie factors."""
        p, n, t = len(at.strength), self.num_players, len(at.log_ties)
        parts = (self.virtual.evaluate(at.strength), games_of_seats(n).evaluate(at.seat), tie_part(at.log_ties))
        information = np.zeros((p + n + t, p + n + t))
        for block, part in zip((slice(0, p), slice(p, p + n), slice(p + n, None)), parts, strict=True):
            information[block, block] = part.information
        value = sum(part.value for part in parts)
        return Part(value, np.concatenate([part.gradient for part in parts]), information)

    def _worths(self, at: Parameters) -> Floats:
        return at.strength[self.who] + at.seat[self.orders.seats]

    def _real(self, at: Parameters) -> Part:
        """The real games' part over strengths, seats and tie factors, all of them."""
        of = self.orders.evaluate(self._worths(at), at.log_ties)
        slope = of.gradient * self.counts[:, None]
        curve = of.information * self.counts[:, None, None]
        p, n, t = len(at.strength), self.num_players, len(at.log_ties)
        who, seats, by_place = self.who, self.orders.seats, curve[:, :n, :n]
        total = np.zeros((p + n + t, p + n + t))
        total[:p, :p] = scattered(who[:, :, None], who[:, None, :], by_place, p, p)
        total[:p, p : p + n] = scattered(who[:, :, None], seats[:, None, :], by_place, p, n)
        total[p : p + n, p : p + n] = scattered(seats[:, :, None], seats[:, None, :], by_place, n, n)
        for tie in range(t):
            along = curve[:, :n, n + tie].ravel()
            total[:p, p + n + tie] = np.bincount(who.ravel(), along, p)
            total[p : p + n, p + n + tie] = np.bincount(seats.ravel(), along, n)
        total[p + n :, p + n :] = curve[:, n:, n:].sum(axis=0)
        total[p:, :p], total[p + n :, p : p + n] = total[:p, p:].T, total[p : p + n, p + n :].T
        along = slope[:, :n].ravel()
        parts = [np.bincount(who.ravel(), along, p), np.bincount(seats.ravel(), along, n), slope[:, n:].sum(axis=0)]
        return Part(float(self.counts @ of.value), np.concatenate(parts), total)


def problem_of(results: Results, fixed: Mapping[int, float]) -> Problem:
    """The problem of a pool in which these strengths, by the place of the participant, are fixed."""
    n, p = results.num_players, len(results.participants)
    first, counts = distinct_rows([*results.seats.T, *results.ranks.T])
    seats, ranks = results.seats[first].astype(np.int64), results.ranks[first]
    before, shared = _pair_counts(seats, ranks, counts, p)
    met = before + before.T + shared
    anchored = np.zeros(p, dtype=bool)
    anchored[list(fixed)] = True
    rated = reached(met > 0, anchored)
    held = rated & ~anchored & ~bounded(before, shared, anchored)
    inside = rated[seats[:, 0]]  # who sits together is connected
    orders = FinishingOrders(ranks[inside], tie_sizes_of(ranks[inside]))
    start = np.full(p, next(iter(fixed.values())))
    start[list(fixed)] = list(fixed.values())
    return Problem(
        start=start,
        free=np.flatnonzero(rated & ~anchored),
        rest=_rest(n, len(orders.tie_sizes)),
        orders=orders,
        who=np.take_along_axis(seats[inside], orders.seats, axis=1),
        counts=counts[inside].astype(np.float64),
        virtual=games_for(held, met),
        rated=rated,
        held=held,
        anchored=anchored,
    )


def scattered(
    rows: NDArray[np.int64], columns: NDArray[np.int64], values: NDArray[np.number], height: int, width: int
) -> Floats:
    """float64 [height, width]: the sum of `values` over equal (row, column); the three broadcast to the same shape."""
    where = np.broadcast_to(rows * width + columns, values.shape)
    sums = np.bincount(where.ravel(), values.ravel(), height * width)
    return sums.astype(np.float64).reshape(height, width)


def _rest(num_players: int, ties: int) -> Floats:
    """Orthonormal columns: n - 1 seat contrasts, none of which has a sum, and every log tie factor as it is."""
    rest = np.zeros((num_players + ties, num_players - 1 + ties))
    rest[:num_players, : num_players - 1] = np.linalg.svd(np.ones((1, num_players)))[2][1:].T
    rest[num_players:, num_players - 1 :] = np.eye(ties)
    return rest


def _pair_counts(
    seats: NDArray[np.int64], ranks: NDArray[np.int8], counts: NDArray[np.int64], p: int
) -> tuple[Floats, Floats]:
    """float64 [p, p] each: how often the first finished before the second, and how often two shared a rank; 0 with
    oneself.
    """
    before, shared = np.zeros((p, p)), np.zeros((p, p))
    n = seats.shape[1]
    for one, other in ((one, other) for one in range(n) for other in range(n) if one != other):
        ahead, level = ranks[:, one] < ranks[:, other], ranks[:, one] == ranks[:, other]
        before += scattered(seats[:, one], seats[:, other], counts * ahead, p, p)
        shared += scattered(seats[:, one], seats[:, other], counts * level, p, p)
    np.fill_diagonal(before, 0)
    np.fill_diagonal(shared, 0)
    return before, shared
