"""How the players choose: what each does with scores or logits, and that nothing is random but the seeds."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from ringrift_engine.batch import Batch
from ringrift_engine.boards import CONFIGS
from ringrift_engine.errors import ConfigError
from ringrift_engine.players.heuristic import BootstrapPlayer, HeuristicPlayer
from ringrift_engine.players.policy import PolicyPlayer
from ringrift_engine.players.random import RandomPlayer
from ringrift_engine.search.evaluators import Evaluation
from ringrift_engine.selfplay import SelfplaySettings, play_games

CONFIG = CONFIGS["square8_2p"]
COUNT = 3_000


def starts(count=COUNT):
    batch = Batch(CONFIG, count)
    return batch, np.arange(count), np.arange(count, dtype=np.uint64) * np.uint64(977)


@dataclass
class FixedEvaluator:
    """Logits by the number of a move in its list, one value for everybody."""

    logits: tuple[float, ...]
    seen: list[int] = field(default_factory=list)

    def evaluate(self, games, legal):
        self.seen.append(len(games))
        rows = [np.resize(np.array(self.logits, dtype=np.float32), count) for count in legal.counts]
        return Evaluation(np.concatenate(rows), np.full((len(games), 2), 0.5, dtype=np.float32))


def test_the_random_player_chooses_evenly():
    batch, rows, seeds = starts(20_000)
    choices = batch.legal(rows[:1]).moves
    counts = np.bincount(np.searchsorted(np.sort(choices), RandomPlayer().choose(batch, rows, seeds).moves))
    expected = len(rows) / len(choices)
    assert ((counts - expected) ** 2 / expected).sum() < len(choices) + 6 * np.sqrt(2 * len(choices))  # chi-square


@pytest.mark.parametrize(
    "player", [RandomPlayer(), HeuristicPlayer(CONFIG), BootstrapPlayer(CONFIG)], ids=lambda p: p.name
)
def test_equal_seeds_give_equal_moves_whatever_stands_beside_them(player):
    batch, rows, seeds = starts(200)
    together = player.choose(batch, rows, seeds).moves
    assert (together == player.choose(batch, rows, seeds).moves).all()
    half = rows[1::2]
    assert (together[half] == player.choose(batch, half, seeds[half]).moves).all()
    assert (together != player.choose(batch, rows, seeds + np.uint64(1)).moves).any()


def test_the_heuristic_takes_one_of_the_best_and_each_of_them():
    batch, rows, seeds = starts()
    player = HeuristicPlayer(CONFIG)
    legal = batch.legal(rows[:1])
    scores = player.scores(batch, rows[:1], legal)
    best = set(legal.moves[scores >= scores.max() - 1e-3].tolist())
    assert len(best) > 1  # the empty board is symmetric
    assert set(player.choose(batch, rows, seeds).moves.tolist()) == best


def test_threads_do_not_change_scores():
    batch, rows, seeds = starts(101)
    moves = RandomPlayer().choose(batch, rows, seeds).moves
    batch.apply(rows, moves)
    batch.play_forced(rows)
    legal = batch.legal(rows)
    alone = HeuristicPlayer(CONFIG, threads=1).scores(batch, rows, legal)
    assert (alone == HeuristicPlayer(CONFIG, threads=3).scores(batch, rows, legal)).all()


def test_the_bootstrap_player_draws_from_the_softmax_that_it_reports():
    batch, rows, seeds = starts(20_000)
    decisions = BootstrapPlayer(CONFIG, temperature=30.0).choose(batch, rows, seeds)
    legal = batch.legal(rows[:1])
    scores = HeuristicPlayer(CONFIG).scores(batch, rows[:1], legal).astype(float)
    expected = np.exp((scores - scores.max()) / 30.0)
    expected /= expected.sum()
    assert decisions.legal is not None
    assert decisions.policy is not None
    assert decisions.policy[: len(expected)] == pytest.approx(expected, abs=1e-6)
    order = np.argsort(legal.moves)
    drawn = np.bincount(np.searchsorted(legal.moves[order], decisions.moves), minlength=len(order)) / len(rows)
    assert np.abs(drawn - expected[order]).max() < 0.01


def test_a_lower_temperature_makes_the_bootstrap_player_surer():
    batch, rows, seeds = starts(1)
    policies = [BootstrapPlayer(CONFIG, temperature=t).choose(batch, rows, seeds).policy for t in (5.0, 50.0)]
    assert policies[0].max() > policies[1].max()
    with pytest.raises(ConfigError, match="must be above 0, not 0"):
        BootstrapPlayer(CONFIG, temperature=0)


def test_the_policy_player_is_greedy_at_temperature_zero():
    batch, rows, seeds = starts(50)
    evaluator = FixedEvaluator((0.0, 3.0, 1.0) + (-9.0,) * 500)
    decisions = PolicyPlayer(evaluator, "abc").choose(batch, rows, seeds)
    assert (decisions.moves == batch.legal(rows[:1]).moves[1]).all()
    assert evaluator.seen == [50]  # one call for all rows
    assert decisions.root_values is not None
    assert decisions.root_values.shape == (50, 2)


def test_the_policy_player_draws_at_its_temperature():
    batch, rows, seeds = starts(20_000)
    logits = (0.0, 1.0, 2.0) + (-99.0,) * 500
    decisions = PolicyPlayer(FixedEvaluator(logits), "abc", temperature=2.0).choose(batch, rows, seeds)
    choices = batch.legal(rows[:1]).moves
    found = [(decisions.moves == move).mean() for move in choices[:3]]
    powers = np.exp(np.array([0.0, 0.5, 1.0]))
    assert found == pytest.approx(powers / powers.sum(), abs=0.015)
    plain = np.exp(np.array([0.0, 1.0, 2.0]))
    assert decisions.policy[:3] == pytest.approx(plain / plain.sum(), abs=1e-6)  # the target knows no temperature


def test_policy_players_of_different_settings_have_different_names():
    assert PolicyPlayer(FixedEvaluator((0.0,)), "abc", 0.5).name == "policy(model=abc,temperature=0.5)"
    with pytest.raises(ConfigError, match="0 or more"):
        PolicyPlayer(FixedEvaluator((0.0,)), "abc", -1.0)


@pytest.mark.slow
def test_the_heuristic_wins_four_of_five_games_against_random():
    settings = SelfplaySettings(games=400, opening_probability=1.0, opening_decisions=4)
    records = play_games(CONFIG, [HeuristicPlayer(CONFIG), RandomPlayer()], settings, seed=0)
    wins = sum(record.players[record.winner - 1].startswith("heuristic") for record in records)
    assert wins >= 320
