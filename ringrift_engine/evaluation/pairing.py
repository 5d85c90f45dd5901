"""Who meets whom in a tournament: tables, at each of which one opening is played with every seat rotated.

A table of n players is n games, so that everybody sits once in every seat. Openings are shared: the same one is played
at many tables, and what it is worth falls out of comparisons. With three and four players the order in which
neighbours move counts as well, so it changes from opening to opening.

Everybody against everybody is C(p, n) tables an opening, 4,845 for twenty players in games of four. The balanced
schedule seats everybody about as often as everybody else, and every pair about as often as every other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement, permutations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.errors import ConfigError, unknown_name

ROUND_ROBIN: Final = "round-robin"
BALANCED: Final = "balanced"
SCHEDULES: Final = (ROUND_ROBIN, BALANCED)


@dataclass(frozen=True)
class Table:
    """One opening and those who play it.

    opening  its number under the seed of the tournament, from 0
    sitting  numbers of the participants in the order in which they move; game k begins with sitting[k]
    """

    opening: int
    sitting: tuple[int, ...]

    def seats(self, game: int) -> tuple[int, ...]:
        """Who sits where in game `game` of the table, 0 <= game < n: seat 1 first."""
        return self.sitting[game:] + self.sitting[:game]


def tables_of(schedule: str, participants: int, num_players: int, openings: int, seed: int) -> list[Table]:
    """All tables of a tournament.

    openings  how many are played: by every combination of players, or in the balanced schedule by every player
    seed      settles what the balanced schedule leaves open
    ConfigError for an unknown schedule, fewer than two participants, and less than one opening.
    """
    if schedule not in SCHEDULES:
        raise unknown_name("schedule", schedule, SCHEDULES)
    if participants < 2:
        raise ConfigError(f"A tournament needs two participants or more, not {participants}: name further players.")
    if openings < 1:
        raise ConfigError(f"A tournament needs one opening or more, not {openings}.")
    if schedule == BALANCED and participants > num_players:
        return _balanced(participants, num_players, openings, seed)
    return _round_robin(participants, num_players, openings)


def _round_robin(participants: int, num_players: int, openings: int) -> list[Table]:
    """Every combination at every opening; where there are fewer participants than seats, some sit twice."""
    everybody = range(participants)
    if participants >= num_players:
        sets = list(combinations(everybody, num_players))
    else:
        sets = [
            chosen
            for chosen in combinations_with_replacement(everybody, num_players)
            if len(set(chosen)) == participants
        ]
    return [Table(opening, _arranged(chosen, opening)) for opening in range(openings) for chosen in sets]


def _arranged(chosen: Sequence[int], opening: int) -> tuple[int, ...]:
    """The same players in another circular order at each of (n - 1)! openings that follow one another."""
    orders = list(permutations(chosen[1:]))
    return (chosen[0], *orders[opening % len(orders)])


def _balanced(participants: int, num_players: int, openings: int, seed: int) -> list[Table]:
    """Tables one by one, each with those who sat least, and of them those who met least."""
    random = np.random.default_rng(seed)
    count = -(-participants * openings // num_players)
    at_once = max(1, participants // num_players)
    sat = np.zeros(participants, dtype=np.int64)
    met = np.zeros((participants, participants), dtype=np.int64)
    tables = []
    for number in range(count):
        chosen: list[int] = []
        for _ in range(num_players):
            chosen.append(_least(sat, met[:, chosen].sum(axis=1), chosen, random.permutation(participants)))
        sat[chosen] += 1
        met[np.ix_(chosen, chosen)] += 1
        opening = number // at_once
        tables.append(Table(opening, _arranged(chosen, opening)))
    return tables


def _least(sat: NDArray[np.int64], met: NDArray[np.int64], taken: list[int], order: NDArray[np.int64]) -> int:
    """Who sat at fewest tables, then met those at this one least often, then comes first in `order`."""
    free = [int(number) for number in order if number not in taken]
    return min(free, key=lambda number: (sat[number], met[number]))
