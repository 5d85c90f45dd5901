"""Evaluation settings: refused where impossible, each with an effect, one row a configuration."""

from dataclasses import fields

import pytest

from ringrift_engine.boards import CONFIG_KEYS, CONFIGS
from ringrift_engine.errors import ConfigError
from ringrift_engine.evaluation.gauntlet import Entrants, run_gauntlet
from ringrift_engine.evaluation.match import Arena, Contestant
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.evaluation.sequential import SequentialSettings
from ringrift_engine.evaluation.settings import EVALUATION_SETTINGS, EvaluationSettings, evaluation_settings
from ringrift_engine.promotion.criteria import PromotionCriteria
from tests.ringrift_engine.evaluation.players import Habitual

SMALL = {"games_random": 4, "games_heuristic": 2, "opening_decisions": 2, "concurrency": 2}
CONFIG = CONFIGS["square8_2p"]


def games_of(tmp_path, name, **options):
    """What a gauntlet with these settings logs, and the most positions that the candidate was asked at once."""
    candidate = Habitual()
    settings = EvaluationSettings(**{**SMALL, **options})
    with MatchLog(tmp_path / f"{name}.db") as log:
        arena = Arena(log=log, purpose="gauntlet", run_id="run", concurrency=settings.concurrency)
        entrants = Entrants(
            candidate=Contestant(candidate),
            alone=Contestant(Habitual("alone")),
            promoted=Contestant(Habitual("promoted")),
        )
        run_gauntlet(CONFIG, entrants, settings, 3, arena)
        return [game.key for game in log.games()], max(candidate.asked)


@pytest.mark.parametrize(
    "change",
    [
        {"games_random": 6},
        {"games_heuristic": 4},
        {"opening_decisions": 3},
        {"concurrency": 4},
        {"sequential": SequentialSettings(max_games=2)},
    ],
    ids=str,
)
def test_every_option_of_a_gauntlet_has_an_effect(tmp_path, change):
    base = {"sequential": SequentialSettings(max_games=4, games_a_look=2)}
    assert games_of(tmp_path, "changed", **{**base, **change}) != games_of(tmp_path, "base", **base)


def test_games_are_rounded_up_to_whole_rounds(tmp_path):
    options = {"sequential": SequentialSettings(max_games=2), "games_heuristic": 2}
    assert games_of(tmp_path, "odd", games_random=3, **options) == games_of(tmp_path, "even", games_random=4, **options)


@pytest.mark.parametrize("name", [option.name for option in fields(EvaluationSettings) if option.type is int])
def test_nothing_below_one_is_possible(name):
    with pytest.raises(ConfigError, match=name):
        EvaluationSettings(**{name: 0})


def test_unknown_options_name_the_nearest():
    with pytest.raises(ConfigError, match=r"ringrift\.toml.*'games_randon'.*'games_random'"):
        EvaluationSettings.from_mapping({"games_randon": 4}, "ringrift.toml")
    with pytest.raises(ConfigError, match=r"sequential.*'elo'"):
        EvaluationSettings.from_mapping({"sequential": {"elo": 4}}, "ringrift.toml")


def test_settings_from_a_table():
    settings = EvaluationSettings.from_mapping({"simulations": 7, "sequential": {"max_games": 99}}, "here")
    assert settings == EvaluationSettings(simulations=7, sequential=SequentialSettings(max_games=99))
    test = SequentialSettings(elo1=30)
    assert EvaluationSettings.from_mapping({"sequential": test}, "here").sequential == test


def test_every_configuration_has_a_row_that_can_promote():
    assert tuple(EVALUATION_SETTINGS) == CONFIG_KEYS
    needed = PromotionCriteria().min_games_played
    for key in CONFIG_KEYS:
        settings = evaluation_settings(CONFIGS[key])
        assert min(settings.games_random, settings.games_heuristic, settings.sequential.max_games) >= needed
        assert (settings.sequential.elo0, settings.sequential.elo1, settings.sequential.max_games <= 2_500) == (
            0,
            25,
            True,
        )


def test_large_boards_have_smaller_budgets():
    small, large = evaluation_settings(CONFIGS["hex8_2p"]), evaluation_settings(CONFIGS["hexagonal_2p"])
    assert large.simulations < small.simulations
    assert large.games_random < small.games_random
    assert large.sequential.max_games < small.sequential.max_games
