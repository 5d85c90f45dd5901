"""The formulas of Gumbel search, for one node at a time.

Source: Danihelka, Guez, Schrittwieser, Silver, "Policy improvement by planning with Gumbel" (ICLR 2022), and its
authors' library mctx, whose schedule for budgets that do not divide evenly is taken over. A node's choices are the
first `count` entries of scratch arrays:

    logits   float64  logarithms of the prior policy: their exponentials sum to 1
    visits   int64    simulations that went through the choice
    values   float64  mean win probability of the node's own player after the choice, in [0, 1]; any number if
                      not visited
    policy   float64  where a result goes

Functions marked `rule` run compiled inside the trees and as plain Python in tests; they are the only copies.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.rules.backend import kernel, rule
from ringrift_engine.rules.random import next_uniform

_TINY: Final = 1e-300  # a visited choice whose prior rounds to zero still counts, and nothing divides by zero
_LEAST: Final = 2.0**-54  # stands in for a uniform of 0, which has no logarithm; the next larger one is 2**-53


def considered_visits(considered: int, simulations: int) -> NDArray[np.int32]:
    """int32 [simulations]: how often the root's next choice must have been visited, simulation by simulation.

    Sequential halving: `considered` choices get equal visits in each of ceil(log2(considered)) rounds, the better half
    goes on; two stay to the end, so that what is left of the budget is not spent on a single one. Simulation i goes to
    the best choice among those with exactly entry i visits, which needs no list of survivors.
    """
    if considered <= 1:
        return np.arange(simulations, dtype=np.int32)
    rounds = math.ceil(math.log2(considered))
    visits = [0] * considered
    sequence: list[int] = []
    alive = considered
    while len(sequence) < simulations:
        for _ in range(max(1, simulations // (rounds * alive))):
            sequence += visits[:alive]
            visits[:alive] = [number + 1 for number in visits[:alive]]
        alive = max(2, alive // 2)
    return np.array(sequence[:simulations], dtype=np.int32)


def halving_schedule(considered: int, simulations: int) -> NDArray[np.int32]:
    """int32 [considered + 1, simulations]: row m is `considered_visits` of a root that considers m choices; row 0 is
    that of one choice.
    """
    return np.stack([considered_visits(number, simulations) for number in range(considered + 1)])


@rule
def draw_gumbel(states, row):
    """The next standard Gumbel number of stream states[row], uint64 [R], which advances."""
    return -math.log(-math.log(max(next_uniform(states, row), _LEAST)))


@kernel
def draw_gumbels(offsets, states, scale, gumbels):
    """Fill gumbels float64 [M] with `scale` times standard Gumbel noise; row r, offsets[r]:offsets[r + 1], draws from
    stream states[r], uint64 [R], which advances.
    """
    for row in range(states.shape[0]):
        for index in range(offsets[row], offsets[row + 1]):
            gumbels[index] = scale * draw_gumbel(states, row)


@rule
def mixed_value(logits, visits, values, count, evaluation):
    """What an unvisited choice is taken to be worth: the node's own evaluation, mixed with the prior's mean over
    visited choices in proportion to their visits (v_mix, Appendix D).
    """
    total = 0
    prior = 0.0
    weighted = 0.0
    for index in range(count):
        if visits[index] > 0:
            share = max(math.exp(logits[index]), _TINY)
            total += visits[index]
            prior += share
            weighted += share * values[index]
    if total == 0:
        return evaluation
    return (evaluation + total * (weighted / prior)) / (1 + total)


@rule
def complete_values(logits, visits, values, count, evaluation):
    """Give every unvisited choice the mixed value, in place ("completed Q-values")."""
    mixed = mixed_value(logits, visits, values, count, evaluation)
    for index in range(count):
        if visits[index] == 0:
            values[index] = mixed


@rule
def value_scale(visits, count, c_visit, c_scale):
    """What a completed value is multiplied by before it is added to a logit ("sigma")."""
    most = 0
    for index in range(count):
        most = max(most, visits[index])
    return (c_visit + most) * c_scale


@rule
def improve_policy(logits, values, count, scale, policy):
    """policy = softmax(logits + scale * values) with completed values ("improved policy")."""
    top = -math.inf
    for index in range(count):
        policy[index] = logits[index] + scale * values[index]
        top = max(top, policy[index])
    total = 0.0
    for index in range(count):
        policy[index] = math.exp(policy[index] - top)
        total += policy[index]
    for index in range(count):
        policy[index] /= total


@rule
def surprise_of(logits, policy, count):
    """What the search taught the prior: the divergence KL(policy || prior) of the improved policy, nats, 0 or more."""
    divergence = 0.0
    for index in range(count):
        if policy[index] > 0.0:
            divergence += policy[index] * (math.log(policy[index]) - logits[index])
    return max(divergence, 0.0)  # rounding may leave equal policies a little below 0


@rule
def best_among_visited(gumbels, start, logits, values, visits, count, scale, wanted):
    """The root's choice with the largest gumbel + logit + scale * value among those with exactly `wanted` visits.

    gumbels float64, the node's from `start` on. The first of equals; 0 if no choice has so many visits.
    """
    best = 0
    best_score = -math.inf
    for index in range(count):
        if visits[index] == wanted:
            score = gumbels[start + index] + logits[index] + scale * values[index]
            if score > best_score:
                best, best_score = index, score
    return best


@rule
def most_deserving(policy, visits, count):
    """Below the root: the choice whose share of the visits falls shortest of the improved policy."""
    total = 1
    for index in range(count):
        total += visits[index]
    best = 0
    best_score = -math.inf
    for index in range(count):
        score = policy[index] - visits[index] / total
        if score > best_score:
            best, best_score = index, score
    return best
