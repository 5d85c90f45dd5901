"""Searching is worth something: even rollouts, which know nothing but the rules, beat random play."""

import pytest

from ringrift_engine.boards import CONFIGS
from ringrift_engine.players.random import RandomPlayer
from ringrift_engine.players.search import SearchPlayer
from ringrift_engine.search import SearchSettings
from ringrift_engine.search.evaluators import RolloutEvaluator
from ringrift_engine.selfplay import SelfplaySettings, play_games


@pytest.mark.slow
def test_a_search_with_rollouts_wins_nineteen_of_twenty_games_against_random():
    config = CONFIGS["square8_2p"]
    player = SearchPlayer(
        config, RolloutEvaluator(config, rollouts=4, threads=2), "rollouts", SearchSettings(), threads=2
    )
    settings = SelfplaySettings(games=40, opening_probability=1.0, opening_decisions=4)
    records = play_games(config, [player, RandomPlayer()], settings, seed=0)
    wins = sum(record.players[record.winner - 1] == player.name for record in records)
    assert wins >= 38
