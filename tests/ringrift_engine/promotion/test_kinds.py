"""The kinds of promotion beside production, and evidence that is worth nothing: each refused with its reason."""

import math
from dataclasses import replace

import pytest

from ringrift_engine.errors import ConfigError
from ringrift_engine.promotion.criteria import (
    BASELINE_PLAYED,
    CONFIDENCE,
    DISTINCT_OPPONENTS,
    MIN_GAMES,
    MIN_WIN_RATE,
    MODEL_FILE,
    NEW_MODEL,
    NO_CRASH,
    OVERRIDE,
    REGRESSION,
    TIER_GAMES,
    TIER_WIN_RATE,
    WINNER,
    OpponentGames,
    PromotionCriteria,
    PromotionDecision,
    PromotionType,
    WinCount,
)
from ringrift_engine.promotion.decision import decide, overruled
from ringrift_engine.promotion.regression import RegressionEvent
from ringrift_engine.promotion.tiers import LADDER
from tests.ringrift_engine.promotion.test_decision import FIRST, LATER, RULE

TIER, CHAMPION, STAGING = PromotionType.TIER, PromotionType.CHAMPION, PromotionType.STAGING
OTHERS = (
    OpponentGames("p" * 64, WinCount(35, 60), 0.48),
    OpponentGames("heuristic", WinCount(40, 60), 0.45),
)
WINNING = replace(FIRST, promoted="p" * 64, opponents=OTHERS)
BEATEN = (OpponentGames("random", WinCount(60, 100)),)
EVENT = RegressionEvent(
    config_key="hex8_2p",
    model_id="p" * 64,
    previous_model_id="c" * 64,
    current_elo=1_400.0,
    baseline_elo=1_500.0,
    threshold=-30.0,
    games=40,
    win_rate=0.36,
    consecutive=0,
    trigger="severe",
    reason="far weaker",
)


def failed(evidence, kind, criteria=RULE):
    """Names of the criteria that do not hold; the decision must agree with them and give a reason for each."""
    decision = decide(evidence, criteria, kind)
    wrong = [result for result in decision.criteria if not result.passed]
    assert decision.promoted is not bool(wrong)
    assert all(result.why in decision.summary for result in wrong)
    return {result.name for result in wrong}


# --- staging


def test_a_model_that_plays_sensibly_goes_to_staging_without_playing_the_promoted_model():
    decision = decide(FIRST, RULE, STAGING)
    assert decision.promoted
    assert (decision.target, decision.baseline) == ("staging", None)


@pytest.mark.parametrize(
    ("wins", "expected"),
    [
        pytest.param((57, 57), set(), id="surely_above_even"),
        pytest.param((52, 52), {CONFIDENCE}, id="exactly_the_win_rate_but_not_sure"),
        pytest.param((52, 51), {CONFIDENCE, MIN_WIN_RATE}, id="a_win_short"),
        pytest.param((10, 10), {CONFIDENCE, MIN_WIN_RATE}, id="weak"),
    ],
)
def test_the_win_rate_of_a_staging_promotion_is_over_all_games(wins, expected):
    lax = PromotionCriteria(floor_random=0.0, floor_heuristic=0.0)
    counts = [WinCount(won, 100) for won in wins]
    assert failed(replace(FIRST, against_random=counts[0], against_heuristic=counts[1]), STAGING, lax) == expected


def test_with_four_players_a_win_rate_is_the_share_of_opponents_that_finished_behind():
    lax = PromotionCriteria(floor_random=0.0, floor_heuristic=0.0)
    won, placed = WinCount(25, 100), WinCount(25, 100, 70.0)
    four = replace(FIRST, num_players=4, against_random=won, against_heuristic=won)
    assert failed(four, STAGING, lax) == {CONFIDENCE, MIN_WIN_RATE}
    assert failed(replace(four, against_random=placed, against_heuristic=placed), STAGING, lax) == set()


def test_the_confidence_is_that_of_wilsons_interval():
    """Wilson's own table: 60 of 100 excludes one half at 95 %, 59 of 100 does not."""
    from ringrift_engine.evaluation.intervals import wilson_interval

    for wins, expected in ((60, set()), (59, {CONFIDENCE})):
        assert (wilson_interval(wins, 100, 0.95)[0] > 0.5) is (expected == set())
        beaten = (OpponentGames("random", WinCount(wins, 100)),)
        assert failed(replace(FIRST, opponents=beaten), TIER) == expected


# --- tiers


def test_a_tier_is_left_by_beating_its_opponent():
    decision = decide(replace(FIRST, opponents=BEATEN), RULE, TIER)
    assert decision.promoted
    assert decision.target == "D2"


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        pytest.param(WinCount(75, 99), {TIER_GAMES}, id="a_game_short"),
        pytest.param(WinCount(220, 400), set(), id="exactly_55_percent"),
        pytest.param(WinCount(219, 400), {TIER_WIN_RATE, CONFIDENCE}, id="a_win_short"),
        pytest.param(WinCount(0, 0), {TIER_GAMES, TIER_WIN_RATE, CONFIDENCE}, id="no_games"),
        pytest.param(WinCount(0, 100, math.nan), {TIER_WIN_RATE, CONFIDENCE}, id="not_a_number"),
    ],
)
def test_tier_criteria(count, expected):
    assert failed(replace(FIRST, opponents=(OpponentGames("random", count),)), TIER) == expected


def test_games_against_somebody_else_are_no_games_of_the_tier():
    assert TIER_GAMES in failed(replace(FIRST, opponents=(OpponentGames("heuristic", WinCount(90, 100)),)), TIER)


def test_there_is_nothing_above_the_highest_tier():
    assert failed(replace(FIRST, tier=len(LADDER)), TIER) == {TIER_GAMES}
    with pytest.raises(ConfigError, match="D1 to"):
        decide(replace(FIRST, tier=len(LADDER) + 1), RULE, TIER)


# --- the champion


def test_the_winner_of_a_tournament_is_the_champion():
    decision = decide(WINNING, RULE, CHAMPION)
    assert decision.promoted
    assert (decision.target, decision.baseline) == ("champion", "p" * 64)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"opponents": ()}, {WINNER, MIN_GAMES, MIN_WIN_RATE, CONFIDENCE, BASELINE_PLAYED}, id="empty"),
        pytest.param({"opponents": OTHERS[1:]}, {BASELINE_PLAYED}, id="the_champion_was_not_there"),
        pytest.param({"opponents": (OTHERS[0], replace(OTHERS[1], score=0.63))}, {WINNER}, id="second"),
        pytest.param({"opponents": (OTHERS[0], replace(OTHERS[1], score=math.nan))}, {WINNER}, id="nan"),
        pytest.param({"opponents": (*OTHERS, OTHERS[0])}, {DISTINCT_OPPONENTS}, id="the_same_opponent_twice"),
        pytest.param({"promoted": "c" * 64}, {NEW_MODEL}, id="the_champion_itself"),
        pytest.param({"promoted": None}, set(), id="the_first_champion"),
    ],
)
def test_champion_criteria(change, expected):
    assert failed(replace(WINNING, **change), CHAMPION) == expected


# --- rollback


def test_a_rollback_needs_a_regression():
    going_back = replace(FIRST, promoted="p" * 64)
    assert failed(going_back, PromotionType.ROLLBACK) == {REGRESSION}
    decision = decide(replace(going_back, regression=EVENT), RULE, PromotionType.ROLLBACK)
    assert decision.promoted
    assert (decision.target, decision.elo_improvement) == ("production", 100.0)
    (result,) = decision.criteria
    assert (result.measured, result.needed, result.games) == (-100.0, -30.0, 40)


# --- evidence that is worth nothing


@pytest.mark.parametrize("kind", list(PromotionType))
@pytest.mark.parametrize(
    ("change", "expected"),
    [({"model_file": "f" * 64}, MODEL_FILE), ({"model_file": "no file"}, MODEL_FILE), ({"crashed_games": 1}, NO_CRASH)],
)
def test_a_swapped_file_and_a_crash_refuse_every_promotion(kind, change, expected):
    sound = replace(LATER, opponents=(*BEATEN, *OTHERS), regression=EVENT, model_file=LATER.candidate)
    assert failed(sound, kind) == set()
    assert failed(replace(sound, **change), kind) == {expected}


def test_what_was_not_measured_says_nothing_about_the_model():
    assert decide(replace(LATER, against_random=WinCount(1, 100)), RULE).measured
    for change in ({"against_random": None}, {"crashed_games": 3}, {"model_file": "no file"}):
        assert not decide(replace(LATER, **change), RULE).measured


# --- an override


def test_an_override_keeps_what_failed_and_says_whose_word_it_was():
    refused = decide(replace(LATER, against_promoted=(60, 0, 20, 0, 20)), RULE)
    decision = overruled(refused, "to see the monitor at work")
    assert (refused.promoted, decision.promoted) == (False, True)
    assert decision.criteria[:-1] == refused.criteria
    assert decision.criteria[-1].name == OVERRIDE
    assert decision.summary == "promoted: override: to see the monitor at work"
    assert PromotionDecision.from_json(decision.to_json()) == decision
