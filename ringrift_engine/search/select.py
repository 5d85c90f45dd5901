"""From every root down to the edge that its next simulation follows. Compiled once for all boards."""

from ringrift_engine.rules.backend import kernel, rule
from ringrift_engine.search.gumbel import (
    best_among_visited,
    complete_values,
    improve_policy,
    most_deserving,
    value_scale,
)
from ringrift_engine.search.tree import NO_EDGE, NO_NODE


@rule
def gather_choices(nodes, edges, node, seat, scratch):
    """Copy a node's choices into scratch, values as `seat` sees them: max^n, everybody maximises a component of his
    own.

    Returns their number.
    """
    first = nodes[node].first_edge
    count = nodes[node].edges
    for index in range(count):
        edge = edges[first + index]
        scratch.logits[index] = edge.logit
        scratch.visits[index] = 0
        if edge.child != NO_NODE:
            child = nodes[edge.child]
            scratch.visits[index] = child.visits
            scratch.values[index] = child.value_sum[seat - 1] / child.visits
    return count


@rule
def gather_completed(nodes, edges, node, scratch):
    """The same for the node's own player, values completed; returns the number of choices."""
    seat = nodes[node].mover
    count = gather_choices(nodes, edges, node, seat, scratch)
    complete_values(scratch.logits, scratch.visits, scratch.values, count, nodes[node].evaluation[seat - 1])
    return count


@rule
def choose_at_root(nodes, edges, root, gumbels, wanted, c_visit, c_scale, scratch):
    """The choice of a root that sequential halving looks at next: the best with `wanted` visits."""
    count = gather_completed(nodes, edges, root, scratch)
    scale = value_scale(scratch.visits, count, c_visit, c_scale)
    start = nodes[root].first_edge  # roots' edges are the first of the pool, so gumbels stand at the same places
    return best_among_visited(
        gumbels, start, scratch.logits, scratch.values, scratch.visits, count, scale, wanted
    )  # fmt: skip


@rule
def choose_below(nodes, edges, node, c_visit, c_scale, scratch):
    """The choice of a node below the root that a simulation follows."""
    count = gather_completed(nodes, edges, node, scratch)
    scale = value_scale(scratch.visits, count, c_visit, c_scale)
    improve_policy(scratch.logits, scratch.values, count, scale, scratch.policy)
    return most_deserving(scratch.policy, scratch.visits, count)


@rule
def select_edge(nodes, edges, tree, gumbels, wanted, c_visit, c_scale, scratch):
    """Let a simulation of one tree walk down from the root's best choice with `wanted` visits; see `select_edges`."""
    node = tree.root
    choice = choose_at_root(nodes, edges, node, gumbels, wanted, c_visit, c_scale, scratch)
    while True:
        edge = nodes[node].first_edge + choice
        child = edges[edge].child
        if child == NO_NODE:
            tree.parent = node
            tree.edge = edge
            tree.leaf = NO_NODE
            break
        if nodes[child].edges == 0:
            tree.edge = NO_EDGE
            tree.leaf = child
            break
        node = child
        choice = choose_below(nodes, edges, node, c_visit, c_scale, scratch)


@kernel
def select_edges(nodes, edges, trees, gumbels, schedule, simulation, c_visit, c_scale, scratches):
    """Let simulation number `simulation` of every tree walk down; see `tree` for the arrays.

    schedule  int32 [choices + 1, simulations], see `gumbel.halving_schedule`
    Sets `edge` and `parent` of each tree to what is to be expanded, or `leaf` to the end of a game that is met again.
    """
    scratch = scratches[0]
    for number in range(trees.shape[0]):
        tree = trees[number]
        wanted = schedule[tree.considered, simulation]
        select_edge(nodes, edges, tree, gumbels, wanted, c_visit, c_scale, scratch)
