"""The plan: its numbers are what its terms make of the budget, the loop guard holds, a regression never has less."""

import json
import math
from dataclasses import replace
from random import Random

import pytest
from hypothesis import assume, given, settings, strategies

from ringrift_engine.boards import CONFIG_KEYS
from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.feedback.budget import PlayBudget
from ringrift_engine.feedback.configuration_plan import ConfigurationPlan
from ringrift_engine.feedback.history import before
from ringrift_engine.feedback.plan import plan_configuration, plan_selfplay
from ringrift_engine.feedback.regression import find_regression
from ringrift_engine.feedback.settings import DEFAULTS
from ringrift_engine.feedback.signals import SIGNALS, Signal, Term
from ringrift_engine.selfplay.settings import SelfplaySettings
from tests.ringrift_engine.feedback.histories import (
    BUDGET,
    CONTENT,
    gauntlet,
    histories,
    quality,
    random_gauntlet,
    training,
    with_elos,
)

MASTER = (95, 100)
BLOCKED = (quality(99, 0.2, "blocked"),)


def games(history):
    return plan_configuration(history, BUDGET).games


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        (CONTENT, 400),
        (with_elos(20.0, 40.0), 600),  # accelerating: x 1.5
        (with_elos(-5.0, -30.0), 600),  # regressing and a regression: x 0.75 x 2
        (with_elos(0.0, -21.0, 0.0, -21.0), 800),  # a regression without a trend: x 2
        (with_elos(60.0, 90.0, 140.0, -21.0, width=5.0), 800),
        (with_elos(20.0, 40.0, width=5.0), 600),
        (replace(CONTENT, qualities=BLOCKED), 600),  # x 1.5
        (replace(with_elos(20.0, 40.0), qualities=BLOCKED), 900),  # x 1.5 x 1.5
        (replace(with_elos(0.0, -21.0, 0.0, -21.0), qualities=BLOCKED), 1_200),  # x 2 x 1.5
        (replace(CONTENT, has_model=False), 4_000),
        (replace(CONTENT, has_model=False, qualities=BLOCKED), 6_000),
    ],
)
def test_games_by_hand(history, expected):
    assert games(history) == expected


def test_games_are_capped_at_three_times_the_budget():
    rows = (*with_elos(0.0, 0.0, 100.0, 110.0).gauntlets, gauntlet(6, 200.0, promoted=True))
    history = replace(CONTENT, gauntlets=rows, rollbacks=(6,), qualities=BLOCKED)
    plan = plan_configuration(history, BUDGET)
    assert [term.value for term in plan.terms_of("games")][:3] == [1.5, 2.0, 1.5]
    assert plan.games == 1_200


def test_nobody_plays_without_a_model_and_a_declared_player():
    plan = plan_configuration(replace(CONTENT, has_model=False), replace(BUDGET, bootstrap_player=""))
    assert (plan.games, plan.player, plan.opponents) == (0, "", ())
    assert "no model" in plan.terms_of("games")[-1].why


def test_the_bootstrap_player_plays_itself():
    plan = plan_configuration(replace(CONTENT, has_model=False), BUDGET)
    assert (plan.player, plan.opponents) == ("bootstrap", (("self", 1.0),))


@settings(max_examples=100)
@given(history=histories())
def test_every_number_is_what_its_terms_make_of_the_budget(history):
    plan = plan_configuration(history, BUDGET)
    assert plan.base_games == (400 if history.has_model else 4_000)
    for value, base, quantity in [
        (plan.games, plan.base_games, "games"),
        (plan.simulations, 32, "simulations"),
    ]:
        assert value == round(base * math.prod(term.value for term in plan.terms_of(quantity)))
    assert plan.temperature == pytest.approx(math.prod(term.value for term in plan.terms_of("temperature")))
    assert plan.opponents == tuple((term.name, term.value) for term in plan.terms_of("opponents"))
    assert all(math.isfinite(term.value) and term.why for term in plan.terms)
    assert all(signal.why for signal in plan.signals)


@settings(max_examples=100)
@given(history=histories())
def test_every_number_is_within_its_limits(history):
    plan = plan_configuration(history, BUDGET)
    assert plan.base_games <= plan.games <= 3 * plan.base_games
    assert 32 <= plan.simulations <= 4 * 32
    assert 0.5 - 1e-9 <= plan.temperature <= 2.0 + 1e-9
    SelfplaySettings(games=plan.games, temperature=plan.temperature)  # can be applied


@settings(max_examples=100)
@given(history=histories(), seed=strategies.integers(0, 2**32))
def test_a_step_never_hears_itself(history, seed):
    random = Random(seed)
    own = history.generation
    echo = replace(
        history,
        gauntlets=(*history.gauntlets, random_gauntlet(random, own), random_gauntlet(random, own + 1)),
        trainings=(*history.trainings, training(own, [1.0, math.nan], stopped="at once")),
        qualities=(*history.qualities, quality(own, math.nan, "blocked"), quality(own + 3, 0.0, "blocked")),
        rollbacks=(*history.rollbacks, own),
    )
    assert plan_configuration(echo, BUDGET) == plan_configuration(history, BUDGET)


def test_the_next_step_hears_it():
    history = replace(CONTENT, gauntlets=(gauntlet(98, promoted=True), gauntlet(99, 0.0), gauntlet(100, -90.0)))
    assert plan_configuration(history, BUDGET).games == 400
    assert plan_configuration(replace(history, generation=101), BUDGET).games == 600


def is_regression(history):
    return find_regression(before(history, history.generation), DEFAULTS) is not None


def with_a_fall(history):
    """The history, one generation later, with a candidate that is clearly weaker than the promoted model."""
    fallen = gauntlet(history.generation, -150.0)
    return replace(history, generation=history.generation + 1, gauntlets=(*history.gauntlets, fallen))


def with_a_rollback(history):
    return replace(history, generation=history.generation + 1, rollbacks=(*history.rollbacks, history.generation))


@pytest.mark.parametrize("worse", [with_a_fall, with_a_rollback])
@settings(max_examples=150)
@given(history=histories())
def test_a_regression_never_has_fewer_games_or_less_priority(worse, history):
    quiet = replace(history, generation=history.generation + 1)
    assume(not is_regression(quiet) and is_regression(worse(history)))
    before_it, after_it = plan_configuration(quiet, BUDGET), plan_configuration(worse(history), BUDGET)
    assert after_it.games >= before_it.games
    assert after_it.priority >= before_it.priority - 1e-12


@settings(max_examples=150)
@given(history=histories())
def test_nothing_in_place_of_a_regression_has_more_games(history):
    """However well the newest candidate did, games would be no fewer if it were clearly weaker instead."""
    assume(before(history, history.generation).gauntlets and not is_regression(history))
    newest = history.gauntlets[-1]
    fallen = replace(history, gauntlets=(*history.gauntlets[:-1], gauntlet(newest.generation, -150.0)))
    assert is_regression(fallen)
    assert games(fallen) >= games(history)


@settings(max_examples=100)
@given(history=histories())
def test_after_a_regression_games_are_at_least_half_as_many_again(history):
    assume(is_regression(history))
    plan = plan_configuration(history, BUDGET)
    assert plan.games >= 1.5 * plan.base_games


@settings(max_examples=60)
@given(history=histories())
def test_quality_that_is_unknown_opens_nothing(history):
    unknown = replace(history, qualities=(*history.qualities, quality(history.generation, math.nan, "good")))
    plan = plan_configuration(replace(unknown, generation=history.generation + 1), BUDGET)
    assert plan.training.blocked
    assert plan.games >= plan_configuration(history, BUDGET).base_games * 1.5


def test_what_was_noticed_wears_off():
    """A wild past, then as many quiet generations as the window holds: as if nothing had been."""
    wild = [gauntlet(index, elo, promoted=True) for index, elo in enumerate([None, 90.0, -150.0], start=1)]
    quiet = [gauntlet(index, 3.0, promoted=index % 2 == 0) for index in range(4, 10)]
    history = replace(
        CONTENT,
        gauntlets=(*wild, *quiet),
        trainings=(training(1, [math.nan], stopped="at once"), training(9, [2.0, 1.0])),
        qualities=(quality(2, 0.1, "blocked"), quality(9, 0.9, "good")),
        rollbacks=(3,),
        generation=10,
    )
    plan = plan_configuration(history, BUDGET)
    assert (plan.games, plan.simulations, plan.temperature) == (400, 32, 1.0)
    assert plan.training == plan_configuration(CONTENT, BUDGET).training


def test_plans_come_by_priority_then_in_the_order_of_the_configurations():
    histories = {key: replace(CONTENT, key=key) for key in reversed(CONFIG_KEYS)}
    histories["square19_3p"] = replace(histories["square19_3p"], games=0)
    plans = plan_selfplay(histories, dict.fromkeys(CONFIG_KEYS, BUDGET))
    assert list(plans) == ["square19_3p", *(key for key in CONFIG_KEYS if key != "square19_3p")]
    assert plans["square19_3p"].priority == pytest.approx(0.4)


@settings(max_examples=30)
@given(first=histories(), second=histories())
def test_no_plan_depends_on_another_configuration(first, second):
    own, other = replace(first, key="hex8_2p"), replace(second, key="hex8_3p")
    budgets = dict.fromkeys(CONFIG_KEYS, BUDGET)
    together = plan_selfplay({"hex8_2p": own, "hex8_3p": other}, budgets)
    assert together["hex8_2p"] == plan_selfplay({"hex8_2p": own}, budgets)["hex8_2p"]


def test_histories_without_a_budget_or_under_another_key_are_refused():
    with pytest.raises(ConfigError, match="hex8_2p has a history but no play budget"):
        plan_selfplay({"hex8_2p": CONTENT}, {})
    with pytest.raises(ConfigError, match="history of hex8_2p was given as that of hex8_3p"):
        plan_selfplay({"hex8_3p": CONTENT}, {"hex8_3p": BUDGET})


COUNTS = ("bootstrap_games", "searched_games", "simulations", "wanted_games", "wanted_positions")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name in COUNTS for value in (0, -1, 2.5, math.nan)),
        ("temperature", 0.0),
        ("temperature", math.nan),
        ("memory_gib", -1.0),
        ("memory_gib", math.nan),
    ],
)
def test_impossible_budgets_are_refused(name, value):
    with pytest.raises(ConfigError, match=name):
        replace(BUDGET, **{name: value})


@settings(max_examples=60)
@given(history=histories())
def test_a_plan_survives_json(history):
    plan = plan_configuration(history, BUDGET)
    again = ConfigurationPlan.from_json(json.loads(json.dumps(plan.to_json(), allow_nan=False)))
    assert repr(again) == repr(plan)
    assert again.explain() == plan.explain()


@pytest.mark.parametrize("kind", [ConfigurationPlan, Signal, Term])
def test_something_else_is_no_part_of_a_plan(kind):
    with pytest.raises(DataError):
        kind.from_json({"name": "x"})


def test_an_unknown_signal_is_refused():
    with pytest.raises(DataError, match="'boost'"):
        Signal(name="boost", value=1.0, why="")


def test_every_signal_can_occur():
    """All at once is impossible: two histories, one that goes well and one that does not."""
    well = replace(
        with_elos(0.0, 0.0, random=MASTER),
        qualities=(quality(99, 0.6, "degraded"),),
        trainings=(training(99, [1.0, math.nan], stopped="no number"),),
    )
    badly = replace(with_elos(-30.0, -60.0), qualities=BLOCKED)
    seen = {signal.name for history in (well, badly) for signal in plan_configuration(history, BUDGET).signals}
    assert seen == set(SIGNALS)


def test_the_text_names_every_term_and_signal():
    plan = plan_configuration(replace(with_elos(-30.0, -60.0, random=MASTER), qualities=BLOCKED), BUDGET)
    text = plan.explain()
    assert all(f"{term.name}: {term.why}" in text for term in plan.terms)
    assert all(f"{signal.why}" in text for signal in plan.signals)
    assert "games 900: 400 x 0.75 x 2.00 x 1.50" in text
    assert "training: blocked" in text


def test_numbers_of_the_example_by_hand():
    from ringrift_engine.feedback.example import BUDGETS, HISTORIES

    plan = plan_selfplay(HISTORIES, BUDGETS)["hex8_2p"]
    # Age 6.5 h: 5.5 / 47. Strengths 62 56 61 63 61: 0.5 Elo a generation. Weight 0.9**-5 x (1 - 0.2 x 0.08 / 0.7).
    # Positions 90,000 of 400,000.
    age, rise = 0.25 * 5.5 / 47, 0.15 * (1 - math.exp(-0.5 / 33))
    weight = 0.9**-5 * (1 - 0.2 * 0.08 / 0.7)
    assert plan.priority == pytest.approx(age + rise + 0.25 * (weight - 1) + 0.40 * 0.775)
    # The plateau lasts two generations and overfits; two opponents are mastered.
    assert plan.simulations == 72
    assert plan.temperature == pytest.approx(1.5 * 1.2 * 0.95**2)
    assert (plan.training.batch_factor, plan.training.epoch_factor) == (0.5, 1.5)


def test_a_budget_is_what_the_plan_starts_from():
    small = PlayBudget(bootstrap_games=10, searched_games=7, simulations=3, wanted_games=1, wanted_positions=1)
    plan = plan_configuration(CONTENT, small)
    assert (plan.base_games, plan.games, plan.simulations, plan.temperature) == (7, 7, 3, 1.0)
