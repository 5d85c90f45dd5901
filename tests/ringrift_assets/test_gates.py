"""Gates as tables: both sides of every limit, and numbers that are none."""

import math

import pytest

from ringrift_assets import gates
from ringrift_assets.gates import GateClosed


@pytest.mark.parametrize(
    ("games", "needed", "passed"),
    [
        pytest.param(100, 100, True, id="exactly_enough"),
        pytest.param(99, 100, False, id="one_short"),
        pytest.param(0, 0, True, id="none_needed"),
        pytest.param(math.nan, 0, False, id="not_counted"),
        pytest.param(math.inf, 100, True, id="more_than_any_need"),
    ],
)
def test_enough_games(games, needed, passed):
    assert gates.enough_games(games, needed).passed is passed


@pytest.mark.parametrize("part", ["training", "held_out"])
@pytest.mark.parametrize(
    ("positions", "needed", "passed"),
    [
        pytest.param(2_000, 2_000, True, id="exactly_enough"),
        pytest.param(1_999, 2_000, False, id="one_short"),
        pytest.param(math.nan, 1, False, id="not_counted"),
    ],
)
def test_enough_positions(part, positions, needed, passed):
    verdict = gates.enough_positions(part, positions, needed)
    assert verdict.passed is passed
    assert verdict.gate == f"enough_{part}_positions"


@pytest.mark.parametrize(
    ("age", "limit", "passed"),
    [
        pytest.param(0.0, 48.0, True, id="new"),
        pytest.param(48.0, 48.0, True, id="exactly_at_the_limit"),
        pytest.param(48.01, 48.0, False, id="just_stale"),
        pytest.param(96.5, 48.0, False, id="twice_as_old_is_not_fresh_again"),
        pytest.param(1e6, 48.0, False, id="ancient"),
        pytest.param(-0.05, 48.0, True, id="clocks_that_differ_by_minutes"),
        pytest.param(-1.0, 48.0, False, id="from_the_future"),
        pytest.param(math.nan, 48.0, False, id="age_unknown"),
        pytest.param(-math.inf, 48.0, False, id="no_age_at_all"),
    ],
)
def test_fresh(age, limit, passed):
    assert gates.fresh(age, limit).passed is passed


def test_older_data_never_passes_where_younger_fails():
    verdicts = [gates.fresh(hours / 4, 48.0).passed for hours in range(4 * 400)]
    assert verdicts == sorted(verdicts, reverse=True)


def test_a_closed_gate_says_what_was_measured_its_age_and_what_clears_it():
    with pytest.raises(GateClosed) as caught:
        gates.require(gates.enough_games(7, 5), gates.enough_games(3, 5, age_hours=1.25), gates.enough_games(2, 5))
    text = str(caught.value)
    assert "3 games in the training set, 5 needed" in text
    assert "1.2 h" in text
    assert "another `generate` run of this configuration plays more games" in text
    assert caught.value.verdict.age_hours == 1.25


def test_an_open_gate_names_no_remedy():
    verdict = gates.enough_games(5, 5)
    gates.require(verdict)
    assert "open" in str(verdict)
    assert "clears" not in str(verdict)


def test_a_missing_input_is_a_closed_gate_that_names_the_asset():
    with pytest.raises(GateClosed, match="materialise combined_npz for hex8_2p"):
        gates.require(gates.exists("combined_npz", "hex8_2p", present=False))


@pytest.mark.parametrize(
    ("score", "needed", "passed"),
    [
        pytest.param(0.5, 0.5, True, id="exactly_enough"),
        pytest.param(0.499, 0.5, False, id="just_below"),
        pytest.param(math.nan, 0.0, False, id="no_number"),
        pytest.param(None, 0.0, False, id="never_measured"),
    ],
)
def test_quality(score, needed, passed):
    verdict = gates.good_enough(score, needed)
    assert verdict.passed is passed
    assert ("never measured" in verdict.measured) is (score is None or math.isnan(score))


@pytest.mark.parametrize(
    ("share", "passed"),
    [
        pytest.param(None, True, id="no_later_generation"),
        pytest.param(0.8, True, id="exactly_enough"),
        pytest.param(0.79, False, id="too_few"),
        pytest.param(math.nan, False, id="no_number"),
    ],
)
def test_enough_searched(share, passed):
    assert gates.enough_searched(share, 0.8).passed is passed


@pytest.mark.parametrize(
    ("new", "needed", "passed"),
    [
        pytest.param(1_000, 1_000, True, id="exactly_enough"),
        pytest.param(999, 1_000, False, id="one_short"),
        pytest.param(math.nan, 0, False, id="not_counted"),
    ],
)
def test_enough_new(new, needed, passed):
    verdict = gates.enough_new("searched positions", new, needed)
    assert verdict.passed is passed
    assert verdict.gate == "enough_new_searched_positions"


@pytest.mark.parametrize("suffices", [True, False])
def test_space_says_what_was_measured_and_what_helps(suffices):
    verdict = gates.space(suffices, "90 % are used, disk_training_percent is 85")
    assert verdict.passed is suffices
    assert "disk_training_percent" in str(verdict)
    assert ("housekeeping" in str(verdict)) is (not suffices)
