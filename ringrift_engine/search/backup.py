"""What a leaf is worth goes into it and into all nodes above it. Compiled once for all boards."""

import math

from ringrift_engine.rules.backend import kernel, rule
from ringrift_engine.search.tree import NO_NODE


@rule
def normalise_logits(edges, first, count):
    """Shift a node's logits so that their exponentials sum to 1."""
    top = -math.inf
    for index in range(first, first + count):
        top = max(top, float(edges[index].logit))
    total = 0.0
    for index in range(first, first + count):
        total += math.exp(float(edges[index].logit) - top)
    shift = top + math.log(total)
    for index in range(first, first + count):
        edges[index].logit = float(edges[index].logit) - shift


@rule
def add_to_path(nodes, leaf):
    """One more visit, with the leaf's evaluation, for the leaf and every node above it."""
    node = leaf
    while node != NO_NODE:
        nodes[node].visits += 1
        for seat in range(nodes[leaf].evaluation.shape[0]):
            nodes[node].value_sum[seat] += nodes[leaf].evaluation[seat]
        node = nodes[node].parent


@kernel
def back_up(nodes, edges, trees, logits, values):
    """End the current simulation of every tree with the evaluation of its leaf; see `tree` for the other arrays.

    logits  float32 [M], values float32 [L, n]: for the leaves that are new and not the end of a game, in the order of
                    the
            trees; M choices in all
    """
    done = 0
    evaluated = 0
    for number in range(trees.shape[0]):
        leaf = trees[number].leaf
        count = nodes[leaf].edges
        if count > 0:  # a simulation ends in an old node only where the game is over, so this one is new
            first = nodes[leaf].first_edge
            for index in range(count):
                edges[first + index].logit = logits[done + index]
            normalise_logits(edges, first, count)
            for seat in range(values.shape[1]):
                nodes[leaf].evaluation[seat] = values[evaluated, seat]
            done += count
            evaluated += 1
        add_to_path(nodes, leaf)
