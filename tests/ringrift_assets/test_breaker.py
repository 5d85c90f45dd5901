"""The breaker as a table of histories: when it opens, when it lets one run try, and what it says."""

import itertools

import pytest

from ringrift_assets.breaker import PastRun, State, judge
from ringrift_assets.thresholds.sections import Breaker

RULE = Breaker()
NOW = 1_000_000.0


def history(runs, newest_age=100.0, apart=60.0):
    """Runs as letters, newest first: F a fault, s a success; the newest ended `newest_age` seconds ago."""
    return [PastRun(NOW - newest_age - apart * index, letter == "s") for index, letter in enumerate(runs)]


@pytest.mark.parametrize(
    ("runs", "newest_age", "state", "faults"),
    [
        pytest.param("", 0, State.CLOSED, 0, id="never_ran"),
        pytest.param("s", 0, State.CLOSED, 0, id="went_well"),
        pytest.param("FFFF", 0, State.CLOSED, 4, id="one_fault_short"),
        pytest.param("FFFFF", 0, State.OPEN, 5, id="the_fifth_opens"),
        pytest.param("FFFFFsFFFFF", 0, State.OPEN, 5, id="faults_before_a_success_are_over"),
        pytest.param("FFFFsFFFFF", 0, State.CLOSED, 4, id="not_in_a_row"),
        pytest.param("sFFFFFFFFF", 0, State.CLOSED, 0, id="a_success_closes"),
        pytest.param("FFFFF", 299.9, State.OPEN, 5, id="just_before_the_trial"),
        pytest.param("FFFFF", 300, State.HALF_OPEN, 5, id="time_for_a_trial"),
        pytest.param("FFFFF", 86_400, State.HALF_OPEN, 5, id="a_day_later_still_one_trial"),
        pytest.param("FFFFFF", 10, State.OPEN, 6, id="the_trial_failed"),
        pytest.param("FFFFFF", 300, State.HALF_OPEN, 6, id="the_next_trial"),
        pytest.param("sFFFFFF", 10, State.CLOSED, 0, id="the_trial_went_well"),
        pytest.param("FsFFFFFF", 10, State.CLOSED, 1, id="counting_begins_anew_after_it"),
        pytest.param("FFFFF", -50, State.OPEN, 5, id="a_clock_ahead_of_ours"),
    ],
)
def test_states(runs, newest_age, state, faults):
    verdict = judge(history(runs, newest_age), NOW, RULE)
    assert (verdict.state, verdict.faults) == (state, faults)
    assert verdict.allows is (state is not State.OPEN)
    assert (verdict.next_trial_at is None) is (state is not State.OPEN)


@pytest.mark.parametrize(("newest_age", "left"), [(0, 300), (120, 180), (299, 1), (-50, 300)])
def test_an_open_breaker_says_when_it_allows_a_trial(newest_age, left):
    verdict = judge(history("FFFFF", newest_age), NOW, RULE)
    assert verdict.next_trial_at == NOW + left
    assert f"one run may try in {left} s" in verdict.reason


def test_what_is_promised_holds():
    """At the promised time, and not a moment before, the same history allows a trial."""
    for age in (0.0, 12.5, 299.0):
        runs = history("FFFFFFF", age)
        promised = judge(runs, NOW, RULE).next_trial_at
        assert judge(runs, promised - 0.01, RULE).state is State.OPEN
        assert judge(runs, promised, RULE).state is State.HALF_OPEN


@pytest.mark.parametrize(
    ("runs", "newest_age", "reason"),
    [
        ("Fs", 7, "closed: 1 fault in a row, 5 open it"),
        ("s", 7, "closed: 0 faults in a row, 5 open it"),
        ("FFFFF", 100, "open: 5 faults in a row, the newest 100 s ago; one run may try in 200 s"),
        ("FFFFFF", 300, "half-open: 6 faults in a row, the newest 300 s ago; one run may try"),
        ("FFFFFF", 3600, "half-open: 6 faults in a row, the newest 60 min ago; one run may try"),
    ],
)
def test_what_is_said(runs, newest_age, reason):
    assert judge(history(runs, newest_age), NOW, RULE).reason == reason


@pytest.mark.parametrize(
    ("rule", "runs", "newest_age", "state"),
    [
        (Breaker(faults=1), "F", 0, State.OPEN),
        (Breaker(faults=2), "F", 0, State.CLOSED),
        (Breaker(faults=9), "FFFFFFFF", 0, State.CLOSED),
        (Breaker(cool_down_s=10), "FFFFF", 9, State.OPEN),
        (Breaker(cool_down_s=10), "FFFFF", 10, State.HALF_OPEN),
        (Breaker(cool_down_s=0), "FFFFF", 0, State.HALF_OPEN),
    ],
)
def test_both_settings_count(rule, runs, newest_age, state):
    assert judge(history(runs, newest_age), NOW, rule).state is state


def test_plain_pairs_are_as_good_as_named_ones():
    assert judge([(NOW, False)] * 5, NOW, RULE) == judge([PastRun(NOW, False)] * 5, NOW, RULE)


class Machine:
    """The textbook breaker with a state of its own, moved by events as they happen."""

    def __init__(self):
        self.faults, self.opened_at = 0, None

    def state(self, now):
        if self.opened_at is None:
            return State.CLOSED
        return State.HALF_OPEN if now - self.opened_at >= 300 else State.OPEN

    def ended(self, now, succeeded):
        self.faults = 0 if succeeded else self.faults + 1
        self.opened_at = now if self.faults >= 5 else None


@pytest.mark.parametrize("gap", [40.0, 310.0])
def test_it_says_what_a_breaker_with_a_memory_would_say(gap):
    for results in itertools.product([True, False], repeat=8):
        machine, runs, now = Machine(), [], NOW
        for succeeded in results:
            assert judge(runs, now, RULE).state is machine.state(now)
            machine.ended(now, succeeded)
            runs.insert(0, PastRun(now, succeeded))
            assert judge(runs, now, RULE).state is machine.state(now)
            now += gap
