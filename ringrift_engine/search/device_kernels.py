"""Entry points of the GPU for search: the trees of `tree` on the device, one thread each. Importing this file needs the
`gpu` extra; `device_search` launches them.

Formulas, selection, expansion and encoding are the functions that the CPU runs. What differs is who takes which place:
nodes have fixed ones, edges are taken from the pool in the order in which threads ask. No result depends on it.

A search has far fewer trees than the device has threads, so every `spread`-th thread gets one: a warp waits for the
slowest of its trees, and has fewer to wait for.
"""

from typing import Final

from ringrift_engine.encoding import position_planes as p
from ringrift_engine.encoding.cut_kernels import encode_cuts
from ringrift_engine.encoding.kernels import (
    active_cell,
    encode_cell,
    encode_plane_numbers,
    encode_seat_numbers,
    encode_shared_numbers,
    factors_of,
)
from ringrift_engine.encoding.line_kernels import encode_run
from ringrift_engine.encoding.reach_kernels import encode_reach
from ringrift_engine.encoding.seats import relative_seat
from ringrift_engine.rules.cells import is_collapsed
from ringrift_engine.rules.device import device_function, device_kernel, take_places, thread_number
from ringrift_engine.rules.state import OFF_BOARD
from ringrift_engine.rules.work import clear
from ringrift_engine.search.backup import add_to_path, normalise_logits
from ringrift_engine.search.expand import OVERLONG, fill_node, play_until_choice, write_choices
from ringrift_engine.search.gumbel import draw_gumbel
from ringrift_engine.search.report import report_root
from ringrift_engine.search.select import select_edge
from ringrift_engine.search.tree import NO_EDGE, NO_NODE

# Faults that kernels can only count, in `faults` int64 [3].
LIST_TOO_LONG: Final = 0
GAME_TOO_LONG: Final = 1
POOL_TOO_SMALL: Final = 2


@device_function
def tree_of_thread(spread):
    """The tree of this thread, or -1."""
    thread = thread_number()
    return thread // spread if thread % spread == 0 else -1


@device_kernel
def plant_trees(
    roots, moves, offsets, seeds, considered, gumbel_scale, places, games, nodes, edges, trees, gumbels, spread
):
    """Begin with one root for each of T games, and draw the noise of its choices.

    roots   recarray [T], moves int64 [M], offsets int64 [T + 1]: the choices of root t are
            moves[offsets[t]:offsets[t + 1]], and become the first edges of the pool
    seeds   uint64 [T], streams of random numbers, which advance
    places  nodes of a tree; gumbels float64 [M]
    """
    number = tree_of_thread(spread)
    if 0 <= number < roots.shape[0]:
        tree = trees[number]
        root = number * places
        first = offsets[number]
        count = offsets[number + 1] - first
        games[root] = roots[number]
        fill_node(nodes, root, games[root], NO_NODE, first, count)
        for index in range(first, first + count):
            edge = edges[index]
            edge.move = moves[index]
            edge.logit = 0.0
            edge.child = NO_NODE
            gumbels[index] = gumbel_scale * draw_gumbel(seeds, number)
        tree.root = root
        tree.nodes = 1
        tree.considered = min(count, considered)
        tree.leaf = root
        tree.parent = NO_NODE
        tree.edge = NO_EDGE


@device_kernel
def select_edges_of_trees(
    count, nodes, edges, trees, gumbels, schedule, simulation, c_visit, c_scale, scratches, spread
):
    """Let a simulation of each of the first `count` trees walk down, as `select.select_edges` does."""
    number = tree_of_thread(spread)
    if 0 <= number < count:
        tree = trees[number]
        wanted = schedule[tree.considered, simulation]
        select_edge(nodes, edges, tree, gumbels, wanted, c_visit, c_scale, scratches[number])


@device_kernel
def expand_edges_of_trees(count, games, nodes, edges, trees, used, table, works, limit, faults, spread):
    """Make the nodes behind the selected edges, as `expand.expand_edges` does.

    used    int64 [1]  edges that are taken
    faults  int64 [3]  counts what went wrong; a tree whose node could not be made has no leaf in this simulation
    """
    number = tree_of_thread(spread)
    if 0 <= number < count and trees[number].edge != NO_EDGE:
        tree = trees[number]
        work = works[number]
        clear(work)
        place = tree.root + tree.nodes
        games[place] = games[tree.parent]
        choices = play_until_choice(games[place], table[0], work, edges[tree.edge].move, limit)
        first = take_places(used, choices) if choices > 0 else 0
        if work.overflowed != 0:
            faults[LIST_TOO_LONG] = 1
        elif choices == OVERLONG:
            faults[GAME_TOO_LONG] = 1
        elif first + choices > edges.shape[0]:
            faults[POOL_TOO_SMALL] = 1
        else:
            fill_node(nodes, place, games[place], tree.parent, first, choices)
            write_choices(edges, first, work, choices)
            edges[tree.edge].child = place
            tree.leaf = place
            tree.nodes += 1


@device_function
def is_new_leaf(nodes, tree):
    """Whether the simulation of a tree ends in a position that is to be judged: a new one, in which somebody has a
    choice.
    """
    return tree.leaf != NO_NODE and nodes[tree.leaf].edges > 0


@device_kernel
def encode_leaves(count, games, nodes, trees, table, planes):
    """Write what the planes of the new leaves tell of single cells, one thread a cell; rows of other trees keep what
    they had. `encode_seats_of_leaves` does the rest.

    planes int8 [R, C, B], R >= count: row t is that of tree t; see `Encoding.encode`.
    """
    thread = thread_number()
    box = planes.shape[2]
    row = thread // box
    cell = thread - row * box
    if row < count and is_new_leaf(nodes, trees[row]):
        encode_one_cell(games[trees[row].leaf], table[0], cell, row, planes)


@device_function
def encode_one_cell(game, board, cell, row, planes):
    """All planes of one cell but those that only a search over the board can fill, which become 0."""
    players = int(game.num_players)
    shared = p.SEAT_PLANE_GROUPS * players
    for plane in range(planes.shape[1]):
        planes[row, plane, cell] = 0
    if game.cell[cell] != OFF_BOARD:
        planes[row, shared + p.PLAYABLE, cell] = 1
        encode_cell(game, cell, row, planes)
        encode_reach(game, board, cell, row, planes)
        if not is_collapsed(game.cell[cell]):
            for seat in range(1, players + 1):
                encode_run(game, board, seat, cell, row, planes)
    if cell == active_cell(game):
        planes[row, shared + p.ACTIVE, cell] = 1


@device_kernel
def encode_seats_of_leaves(count, games, nodes, trees, table, searches, rings_per_player, planes, numbers):
    """Write what is left of the planes of the new leaves, and their numbers, one thread a seat.

    searches  records [R, n] of scratch memory
    numbers   float32 [R, G]
    """
    thread = thread_number()
    row = thread // searches.shape[1]
    place = thread - row * searches.shape[1]
    if row < count and is_new_leaf(nodes, trees[row]):
        game = games[trees[row].leaf]
        seat = place + 1
        encode_cuts(game, table[0], searches[row, place], seat, row, planes)
        if place == 0:
            for index in range(p.SEAT_NUMBERS_START):
                numbers[row, index] = 0
            encode_shared_numbers(game, row, numbers)
        encode_seat_numbers(game, table[0], rings_per_player, seat, row, numbers)
        encode_plane_numbers(game, table[0], rings_per_player, seat, row, planes, numbers)


@device_kernel
def back_up_trees(count, games, nodes, edges, trees, table, starts, special_index, policy, values, spread):
    """End the current simulation of every tree with what is thought of its leaf.

    policy  float32 [R, A]  row t is that of tree t; a move's logit is the sum of two entries (`Encoding.factors`)
    values  float32 [R, n]  win probabilities of the relative seats
    """
    number = tree_of_thread(spread)
    if 0 <= number < count and trees[number].leaf != NO_NODE:
        tree = trees[number]
        leaf = nodes[tree.leaf]
        if leaf.edges > 0:
            game = games[tree.leaf]
            for index in range(leaf.first_edge, leaf.first_edge + leaf.edges):
                edge = edges[index]
                first, second = factors_of(game, table[0], starts, special_index, policy.shape[1] - 1, edge.move)
                edge.logit = policy[number, first] + policy[number, second]
            normalise_logits(edges, leaf.first_edge, leaf.edges)
            for seat in range(1, values.shape[1] + 1):
                leaf.evaluation[seat - 1] = values[number, relative_seat(game, seat)]
        add_to_path(nodes, tree.leaf)


@device_kernel
def report_trees(
    count, nodes, edges, trees, gumbels, c_visit, c_scale, scratches, chosen, policy, visits, values, surprise, spread
):
    """Read the results off the first `count` trees; see `report.report_roots`."""
    number = tree_of_thread(spread)
    if 0 <= number < count:
        report_root(
            nodes, edges, trees[number].root, number, gumbels, c_visit, c_scale, scratches[number], chosen, policy,
            visits, values, surprise,
        )  # fmt: skip
