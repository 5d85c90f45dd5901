"""Momentum: 1.5 accelerating, 0.75 regressing, both sides of each limit."""

import pytest

from ringrift_engine.feedback.momentum import find_momentum, is_falling, rate_term
from ringrift_engine.feedback.settings import DEFAULTS
from tests.ringrift_engine.feedback.histories import CONTENT, with_elos


@pytest.mark.parametrize(
    ("elos", "gain", "factor", "word"),
    [
        ((12.5, 25.0), 25.0, 1.5, "accelerating"),
        ((12.4, 24.8), 24.8, 1.0, "steady"),
        ((-12.5, -25.0), -25.0, 0.75, "regressing"),
        ((-12.4, -24.8), -24.8, 1.0, "steady"),
        ((0.0, 0.0), 0.0, 1.0, "steady"),
        # By hand: x = -1.5 -0.5 0.5 1.5, sum xy = -20 + 20 + 60 = 60 over 5, times 3 generations.
        ((40.0, 40.0, 40.0), 36.0, 1.5, "accelerating"),
    ],
)
def test_the_rate_follows_the_gain_over_the_window(elos, gain, factor, word):
    found = find_momentum(with_elos(*elos), DEFAULTS)
    assert found.value == pytest.approx(gain)
    assert rate_term(found, DEFAULTS).value == factor
    assert f", {word}:" in found.why
    assert is_falling(found, DEFAULTS) is (factor < 1)


def test_without_a_trend_the_rate_stays():
    assert find_momentum(CONTENT, DEFAULTS) is None
    assert not is_falling(None, DEFAULTS)
    assert rate_term(None, DEFAULTS).value == 1.0
    assert "fewer than 3" in rate_term(None, DEFAULTS).why
