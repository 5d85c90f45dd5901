"""The search over many games against a naive search of one game, and what its results may not depend on."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from ringrift_engine.batch import LegalMoves
from ringrift_engine.boards import CONFIGS
from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.search import GumbelSearch, SearchSettings
from ringrift_engine.search.evaluators import Evaluation
from tests.ringrift_engine.search.naive_search import naive_search
from tests.ringrift_engine.search.positions import OpinionatedEvaluator, random_positions, seeds_of

SETTINGS = SearchSettings(simulations=40, considered=9)
CASES = [("square8_2p", 18), ("hex8_3p", 40), ("square8_4p", 70), ("square19_2p", 6), ("hexagonal_3p", 3)]


def search(key, games, legal, settings=SETTINGS, threads=1, spread=1.0):
    evaluator = OpinionatedEvaluator(CONFIGS[key].num_players, spread)
    result = GumbelSearch(CONFIGS[key], evaluator, settings, threads).run(games, legal, seeds_of(games))
    return result, evaluator


def differences(one, other):
    """Names of the fields in which two results differ at all."""
    names = ("moves", "policy", "root_values", "visits", "surprise")
    return [name for name in names if not np.array_equal(getattr(one, name), getattr(other, name))]


@pytest.mark.parametrize(("key", "decisions"), CASES)
@pytest.mark.parametrize("scale", [1.0, 0.05])
def test_the_search_agrees_with_the_naive_one(key, decisions, scale):
    games, legal = random_positions(CONFIGS[key], 5, decisions)
    settings = SearchSettings(simulations=40, considered=9, c_scale=scale)
    found, _ = search(key, games, legal, settings)
    evaluator = OpinionatedEvaluator(CONFIGS[key].num_players)
    for row, seed in enumerate(seeds_of(games)):
        move, policy, values, visits = naive_search(CONFIGS[key], games[row : row + 1], evaluator, settings, seed)
        own = slice(legal.offsets[row], legal.offsets[row + 1])
        assert found.visits[own].tolist() == visits.tolist()
        assert found.policy[own] == pytest.approx(policy, abs=1e-5)
        assert found.root_values[row] == pytest.approx(values, abs=1e-5)
        assert found.moves[row] == move


@pytest.mark.parametrize("scale", [0.0, 0.02, 1.0])
def test_surprise_is_the_divergence_of_the_policy_from_the_evaluator_s(scale):
    games, legal = random_positions(CONFIGS["hex8_3p"], 7, 20)
    found, _ = search("hex8_3p", games, legal, SearchSettings(simulations=20, considered=9, c_scale=scale))
    logits = OpinionatedEvaluator(3).evaluate(games, legal).logits.astype(np.float64)
    for row in range(len(games)):
        own = slice(legal.offsets[row], legal.offsets[row + 1])
        prior = np.exp(logits[own]) / np.exp(logits[own]).sum()
        policy = found.policy[own].astype(np.float64)
        terms = policy * np.log(np.where(policy > 0, policy, 1) / prior)
        assert found.surprise[row] == pytest.approx(terms.sum(), rel=1e-4, abs=1e-5)
    assert found.surprise.dtype == np.float32
    assert (found.surprise.min() > 0.1) if scale == 1 else (found.surprise.min() >= 0)
    assert (found.surprise.max() < 1e-6) if scale == 0 else True  # values that do not count change no mind


def test_results_are_shaped_like_the_question():
    games, legal = random_positions(CONFIGS["hex8_3p"], 7, 20)
    found, evaluator = search("hex8_3p", games, legal)
    assert found.policy.dtype == found.root_values.dtype == np.float32
    assert np.add.reduceat(found.policy, legal.offsets[:-1]) == pytest.approx(np.ones(len(games)), abs=1e-5)
    assert np.add.reduceat(found.visits, legal.offsets[:-1]).tolist() == [SETTINGS.simulations] * len(games)
    assert found.root_values.sum(axis=1) == pytest.approx(np.ones(len(games)), abs=1e-5)
    for row, move in enumerate(found.moves):
        assert move in legal.of(row)
    assert evaluator.asked[0] == len(games)  # the roots in one call, then one call a step for the leaves of all
    assert len(evaluator.asked) == 1 + SETTINGS.simulations


def test_the_games_that_are_searched_stay_as_they_are():
    games, legal = random_positions(CONFIGS["square8_2p"], 4, 10)
    before = games.copy()
    search("square8_2p", games, legal)
    assert (before == games).all()


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_do_not_change_results(threads):
    games, legal = random_positions(CONFIGS["square8_3p"], 11, 25)
    assert (
        differences(search("square8_3p", games, legal)[0], search("square8_3p", games, legal, threads=threads)[0]) == []
    )


def test_more_threads_than_games_do_no_harm():
    games, legal = random_positions(CONFIGS["hex8_2p"], 2, 8)
    assert differences(search("hex8_2p", games, legal)[0], search("hex8_2p", games, legal, threads=4)[0]) == []


def test_a_decision_does_not_depend_on_the_others():
    games, legal = random_positions(CONFIGS["hex8_4p"], 9, 30)
    together, _ = search("hex8_4p", games, legal)
    evaluator = OpinionatedEvaluator(4)
    alone = GumbelSearch(CONFIGS["hex8_4p"], evaluator, SETTINGS)
    for row in (8, 0, 3):
        found = alone.run(games[row : row + 1], legal.take([row]), seeds_of(games)[row : row + 1])
        own = slice(legal.offsets[row], legal.offsets[row + 1])
        assert found.moves[0] == together.moves[row]
        assert (found.policy == together.policy[own]).all()
        assert (found.root_values[0] == together.root_values[row]).all()


def test_a_search_with_little_memory_takes_more_rounds_and_finds_the_same():
    games, legal = random_positions(CONFIGS["square19_2p"], 5, 12)
    settings = SearchSettings(simulations=40, considered=9, memory_mb=2)
    roomy, _ = search("square19_2p", games, legal)
    rounds, evaluator = search("square19_2p", games, legal, settings)
    assert GumbelSearch(CONFIGS["square19_2p"], evaluator, settings).trees_at_once < len(games)
    assert len(evaluator.asked) > 1 + SETTINGS.simulations
    assert differences(roomy, rounds) == []


def test_one_search_serves_batches_of_any_size_one_after_the_other():
    config = CONFIGS["square8_2p"]
    kept = GumbelSearch(config, OpinionatedEvaluator(2), SETTINGS, threads=2)
    for count, decisions in ((3, 30), (12, 5), (1, 50), (6, 20)):
        games, legal = random_positions(config, count, decisions, seed=count)
        assert differences(kept.run(games, legal, seeds_of(games)), search("square8_2p", games, legal)[0]) == []


def test_no_decisions_have_an_empty_result():
    games, legal = random_positions(CONFIGS["hex8_3p"], 2, 4)
    found = GumbelSearch(CONFIGS["hex8_3p"], OpinionatedEvaluator(3), SETTINGS).run(
        games[:0], legal.take([]), seeds_of(games[:0])
    )
    assert [len(found.moves), len(found.policy), len(found.visits)] == [0, 0, 0]
    assert found.root_values.shape == (0, 3)


def test_a_finished_game_is_not_searched():
    games, legal = random_positions(CONFIGS["hex8_2p"], 2, 4)
    empty = LegalMoves(legal.of(0), np.array([0, len(legal.of(0)), len(legal.of(0))]))
    with pytest.raises(ValueError, match="decision 1 of 2 has no choice"):
        search("hex8_2p", games, empty)


@dataclass
class SpoiledEvaluator:
    """Gives what `spoil` makes of a sound evaluation, from the third call on."""

    spoil: Callable[[Evaluation], Evaluation]
    calls: int = 0

    def evaluate(self, games, legal):
        self.calls += 1
        sound = Evaluation(np.zeros(len(legal.moves), np.float32), np.full((len(games), 2), 0.5, np.float32))
        return self.spoil(sound) if self.calls >= 3 else sound


SPOILED = [
    (lambda sound: Evaluation(sound.logits, sound.values * np.float32(np.nan)), DataError, "not finite"),
    (lambda sound: Evaluation(sound.logits + np.float32(np.inf), sound.values), DataError, "not finite"),
    (lambda sound: Evaluation(sound.logits[1:], sound.values), ValueError, "asked for"),
    (lambda sound: Evaluation(sound.logits, sound.values[:, :1]), ValueError, "asked for"),
]


@pytest.mark.parametrize(("spoil", "error", "text"), SPOILED)
def test_an_evaluation_that_cannot_be_is_an_error_and_not_a_move(spoil, error, text):
    games, legal = random_positions(CONFIGS["hex8_2p"], 2, 4)
    evaluator = SpoiledEvaluator(spoil)
    with pytest.raises(error, match=text):
        GumbelSearch(CONFIGS["hex8_2p"], evaluator, SETTINGS).run(games, legal, seeds_of(games))
    assert evaluator.calls == 3


CHANGES = [
    {"simulations": 20}, {"considered": 3}, {"c_visit": 3.0}, {"c_scale": 0.1}, {"gumbel_scale": 0.0},
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_every_setting_changes_what_is_found(change):
    games, legal = random_positions(CONFIGS["square8_2p"], 6, 14)
    plain = SearchSettings(simulations=40, considered=9)
    changed = SearchSettings(**{"simulations": 40, "considered": 9, **change})
    one, other = search("square8_2p", games, legal, plain)[0], search("square8_2p", games, legal, changed)[0]
    assert "policy" in differences(one, other)


def test_without_noise_the_seed_does_not_matter_and_the_likeliest_choices_are_considered():
    config = CONFIGS["square8_2p"]
    games, legal = random_positions(config, 6, 14)
    settings = SearchSettings(simulations=16, considered=4, gumbel_scale=0.0)
    evaluator = OpinionatedEvaluator(2)
    engine = GumbelSearch(config, evaluator, settings)
    one, other = (engine.run(games, legal, seeds_of(games) + np.uint64(shift)) for shift in (0, 99))
    assert differences(one, other) == []
    logits = evaluator.evaluate(games, legal).logits
    for row in range(len(games)):
        own = slice(legal.offsets[row], legal.offsets[row + 1])
        assert set(np.flatnonzero(one.visits[own])) == set(np.argsort(-logits[own])[:4])


WRONG = [("simulations", 0), ("considered", 0), ("memory_mb", 0), ("c_visit", -1.0), ("c_scale", float("nan"))]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_impossible_settings_are_refused_by_name(name, value):
    with pytest.raises(ConfigError, match=f"'{name}' must be"):
        SearchSettings(**{name: value})
