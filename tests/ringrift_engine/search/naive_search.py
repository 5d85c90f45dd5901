"""Gumbel search once more, one game at a time, objects and whole arrays: written from the paper, for comparison only.

It shares the rules with the engine and nothing else: noise, schedule, formulas and tree are its own.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from ringrift_engine.batch import Batch

_MASK = 2**64 - 1


def splitmix64(state):
    """The next state and output of Steele, Lea and Flood's generator, on Python integers."""
    state = (state + 0x9E3779B97F4A7C15) & _MASK
    word = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _MASK
    return state, word ^ (word >> 31)


def gumbel_noise(seed, count):
    state, noise = int(seed), []
    for _ in range(count):
        state, word = splitmix64(state)
        noise.append(-math.log(-math.log(max((word >> 11) / 2**53, 2**-54))))
    return np.array(noise)


@dataclass
class Node:
    """A position with a choice, or a finished game."""

    batch: Batch
    moves: np.ndarray
    log_prior: np.ndarray = field(default_factory=lambda: np.zeros(0))
    evaluation: np.ndarray = field(default_factory=lambda: np.zeros(0))
    seen: list = field(default_factory=list)
    children: dict = field(default_factory=dict)

    @property
    def mover(self):
        return int(self.batch.games.player[0]) - 1

    def visits(self):
        return np.array([len(self.children[k].seen) if k in self.children else 0 for k in range(len(self.moves))])

    def completed(self, seat):
        """Mean values of a seat after each choice; unvisited ones get the mixed value."""
        visits = self.visits()
        values = np.array([self.children[k].mean(seat) if visits[k] else np.nan for k in range(len(visits))])
        visited = visits > 0
        mixed = self.evaluation[seat]
        if visited.any():
            prior = np.exp(self.log_prior)
            known = (prior[visited] * values[visited]).sum() / prior[visited].sum()
            mixed = (mixed + visits.sum() * known) / (1 + visits.sum())
        return np.where(visited, values, mixed)

    def mean(self, seat):
        return float(np.mean([value[seat] for value in self.seen]))

    def scaled(self, settings):
        scale = (settings.c_visit + self.visits().max()) * settings.c_scale
        return self.log_prior + scale * self.completed(self.mover)

    def improved_policy(self, settings):
        return softmax(self.scaled(settings))


def softmax(logits):
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def make_node(config, batch, evaluator):
    legal = batch.legal(np.arange(1))
    node = Node(batch, legal.moves)
    if batch.over()[0]:
        node.evaluation = np.eye(config.num_players)[batch.winners()[0] - 1]
    else:
        found = evaluator.evaluate(batch.games, legal)
        logits = found.logits.astype(float)
        node.log_prior = logits - logits.max() - np.log(np.exp(logits - logits.max()).sum())
        node.evaluation = found.values[0].astype(float)
    return node


def make_child(config, node, choice, evaluator):
    batch = Batch(config, 1, games=node.batch.games)
    batch.apply(np.arange(1), node.moves[choice : choice + 1])
    batch.play_forced(np.arange(1))
    node.children[choice] = make_node(config, batch, evaluator)


def simulate(config, root, choice, settings, evaluator):
    """One simulation that begins with a given choice of the root."""
    path, node = [root], root
    while choice in node.children:
        node = node.children[choice]
        path.append(node)
        if len(node.moves) == 0:
            break
        visits = node.visits()
        choice = int(np.argmax(node.improved_policy(settings) - visits / (1 + visits.sum())))
    if len(node.moves):
        make_child(config, node, choice, evaluator)
        node = node.children[choice]
        path.append(node)
    for passed in path:
        passed.seen.append(node.evaluation)


def naive_search(config, game, evaluator, settings, seed):
    """(move, improved policy, root values, visits) of one decision."""
    root = make_node(config, Batch(config, 1, games=game), evaluator)
    root.seen.append(root.evaluation)
    noise = settings.gumbel_scale * gumbel_noise(seed, len(root.moves))
    alive = considered = min(settings.considered, len(root.moves))
    done = wanted = 0
    while done < settings.simulations:
        share = settings.simulations / (max(1, math.ceil(math.log2(considered))) * alive)
        for _ in range(max(1, int(share))):
            for _ in range(alive):
                if done < settings.simulations:
                    simulate(config, root, _best(root, noise, wanted, settings), settings, evaluator)
                    done += 1
            wanted += 1
        alive = min(considered, max(2, alive // 2))
    policy = root.improved_policy(settings)
    values = [(policy * root.completed(seat)).sum() for seat in range(config.num_players)]
    move = root.moves[_best(root, noise, root.visits().max(), settings)]
    return move, policy, np.array(values), root.visits()


def _best(root, noise, wanted, settings):
    return int(np.argmax(np.where(root.visits() == wanted, noise + root.scaled(settings), -np.inf)))
