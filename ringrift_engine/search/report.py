"""What a finished root has to say. Compiled once for all boards."""

from ringrift_engine.rules.backend import kernel, rule
from ringrift_engine.search.gumbel import best_among_visited, complete_values, improve_policy, surprise_of, value_scale
from ringrift_engine.search.select import gather_choices, gather_completed


@rule
def most_visits(visits, count):
    """The largest number of visits of a choice."""
    most = 0
    for index in range(count):
        most = max(most, visits[index])
    return most


@rule
def expected_value(nodes, edges, root, seat, scratch):
    """The win probability of `seat` if the root's player follows the policy in scratch, values completed."""
    count = gather_choices(nodes, edges, root, seat, scratch)
    complete_values(scratch.logits, scratch.visits, scratch.values, count, nodes[root].evaluation[seat - 1])
    value = 0.0
    for index in range(count):
        value += scratch.policy[index] * scratch.values[index]
    return value


@rule
def report_root(
    nodes, edges, root, number, gumbels, c_visit, c_scale, scratch, chosen, policy, visits, values, surprise
):
    """Read the results off one finished tree, number `number` of them; see `report_roots`."""
    first = nodes[root].first_edge
    count = gather_completed(nodes, edges, root, scratch)
    scale = value_scale(scratch.visits, count, c_visit, c_scale)
    most = most_visits(scratch.visits, count)
    chosen[number] = first + best_among_visited(
        gumbels, first, scratch.logits, scratch.values, scratch.visits, count, scale, most
    )
    improve_policy(scratch.logits, scratch.values, count, scale, scratch.policy)
    for index in range(count):
        policy[first + index] = scratch.policy[index]
        visits[first + index] = scratch.visits[index]
    surprise[number] = surprise_of(scratch.logits, scratch.policy, count)
    for seat in range(1, values.shape[1] + 1):
        values[number, seat - 1] = expected_value(nodes, edges, root, seat, scratch)


@kernel
def report_roots(nodes, edges, trees, gumbels, c_visit, c_scale, scratches, chosen, policy, visits, values, surprise):
    """Read the results off T finished trees; see `tree` for the arrays. The roots' M choices lie at the pool's start.

    chosen    int64 [T]      out: place in the pool of the move to play, the best of the most visited
    policy    float32 [M]    out: improved policy
    visits    int32 [M]      out: simulations through each choice
    values    float32 [T, n] out: win probability of each seat under the improved policy
    surprise  float32 [T]    out: see `gumbel.surprise_of`
    """
    scratch = scratches[0]
    for number in range(trees.shape[0]):
        report_root(
            nodes, edges, trees[number].root, number, gumbels, c_visit, c_scale, scratch, chosen, policy, visits,
            values, surprise,
        )  # fmt: skip
