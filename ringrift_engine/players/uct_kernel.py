"""One UCT tree, compiled: it grows by a playout at a time, from one position to the end of the budget. One call a
decision.

A node is a position where somebody has a choice, or the end of a game; moves without a choice are played on the way to
it. An edge is one choice. What the search knows of a choice stands in its edge, as counts of wins of the player who
chooses: max^n, everybody counts his own. Of a node's edges the first `opened` have a node behind them. Which choice
comes next is drawn when it is opened, so a node that is seen once costs no more than its list.

The end of a game is certain, and so is whatever only leads there. Certainty goes up the tree: who has a choice that
surely wins has won, and a node all of whose choices surely end with the same winner is won by that one. What is
certain is not looked at again (Winands, Björnsson, Saito, "Monte-Carlo tree search solver", 2008).
"""

import math
from typing import Final

import numpy as np

from ringrift_engine.rules.apply import apply_move
from ringrift_engine.rules.backend import kernel, rule
from ringrift_engine.rules.legal import list_choices
from ringrift_engine.rules.random import next_below
from ringrift_engine.rules.state import NOBODY
from ringrift_engine.search.expand import OVERLONG, play_until_choice
from ringrift_engine.search.playouts import play_out

NO_NODE: Final = -1
NO_EDGE: Final = -1

NODE_DTYPE: Final = np.dtype(
    [
        ("first_edge", np.int64),
        ("edge", np.int64),  # that leads here, NO_EDGE at the root
        ("parent", np.int32),  # NO_NODE at the root
        ("edges", np.int32),  # choices; 0 where the game is over
        ("opened", np.int32),  # those with a node behind them, first in the pool
        ("visits", np.int32),  # playouts that passed or began here
        ("wins", np.int32),  # of those, won by the player to move here
        ("mover", np.int32),
        ("winner", np.int32),  # who surely wins from here, NOBODY if that is not known
    ],
    align=True,
)

EDGE_DTYPE: Final = np.dtype(
    [
        ("move", np.int64),
        ("child", np.int32),
        ("visits", np.int32),
        ("wins", np.int32),  # of the player who chooses here
        ("winner", np.int32),  # as of the node behind it
    ],
    align=True,
)


@rule
def add_node(nodes, edges, used, work, game, parent, edge, count):
    """A new node for `game`, whose choices are listed in `work.moves`; its place. `used` counts edges and nodes."""
    place = used[1]
    node = nodes[place]
    node.first_edge = used[0]
    node.edge = edge
    node.parent = parent
    node.edges = count
    node.opened = 0
    node.visits = 0
    node.wins = 0
    node.mover = game.player
    node.winner = game.winner
    for index in range(count):
        new = edges[used[0] + index]
        new.move = work.moves[index]
        new.child = NO_NODE
        new.visits = 0
        new.wins = 0
        new.winner = NOBODY
    used[0] += count
    used[1] += 1
    return place


@rule
def swap_moves(edges, first, second):
    move = edges[first].move
    edges[first].move = edges[second].move
    edges[second].move = move


@rule
def put_win_first(games, copies, edges, count, board, work, limit):
    """If the root's player has a choice that ends the game in his favour, make it the one that is opened first.

    Looking at every choice once costs less than a playout; without it, a root with more choices than playouts could
    miss a win that lies on the board.
    """
    for index in range(count):
        copies[0] = games[0]
        game = copies[0]
        play_until_choice(game, board, work, edges[index].move, limit)
        if game.winner == games[0].player:
            swap_moves(edges, 0, index)
            return True
    return False


@rule
def open_edge(nodes, edges, node, states, drawn):
    """Open one more choice of a node, drawn evenly unless the next one is wanted; its place."""
    place = nodes[node].first_edge + nodes[node].opened
    if drawn:
        left = nodes[node].edges - nodes[node].opened
        swap_moves(edges, place, place + next_below(states, 0, left))
    nodes[node].opened += 1
    return place


@rule
def most_urgent(nodes, edges, node, exploration):
    """Place and urgency (UCB1) of the opened edge to follow; NO_EDGE if none is left that is not settled."""
    first = nodes[node].first_edge
    spread = exploration * math.sqrt(math.log(max(1, nodes[node].visits)))
    place = NO_EDGE
    best = -math.inf
    for index in range(first, first + nodes[node].opened):
        edge = edges[index]
        if edge.winner == NOBODY:
            urgency = edge.wins / edge.visits + spread / math.sqrt(edge.visits)
            if urgency > best:
                best = urgency
                place = index
    return place, best


@rule
def choose_edge(nodes, edges, node, states, exploration, first_play):
    """The edge that a playout follows from a node: the most urgent one, or a new one.

    A choice that was not tried is as urgent as the node's mean and `first_play` on top, so that promising choices are
    looked into before the last one was tried. Where every choice is settled, but not with one winner, they take turns.
    """
    place, best = most_urgent(nodes, edges, node, exploration)
    if nodes[node].opened < nodes[node].edges:
        mean = nodes[node].wins / max(1, nodes[node].visits)
        if place == NO_EDGE or mean + first_play >= best:
            return open_edge(nodes, edges, node, states, True)
    if place == NO_EDGE:
        return nodes[node].first_edge + nodes[node].visits % nodes[node].edges
    return place


@rule
def descend(nodes, edges, states, exploration, first_play, drawn):
    """From the root to the edge that gets a node, or to a settled node; (node, edge), NO_EDGE in the second case."""
    node = 0
    if not drawn:
        return node, open_edge(nodes, edges, node, states, False)
    while node == 0 or nodes[node].winner == NOBODY:
        edge = choose_edge(nodes, edges, node, states, exploration, first_play)
        if edges[edge].child == NO_NODE:
            return node, edge
        node = edges[edge].child
    return node, NO_EDGE


@rule
def finish_at_random(game, copies, board, work, states, count, limit):
    """Who wins one random game from here; `work.moves` lists the `count` choices. NOBODY if it does not end."""
    copies[0] = game
    copy = copies[0]
    move = work.moves[next_below(states, 0, count)]
    apply_move(copy, board, work, move)
    return play_out(copy, board, work, states, 0, limit)


@rule
def record_result(nodes, edges, leaf, winner):
    """Count one playout in the leaf and in everything above it."""
    node = leaf
    while node != NO_NODE:
        nodes[node].visits += 1
        if nodes[node].mover == winner:
            nodes[node].wins += 1
        parent = nodes[node].parent
        if parent != NO_NODE:
            edge = edges[nodes[node].edge]
            edge.visits += 1
            if nodes[parent].mover == winner:
                edge.wins += 1
        node = parent


@rule
def all_end_with(nodes, edges, node, winner):
    """Whether every choice of a node surely ends with this winner."""
    if nodes[node].opened < nodes[node].edges:
        return False
    first = nodes[node].first_edge
    last = first + nodes[node].edges
    while first < last and edges[first].winner == winner:
        first += 1
    return first == last


@rule
def settle(nodes, edges, leaf):
    """Carry the certain winner of a leaf up, as far as it makes the nodes above certain."""
    node = leaf
    winner = nodes[leaf].winner
    while nodes[node].parent != NO_NODE:
        parent = nodes[node].parent
        edges[nodes[node].edge].winner = winner
        if nodes[parent].mover != winner and not all_end_with(nodes, edges, parent, winner):
            break
        nodes[parent].winner = winner
        node = parent


@rule
def play_once(games, copies, nodes, edges, used, states, board, work, exploration, first_play, limit, drawn):
    """One playout: down the tree, a new node, a random game, and its result back up. The winner; NOBODY if a game did
    not end.
    """
    node, edge = descend(nodes, edges, states, exploration, first_play, drawn)
    if edge == NO_EDGE:
        winner = nodes[node].winner
        record_result(nodes, edges, node, winner)
        return winner
    place = used[1]
    games[place] = games[node]
    game = games[place]
    count = play_until_choice(game, board, work, edges[edge].move, limit)
    if count == OVERLONG:
        return NOBODY
    leaf = add_node(nodes, edges, used, work, game, node, edge, count)
    edges[edge].child = leaf
    if count == 0:
        winner = int(game.winner)
        settle(nodes, edges, leaf)
    else:
        winner = finish_at_random(game, copies, board, work, states, count, limit)
    if winner != NOBODY:
        record_result(nodes, edges, leaf, winner)
    return winner


@kernel
def grow_tree(
    games, copies, nodes, edges, used, states, wins, table, works, playouts, exploration, first_play, limit, start
):
    """Play playouts number `start` to `playouts` - 1 of the tree whose root is games[0]; with start 0, plant it first.

    games   recarray [playouts + 1], copies recarray [1]: records of games, the second scratch
    nodes   recarray [playouts + 1]
    edges   recarray [pool]
    used    int64 [3], of edges, of nodes, and 1 if the root's first edge wins at once
    states  uint64 [1], the random stream of the decision
    wins    int64 [n]: playouts that each seat won, seat s in entry s - 1
    Returns the playouts done and why it stopped: 0 done or settled, OVERLONG for a game without an end, else how many
    edges more the pool might need.
    """
    board = table[0]
    work = works[0]
    room = work.moves.shape[0]
    if start == 0 and used[1] == 0:
        if room > edges.shape[0]:
            return 0, room
        count = list_choices(games[0], board, work)
        add_node(nodes, edges, used, work, games[0], NO_NODE, NO_EDGE, count)
        used[2] = 1 if put_win_first(games, copies, edges, count, board, work, limit) else 0
    for playout in range(start, playouts):
        if nodes[0].winner != NOBODY:
            return playout, 0
        if used[0] + room > edges.shape[0]:
            return playout, room
        drawn = playout > 0 or used[2] == 0
        winner = play_once(
            games, copies, nodes, edges, used, states, board, work, exploration, first_play, limit, drawn
        )  # fmt: skip
        if winner == NOBODY:
            return playout, OVERLONG
        wins[winner - 1] += 1
    return playouts, 0
