"""A program whose moves are known, and people who click about."""

import random

import numpy as np

from ringrift_engine.boards import CONFIGS
from ringrift_engine.interactive.session import PERSON, Session
from ringrift_engine.players.interface import Decisions
from ringrift_engine.players.random import RandomPlayer

HEX8 = CONFIGS["hex8_2p"]


class Leaning:
    """Prefers the last of the engine's list, then the first, and gives everybody the same chance but seat 1."""

    name = "leaning"

    def choose(self, batch, rows, seeds):  # noqa: ARG002
        legal = batch.legal(rows)
        policy = np.zeros(len(legal.moves), dtype=np.float32)
        policy[legal.offsets[:-1]] = 0.375
        policy[legal.offsets[1:] - 1] = 0.625
        values = np.full((len(rows), batch.config.num_players), 0.2, dtype=np.float32)
        values[:, 0] = 1 - values[:, 1:].sum(axis=1)
        return Decisions(legal.moves[legal.offsets[:-1]], legal, policy, values, np.full(len(rows), 7))


def run_programs(session):
    """Play until a person has to choose or the game is over; what was played."""
    return list(iter(session.step, None))


def play_on(session, decisions, seed=0):
    """Let people choose at random so many times, or until the game is over."""
    source = random.Random(seed)
    run_programs(session)
    while decisions and session.waits_for_person:
        session.play(source.choice(session.choices()))
        run_programs(session)
        decisions -= 1
    return session


def person_against_random(decisions, seed=0, config=HEX8):
    """A game of a person in seat 1 who chose so many times."""
    seats = [None, *[RandomPlayer()] * (config.num_players - 1)]
    return play_on(Session(config, seats, seed=seed), decisions, seed)


def decided(session):
    """The plies at which a person chose."""
    return [ply for ply, played in enumerate(session.played) if played.by == PERSON]
