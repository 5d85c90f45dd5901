"""Virtual games: what holds a rating that the real games leave without a bound, and nothing else.

Who won every game has no likeliest rating: the higher, the likelier. Such a participant, and everybody else who never
finished behind, or never before, one through whom the anchor can be reached, gets one virtual game, half won and half
lost, shared out over those it met as its games are. It then has a finite rating and a wide interval. All others are
rated by real games alone; what a virtual game does to its opponents is the effect of one game that nobody won.

Seat effects get the information of one virtual game between equals, in which no seat is better: with a handful of games
seat 1 may have won them all. The same holds for the frequency of ties, once there is one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """A part of the objective: its value, gradient [K], and information [K, K] (minus the second derivatives)."""

    value: float
    gradient: Floats
    information: Floats


@dataclass(frozen=True)
class VirtualGames:
    """Half won, half lost games of pairs.

    first, second  int64 [pairs]    who plays
    weights        float64 [pairs]  games of each pair
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    weights: Floats

    def evaluate(self, strength: Floats) -> Part:
        """Their part at `strength`, float64 [participants], natural logarithms."""
        count = len(strength)
        difference = strength[self.first] - strength[self.second]
        won = 1 / (1 + np.exp(-difference))
        value = 0.5 * float(self.weights @ (-np.logaddexp(0, -difference) - np.logaddexp(0, difference)))
        pull, stiff = self.weights * (0.5 - won), self.weights * won * (1 - won)
        gradient = np.zeros(count)
        np.add.at(gradient, self.first, pull)
        np.add.at(gradient, self.second, -pull)
        information = np.zeros((count, count))
        np.add.at(information, (self.first, self.first), stiff)
        np.add.at(information, (self.second, self.second), stiff)
        np.add.at(information, (self.first, self.second), -stiff)
        np.add.at(information, (self.second, self.first), -stiff)
        return Part(value, gradient, information)


def games_for(held: NDArray[np.bool_], met: Floats) -> VirtualGames:
    """One virtual game for everybody `held`, bool [p], shared out as its games are.

    met  float64 [p, p]  games of every two, 0 with oneself
    """
    first, second = np.nonzero(met * held[:, None])
    return VirtualGames(first, second, met[first, second] / met[first].sum(axis=1))


def games_of_seats(num_players: int) -> VirtualGames:
    """The virtual game between seats: every two of them, as much as one game of equals tells."""
    first, second = np.triu_indices(num_players, 1)
    return VirtualGames(first, second, np.full(len(first), 2 / num_players))


def tie_part(log_ties: Floats) -> Part:
    """For every size of a tie one virtual choice among two equals, half of it a tie."""
    tied = np.exp(log_ties) / (2 + np.exp(log_ties))
    value = float((0.5 * log_ties - np.log(2 + np.exp(log_ties))).sum())
    return Part(value, 0.5 - tied, np.diag(tied * (1 - tied)))


def bounded(finished_before: Floats, shared: Floats, anchored: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool [p]: whose rating real games bound from both sides, given those that are fixed.

    finished_before  float64 [p, p]  how often the first finished before the second
    shared           float64 [p, p]  how often two shared a rank

    From everybody there must be a way to an anchor along games lost, and one along games won: otherwise the
    participants are two groups of which one never finished before the other.
    """
    ahead = (finished_before > 0) | (shared > 0)
    return reached(ahead, anchored) & reached(ahead.T, anchored)


def reached(edges: NDArray[np.bool_], start: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """bool [p]: who can be reached from `start`, bool [p], along `edges`, bool [p, p] from row to column."""
    found = start.copy()
    new = start
    while new.any():
        new = edges[new].any(axis=0) & ~found
        found |= new
    return found
