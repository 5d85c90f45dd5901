"""Numbers, times and lines for people."""

import math

import pytest

from ringrift_assets.cli.text import amount, columns, duration, first_line, one_line, wrapped


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-3, "0 s"),
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (3_599, "60 min"),
        (3_600, "1.0 h"),
        (86_399, "24.0 h"),
        (86_400, "1.0 d"),
        (1e7, "115.7 d"),
        (math.nan, "unknown"),
        (math.inf, "unknown"),
    ],
)
def test_durations(seconds, shown):
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(0, "0"), (9_999, "9999"), (10_000, "10k"), (999_400, "999k"), (1_000_000, "1.0M")]
)
def test_amounts(number, shown):
    assert amount(number) == shown


def test_the_first_line_is_the_first_that_says_something():
    assert first_line("\n  \n  broken: a\n b") == "broken: a"
    assert first_line(None) == first_line("\n") == ""
    assert first_line("x" * 20, longest=10) == "xxxxxxx..."
    assert one_line("a\n  b\tc") == "a b c"


def test_wrapped_text_stays_in_its_column_and_within_120():
    lines = wrapped("gate", "word " * 60).splitlines()
    assert len(lines) > 2
    assert all(len(line) <= 120 for line in lines)
    assert lines[0].startswith("  gate word")
    assert all(line.startswith(" " * 7 + "word") for line in lines[1:])
    path = "/a" * 80
    assert path in wrapped("", path)  # what is to be copied is not torn


def test_columns_are_as_wide_as_their_longest_cell():
    assert columns([("a", "b", ""), ("ccc", "d", "")]) == ["a    b", "ccc  d"]
    (line,) = columns([("a", "b" * 200)])
    assert (len(line), line[-3:]) == (120, "...")
