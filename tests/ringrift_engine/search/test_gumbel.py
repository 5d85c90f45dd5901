"""The formulas of Gumbel search against numbers worked out by hand and against statistics."""

import math

import numpy as np
import pytest

from ringrift_engine.search.gumbel import (
    best_among_visited,
    complete_values,
    considered_visits,
    draw_gumbels,
    halving_schedule,
    improve_policy,
    mixed_value,
    most_deserving,
    value_scale,
)

# Worked out on paper from the published pseudocode: rounds of ceil(log2(m)), in each of them max(1, floor(n / (rounds *
# alive))) visits for everyone alive, then half of them, never fewer than two.
SCHEDULES = [
    (1, 4, [0, 1, 2, 3]),  # a single choice takes all
    (2, 6, [0, 0, 1, 1, 2, 2]),  # one round: 6 // (1 * 2) = 3 visits each
    (2, 5, [0, 0, 1, 1, 2]),  # 5 // 2 = 2 visits each, then one more sweep, cut off
    (3, 7, [0, 0, 0, 1, 1, 2, 2]),  # rounds 2: 7 // 6 = 1 for three; then two alive, 7 // 4 = 1 a sweep
    (4, 8, [0, 0, 0, 0, 1, 1, 2, 2]),  # rounds 2: 1 for four, 8 // 4 = 2 for two
    (4, 16, [0] * 4 + [1] * 4 + [2, 2, 3, 3, 4, 4, 5, 5]),  # 16 // 8 = 2 for four, 16 // 4 = 4 for two
    (8, 24, [0] * 8 + [1] * 4 + [2] * 4 + [3, 3, 4, 4, 5, 5, 6, 6]),  # rounds 3: 1, then 2, then 4
    (16, 32, [0] * 16 + [1] * 8 + [2] * 4 + [3] * 4),  # rounds 4: 1 for 16, 1 for 8, 2 for 4; then it is spent
    (16, 10, [0] * 10),  # fewer simulations than choices: the best ten once each
]


@pytest.mark.parametrize(("considered", "simulations", "expected"), SCHEDULES)
def test_the_schedule_is_the_one_worked_out_by_hand(considered, simulations, expected):
    assert considered_visits(considered, simulations).tolist() == expected


@pytest.mark.parametrize("considered", [1, 2, 3, 5, 7, 16, 33])
@pytest.mark.parametrize("simulations", [1, 2, 16, 50, 200])
def test_every_entry_of_a_schedule_finds_a_choice_with_so_many_visits(considered, simulations):
    visits = np.zeros(considered, dtype=int)
    for wanted in considered_visits(considered, simulations):
        assert wanted in visits
        visits[np.flatnonzero(visits == wanted)[0]] += 1
    assert visits.sum() == simulations


def test_the_schedule_of_all_roots_has_a_row_for_each_number_of_choices():
    table = halving_schedule(5, 12)
    assert table.shape == (6, 12)
    for considered in range(1, 6):
        assert table[considered].tolist() == considered_visits(considered, 12).tolist()


def scratch(prior, visits, values):
    """Arrays longer than the node's choices, as in the trees: what lies behind must not be read."""
    longer = lambda numbers, junk, kind: np.array([*numbers, junk, junk], dtype=kind)  # noqa: E731
    logits = longer(np.log(prior), 9.0, np.float64)
    return logits, longer(visits, 77, np.int64), longer(values, 55.0, np.float64), len(prior)


def test_the_mixed_value_is_the_one_worked_out_by_hand():
    # visited: a (prior 1/2, 3 visits, value 0.6) and b (prior 1/4, 1 visit, value 0.2)
    # prior-weighted: (0.5 * 0.6 + 0.25 * 0.2) / 0.75 = 0.35 / 0.75 = 7/15
    # mixed with the evaluation 0.5: (0.5 + 4 * 7/15) / 5 = (0.5 + 1.8666...) / 5 = 0.473333...
    logits, visits, values, count = scratch([0.5, 0.25, 0.25], [3, 1, 0], [0.6, 0.2, math.nan])
    assert mixed_value(logits, visits, values, count, 0.5) == pytest.approx(0.4733333333, abs=1e-9)
    complete_values(logits, visits, values, count, 0.5)
    assert values[:3] == pytest.approx([0.6, 0.2, 0.4733333333], abs=1e-9)
    assert values[3] == 55.0


def test_without_visits_every_choice_is_worth_the_evaluation():
    logits, visits, values, count = scratch([0.9, 0.1], [0, 0], [math.nan, math.nan])
    complete_values(logits, visits, values, count, 0.37)
    assert values[:2].tolist() == [0.37, 0.37]


def test_a_visited_choice_without_prior_divides_nothing_by_zero():
    logits, visits, values, count = scratch([1.0, 1e-9], [0, 4], [0.0, 0.8])
    logits[1] = -2000.0  # its exponential is exactly 0
    assert mixed_value(logits, visits, values, count, 0.4) == pytest.approx((0.4 + 4 * 0.8) / 5)


def test_the_improved_policy_is_the_one_worked_out_by_hand():
    # most visits 3: scale (50 + 3) * 0.02 = 1.06, added 1.06 * (0.6, 0.2, 0.47333) = (0.636, 0.212, 0.50173)
    # weights 0.5 e^0.636 = 0.94445, 0.25 e^0.212 = 0.30904, 0.25 e^0.50173 = 0.41290; their sum is 1.66639
    logits, visits, values, count = scratch([0.5, 0.25, 0.25], [3, 1, 0], [0.6, 0.2, 0.4733333333])
    scale = value_scale(visits, count, 50.0, 0.02)
    assert scale == pytest.approx(1.06)
    policy = np.zeros(5)
    improve_policy(logits, values, count, scale, policy)
    assert policy[:3] == pytest.approx([0.56676, 0.18546, 0.24778], abs=2e-5)
    assert policy[3:].tolist() == [0.0, 0.0]


def test_equal_values_leave_the_prior_as_it_is():
    logits, _, values, count = scratch([0.7, 0.2, 0.1], [1, 1, 0], [0.4, 0.4, 0.4])
    policy = np.zeros(5)
    improve_policy(logits, values, count, 52.0, policy)
    assert policy[:3] == pytest.approx([0.7, 0.2, 0.1])


def test_below_the_root_the_largest_shortfall_is_visited():
    # policy - visits / (1 + 4): 0.56676 - 0.6 = -0.033, 0.18546 - 0.2 = -0.015, 0.24778 - 0 = 0.248
    policy = np.array([0.56676, 0.18546, 0.24778, 9.0])
    assert most_deserving(policy, np.array([3, 1, 0, 0]), 3) == 2
    # after that visit: - 3/6, - 1/6, - 1/6: 0.067, 0.019, 0.081; one more and it is the first one's turn
    assert most_deserving(policy, np.array([3, 1, 1, 0]), 3) == 2
    assert most_deserving(policy, np.array([3, 1, 2, 0]), 3) == 0


def test_the_root_takes_the_best_score_among_equally_visited_choices():
    # scores g + log p + 2 q: 0.1 - 0.693 + 1.2 = 0.607; 1.0 - 1.386 + 0.4 = 0.014; 0.5 - 1.386 + 1.0 = 0.114
    logits, visits, values, count = scratch([0.5, 0.25, 0.25], [2, 1, 1], [0.6, 0.2, 0.5])
    gumbels = np.array([-5.0, 0.1, 1.0, 0.5])  # the node's own begin at place 1
    assert best_among_visited(gumbels, 1, logits, values, visits, count, 2.0, 2) == 0
    assert best_among_visited(gumbels, 1, logits, values, visits, count, 2.0, 1) == 2


def drawn(rows, choices, scale=1.0, seed=0):
    noise = np.zeros(rows * choices)
    states = np.arange(rows, dtype=np.uint64) * np.uint64(0x9E3779B9) + np.uint64(seed)
    draw_gumbels(np.arange(rows + 1) * choices, states, scale, noise)
    return noise.reshape(rows, choices)


def test_the_noise_has_mean_and_variance_of_the_gumbel_distribution():
    noise = drawn(20_000, 5)
    assert noise.mean() == pytest.approx(0.5772157, abs=0.015)  # Euler's constant
    assert noise.var() == pytest.approx(math.pi**2 / 6, abs=0.05)
    assert abs(np.corrcoef(noise[:, 0], noise[:, 1])[0, 1]) < 0.03


def test_the_two_largest_noisy_logits_are_a_draw_without_replacement():
    # with priors (0.5, 0.3, 0.2) the first is 0 with 0.5, and then the second is 1 with 0.3 / 0.5 = 0.6
    order = np.argsort(-(drawn(40_000, 3) + np.log([0.5, 0.3, 0.2])), axis=1)
    assert (order[:, 0] == 0).mean() == pytest.approx(0.5, abs=0.01)
    assert (order[order[:, 0] == 0, 1] == 1).mean() == pytest.approx(0.6, abs=0.015)


def test_the_noise_follows_the_seed_and_its_scale():
    assert (drawn(3, 4) == drawn(3, 4)).all()
    assert (drawn(3, 4) != drawn(3, 4, seed=1)).all()
    assert drawn(3, 4, scale=0.5) == pytest.approx(0.5 * drawn(3, 4))
    assert (drawn(3, 4, scale=0.0) == 0).all()
