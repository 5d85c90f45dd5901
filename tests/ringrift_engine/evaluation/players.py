"""Players for tests of matches: cheap, and with known habits."""

import numpy as np

from ringrift_engine.players.interface import Decisions
from ringrift_engine.players.random import RandomPlayer


class Habitual:
    """Always plays the first choice; deterministic, so only openings make its games differ. Notes the rows it is
    asked.
    """

    def __init__(self, name="habitual"):
        self.name = name
        self.asked = []

    def choose(self, batch, rows, seeds):  # noqa: ARG002
        self.asked.append(len(rows))
        legal = batch.legal(rows)
        return Decisions(legal.moves[legal.offsets[:-1]])


class Crashing(RandomPlayer):
    """Random for a number of calls, then fails as a bug would."""

    name = "crashing"

    def __init__(self, calls):
        self.calls = calls

    def choose(self, batch, rows, seeds):
        self.calls -= 1
        if self.calls < 0:
            raise ZeroDivisionError("a bug in a player")
        return super().choose(batch, rows, seeds)


class PolicyMaker:
    """Reports a policy whose best choice is the last one, and plays the first: a match must take the best."""

    name = "policy-maker"

    def choose(self, batch, rows, seeds):  # noqa: ARG002
        legal = batch.legal(rows)
        policy = np.full(len(legal.moves), 1e-3, dtype=np.float32)
        policy[legal.offsets[1:] - 1] = 1.0
        policy /= np.repeat(np.add.reduceat(policy, legal.offsets[:-1]), legal.counts)
        return Decisions(legal.moves[legal.offsets[:-1]], legal, policy)
