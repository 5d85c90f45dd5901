"""Players that search: what they hand on from the search, how they are named, and what the teacher is worth."""

import numpy as np
import pytest

from ringrift_engine.batch import Batch
from ringrift_engine.boards import CONFIGS
from ringrift_engine.players.factory import make_player, parse_player
from ringrift_engine.players.heuristic import HeuristicPlayer
from ringrift_engine.players.random import RandomPlayer
from ringrift_engine.players.search import SearchPlayer, name_of_search
from ringrift_engine.players.teacher import TeacherEvaluator, rollout_player, teacher_player
from ringrift_engine.search import GumbelSearch, SearchSettings
from ringrift_engine.search.evaluators import RolloutEvaluator, UniformEvaluator
from ringrift_engine.selfplay import SelfplaySettings, play_games

CONFIG = CONFIGS["square8_2p"]


def middle_games(count=6, decisions=12):
    batch = Batch(CONFIG, count)
    rows = np.arange(count)
    for decision in range(decisions):
        batch.apply(rows, RandomPlayer().choose(batch, rows, rows.astype(np.uint64) + np.uint64(100 * decision)).moves)
        batch.play_forced(rows)
    assert not batch.over().any()
    return batch, rows, rows.astype(np.uint64) + np.uint64(5)


def test_the_search_player_hands_on_what_the_search_found():
    batch, rows, seeds = middle_games()
    some, settings = rows[1::2], SearchSettings(simulations=6)
    decisions = SearchPlayer(CONFIG, UniformEvaluator(CONFIG), "x", settings).choose(batch, some, seeds[some])
    result = GumbelSearch(CONFIG, UniformEvaluator(CONFIG), settings).run(
        batch.games[some], batch.legal(some), seeds[some]
    )
    assert decisions.moves.tolist() == result.moves.tolist()
    assert decisions.policy.tolist() == result.policy.tolist()
    assert decisions.root_values.tolist() == result.root_values.tolist()
    assert decisions.legal.moves.tolist() == batch.legal(some).moves.tolist()
    assert decisions.simulations.tolist() == [6] * len(some)
    assert decisions.surprise.tolist() == result.surprise.tolist()
    assert decisions.taught.all()


def test_names_tell_every_setting_that_changes_moves():
    assert name_of_search("abc", SearchSettings(simulations=8)) == "search(model=abc,simulations=8)"
    assert name_of_search("abc", SearchSettings(memory_mb=9)) == name_of_search("abc", SearchSettings())
    changed = SearchSettings(considered=4, c_visit=40, c_scale=0.5, gumbel_scale=0)
    assert name_of_search("abc", changed) == (
        "search(model=abc,simulations=32,considered=4,c_visit=40,c_scale=0.5,gumbel_scale=0)"
    )


def test_the_teacher_thinks_like_the_heuristic_and_hopes_like_random_play():
    batch, rows, _ = middle_games()
    legal = batch.legal(rows)
    evaluation = TeacherEvaluator(CONFIG, rollouts=3, temperature=10.0).evaluate(batch.games, legal)
    assert evaluation.logits == pytest.approx(HeuristicPlayer(CONFIG).scores(batch, rows, legal) / 10, rel=1e-6)
    assert (evaluation.values == RolloutEvaluator(CONFIG, 3).evaluate(batch.games, legal).values).all()


@pytest.mark.parametrize("make", [teacher_player, rollout_player])
def test_simulations_and_rollouts_change_what_is_thought(make):
    batch, rows, seeds = middle_games()
    policies = [
        make(CONFIG, simulations=simulations, rollouts=rollouts).choose(batch, rows, seeds).policy.tolist()
        for simulations, rollouts in ((4, 1), (4, 3), (9, 1))
    ]
    assert policies[0] != policies[1] != policies[2] != policies[0]


def test_threads_do_not_change_what_the_teacher_plays():
    batch, rows, seeds = middle_games()
    chosen = [
        make_player(parse_player("teacher:6:2"), CONFIG, threads).choose(batch, rows, seeds).policy.tolist()
        for threads in (1, 2)
    ]
    assert chosen[0] == chosen[1]


@pytest.mark.slow
def test_the_teacher_beats_what_it_is_made_from():
    settings = SelfplaySettings(games=40, opening_probability=1.0, opening_decisions=4, sampled_decisions=0)
    records = play_games(CONFIG, [teacher_player(CONFIG, threads=2), HeuristicPlayer(CONFIG)], settings, seed=1)
    assert sum(record.players[record.winner - 1].startswith("teacher") for record in records) >= 28
