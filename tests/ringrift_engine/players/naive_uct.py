"""UCT once more, with objects and lists, written from the papers and for comparison only.

It shares the rules with the engine and nothing else: random numbers, tree, formulas and the treatment of certain ends
are its own. What it has to agree on is when a number is drawn: one when a choice is opened, one for each move of a
random game at which there are several.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from ringrift_engine.batch import Batch

ONE = np.arange(1)
_MASK = 2**64 - 1


class Stream:
    """SplitMix64 (Steele, Lea, Flood) on Python integers."""

    def __init__(self, seed):
        self.state = int(seed)

    def below(self, bound):
        self.state = (self.state + 0x9E3779B97F4A7C15) & _MASK
        word = ((self.state ^ (self.state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _MASK
        word ^= word >> 31
        return int((word >> 11) / 2**53 * bound)


@dataclass
class Node:
    """A position with a choice, or a finished game; `results` has the winner of every playout through it."""

    batch: Batch
    untried: list
    children: list = field(default_factory=list)  # (move, node), in the order of their first playout
    results: list = field(default_factory=list)
    certain: int = 0  # who surely wins

    @property
    def mover(self):
        return int(self.batch.games.player[0])

    def rate(self, seat):
        return sum(winner == seat for winner in self.results) / max(1, len(self.results))


def node_of(batch):
    return Node(batch, batch.legal(ONE).moves.tolist(), certain=int(batch.winners()[0]))


def after(node, move):
    batch = Batch(node.batch.config, 1, games=node.batch.games)
    batch.apply(ONE, np.array([move]))
    batch.play_forced(ONE)
    return batch


def choose(node, exploration, first_play, stream):
    """The child to follow as (move, node), node None if it is to be made; or None where only certain ends are left."""
    open_children = [child for child in node.children if not child[1].certain]
    scores = [
        child.rate(node.mover) + exploration * math.sqrt(math.log(len(node.results)) / len(child.results))
        for _, child in open_children
    ]
    if node.untried and (not scores or node.rate(node.mover) + first_play >= max(scores)):
        return pull(node.untried, stream), None
    if scores:
        return open_children[scores.index(max(scores))]
    return node.children[len(node.results) % len(node.children)]


def pull(untried, stream):
    """Take one of the untried moves; the first takes the place of the one that is taken."""
    drawn = stream.below(len(untried))
    untried[0], untried[drawn] = untried[drawn], untried[0]
    return untried.pop(0)


def random_winner(batch, stream):
    while True:
        moves = batch.legal(ONE).moves
        if not len(moves):
            return int(batch.winners()[0])
        move = moves[stream.below(len(moves)) if len(moves) > 1 else 0]
        batch.apply(ONE, np.array([move]))


def finish(path, leaf, stream):
    """Who wins the playout that made this leaf; a certain end settles what is above it."""
    if not leaf.certain:
        return random_winner(Batch(leaf.batch.config, 1, games=leaf.batch.games), stream)
    for node in reversed(path):
        ends = {child.certain for _, child in node.children}
        if leaf.certain == node.mover or (not node.untried and ends == {leaf.certain}):
            node.certain = leaf.certain
        else:
            break
    return leaf.certain


def naive_uct(config, game, playouts, exploration, first_play, seed):
    """The root after so many playouts, fewer if it is certain before."""
    stream = Stream(seed)
    root = node_of(Batch(config, 1, games=game))
    wins = [move for move in root.untried if after(root, move).winners()[0] == root.mover]
    if wins:
        place = root.untried.index(wins[0])
        root.untried[0], root.untried[place] = root.untried[place], root.untried[0]
    for _ in range(playouts):
        if root.certain:
            break
        path, node = [], root
        while True:
            path.append(node)
            if node is root and wins:
                move, child = root.untried.pop(0), None
            else:
                move, child = choose(node, exploration, first_play, stream)
            if child is None:
                leaf = node_of(after(node, move))
                node.children.append((move, leaf))
                winner = finish(path, leaf, stream)
                path.append(leaf)
                break
            node = child
            if node.certain:
                path.append(node)
                winner = node.certain
                break
        for passed in path:
            passed.results.append(winner)
    return root
