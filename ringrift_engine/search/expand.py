"""New nodes: the position behind each selected edge, forced moves played, and its choices. Compiled per board."""

from typing import Final

from ringrift_engine.rules.apply import apply_move
from ringrift_engine.rules.backend import kernel, rule
from ringrift_engine.rules.legal import list_choices
from ringrift_engine.rules.state import NOBODY
from ringrift_engine.search.tree import NO_EDGE, NO_NODE

OVERLONG: Final = -1


@rule
def play_until_choice(game, board, work, move, limit):
    """Play `move`, then on while there is exactly one choice; the number of choices, listed in `work.moves`.

    0 when the game is over; OVERLONG if that took more than `limit` moves.
    """
    apply_move(game, board, work, move)
    for _ in range(limit):
        count = list_choices(game, board, work)
        if count != 1:
            return count
        apply_move(game, board, work, work.moves[0])
    return OVERLONG


@rule
def fill_node(nodes, place, game, parent, first_edge, count):
    """A node without visits; where the game is over its evaluation is the winner's certainty."""
    node = nodes[place]
    node.first_edge = first_edge
    node.edges = count
    node.parent = parent
    node.visits = 0
    node.mover = game.player
    for seat in range(node.value_sum.shape[0]):
        node.value_sum[seat] = 0.0
        node.evaluation[seat] = 0.0
    if game.winner != NOBODY:
        node.evaluation[game.winner - 1] = 1.0


@rule
def write_choices(edges, first, work, count):
    """Put the listed moves into the pool from place `first` on."""
    for index in range(count):
        edge = edges[first + index]
        edge.move = work.moves[index]
        edge.logit = 0.0
        edge.child = NO_NODE


@kernel
def expand_edges(games, nodes, edges, trees, used, table, works, limit, start):
    """Make the nodes behind the selected edges of trees[start:]; see `tree` for the arrays.

    Stops before a tree whose choices do not fit into the pool, or whose game goes on for more than `limit` moves
    without a choice. Returns the number of trees done and the choices that stopped it (OVERLONG for the latter, 0 at
    the end).
    """
    board = table[0]
    work = works[0]
    for number in range(start, trees.shape[0]):
        tree = trees[number]
        if tree.edge == NO_EDGE:
            continue
        place = tree.root + tree.nodes
        games[place] = games[tree.parent]
        game = games[place]
        count = play_until_choice(game, board, work, edges[tree.edge].move, limit)
        if count == OVERLONG or used[0] + count > edges.shape[0]:
            return number, count
        fill_node(nodes, place, game, tree.parent, used[0], count)
        write_choices(edges, used[0], work, count)
        used[0] += count
        edges[tree.edge].child = place
        tree.leaf = place
        tree.nodes += 1
    return trees.shape[0], 0
