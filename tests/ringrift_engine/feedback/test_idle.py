"""Idle machines: each reason not to play by itself, back-off by hand, the highest priority first."""

import math
from dataclasses import replace

import pytest
from hypothesis import given, settings

from ringrift_engine.errors import ConfigError
from ringrift_engine.feedback.idle import backoff, may_play, next_to_play
from ringrift_engine.feedback.settings import DEFAULTS
from tests.ringrift_engine.feedback.histories import BUDGET, CONTENT, histories

WANTING = replace(CONTENT, games=500)
UNDECLARED = replace(BUDGET, bootstrap_player="")
FREE = {"pool_free": True, "free_memory_gib": 8.0}


@pytest.mark.parametrize(
    ("failures", "seconds"),
    [(0, 0.0), (1, 60.0), (2, 120.0), (3, 240.0), (6, 1_920.0), (7, 3_600.0), (10_000, 3_600.0)],
)
def test_the_wait_doubles_up_to_its_cap(failures, seconds):
    assert backoff(failures) == seconds


def test_failures_are_counted_from_0():
    with pytest.raises(ConfigError):
        backoff(-1)


@pytest.mark.parametrize(
    ("history", "budget", "changes", "play", "why"),
    [
        (WANTING, BUDGET, {}, True, "50% of the wanted data are missing"),
        (WANTING, BUDGET, {"pool_free": False}, False, "pool is in use"),
        (CONTENT, BUDGET, {}, False, "no data are missing"),
        (replace(WANTING, has_model=False), BUDGET, {}, True, "missing"),
        (replace(WANTING, has_model=False), UNDECLARED, {}, False, "no declared bootstrap player"),
        (WANTING, UNDECLARED, {}, True, "missing"),
        (WANTING, BUDGET, {"free_memory_gib": 0.0}, True, "missing"),
        (WANTING, replace(BUDGET, memory_gib=8.0), {}, True, "missing"),
        (WANTING, replace(BUDGET, memory_gib=8.1), {}, False, "8.0 GiB of memory are free, 8.1 are needed"),
        (WANTING, BUDGET, {"free_memory_gib": math.nan}, False, "GiB of memory"),
    ],
)
def test_when_to_play(history, budget, changes, play, why):
    verdict = may_play(history, budget, **{**FREE, **changes})
    assert verdict.play is play
    assert why in verdict.why


@pytest.mark.parametrize(("since", "play", "wait"), [(0.0, False, 120.0), (119.0, False, 1.0), (120.0, True, 0.0)])
def test_after_failed_starts_it_waits(since, play, wait):
    history = replace(WANTING, launch_failures=2, since_failure_seconds=since)
    verdict = may_play(history, BUDGET, **FREE)
    assert (verdict.play, verdict.wait_seconds) == (play, wait)


def test_the_highest_priority_that_may_play_plays():
    poor = replace(CONTENT, key="square8_2p", games=0)
    failing = replace(CONTENT, key="hex8_3p", games=0, launch_failures=1, since_failure_seconds=1.0)
    histories = {history.key: history for history in (WANTING, poor, failing)}
    budgets = dict.fromkeys(histories, BUDGET)
    key, verdicts = next_to_play(histories, budgets, **FREE)
    assert key == "square8_2p"
    assert {key: verdict.play for key, verdict in verdicts.items()} == {
        "hex8_2p": True, "square8_2p": True, "hex8_3p": False
    }  # fmt: skip
    large = {**budgets, "square8_2p": replace(BUDGET, memory_gib=9.0)}
    assert next_to_play(histories, large, **FREE)[0] == "hex8_2p"
    assert next_to_play(histories, budgets, pool_free=False, free_memory_gib=8.0)[0] is None
    assert next_to_play({}, {}, **FREE) == (None, {})


@settings(max_examples=60)
@given(history=histories())
def test_who_plays_has_somebody_to_play_and_something_to_gain(history):
    verdict = may_play(history, UNDECLARED, **FREE)
    if verdict.play:
        assert history.has_model
        assert history.games < 1_000 or history.searched_positions < 10_000
        assert history.launch_failures == 0 or history.since_failure_seconds >= backoff(history.launch_failures)
    else:
        assert verdict.wait_seconds <= DEFAULTS.backoff_cap_seconds
