"""Calibration: against sums by hand, and against chances that are true because the games were drawn from them."""

import numpy as np
import pytest

from ringrift_engine.boards import CONFIGS
from ringrift_engine.errors import DataError
from ringrift_engine.evaluation.calibration import Calibration, calibration_of, reliability_png, reliability_rows
from ringrift_engine.evaluation.predictions import Predictions, held_out_predictions
from ringrift_engine.evaluation.value_error import value_error_of
from tests.ringrift_engine.evaluation.test_value_error import constant_model
from tests.ringrift_engine.training.synthetic import write_dataset


def predictions(chances, winners, games, weights=None):
    chances, winners = (np.asarray(values, dtype=np.float64) for values in (chances, winners))
    weights = np.ones(len(chances)) if weights is None else np.asarray(weights, dtype=np.float64)
    return Predictions(chances, winners, weights, np.asarray(games, dtype=np.int64))


def drawn(random, games, rows, truth=lambda stated: stated):
    """Two players: each game has a stated chance that all its rows share, and ends as the true chance has it."""
    stated = random.uniform(0, 1, games)
    won = random.uniform(0, 1, games) < truth(stated)
    chances = np.repeat(np.stack([stated, 1 - stated], axis=1), rows, axis=0)
    winners = np.repeat(np.stack([won, ~won], axis=1), rows, axis=0)
    return predictions(chances, winners, np.repeat(np.arange(games), rows))


def test_bins_and_scores_are_the_sums_by_hand():
    found = calibration_of(
        predictions(
            chances=[[0.72, 0.28], [0.78, 0.22], [0.75, 0.25], [0.31, 0.69]],
            winners=[[1, 0], [0, 1], [1, 0], [1, 0]],
            games=[1, 2, 3, 4],
            weights=[1, 1, 2, 4],
        )
    )
    by_lower = {one.lower: one for one in found.bins}
    assert sorted(by_lower) == [0.2, 0.3, 0.6, 0.7]
    high = by_lower[0.7]
    assert high.stated == pytest.approx((0.72 + 0.78 + 2 * 0.75) / 4)
    assert high.observed == pytest.approx(3 / 4)
    assert (high.games, high.share) == (3, pytest.approx(4 / 16))
    gaps = [(0.2, 0.25, 0.25), (0.25, 0.31, 1.0), (0.25, 0.69, 0.0), (0.25, 0.75, 0.75)]
    low_stated = (0.28 + 0.22 + 2 * 0.25) / 4
    assert found.error == pytest.approx(
        sum(share * abs(stated - observed) for share, stated, observed in gaps[1:]) + 0.25 * abs(low_stated - 0.25)
    )
    assert found.brier == pytest.approx((0.28**2 + 0.78**2 + 2 * 0.25**2 + 4 * 0.69**2) / 8)
    rate = (1 + 2 + 4) / 8
    assert found.constant_brier == pytest.approx(rate * (1 - rate))
    assert found.gain == pytest.approx(found.constant_brier - found.brier)
    assert (found.rows, found.games) == (4, 4)


def test_three_seats_are_three_predictions():
    found = calibration_of(predictions([[0.5, 0.3, 0.2]] * 2, [[1, 0, 0], [0, 1, 0]], games=[1, 2]))
    assert [one.observed for one in found.bins] == [0.0, 0.5, 0.5]
    assert found.brier == pytest.approx((0.5**2 + 0.3**2 + 0.2**2 + 0.5**2 + 0.7**2 + 0.2**2) / 6)


def test_true_chances_show_no_more_error_than_chance_and_intervals_cover():
    random = np.random.default_rng(5)
    covered, errors, by_chance = [], [], []
    for _ in range(250):
        found = calibration_of(drawn(random, games=400, rows=6))
        covered += [one.low <= one.stated <= one.high for one in found.bins]
        errors.append(found.error)
        by_chance.append(found.error_by_chance)
    assert np.mean(covered) == pytest.approx(0.95, abs=0.015)
    assert np.mean(errors) == pytest.approx(np.mean(by_chance), rel=0.1)


def test_rows_of_one_game_do_not_narrow_the_intervals():
    random = np.random.default_rng(6)
    few = calibration_of(drawn(random, games=200, rows=1))
    random = np.random.default_rng(6)
    many = calibration_of(drawn(random, games=200, rows=50))
    assert [one.high - one.low for one in many.bins] == pytest.approx([one.high - one.low for one in few.bins])


def test_overconfidence_is_found():
    random = np.random.default_rng(7)
    found = calibration_of(drawn(random, games=2_000, rows=3, truth=lambda stated: 0.5 + (stated - 0.5) / 3))
    assert found.error > 4 * found.error_by_chance
    assert found.bins[0].low > found.bins[0].stated
    assert found.bins[-1].high < found.bins[-1].stated
    assert found.gain_high < 0, "it is worse than a constant"


def test_the_interval_of_the_gain_covers():
    random = np.random.default_rng(8)
    # Chances uniform and true: the constant's error is 1/4, the model's the mean of p (1 - p), which is 1/6.
    inside = 0
    for _ in range(200):
        found = calibration_of(drawn(random, games=200, rows=2))
        inside += found.gain_low <= 1 / 4 - 1 / 6 <= found.gain_high
    assert inside / 200 == pytest.approx(0.95, abs=0.04)


def test_a_chance_of_one_and_of_zero_have_their_bins():
    found = calibration_of(predictions([[1.0, 0.0], [1.0, 0.0]], [[1, 0], [1, 0]], games=[1, 2]))
    assert [(one.lower, one.observed) for one in found.bins] == [(0.0, 0.0), (0.9, 1.0)]
    assert found.bins[1].low < 1 == found.bins[1].high


def test_a_single_game_says_nothing():
    with pytest.raises(DataError, match="Positions of 1 held-out games say nothing"):
        calibration_of(predictions([[0.5, 0.5]] * 9, [[1, 0]] * 9, games=[4] * 9))


def test_it_travels_as_json_and_is_drawn():
    found = calibration_of(drawn(np.random.default_rng(1), games=50, rows=2))
    assert Calibration.from_json(found.to_json()) == found
    with pytest.raises(DataError, match="Not a calibration"):
        Calibration.from_json({"bins": []})
    png = reliability_png("a model", found)
    assert png.startswith(b"\x89PNG")
    assert len(png) < 60_000
    assert [row["games"] for row in reliability_rows(found)] == [one.games for one in found.bins]


def test_predictions_are_those_of_the_model_on_the_held_out_rows(tmp_path):
    config = CONFIGS["hex8_3p"]
    data = write_dataset(tmp_path / "set.npz", config.key, games=40)
    model = constant_model(tmp_path / "m", config.key, (0.2, 0.5, 0.3))
    found = held_out_predictions(model, data, config)
    assert found.chances == pytest.approx(np.tile([0.2, 0.5, 0.3], (40, 1)), abs=1e-6)
    assert len(np.unique(found.games)) == 8
    calibration = calibration_of(found)
    assert calibration.gain <= 1e-9, "no constant is better than the best one"
    assert 4 * calibration.brier == pytest.approx(value_error_of(found).error)
