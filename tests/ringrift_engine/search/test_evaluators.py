"""The evaluators that need no network."""

import numpy as np
import pytest

from ringrift_engine.batch import Batch
from ringrift_engine.batch.batch import OverlongGameError
from ringrift_engine.boards import CONFIGS, BoardConfig
from ringrift_engine.errors import ConfigError
from ringrift_engine.search.evaluators import RolloutEvaluator, UniformEvaluator
from tests.ringrift_engine.search.positions import random_positions

CONFIG = CONFIGS["square8_3p"]


def test_the_uniform_evaluator_tells_nothing_apart():
    games, legal = random_positions(CONFIG, 4, 20)
    found = UniformEvaluator(CONFIG).evaluate(games, legal)
    assert found.logits.tolist() == [0.0] * len(legal.moves)
    assert found.values == pytest.approx(np.full((len(games), 3), 1 / 3))
    assert found.values.dtype == found.logits.dtype == np.float32


def test_values_are_shares_of_the_rollouts_and_logits_are_equal():
    games, legal = random_positions(CONFIG, 5, 30)
    found = RolloutEvaluator(CONFIG, rollouts=8).evaluate(games, legal)
    assert found.values.sum(axis=1).tolist() == [1.0] * len(games)
    assert (found.values * 8 == np.round(found.values * 8)).all()
    assert found.logits.tolist() == [0.0] * len(legal.moves)


def shares_of_random_games(game, count, seed=5):
    """How often each seat wins random games from a position, played by the batch with numpy's random numbers."""
    random = np.random.default_rng(seed)
    batch = Batch(CONFIG, count, games=np.repeat(game, count))
    while len(rows := np.flatnonzero(~batch.over())):
        legal = batch.legal(rows)
        batch.apply(rows, legal.moves[legal.offsets[:-1] + (random.random(len(rows)) * legal.counts).astype(int)])
    return np.bincount(batch.winners() - 1, minlength=CONFIG.num_players) / count


def test_rollouts_win_as_often_as_random_games_of_the_batch():
    games, legal = random_positions(CONFIG, 3, 90, seed=1)
    count = 1_000
    found = RolloutEvaluator(CONFIG, rollouts=count).evaluate(games, legal).values
    assert found.max(axis=1).max() > 0.5  # positions in which chances differ
    for row in range(len(games)):
        expected = shares_of_random_games(games[row : row + 1], count)
        error = np.sqrt(2 * expected * (1 - expected) / count)
        assert (np.abs(found[row] - expected) <= 4 * error + 2 / count).all()


def test_equal_positions_have_equal_values_in_any_company_and_with_any_threads():
    games, legal = random_positions(CONFIG, 9, 40)
    together = RolloutEvaluator(CONFIG, rollouts=16).evaluate(games, legal).values
    order = np.array([7, 2, 2, 5])
    apart = RolloutEvaluator(CONFIG, rollouts=16, threads=3).evaluate(games[order], legal.take(order)).values
    assert (apart == together[order]).all()


def test_the_seed_and_the_position_name_the_random_games():
    games, legal = random_positions(CONFIG, 40, 10)
    one = RolloutEvaluator(CONFIG, rollouts=16).evaluate(games, legal).values
    other = RolloutEvaluator(CONFIG, rollouts=16, seed=1).evaluate(games, legal).values
    assert (one != other).any()
    assert len(np.unique(one, axis=0)) > 20  # one stream for all positions would make them move alike


def test_positions_are_not_changed_by_rollouts():
    games, legal = random_positions(CONFIG, 3, 20)
    before = games.copy()
    RolloutEvaluator(CONFIG, rollouts=2).evaluate(games, legal)
    assert (games == before).all()


def test_a_random_game_without_an_end_is_an_error(monkeypatch):
    games, legal = random_positions(CONFIG, 3, 20)
    monkeypatch.setattr(BoardConfig, "max_moves", 5)
    with pytest.raises(OverlongGameError, match="square8_3p inside a search has more than 5 moves"):
        RolloutEvaluator(CONFIG, rollouts=2).evaluate(games, legal)


def test_an_evaluator_without_rollouts_is_refused():
    with pytest.raises(ConfigError, match="1 rollout or more, not 0"):
        RolloutEvaluator(CONFIG, rollouts=0)
