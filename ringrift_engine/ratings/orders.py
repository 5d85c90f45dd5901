"""The probability of a finishing order, with its first two derivatives: Plackett and Luce's model, with ties.

Places are filled from the first to the last; each time one of those left is chosen, with a chance in proportion to its
worth, exp(strength + seat effect). Where the ranks allow a tie, a set that shares a place is one more alternative: its
worth is the geometric mean of its members' times a factor for its size, which is estimated with the rest. The winner
is always alone, so the first place has no such alternatives, and a size that never occurred is no alternative at all;
without ties this is Plackett-Luce, and with two players the logistic model of Elo.

Every choice is a multinomial logit in the parameters, so the likelihood is concave: it has one maximum, and Newton's
method finds it.

Source: H. Turner, J. van Etten, D. Firth, I. Kosmidis, "Modelling rankings in R: the PlackettLuce package",
Computational Statistics 35 (2020), section 2; R. Davidson, JASA 65 (1970), for two players.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_BLOCK: Final = 2_048  # orders at a time: what is made of them stays in a processor's cache


@dataclass(frozen=True)
class Derivatives:
    """Log-likelihood of every order and its derivatives. K features: the places, the first first, then the tie sizes.

    value        float64 [orders]
    gradient     float64 [orders, K]
    information  float64 [orders, K, K]  minus the second derivatives
    """

    value: Floats
    gradient: Floats
    information: Floats


@dataclass(frozen=True)
class _Choice:
    """Who takes place `first`: the orders that come to this choice, the alternatives, and what was chosen.

    rows      int64 [R]          orders
    features  float64 [A, K]     what each alternative takes of every feature
    chosen    int64 [R]          alternative
    """

    rows: Integers
    features: Floats
    chosen: Integers


class FinishingOrders:
    """Orders in which games finished, ready to be evaluated for any worth of who took part.

    seats      int64 [orders, players]  the seat (from 0) at every place, equals in the order of their seats
    tie_sizes  sizes of ties that occur, ascending
    """

    def __init__(self, ranks: NDArray[np.int8], tie_sizes: tuple[int, ...]) -> None:
        """`ranks` as `Results` has them; ties of other sizes than `tie_sizes` must not occur in them."""
        self.seats: Integers = np.argsort(ranks, axis=1, kind="stable")
        self.tie_sizes = tie_sizes
        ordered = np.take_along_axis(ranks, self.seats, axis=1)
        self._choices = [_choice(ordered, first, tie_sizes) for first in range(ranks.shape[1] - 1)]

    def evaluate(self, worths: Floats, log_ties: Floats) -> Derivatives:
        """Derivatives at `worths`, float64 [orders, players], natural logarithms in the order of places, and
        `log_ties`, float64 [tie sizes].
        """
        orders, players = worths.shape
        features = players + len(log_ties)
        value = np.zeros(orders)
        gradient = np.zeros((orders, features))
        information = np.zeros((orders, features * features))
        for choice in self._choices:
            of = choice.features
            squares = (of[:, :, None] * of[:, None, :]).reshape(len(of), -1)
            for start in range(0, len(choice.rows), _BLOCK):
                rows, chosen = choice.rows[start : start + _BLOCK], choice.chosen[start : start + _BLOCK]
                merit = worths[rows] @ of[:, :players].T + of[:, players:] @ log_ties
                highest = merit.max(axis=1, keepdims=True)
                weight = np.exp(merit - highest)
                total = weight.sum(axis=1, keepdims=True)
                chance = weight / total
                mean = chance @ of
                value[rows] += merit[np.arange(len(rows)), chosen] - (highest + np.log(total))[:, 0]
                gradient[rows] += of[chosen] - mean
                outer = mean[:, :, None] * mean[:, None, :]
                information[rows] += chance @ squares - outer.reshape(len(rows), features**2)
        return Derivatives(value, gradient, information.reshape(orders, features, features))


def tie_sizes_of(ranks: NDArray[np.int8]) -> tuple[int, ...]:
    """How many share a rank, of all ties that occur, ascending."""
    shared = (ranks[:, :, None] == ranks[:, None, :]).sum(axis=2)
    return tuple(int(size) for size in np.unique(shared) if size > 1)


def _choice(ordered: NDArray[np.int8], first: int, tie_sizes: tuple[int, ...]) -> _Choice:
    players = ordered.shape[1]
    begins = np.ones(len(ordered), dtype=bool) if first == 0 else ordered[:, first] != ordered[:, first - 1]
    rows = np.flatnonzero(begins)
    sizes = (1, *tie_sizes) if first else (1,)
    alternatives = [members for size in sizes for members in combinations(range(first, players), size)]
    features = np.zeros((len(alternatives), players + len(tie_sizes)))
    for number, members in enumerate(alternatives):
        features[number, list(members)] = 1 / len(members)
        if len(members) > 1:
            features[number, players + tie_sizes.index(len(members))] = 1.0
    size = (ordered[rows] == ordered[rows, first : first + 1]).sum(axis=1)
    number_of = np.full(players + 1, -1)
    for number, members in enumerate(alternatives):
        if members == tuple(range(first, first + len(members))):
            number_of[len(members)] = number
    return _Choice(rows, features, number_of[size])
