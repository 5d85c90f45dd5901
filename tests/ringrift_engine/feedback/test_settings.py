"""Constants: refused where impossible, and each one changes something."""

import math
from dataclasses import fields, replace

import pytest

from ringrift_engine.errors import ConfigError
from ringrift_engine.feedback.anomaly import find_anomaly
from ringrift_engine.feedback.early_stop import background_stop, early_stop
from ringrift_engine.feedback.history import OpponentResult
from ringrift_engine.feedback.idle import backoff
from ringrift_engine.feedback.plan import plan_configuration
from ringrift_engine.feedback.settings import DEFAULTS, FeedbackSettings
from tests.ringrift_engine.feedback.histories import BUDGET, CONTENT, gauntlet, quality, training, with_elos

NAMES = [constant.name for constant in fields(FeedbackSettings)]
MASTER = (90, 100)


def planned(history):
    """What a plan says in numbers; its texts may change for any reason."""

    def look(settings):
        plan = plan_configuration(history, BUDGET, settings)
        return (
            plan.games, plan.simulations, plan.temperature, plan.priority, plan.opponents, plan.training,
            [signal.name for signal in plan.signals],
        )  # fmt: skip

    return look


def trained(*losses):
    history = replace(CONTENT, trainings=(training(1, losses),))
    return lambda settings: find_anomaly(history, settings) is None


def evaluated(*counts):
    results = [OpponentResult(opponent="heuristic", wins=wins, games=games) for wins, games in counts]
    return lambda settings: background_stop(results, settings).stop


WANTING = replace(CONTENT, games=400, newest_games_hours=20.0)
RISING, FALLING, FLAT = with_elos(20.0, 40.0), with_elos(-15.0, -30.0), with_elos(0.0, 0.0)
FALLEN = with_elos(0.0, -21.0, 0.0, -21.0)
OVERFIT = replace(FLAT, trainings=(training(2, [2.0, 1.0], 1.06),))
STOPPED = replace(CONTENT, trainings=(training(1, [1.0], stopped="no improvement"),))
BLOCKED = replace(CONTENT, qualities=(quality(97, 0.3, "blocked", "heuristic"),))
POOR = replace(CONTENT, games=500, qualities=(quality(1, 0.4, "degraded"),))
PROMOTED = tuple(gauntlet(index, promoted=True) for index in range(1, 6))
PROMOTED_OFTEN = replace(WANTING, games=0, gauntlets=PROMOTED, qualities=(quality(1, 0.0, "degraded"),))
REFUSED_OFTEN = replace(STOPPED, gauntlets=tuple(gauntlet(index) for index in range(1, 6)))
MASTERED = replace(CONTENT, gauntlets=(gauntlet(1, promoted=True, random=MASTER),))
LATER = replace(CONTENT, gauntlets=(gauntlet(1, promoted=True), gauntlet(2, 0.0, promoted=True)))
COOL = replace(CONTENT, gauntlets=(gauntlet(1, promoted=True, random=MASTER, heuristic=MASTER),))
CALM = (0.9, 1.1)

# constant -> (another value, something that it changes)
EFFECTS = {
    "window": (3, planned(with_elos(0.0, 0.0, 20.0, 40.0, 60.0))),
    "trend_results": (4, planned(RISING)),
    "staleness_weight": (0.3, planned(WANTING)),
    "velocity_weight": (0.2, planned(RISING)),
    "curriculum_weight": (0.3, planned(RISING)),
    "deficit_weight": (0.5, planned(WANTING)),
    "priority_cap": (0.3, planned(WANTING)),
    "fresh_hours": (2.0, planned(WANTING)),
    "stale_hours": (24.0, planned(WANTING)),
    "velocity_scale": (10.0, planned(RISING)),
    "momentum_elo": (41.0, planned(RISING)),
    "accelerating_factor": (1.2, planned(RISING)),
    "regressing_factor": (0.8, planned(FALLING)),
    "regression_elo": (22.0, planned(FALLEN)),
    "regression_games": (101, planned(FALLEN)),
    "regression_factor": (2.5, planned(FALLEN)),
    "games_cap": (1.8, planned(FALLEN)),
    "blocked_games_factor": (2.0, planned(BLOCKED)),
    "throttle_factor": (0.1, planned(BLOCKED)),
    "throttle_generations": (2, planned(BLOCKED)),
    "degraded_batch_factor": (0.25, planned(POOR)),
    "degraded_epoch_factor": (2.0, planned(POOR)),
    "good_quality": (0.6, planned(POOR)),
    "quality_penalty": (0.4, planned(POOR)),
    "promotion_step": (0.8, planned(RISING)),
    "early_stop_step": (1.5, planned(STOPPED)),
    "curriculum_least": (0.55, planned(PROMOTED_OFTEN)),
    "curriculum_most": (1.8, planned(REFUSED_OFTEN)),
    "plateau_elo": (0.0, planned(FLAT)),
    "overfit_gap": (0.07, planned(OVERFIT)),
    "overfit_boost": (1.6, planned(OVERFIT)),
    "data_boost": (1.4, planned(FLAT)),
    "plateau_growth": (0.1, planned(with_elos(0.0, 0.0, 0.0))),
    "search_step": (2.0, planned(FLAT)),
    "search_cap": (1.2, planned(FLAT)),
    "early_stop_boost": (1.4, planned(STOPPED)),
    "mastered_cooling": (0.9, planned(MASTERED)),
    "exploration_least": (0.95, planned(COOL)),
    "exploration_most": (1.1, planned(FLAT)),
    "random_share": (0.05, planned(CONTENT)),
    "heuristic_share": (0.05, planned(CONTENT)),
    "earlier_share": (0.2, planned(LATER)),
    "mastered_rate": (0.91, planned(MASTERED)),
    "mastered_games": (101, planned(MASTERED)),
    "mastered_keep": (0.5, planned(MASTERED)),
    "spike_early": (6.0, trained(*CALM, *CALM, 1.55, *CALM * 8)),
    "spike_middle": (5.0, trained(*CALM * 4, 1.4, *CALM * 4)),
    "spike_late": (3.5, trained(*CALM * 4, 1.3)),
    "spike_points": (4, trained(1.0, 1.0, 1.0, 2.0)),
    "spike_floor": (0.1, trained(1.0, 1.0, 1.0, 1.1)),
    "patience": (2, lambda settings: early_stop([1.0, 1.0, 1.0], settings).stop),
    "least_improvement": (0.1, lambda settings: early_stop([1.0, 0.99, 0.98, 0.97], settings).stop),
    "background_games": (21, evaluated((20, 20), (0, 20))),
    "backoff_seconds": (30.0, lambda settings: backoff(1, settings)),
    "backoff_cap_seconds": (90.0, lambda settings: backoff(2, settings)),
}


@pytest.mark.parametrize("name", NAMES)
def test_every_constant_has_an_effect(name):
    value, look = EFFECTS[name]
    assert look(replace(DEFAULTS, **{name: value})) != look(DEFAULTS)


def test_no_effect_is_listed_of_a_constant_that_is_gone():
    assert list(EFFECTS) == NAMES


# Numbers of which no value is too large.
UNLIMITED = ("fresh_hours", "stale_hours", "plateau_elo", "regression_elo", "momentum_elo", "overfit_gap")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1, 10**9 + 0.5, "1", None, True])
def test_impossible_values_are_refused_by_name(name, value):
    if value == 10**9 + 0.5 and name in UNLIMITED:
        return
    with pytest.raises(ConfigError, match=name):
        FeedbackSettings(**{name: value})


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"fresh_hours": 48.0}, "fresh_hours must be below stale_hours"),
        ({"trend_results": 6}, "trend_results"),
        ({"random_share": 0.5, "heuristic_share": 0.4}, "self-play"),
        ({"backoff_seconds": 4_000.0}, "backoff_seconds"),
        ({"regression_factor": 1.9}, "regression_factor x regressing_factor"),
        ({"accelerating_factor": 1.6}, "regression_factor x regressing_factor"),
    ],
)
def test_contradictions_are_refused(change, named):
    with pytest.raises(ConfigError, match=named):
        FeedbackSettings(**change)


def test_a_constant_from_a_file():
    assert FeedbackSettings.from_mapping({"window": 7}, "ringrift.yaml").window == 7
    with pytest.raises(ConfigError, match=r"ringrift\.yaml.*'windw'.*'window'"):
        FeedbackSettings.from_mapping({"windw": 7}, "ringrift.yaml")


def test_the_constants_that_the_rules_are_known_by():
    """The old platform's users know these numbers; changing one is a decision, not a slip."""
    assert (DEFAULTS.accelerating_factor, DEFAULTS.regressing_factor) == (1.5, 0.75)
    assert DEFAULTS.blocked_games_factor == 1.5
    assert (DEFAULTS.mastered_rate, DEFAULTS.mastered_games) == (0.85, 20)
    assert (DEFAULTS.exploration_least, DEFAULTS.exploration_most) == (0.5, 2.0)
