"""Games beside a training against games that are played one by one, seat by seat, move by move."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ringrift_engine.batch import Batch
from ringrift_engine.boards import CONFIGS
from ringrift_engine.encoding import Encoding
from ringrift_engine.errors import ConfigError
from ringrift_engine.evaluation.background import background_evaluation
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.evaluation.openings import draw_openings, rotations
from ringrift_engine.evaluation.settings import evaluation_settings
from ringrift_engine.players.heuristic import HeuristicPlayer
from ringrift_engine.players.sampling import mix_seeds
from tests.ringrift_engine.nets.test_network import trained_looking

SEED = 3


def network_of(key, seed=0):
    return trained_looking(Encoding(CONFIGS[key]), seed=seed)


def brute_wins(key, network, rounds):
    """Wins of the network's likeliest moves, a game at a time; the network is asked about one position at a time."""
    config = CONFIGS[key]
    encoding, heuristic, wins = Encoding(config), HeuristicPlayer(config), 0
    for opening in draw_openings(config, SEED, 0, rounds, evaluation_settings(config).opening_decisions):
        for seat, plan in enumerate(rotations(opening, config.num_players), start=1):
            batch, row = Batch(config, 1), np.array([0])
            for move in opening.moves:
                batch.apply(row, np.array([move]))
            while not batch.over()[0]:
                legal = batch.legal(row)
                if len(legal.moves) == 1:
                    batch.apply(row, legal.moves)
                elif batch.player_to_move()[0] == seat:
                    planes, scalars = encoding.encode(batch.games)
                    with torch.no_grad():
                        found = network.policy_and_value(torch.from_numpy(planes), torch.from_numpy(scalars))
                    factors = encoding.factors(batch.games, legal)
                    logits = found.policy[0].numpy()[factors].sum(axis=1)
                    batch.apply(row, legal.moves[[logits.argmax()]])
                else:
                    seeds = mix_seeds(np.array([plan.play_seed], np.uint64), batch.length.astype(np.uint64))
                    batch.apply(row, heuristic.choose(batch, row, seeds).moves)
            wins += int(batch.games["winner"][0]) == seat
    return wins


@pytest.mark.parametrize(("key", "rounds", "weights"), [("square8_2p", 6, 2), ("hex8_3p", 3, 0)])
def test_the_wins_are_those_of_games_played_one_by_one(key, rounds, weights):
    players, network = CONFIGS[key].num_players, network_of(key, weights)
    evaluate = background_evaluation(CONFIGS[key], rounds * players - 1, seed=SEED, precision="fp32")  # rounded up
    found = evaluate(network, 500)
    assert (found.opponent, found.games) == ("heuristic", rounds * players)
    assert found.wins == brute_wins(key, network, rounds) > 0


@pytest.fixture
def played(monkeypatch):
    """Every game that enters a match log."""
    games, record = [], MatchLog.record

    def noted(self, group):
        games.extend(group)
        return record(self, group)

    monkeypatch.setattr(MatchLog, "record", noted)
    return games


def moves_of(games):
    """What happened in games, whoever is said to have played them."""
    nobody = {game.play_seed: replace(game, seats=()) for game in games}
    return [nobody[seed] for seed in sorted(nobody)]


def test_every_seat_is_played_equally_often_and_equal_seeds_give_equal_games(played):
    config, network = CONFIGS["hex8_3p"], network_of("hex8_3p")
    before = {name: value.clone() for name, value in network.state_dict().items()}
    first = background_evaluation(config, 6, seed=SEED)(network, 500)
    seats = [[who.name.startswith("policy") for who in game.seats] for game in played]
    assert np.sum(seats, axis=0).tolist() == [2, 2, 2]
    assert len({game.opening_hash for game in played}) == 2
    assert {who.name for game in played for who in game.seats} == {
        "policy(model=after 500 samples,temperature=0)",
        "heuristic(profile=default)",
    }
    games = moves_of(played)
    played.clear()
    again = background_evaluation(config, 6, seed=SEED, threads=2)(network, 900)
    assert (again, moves_of(played)) == (first, games)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())
    played.clear()
    background_evaluation(config, 6, seed=SEED + 1)(network, 500)
    assert moves_of(played) != games


def test_an_evaluation_without_games_is_refused():
    with pytest.raises(ConfigError, match="1 game or more, not 0"):
        background_evaluation(CONFIGS["hex8_2p"], 0)
