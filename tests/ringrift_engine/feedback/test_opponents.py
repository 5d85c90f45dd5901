"""Opponents: shares by hand, mastery at its limits, throttled players, and that shares always sum to 1."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from ringrift_engine.feedback.opponents import LADDER, find_mastered, opponent_terms
from ringrift_engine.feedback.quality import find_throttled
from ringrift_engine.feedback.settings import DEFAULTS, FeedbackSettings
from tests.ringrift_engine.feedback.histories import CONTENT, gauntlet, histories, quality

FIRST = replace(CONTENT, gauntlets=(gauntlet(1, promoted=True),))
LATER = replace(CONTENT, gauntlets=(gauntlet(1, promoted=True), gauntlet(2, 30.0, promoted=True)))


def shares(history, settings=DEFAULTS):
    terms = opponent_terms(history, find_mastered(history, settings), find_throttled(history, settings), settings)
    return {term.name: term.value for term in terms}


def won(**wins):
    """The first model, with such results."""
    return replace(CONTENT, gauntlets=(gauntlet(1, promoted=True, **wins),))


@pytest.mark.parametrize("history", [CONTENT, FIRST])
def test_without_an_earlier_model_its_share_is_self_play(history):
    assert shares(history) == pytest.approx({"random": 0.02, "heuristic": 0.08, "self": 0.90})


def test_with_an_earlier_model():
    assert shares(LATER) == pytest.approx({"random": 0.02, "heuristic": 0.08, "earlier": 0.10, "self": 0.80})


def test_after_a_rollback_the_model_taken_back_is_no_opponent():
    assert "earlier" not in shares(replace(LATER, rollbacks=(2,)))


@pytest.mark.parametrize(
    ("wins", "games", "is_mastered"), [(17, 20, True), (16, 20, False), (19, 19, False), (0, 0, False), (85, 100, True)]
)
def test_mastered_is_85_percent_of_20_games(wins, games, is_mastered):
    found = find_mastered(won(heuristic=(wins, games)), DEFAULTS)
    assert [signal.subject for signal in found] == (["heuristic"] if is_mastered else [])


@pytest.mark.parametrize(("opponent", "called"), [("random", "the random player"), ("heuristic", "the heuristic")])
def test_a_signal_names_the_opponent_that_is_mastered(opponent, called):
    (signal,) = find_mastered(won(**{opponent: (90, 100)}), DEFAULTS)
    assert (signal.subject, signal.why) == (opponent, f"won 90% of 100 games against {called} in generation 1")


def test_a_mastered_opponent_gives_most_of_its_share_to_harder_ones():
    # 0.02 keeps a quarter; 0.015 is shared out as 8 : 90.
    expected = {"random": 0.005, "heuristic": 0.08 + 0.015 * 8 / 98, "self": 0.90 + 0.015 * 90 / 98}
    assert shares(won(random=(90, 100))) == pytest.approx(expected)


def test_what_is_mastered_takes_no_share_from_another():
    expected = {"random": 0.005, "heuristic": 0.02, "self": 0.975}
    assert shares(won(random=(90, 100), heuristic=(90, 100))) == pytest.approx(expected)


def test_the_harder_opponent_may_be_mastered_alone():
    expected = {"random": 0.02, "heuristic": 0.02, "self": 0.96}
    assert shares(won(heuristic=(90, 100))) == pytest.approx(expected)


def test_the_model_before_is_mastered_by_the_games_in_which_it_was_replaced():
    rows = list(LATER.gauntlets)
    beaten = replace(rows[1].against("promoted"), wins=90)
    rows[1] = replace(rows[1], opponents=(*rows[1].opponents[:2], beaten))
    expected = {"random": 0.02, "heuristic": 0.08, "earlier": 0.025, "self": 0.875}
    assert shares(replace(CONTENT, gauntlets=tuple(rows))) == pytest.approx(expected)


def test_a_refused_candidate_masters_nothing_for_the_model_that_plays():
    rows = (*FIRST.gauntlets, gauntlet(2, 0.0, random=(100, 100)))
    assert find_mastered(replace(CONTENT, gauntlets=rows), DEFAULTS) == ()


def test_the_model_that_a_rollback_brings_back_has_its_own_results():
    rows = (gauntlet(1, promoted=True, random=(100, 100)), gauntlet(2, 30.0, promoted=True))
    assert find_mastered(replace(CONTENT, gauntlets=rows), DEFAULTS) == ()
    found = find_mastered(replace(CONTENT, gauntlets=rows, rollbacks=(2,)), DEFAULTS)
    assert [signal.subject for signal in found] == ["random"]


def test_a_throttled_player_gives_half_of_its_share_to_all_others():
    history = replace(FIRST, qualities=(quality(99, 0.1, "blocked", "heuristic"),))
    assert shares(history) == pytest.approx(
        {"random": 0.02 + 0.04 * 2 / 92, "heuristic": 0.04, "self": 0.9 + 0.04 * 90 / 92}
    )


def test_self_play_can_be_throttled_too():
    history = replace(FIRST, qualities=(quality(99, 0.1, "blocked", "self"),))
    assert shares(history) == pytest.approx({"random": 0.02 + 0.45 * 0.2, "heuristic": 0.08 + 0.45 * 0.8, "self": 0.45})


def test_nobody_is_throttled_if_there_is_nobody_else():
    alone = FeedbackSettings(random_share=0, heuristic_share=0, earlier_share=0)
    history = replace(FIRST, qualities=(quality(99, 0.1, "blocked", "self"),))
    assert shares(history, alone) == {"random": 0, "heuristic": 0, "self": 1}


@settings(max_examples=50)
@given(history=histories())
def test_shares_are_never_negative_and_sum_to_one(history):
    found = shares(history)
    assert min(found.values()) >= 0
    assert sum(found.values()) == pytest.approx(1, abs=1e-12)
    assert list(found) == [name for name in LADDER if name in found]
