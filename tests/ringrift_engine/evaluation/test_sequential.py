"""The sequential test: likelihood ratios by hand, both sides of every bound, error rates on games of known truth."""

import math

import numpy as np
import pytest

from ringrift_engine.errors import ConfigError
from ringrift_engine.evaluation.intervals import expected_score
from ringrift_engine.evaluation.sequential import (
    ACCEPT,
    CONTINUE,
    NOT_SHOWN,
    REFUSE,
    SequentialSettings,
    decide,
    likeliest_with_mean,
    log_likelihood_ratio,
)
from tests.benchmarks.sequential import outcomes, outcomes_on_uneven_openings, ratios, simulate

SETTINGS = SequentialSettings()
P0, P1 = 0.5, 1 / (1 + 10 ** (-25 / 400))


def test_two_outcomes_leave_no_freedom_so_the_ratio_is_walds():
    """With rounds won or lost whole, a distribution is its mean: ln(p1/p0) a win, ln(q1/q0) a loss."""
    won, lost = 40, 30
    by_hand = won * math.log(P1 / P0) + lost * math.log((1 - P1) / (1 - P0))
    assert log_likelihood_ratio([lost, 0, 0, 0, won], 0, 25) == pytest.approx(by_hand, abs=1e-3)


def test_the_likeliest_distribution_is_the_best_of_many_with_its_mean():
    shares, scores = np.array([0.1, 0.05, 0.5, 0.05, 0.3]), np.linspace(0, 1, 5)
    found = likeliest_with_mean(shares, scores, 0.5)
    assert found.sum() == pytest.approx(1, abs=1e-10)
    assert found @ scores == pytest.approx(0.5, abs=1e-10)
    random = np.random.default_rng(3)
    keeps_sum_and_mean = np.linalg.svd(np.stack([np.ones(5), scores]))[2][2:]  # directions along which both stay
    for step in random.normal(size=(300, 3)) * 0.01:
        other = found + step @ keeps_sum_and_mean
        assert shares @ np.log(other) < shares @ np.log(found)


def test_three_outcomes_by_a_closed_form():
    """Lost, halved and won rounds in shares a, b, c: the mean fixes p = (1 - m - h/2, h, m - h/2); the best h is a
    root of a quadratic, here solved on a fine grid instead.
    """
    counts = [12, 0, 50, 0, 20]
    total = 0.0
    for sign, mean in ((1, P1), (-1, P0)):
        halved = np.linspace(1e-6, 2 * min(mean, 1 - mean) - 1e-6, 2_000_001)
        likelihood = 12 * np.log(1 - mean - halved / 2) + 50 * np.log(halved) + 20 * np.log(mean - halved / 2)
        total += sign * likelihood.max()
    assert log_likelihood_ratio(counts, 0, 25) == pytest.approx(total, abs=2e-3)


def test_the_ratio_is_antisymmetric_in_the_hypotheses_and_falls_with_lost_rounds():
    counts = [10, 0, 30, 0, 14]
    assert log_likelihood_ratio(counts, 0, 25) == pytest.approx(-log_likelihood_ratio(counts, 25, 0))
    assert log_likelihood_ratio([11, 0, 30, 0, 14], 0, 25) < log_likelihood_ratio(counts, 0, 25)


@pytest.mark.parametrize("counts", [[0, 0, 0, 0, 30], [30, 0, 0, 0, 0], [0, 0, 30, 0, 0], [0] * 24 + [500], [7] * 13])
def test_outcomes_never_seen_leave_the_ratio_finite(counts):
    assert math.isfinite(log_likelihood_ratio(counts, 0, 25))


def first_round_with(llr_sign, settings):
    """Rounds, all won or all lost, after which the ratio is over the bound for the first time."""
    rounds = 1
    while True:
        counts = [0, 0, 0, 0, rounds] if llr_sign > 0 else [rounds, 0, 0, 0, 0]
        refuse, accept = settings.bounds
        llr = log_likelihood_ratio(counts, settings.elo0, settings.elo1)
        if llr >= accept or llr <= refuse:
            return rounds
        rounds += 1


def test_it_accepts_and_refuses_at_the_bounds_and_not_a_round_before():
    won, lost = first_round_with(1, SETTINGS), first_round_with(-1, SETTINGS)
    assert decide([0, 0, 0, 0, won], SETTINGS).decision == ACCEPT
    assert decide([0, 0, 0, 0, won - 1], SETTINGS).decision == CONTINUE
    assert decide([lost, 0, 0, 0, 0], SETTINGS).decision == REFUSE
    assert decide([lost - 1, 0, 0, 0, 0], SETTINGS).decision == CONTINUE


def test_no_decision_before_the_least_number_of_games():
    won = first_round_with(1, SETTINGS)
    assert decide([0, 0, 0, 0, won], SequentialSettings(min_games=2 * won)).decision == ACCEPT
    assert decide([0, 0, 0, 0, won], SequentialSettings(min_games=2 * won + 1)).decision == CONTINUE


@pytest.mark.parametrize(
    ("counts", "max_games", "decision"),
    [
        pytest.param([12, 0, 25, 0, 13], 102, CONTINUE, id="one_more_round_fits"),
        pytest.param([12, 0, 25, 0, 13], 101, NOT_SHOWN, id="one_game_short_of_a_round"),
        pytest.param([12, 0, 25, 0, 13], 100, NOT_SHOWN, id="exactly_at_the_cap"),
        pytest.param([0, 0, 0, 0, 50], 100, ACCEPT, id="a_decision_at_the_cap_stands"),
        pytest.param([0, 0, 1, 0, 0], 2, NOT_SHOWN, id="a_tiny_budget_shows_nothing"),
        pytest.param([0] * 10 + [2] + [0] * 14, 10, NOT_SHOWN, id="four_players"),
    ],
)
def test_what_is_undecided_at_the_cap_is_not_shown(counts, max_games, decision):
    assert decide(counts, SequentialSettings(max_games=max_games)).decision == decision


def test_without_rounds_nothing_is_known():
    verdict = decide([0] * 5, SETTINGS)
    assert (verdict.decision, verdict.games) == (CONTINUE, 0)
    assert math.isnan(verdict.llr)
    assert verdict.to_json()["llr"] is None


def test_the_verdict_counts_games_and_scores():
    verdict = decide([1, 0, 2, 0, 3], SETTINGS)
    assert (verdict.games, verdict.rounds, verdict.score) == (12, 6, pytest.approx((2 * 0.5 + 3) / 6))
    assert verdict.elo == pytest.approx(400 * math.log10((4 / 6) / (2 / 6)))


@pytest.mark.parametrize("counts", [[1] * 6, [], [1, -1, 0, 0, 0]])
def test_counts_that_no_match_gives_are_refused(counts):
    with pytest.raises(ConfigError):
        decide(counts, SETTINGS)


@pytest.mark.parametrize(
    ("players", "rounds", "expected"),
    [(2, 0, 16), (3, 0, 10), (4, 0, 8), (2, 48, 2), (2, 49, 1), (4, 24, 1)],
)
def test_looks_are_whole_rounds_and_stay_within_the_cap(players, rounds, expected):
    assert SequentialSettings(max_games=100, games_a_look=32).next_rounds(players, rounds) == expected


@pytest.mark.parametrize(
    "options", [{"elo0": 25.0}, {"alpha": 0.0}, {"beta": 0.5}, {"min_games": 0}, {"max_games": 0}, {"games_a_look": 0}]
)
def test_settings_that_decide_nothing_are_refused(options):
    with pytest.raises(ConfigError):
        SequentialSettings(**options)


@pytest.mark.parametrize("options", [{"elo0": -10.0}, {"elo1": 40.0}, {"alpha": 0.01}, {"beta": 0.2}])
def test_every_parameter_of_the_test_moves_the_verdict(options):
    counts = [20, 0, 60, 0, 40]
    changed = SequentialSettings(**options)
    before, after = decide(counts, SETTINGS), decide(counts, changed)
    assert (before.llr, SETTINGS.bounds) != (after.llr, changed.bounds)


@pytest.mark.parametrize("players", [2, 3, 4])
def test_arrays_of_runs_are_decided_as_single_ones_are(players):
    """The simulations decide many runs at once by code of their own; here run by run."""
    settings = SequentialSettings(max_games=600)
    found = simulate(outcomes(players, 30), settings, 60, seed=players)
    verdicts = [decide(counts, settings) for counts in found.counts.tolist()]
    assert [verdict.decision for verdict in verdicts] == found.decisions.tolist()
    ratio, _ = ratios(found.counts, settings)
    assert [verdict.llr for verdict in verdicts] == pytest.approx(ratio.tolist(), abs=1e-6)
    assert {ACCEPT, REFUSE, NOT_SHOWN} == set(found.decisions.tolist())


def test_the_bounds_are_moved_by_half_a_step_and_a_bit_and_not_across_each_other():
    """A step of 16 rounds, each of variance v, has the deviation 4 sqrt(v)."""
    counts = [100, 0, 250, 0, 130]
    _, variance = ratios(np.array([counts]), SETTINGS)
    refuse, accept = decide(counts, SETTINGS).bounds
    assert accept == pytest.approx(SETTINGS.bounds[1] - 0.5826 * 4 * math.sqrt(variance[0]), rel=1e-4)
    assert refuse == pytest.approx(-accept)
    low, high = decide(counts, SequentialSettings(games_a_look=50_000)).bounds
    assert low == high


def test_a_much_stronger_candidate_is_accepted_and_a_weaker_one_refused_soon():
    accepted, refused = (simulate(outcomes(2, elo), SETTINGS, 200, seed=1) for elo in (100, -50))
    assert (accepted.share(ACCEPT), refused.share(REFUSE)) == (1, 1)
    assert max(accepted.games.mean(), refused.games.mean()) < 250


@pytest.mark.slow
@pytest.mark.parametrize(("players", "most_games"), [(2, 1_050), (3, 700), (4, 700)])
def test_error_rates_are_nominal_and_games_few(players, most_games):
    """5 % each without a cap, within a point; 5,000 runs are good for +- 0.6 points at two standard errors. The games
    are those of the default cap.
    """
    uncapped = SequentialSettings(max_games=100_000)
    equal, stronger = (simulate(outcomes(players, elo), uncapped, 5_000, seed=3) for elo in (0, 25))
    assert equal.share(ACCEPT) == pytest.approx(0.05, abs=0.01)
    assert stronger.share(REFUSE) == pytest.approx(0.05, abs=0.01)
    for found in (equal, stronger):
        assert np.minimum(found.games, SETTINGS.max_games).mean() < most_games


@pytest.mark.slow
def test_uneven_openings_make_equals_tell_sooner_and_no_more_wrong():
    even = simulate(outcomes(2, 0), SETTINGS, 3_000, seed=4)
    uneven = simulate(outcomes_on_uneven_openings(2, 0, 200.0), SETTINGS, 3_000, seed=4)
    assert uneven.share(ACCEPT) == pytest.approx(0.05, abs=0.015)
    assert uneven.games.mean() < 0.85 * even.games.mean()


def test_expected_scores_of_the_hypotheses():
    assert (expected_score(0), expected_score(25)) == (P0, P1)
