"""The window's size: the table of its source, both sides of every boundary, and an effect of every option."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringrift_engine.datasets.window import WindowSettings, window_rows
from ringrift_engine.errors import ConfigError

# Without a taper of its own, growth starts as if the minimum had been reached: the published table has this form.
PLAIN = WindowSettings(minimum_rows=250_000, exponent=0.65, scale=0.4, taper_rows=250_000)


@pytest.mark.parametrize(
    ("available", "published"),
    [
        (250_000, 250_000),
        (1_000_000, 470_000),
        (2_000_000, 690_000),
        (5_000_000, 1_170_000),
        (10_000_000, 1_790_000),
        (50_000_000, 4_910_000),
        (241_000_000, 13_500_000),
    ],
)
def test_the_published_table(available, published):
    assert window_rows(available, PLAIN) == pytest.approx(published, rel=0.012)  # it has two or three digits


@pytest.mark.parametrize(
    ("available", "expected"),
    [
        pytest.param(0, 0, id="nothing"),
        pytest.param(1, 1, id="one_row"),
        pytest.param(249_999, 249_999, id="one_row_short_of_the_minimum"),
        pytest.param(250_000, 250_000, id="exactly_the_minimum"),
        pytest.param(250_010, 250_004, id="then_four_rows_in_ten"),
    ],
)
def test_around_the_minimum(available, expected):
    assert abs(window_rows(available, WindowSettings()) - expected) <= 1


@given(st.integers(0, 10**9), st.integers(1, 10**6), st.integers(1, 10**6), st.integers(0, 10**6))
def test_the_window_never_shrinks_and_never_exceeds_what_there_is(available, minimum, taper, more):
    settings = WindowSettings(minimum_rows=minimum, taper_rows=taper)
    window = window_rows(available, settings)
    assert min(available, minimum) <= window <= available
    assert window_rows(available + more, settings) >= window


@pytest.mark.parametrize(
    "change", [{"minimum_rows": 200_000}, {"exponent": 0.75}, {"scale": 0.5}, {"taper_rows": 100_000}], ids=str
)
def test_every_option_changes_the_window(change):
    assert window_rows(3_000_000, replace(WindowSettings(), **change)) != window_rows(3_000_000, WindowSettings())


@pytest.mark.parametrize(
    "change", [{"minimum_rows": 0}, {"taper_rows": 0}, {"exponent": 0.0}, {"exponent": 1.0}, {"scale": 0.0}], ids=str
)
def test_impossible_settings_are_refused(change):
    with pytest.raises(ConfigError, match="window"):
        replace(WindowSettings(), **change)
