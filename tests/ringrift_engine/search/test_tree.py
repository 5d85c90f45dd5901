"""The arrays of the trees: what must hold in them after a search, and what happens when they are full."""

import numpy as np
import pytest

import ringrift_engine.search.search as search_module
from ringrift_engine.batch.batch import OverlongGameError
from ringrift_engine.boards import CONFIGS, BoardConfig
from ringrift_engine.rules.state import game_dtype
from ringrift_engine.rules.work import make_work
from ringrift_engine.search import GumbelSearch, SearchSettings
from ringrift_engine.search.guards import check_lists
from ringrift_engine.search.tree import EDGE_DTYPE, NO_NODE, NODE_DTYPE, Forest, bytes_per_tree
from tests.ringrift_engine.search.positions import OpinionatedEvaluator, random_positions, seeds_of

SETTINGS = SearchSettings(simulations=60, considered=8)


def grown(monkeypatch, key, games, legal, pool=None):
    """The result of a search and the forests it grew, whose edge pools begin with `pool` places."""
    forests = []

    def make(config, capacity, budget):
        forests.append(Forest(config, capacity, budget, pool))
        return forests[-1]

    monkeypatch.setattr(search_module, "Forest", make)
    evaluator = OpinionatedEvaluator(CONFIGS[key].num_players)
    result = GumbelSearch(CONFIGS[key], evaluator, SETTINGS).run(games, legal, seeds_of(games))
    return result, [forest for forest in forests if len(forest.trees)]


@pytest.mark.parametrize("key", ["hex8_2p", "square8_4p"])
def test_visits_and_values_of_a_node_are_its_own_and_those_below_it(monkeypatch, key):
    games, legal = random_positions(CONFIGS[key], 4, 60)
    _, (forest,) = grown(monkeypatch, key, games, legal)
    nodes = forest.nodes
    for tree in forest.trees:
        for place in range(tree.root, tree.root + tree.nodes):
            node = nodes[place]
            edges = forest.edges[node.first_edge : node.first_edge + node.edges]
            below = edges["child"][edges["child"] != NO_NODE]
            assert (nodes["parent"][below] == place).all()
            own = 1 if node.edges else node.visits  # a finished game is visited itself, again and again
            assert node.visits == own + nodes["visits"][below].sum()
            total = own * node.evaluation + nodes["value_sum"][below].sum(axis=0)
            assert node.value_sum == pytest.approx(total)
            assert forest.games[place].winner == 0 if node.edges else node.evaluation.tolist().count(1.0) == 1
            assert node.edges != 1, "a position without a choice became a node"
        assert nodes[tree.root].visits == SETTINGS.simulations + 1


def test_a_finished_game_counts_for_its_winner(monkeypatch):
    games, legal = random_positions(CONFIGS["hex8_3p"], 300, 60, seed=2)
    _, (forest,) = grown(monkeypatch, "hex8_3p", games, legal)
    used = np.concatenate([np.arange(tree.root, tree.root + tree.nodes) for tree in forest.trees])
    ends = used[forest.nodes["edges"][used] == 0]
    assert len(ends) > 10
    assert (forest.nodes["evaluation"][ends].argmax(axis=1) + 1 == forest.games["winner"][ends]).all()
    assert forest.nodes["visits"][ends].max() > 1  # met again, and still never sent to the evaluator


def test_a_pool_that_is_too_small_grows_and_nothing_is_lost(monkeypatch):
    games, legal = random_positions(CONFIGS["square8_2p"], 5, 15)
    roomy, _ = grown(monkeypatch, "square8_2p", games, legal)
    tight, (forest,) = grown(monkeypatch, "square8_2p", games, legal, pool=3)
    assert len(forest.edges) >= forest.used[0] > 1_000
    assert (tight.visits == roomy.visits).all()
    assert (tight.policy == roomy.policy).all()
    assert (tight.root_values == roomy.root_values).all()


@pytest.mark.parametrize("key", ["square8_2p", "hexagonal_4p"])
def test_the_trees_of_a_round_keep_to_the_memory_setting(key):
    config = CONFIGS[key]
    settings = SearchSettings()
    trees = GumbelSearch(config, OpinionatedEvaluator(config.num_players), settings).trees_at_once
    forest = Forest(config, trees, settings.simulations)
    taken = forest.games.nbytes + forest.nodes.nbytes + forest.edges.nbytes
    assert 0.9 * settings.memory_mb * 10**6 < taken <= settings.memory_mb * 10**6


def test_the_memory_of_a_tree_is_reckoned_by_hand():
    # 33 nodes, each a game record, a node record, and 3 * 61 + 2 = 185 edges of 16 bytes
    expected = 33 * (game_dtype("hex8").itemsize + NODE_DTYPE.itemsize + 185 * 16)
    assert EDGE_DTYPE.itemsize == 16
    assert bytes_per_tree(CONFIGS["hex8_3p"], 32) == expected


def test_forced_moves_without_an_end_are_an_error(monkeypatch):
    config = CONFIGS["hex8_2p"]
    games, legal = random_positions(config, 3, 10)
    search = GumbelSearch(config, OpinionatedEvaluator(2), SETTINGS)
    monkeypatch.setattr(BoardConfig, "max_moves", 0)
    with pytest.raises(OverlongGameError, match="hex8_2p inside a search"):
        search.run(games, legal, seeds_of(games))


def test_a_list_of_moves_that_overflowed_is_an_error():
    works = make_work("hex8", 2)
    check_lists(works)
    works.overflowed[1] = 1
    with pytest.raises(OverflowError, match="more than 4096 moves"):
        check_lists(works)
