"""The promotion decision: both sides of every boundary, and what was not measured."""

import json
import math
from dataclasses import fields, replace

import pytest

from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.evaluation import sequential
from ringrift_engine.evaluation.sequential import SequentialSettings
from ringrift_engine.evaluation.stopped import elo_after
from ringrift_engine.promotion.criteria import (
    ELO_IMPROVEMENT,
    HEURISTIC_FLOOR,
    MIN_GAMES,
    MIN_WIN_RATE,
    NEW_MODEL,
    RANDOM_FLOOR,
    VALUE_ERROR,
    CriterionResult,
    Evidence,
    PromotionCriteria,
    PromotionDecision,
    WinCount,
)
from ringrift_engine.promotion.decision import decide, estimated

RULE = PromotionCriteria()
# Half points of rounds: the test accepts the first, refuses the second, and leaves the third open.
STRONG = (0, 0, 20, 0, 80)
WEAK = (60, 0, 20, 0, 20)
EVEN = (20, 0, 30, 0, 22)
NOT_PLAYED = {MIN_GAMES, MIN_WIN_RATE, ELO_IMPROVEMENT}
FIRST = Evidence(
    num_players=2,
    candidate="c" * 64,
    promoted=None,
    training_games=1_000,
    against_random=WinCount(75, 100),
    against_heuristic=WinCount(55, 100),
)
LATER = replace(
    FIRST,
    promoted="p" * 64,
    against_promoted=STRONG,
    candidate_value_error=0.55,
    promoted_value_error=0.5,
)


def _changed(criteria):
    """The option of `criteria` that is not at its default."""
    (name,) = [one.name for one in fields(criteria) if getattr(criteria, one.name) != one.default]
    return name


def failed(evidence, rule=RULE):
    """Names of the criteria that do not hold; the decision must agree with them."""
    decision = decide(evidence, rule)
    names = {result.name for result in decision.criteria if not result.passed}
    assert decision.promoted is not bool(names)
    return names


def test_the_first_model_needs_the_floors_alone():
    decision = decide(FIRST, RULE)
    assert decision.promoted
    assert [result.name for result in decision.criteria] == [RANDOM_FLOOR, HEURISTIC_FLOOR]


def test_a_later_model_needs_everything():
    decision = decide(LATER, RULE)
    assert decision.promoted
    against_promoted = [MIN_GAMES, MIN_WIN_RATE, ELO_IMPROVEMENT, VALUE_ERROR]
    assert [result.name for result in decision.criteria] == [RANDOM_FLOOR, HEURISTIC_FLOOR, *against_promoted]
    assert decision.elo_improvement is None


def test_an_estimate_says_by_how_much_and_changes_no_verdict():
    decision = decide(LATER, RULE)
    found = estimated(decision, LATER, RULE)
    by_test = elo_after(STRONG, RULE.test)
    assert found.elo_improvement == by_test.value
    (told,) = [result for result in found.criteria if result.name == ELO_IMPROVEMENT]
    (plain,) = [result for result in decision.criteria if result.name == ELO_IMPROVEMENT]
    assert told.why == f"{plain.why}; Elo {by_test}"
    assert replace(told, why=plain.why) == plain
    assert (found.promoted, len(found.criteria)) == (decision.promoted, len(decision.criteria))


@pytest.mark.parametrize("evidence", [FIRST, replace(LATER, against_promoted=None)])
def test_without_a_match_there_is_nothing_to_estimate(evidence):
    decision = decide(evidence, RULE)
    assert estimated(decision, evidence, RULE) is decision


def test_of_games_that_all_went_one_way_only_the_end_of_the_interval_is_known():
    won = replace(LATER, against_promoted=(0, 0, 0, 0, 48))
    found = estimated(decide(won, RULE), won, RULE)
    assert found.promoted
    assert found.elo_improvement is None
    assert "Elo +inf, 95 % interval +" in found.summary


def test_the_bound_that_is_needed_is_the_one_at_which_the_test_accepts():
    """The bound as the test looks lies inside Wald's."""
    (result,) = [one for one in decide(LATER, RULE).criteria if one.name == ELO_IMPROVEMENT]
    assert result.needed == sequential.decide(STRONG, RULE.test).bounds[1] < RULE.test.bounds[1]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"against_random": WinCount(75, 100)}, set(), id="random_exactly_at_the_floor"),
        pytest.param({"against_random": WinCount(74, 100)}, {RANDOM_FLOOR}, id="random_one_win_short"),
        pytest.param({"against_random": WinCount(50, 50)}, set(), id="exactly_the_games_needed"),
        pytest.param({"against_random": WinCount(49, 49)}, {RANDOM_FLOOR}, id="one_game_short"),
        pytest.param({"against_random": WinCount(0, 0)}, {RANDOM_FLOOR}, id="an_empty_match"),
        pytest.param({"against_random": None}, {RANDOM_FLOOR}, id="no_match"),
        pytest.param({"against_heuristic": WinCount(54, 100)}, {HEURISTIC_FLOOR}, id="heuristic_one_win_short"),
        pytest.param({"against_heuristic": WinCount(49, 49)}, {HEURISTIC_FLOOR}, id="heuristic_one_game_short"),
        pytest.param({"against_heuristic": None}, {HEURISTIC_FLOOR}, id="no_match_with_the_heuristic"),
        pytest.param({"training_games": 4_999}, set(), id="last_of_the_bootstrap_tier"),
        pytest.param({"training_games": 5_000}, {RANDOM_FLOOR, HEURISTIC_FLOOR}, id="first_of_the_standard_tier"),
        pytest.param({"num_players": 3, "against_random": WinCount(50, 100)}, set(), id="three_players"),
        pytest.param({"num_players": 3, "against_random": WinCount(49, 100)}, {RANDOM_FLOOR}, id="three_players_short"),
        pytest.param({"num_players": 4, "against_heuristic": WinCount(29, 100)}, {HEURISTIC_FLOOR}, id="four_short"),
    ],
)
def test_floors(change, expected):
    assert failed(replace(FIRST, **change)) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"against_promoted": WEAK}, {MIN_WIN_RATE, ELO_IMPROVEMENT}, id="weaker"),
        pytest.param({"against_promoted": EVEN}, {MIN_WIN_RATE, ELO_IMPROVEMENT}, id="undecided"),
        pytest.param(
            {"against_promoted": (277, 0, 650, 0, 323)}, {MIN_WIN_RATE, ELO_IMPROVEMENT}, id="undecided_at_the_cap"
        ),
        pytest.param({"against_promoted": None}, NOT_PLAYED, id="not_played"),
        pytest.param({"against_promoted": (0,) * 5}, NOT_PLAYED, id="empty_match"),
        pytest.param({"candidate_value_error": 0.5 + 0.05}, set(), id="value_error_exactly_at_the_limit"),
        pytest.param({"candidate_value_error": 0.5501}, {VALUE_ERROR}, id="value_error_above_the_limit"),
        pytest.param({"candidate_value_error": 0.1}, set(), id="value_error_better"),
        pytest.param({"candidate_value_error": math.nan}, {VALUE_ERROR}, id="value_error_nan"),
        pytest.param({"promoted_value_error": math.nan}, {VALUE_ERROR}, id="promoted_value_error_nan"),
        pytest.param({"promoted_value_error": math.inf}, {VALUE_ERROR}, id="promoted_value_error_infinite"),
        pytest.param({"candidate_value_error": None}, {VALUE_ERROR}, id="value_error_missing"),
        pytest.param({"promoted_value_error": None}, {VALUE_ERROR}, id="promoted_value_error_missing"),
        pytest.param({"against_random": None}, {RANDOM_FLOOR}, id="strength_does_not_replace_a_floor"),
        pytest.param({"promoted": "c" * 64}, {NEW_MODEL}, id="the_promoted_model_itself"),
    ],
)
def test_criteria_against_the_promoted_model(change, expected):
    assert failed(replace(LATER, **change)) == expected


def test_fifty_games_against_the_promoted_model_whatever_the_test_would_accept():
    eager = SequentialSettings(min_games=1, alpha=0.4, beta=0.4)
    assert sequential.decide((0, 0, 0, 0, 24), eager).decision == sequential.ACCEPT
    assert failed(replace(LATER, against_promoted=(0, 0, 0, 0, 24), test=eager)) == {MIN_GAMES}
    assert failed(replace(LATER, against_promoted=(0, 0, 0, 0, 25), test=eager)) == set()


def test_the_cap_is_refused_as_not_shown():
    decision = decide(replace(LATER, against_promoted=(277, 0, 650, 0, 323)), RULE)
    (result,) = [result for result in decision.criteria if result.name == ELO_IMPROVEMENT]
    assert result.games == 2_500
    assert "not shown" in result.why
    assert "not shown" in decision.summary


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        (PromotionCriteria(min_games_played=101), {}),
        (PromotionCriteria(max_value_mse_degradation=0.04), {}),
        (PromotionCriteria(min_win_rate=0.91), {}),
        (PromotionCriteria(confidence_threshold=0.9999), {"against_promoted": (30, 0, 150, 0, 90)}),
        (PromotionCriteria(min_elo_improvement=400), {"against_promoted": (0, 0, 85, 0, 15)}),
        (PromotionCriteria(floor_random=1.0), {"against_random": WinCount(99, 100)}),
        (PromotionCriteria(floor_heuristic=1.0), {"against_heuristic": WinCount(99, 100)}),
    ],
    ids=lambda value: "" if isinstance(value, dict) else _changed(value),
)
def test_every_option_of_the_rule_can_refuse(rule, change):
    assert failed(replace(LATER, **change), rule)
    assert not failed(replace(LATER, **change), RULE)


def test_every_option_was_tried():
    tried = {"min_games_played", "max_value_mse_degradation", "min_win_rate", "confidence_threshold"}
    tried |= {"min_elo_improvement", "floor_random", "floor_heuristic"}
    of_tiers = {"tier_games_required"}  # test_kinds.py
    assert {option.name for option in fields(PromotionCriteria)} == tried | of_tiers


def test_a_floor_that_was_set_replaces_the_one_of_the_table():
    weak = replace(FIRST, against_random=WinCount(1, 100), against_heuristic=WinCount(0, 100))
    assert failed(weak, RULE) == {RANDOM_FLOOR, HEURISTIC_FLOOR}
    assert failed(weak, PromotionCriteria(floor_random=0.01, floor_heuristic=0.0)) == set()


@pytest.mark.parametrize(
    "options",
    [
        {"min_games_played": 0},
        {"tier_games_required": 0},
        {"max_value_mse_degradation": -0.1},
        {"max_value_mse_degradation": math.nan},
        {"min_elo_improvement": 0.0},
        {"min_elo_improvement": math.nan},
        {"min_win_rate": 1.1},
        {"min_win_rate": math.nan},
        {"confidence_threshold": 0.5},
        {"confidence_threshold": 1.0},
        {"confidence_threshold": math.nan},
        {"floor_random": 1.1},
        {"floor_heuristic": math.nan},
    ],
)
def test_impossible_rules_are_refused(options):
    with pytest.raises(ConfigError):
        PromotionCriteria(**options)


@pytest.mark.parametrize("count", [(3, 2), (-1, 2), (1, 2, 2.5), (1, 2, -0.1)])
def test_more_wins_or_points_than_games_are_no_evidence(count):
    with pytest.raises(ConfigError):
        WinCount(*count)


@pytest.mark.parametrize("evidence", [FIRST, LATER, replace(LATER, candidate_value_error=None, against_random=None)])
def test_a_decision_survives_json(evidence):
    decision = decide(evidence, RULE)
    text = json.dumps(decision.to_json(), allow_nan=False)
    again = PromotionDecision.from_json(json.loads(text))
    assert again.to_json() == decision.to_json()
    assert again.summary == decision.summary


@pytest.mark.parametrize("kind", [PromotionDecision, CriterionResult])
def test_something_else_is_no_decision(kind):
    with pytest.raises(DataError):
        kind.from_json({"name": "x"})


def test_every_result_says_what_was_measured_needed_and_over_how_many_games():
    results = {result.name: result for result in decide(LATER, RULE).criteria}
    random, bound = results[RANDOM_FLOOR], sequential.decide(STRONG, RULE.test).bounds[1]
    assert (random.measured, random.needed, random.games) == (0.75, 0.75, 100)
    assert (results[ELO_IMPROVEMENT].needed, results[ELO_IMPROVEMENT].games) == (bound, 200)
    assert 0 < bound < math.log(19)  # Wald's, moved inwards
    assert results[VALUE_ERROR].measured == pytest.approx(0.05)
    assert all(result.why for result in results.values())
