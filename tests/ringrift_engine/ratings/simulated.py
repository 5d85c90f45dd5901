"""Pools of games whose truth is known: finishing orders drawn place by place, as the model of the ratings says."""

from itertools import combinations

import numpy as np

from ringrift_engine.ratings import Results
from ringrift_engine.records.shard_schema import Participant

ELO = 400 / np.log(10)


def participants(count):
    """Names in the order of their numbers."""
    return tuple(Participant(f"player{number:03d}") for number in range(count))


def simulate(key, seats, strength, random, seat_effect=None, ties=None):
    """Results of games with these seats, int [games, n]; `strength` [p] and `seat_effect` [n] in Elo, `ties` size ->
    factor.
    """
    games, n = seats.shape
    worth = (np.asarray(strength)[seats] + (0 if seat_effect is None else np.asarray(seat_effect))) / ELO
    ranks = np.zeros((games, n), dtype=np.int8)
    while (ranks == 0).any():
        place = 1 + (ranks > 0).sum(axis=1)
        sets, merits = _alternatives(worth, ranks, ties or {})
        chosen = (merits + random.gumbel(size=merits.shape)).argmax(axis=1)
        open_games = (ranks == 0).any(axis=1)
        ranks = np.where(open_games[:, None] & sets[chosen], place[:, None], ranks).astype(np.int8)
    who = participants(len(strength))
    return Results(config_key=key, participants=who, seats=seats.astype(np.int32), ranks=ranks)


def _alternatives(worth, ranks, ties):
    """All sets of seats, bool [A, n], and the merit of each as the next ones to finish, float [games, A]."""
    n = worth.shape[1]
    members = [chosen for size in (1, *ties) for chosen in combinations(range(n), size)]
    sets = np.array([[seat in chosen for seat in range(n)] for chosen in members])
    factors = np.array([np.log(ties[len(chosen)]) if len(chosen) > 1 else 0.0 for chosen in members])
    merits = worth @ (sets / sets.sum(axis=1, keepdims=True)).T + factors
    finished = ((ranks > 0).astype(int) @ sets.T.astype(int)) > 0
    alone = (ranks == 0).all(axis=1)[:, None] & (sets.sum(axis=1) > 1)  # the winner shares with nobody
    return sets, np.where(finished | alone, -np.inf, merits)


def round_robin(count, n, repeats):
    """Seats of a tournament: every choice of n participants, in every turn of the seats, so often."""
    tables = [np.roll(table, turn) for table in combinations(range(count), n) for turn in range(n)]
    return np.tile(np.array(tables), (repeats, 1))


def gauntlet(opponents, n, rounds):
    """Seats of the last one against copies of each opponent, once in every seat, so many rounds each."""
    candidate = opponents
    rows = []
    for opponent in range(opponents):
        for seat in range(n):
            row = np.full(n, opponent)
            row[seat] = candidate
            rows.append(row)
    return np.tile(np.array(rows), (rounds, 1))
