"""Who beats whom in a circle: ratings cannot show it, so it is looked for in the games of the pairs themselves.

A circle is as strong as the weakest of its victories, in standard deviations. The strongest one is what remains of the
graph of victories when ever weaker ones are added until they first close a circle. It counts as shown if each of its
victories is significant at the level divided by the number of pairs that met: then, at that level, all of them are
true at once. Below that, circles are what equals and chance make.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.ratings.pairs import Pairs
from ringrift_engine.records.shard_schema import Participant


@dataclass(frozen=True)
class Cycle:
    """Participants of whom each beat the next one, and the last the first.

    weakest  standard deviations by which the least certain of these victories is one
    shown    whether all victories hold together at the level that was asked for
    """

    participants: tuple[Participant, ...]
    weakest: float
    shown: bool


def strongest_cycle(pairs: Pairs, level: float = 0.95) -> Cycle | None:
    """The circle whose weakest victory is the most certain, the shortest one if there are several; None without any."""
    strengths = _victories(pairs)
    certainties = np.unique(strengths[strengths > 0])
    low, high = 0, len(certainties)  # circles at certainties[:low], none from certainties[high] on
    while low < high:
        middle = (low + high) // 2
        if _circular(strengths >= certainties[middle]):
            low = middle + 1
        else:
            high = middle
    if low == 0:
        return None
    weakest = float(certainties[low - 1])
    places = _shortest(strengths >= weakest, strengths == weakest)
    needed = NormalDist().inv_cdf(1 - (1 - level) / (2 * len(pairs.first)))
    return Cycle(tuple(pairs.participants[place] for place in places), weakest, weakest >= needed)


def _victories(pairs: Pairs) -> NDArray[np.float64]:
    """float64 [p, p]: standard deviations by which the first is ahead of the second, 0 where it is not or none met."""
    strengths = np.zeros((len(pairs.participants),) * 2)
    strengths[pairs.first, pairs.second] = np.maximum(pairs.lead, 0)
    strengths[pairs.second, pairs.first] = np.maximum(-pairs.lead, 0)
    return strengths


def _circular(edges: NDArray[np.bool_]) -> bool:
    """Whether anybody is left when those whom nobody left beats are taken away again and again."""
    left = np.ones(len(edges), dtype=bool)
    while left.any():
        unbeaten = left & ~edges[left].any(axis=0)
        if not unbeaten.any():
            return True
        left &= ~unbeaten
    return False


def _shortest(edges: NDArray[np.bool_], closing: NDArray[np.bool_]) -> list[int]:
    """The shortest circle along `edges` that uses one of `closing`; there is one."""
    circles = [[int(one), *way] for one, other in np.argwhere(closing) if (way := _way(edges, int(other), int(one)))]
    return min(circles, key=len)[:-1]


def _way(edges: NDArray[np.bool_], start: int, end: int) -> list[int]:
    """The shortest way along `edges`, both ends included; empty if there is none."""
    before = {start: start}
    newest = [start]
    while newest and end not in before:
        found = {int(after): one for one in newest for after in np.flatnonzero(edges[one]) if int(after) not in before}
        before |= found
        newest = list(found)
    if end not in before:
        return []
    way = [end]
    while way[-1] != start:
        way.append(before[way[-1]])
    return way[::-1]
