"""Elo after stopping: against plain simulation of the same walk, and coverage on games of known truth."""

import math

import numpy as np
import pytest

from ringrift_engine.errors import ConfigError
from ringrift_engine.evaluation.intervals import elo_of_score, expected_score
from ringrift_engine.evaluation.sequential import ACCEPT, CONTINUE, NOT_SHOWN, REFUSE, SequentialSettings, decide
from ringrift_engine.evaluation.stopped import StoppedWalk, elo_after
from tests.benchmarks.sequential import chances_of_more, outcomes, outcomes_on_uneven_openings, simulate, truth_of

SETTINGS = SequentialSettings()
ACCEPTED_EARLY, ACCEPTED_LATE = [8, 0, 40, 0, 48], [186, 0, 450, 0, 250]
REFUSED_EARLY, REFUSED_LATE = [40, 0, 60, 0, 12], [233, 0, 430, 0, 217]


def test_a_single_look_is_the_interval_of_a_fixed_number_of_games():
    """With nothing to stop at there is no bias: the normal interval of a mean score."""
    counts = [90, 0, 250, 0, 160]
    found = elo_after(counts, SequentialSettings(min_games=1_000, max_games=1_000, games_a_look=1_000))
    shares = np.array(counts) / 500
    scores = np.linspace(0, 1, 5)
    mean = float(shares @ scores)
    reach = 1.959964 * math.sqrt(float(shares @ (scores - mean) ** 2) / 500)
    assert found.value == pytest.approx(elo_of_score(mean), abs=0.1)
    assert (found.low, found.high) == pytest.approx((elo_of_score(mean - reach), elo_of_score(mean + reach)), abs=0.6)


@pytest.mark.parametrize("counts", [ACCEPTED_EARLY, ACCEPTED_LATE, REFUSED_EARLY, REFUSED_LATE])
@pytest.mark.parametrize("truth", [-40, 10, 60])
def test_the_chance_of_more_is_that_of_walks_that_are_simply_simulated(counts, truth):
    """200,000 normal walks with the same steps and bounds, put into the same order."""
    walk, verdict = StoppedWalk(counts, SETTINGS), decide(counts, SETTINGS)
    assert verdict.decision in (ACCEPT, REFUSE)
    score = expected_score(truth)
    looks = np.cumsum(walk._rounds).astype(int)
    drift = walk._slope * (score - walk._middle)
    random, position = np.random.default_rng(5), np.zeros(200_000)
    more, open_walks = np.zeros(len(position), dtype=bool), np.ones(len(position), dtype=bool)
    for look, rounds in enumerate(walk._rounds):
        position += random.normal(drift * rounds, math.sqrt(walk._variance * rounds), len(position))
        refuse, accept = verdict.bounds
        if look == len(looks) - 1:
            more |= open_walks & (position >= verdict.llr)
            if verdict.decision == REFUSE:  # who is not refused by now, or refused with more, has more
                break
        else:
            more |= open_walks & (position >= accept)
            open_walks &= (position > refuse) & (position < accept)
    assert walk.chance_at(score) == pytest.approx(more.mean(), abs=0.006)


def test_an_accepted_candidate_is_estimated_lower_than_its_score_and_a_refused_one_higher():
    accepted, refused = elo_after(ACCEPTED_LATE, SETTINGS), elo_after(REFUSED_LATE, SETTINGS)
    assert decide(ACCEPTED_LATE, SETTINGS).decision == ACCEPT
    assert decide(REFUSED_LATE, SETTINGS).decision == REFUSE
    assert accepted.value < decide(ACCEPTED_LATE, SETTINGS).elo
    assert refused.value > decide(REFUSED_LATE, SETTINGS).elo
    assert accepted.low < accepted.value < accepted.high


def test_earlier_is_more_for_the_accepted_and_less_for_the_refused():
    values = [
        elo_after(counts, SETTINGS).value for counts in (ACCEPTED_EARLY, ACCEPTED_LATE, REFUSED_LATE, REFUSED_EARLY)
    ]
    assert values == sorted(values, reverse=True)


def test_the_estimate_of_an_undecided_test_grows_with_its_wins():
    settings = SequentialSettings(max_games=200)
    values = [elo_after([20 - won, 0, 60, 0, 20 + won], settings).value for won in range(0, 10, 3)]
    assert {decide([20 - won, 0, 60, 0, 20 + won], settings).decision for won in range(0, 10, 3)} == {NOT_SHOWN}
    assert values == sorted(values)
    assert values[0] == pytest.approx(0, abs=1)


def test_rounds_that_all_went_one_way_have_an_open_interval():
    won, lost = elo_after([0, 0, 0, 0, 30], SETTINGS), elo_after([30, 0, 0, 0, 0], SETTINGS)
    assert (won.high, lost.low) == (math.inf, -math.inf)
    assert won.low > 200
    assert lost.high < -200


def test_a_test_that_goes_on_has_an_estimate_too():
    counts = [20, 0, 60, 0, 40]
    assert decide(counts, SETTINGS).decision == CONTINUE
    narrow, wide = elo_after(counts, SETTINGS, level=0.5), elo_after(counts, SETTINGS)
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high


def test_what_no_estimate_can_be_made_of_is_refused():
    with pytest.raises(ConfigError, match="Without a round"):
        elo_after([0] * 5, SETTINGS)
    with pytest.raises(ConfigError, match="level"):
        elo_after([1] * 5, SETTINGS, level=1.0)


CASES = [(2, -50, 0), (2, 0, 0), (2, 25, 0), (2, 100, 0), (3, 12.5, 0), (3, 50, 0), (4, 0, 0), (4, 25, 0), (2, 25, 200)]


@pytest.mark.slow
def test_intervals_cover_and_estimates_are_too_high_half_the_time():
    """800 runs of every case: +- 2.3 points for one at three standard errors, +- 0.5 at two for all together."""
    found = {}
    for players, elo, spread in CASES:
        chances = outcomes_on_uneven_openings(players, elo, spread) if spread else outcomes(players, elo)
        runs = simulate(chances, SETTINGS, 800, seed=6)
        found[players, elo, spread] = chances_of_more(runs, SETTINGS, truth_of(chances))
    covered = {case: np.mean((chance > 0.025) & (chance < 0.975)) for case, chance in found.items()}
    too_high = {case: np.mean(chance < 0.5) for case, chance in found.items()}
    assert np.mean(list(covered.values())) == pytest.approx(0.95, abs=0.01)
    assert np.mean(list(too_high.values())) == pytest.approx(0.5, abs=0.02)
    assert all(share == pytest.approx(0.95, abs=0.025) for share in covered.values()), covered
    assert all(share == pytest.approx(0.5, abs=0.06) for share in too_high.values()), too_high
