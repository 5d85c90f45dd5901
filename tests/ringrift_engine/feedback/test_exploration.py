"""Exploration: what raises and lowers the temperature, and between which limits."""

from dataclasses import replace

import pytest

from ringrift_engine.feedback.plan import plan_configuration
from ringrift_engine.feedback.signals import EXPLORATION_BOOST
from tests.ringrift_engine.feedback.histories import BUDGET, CONTENT, gauntlet, quality, training, with_elos

STOPPED = training(2, [1.0], 1.5, stopped="no improvement")  # overfits as well
MASTER = (95, 100)


@pytest.mark.parametrize(
    ("history", "factor"),
    [
        (CONTENT, 1.0),
        (with_elos(0.0, 0.0), 1.3),
        (replace(CONTENT, trainings=(STOPPED,)), 1.2),
        (replace(with_elos(0.0, 0.0), trainings=(STOPPED,)), 1.8),  # 1.5 x 1.2
        (replace(with_elos(0.0, 0.0, 0.0), trainings=(STOPPED,)), 2.0),  # 1.8 x 1.2, limited
        (replace(CONTENT, gauntlets=(gauntlet(1, promoted=True, random=MASTER),)), 0.95),
        (replace(CONTENT, gauntlets=(gauntlet(1, promoted=True, random=MASTER, heuristic=MASTER),)), 0.9025),
        (with_elos(0.0, 0.0, random=MASTER), 1.235),
        (replace(with_elos(0.0, 0.0), qualities=(quality(99, 0.1, "blocked"),)), 1.0),
        (replace(with_elos(0.0, 0.0), qualities=(quality(96, 0.1, "blocked"),)), 1.3),
        (with_elos(-60.0, -60.0, random=MASTER), 0.95),  # a regression explores no more
    ],
)
@pytest.mark.parametrize("base", [1.0, 0.5])
def test_the_temperature(history, factor, base):
    plan = plan_configuration(history, replace(BUDGET, temperature=base))
    assert plan.temperature == pytest.approx(base * factor)
    assert (EXPLORATION_BOOST in [signal.name for signal in plan.signals]) is (factor > 1)


def test_bad_games_do_not_undo_a_lowered_temperature():
    rows = (gauntlet(1, promoted=True, random=MASTER),)
    history = replace(CONTENT, gauntlets=rows, qualities=(quality(99, 0.1, "blocked"),))
    assert plan_configuration(history, BUDGET).temperature == pytest.approx(0.95)
