"""Options of settings classes: which values pass, how a text becomes one, and what a refusal says."""

import math
from dataclasses import dataclass
from typing import Literal

import pytest

from ringrift_engine.errors import ConfigError
from ringrift_engine.options import check_options, check_order, option, options_of


@dataclass(frozen=True, kw_only=True)
class Example:
    whole: int = option(3, "games", "A number of games.", least=1, most=9, variable="RINGRIFT_WHOLE")
    real: float = option(0.5, "", "A share.", least=0, most=1)
    free: float = option(-2.0, "Elo", "Any finite number.")
    low: float = option(-3.0, "Elo", "At most zero.", most=0)
    flag: bool = option(False, "", "Yes or no.")
    word: Literal["one", "two"] = option("one", "", "One of two.")
    perhaps: int | None = option(None, "games", "A number or none.", least=0)

    def __post_init__(self) -> None:
        check_options(self)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("whole", 1), ("whole", 9), ("real", 0), ("real", 1.0), ("free", -1e9), ("low", 0), ("flag", True),
        ("word", "two"), ("perhaps", None), ("perhaps", 0),
    ],
)  # fmt: skip
def test_values_within_the_range_pass(name, value):
    assert getattr(Example(**{name: value}), name) == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("whole", 0), ("whole", 10), ("whole", 3.0), ("whole", True), ("whole", "3"), ("whole", None),
        ("real", -1e-9), ("real", 1.0000001), ("real", math.nan), ("real", True), ("real", "0.5"),
        ("free", math.inf), ("free", -math.inf), ("free", math.nan), ("low", 0.1), ("flag", 1), ("flag", "true"),
        ("word", "three"), ("word", None), ("perhaps", -1), ("perhaps", "none"), ("perhaps", 2.5),
    ],
)  # fmt: skip
def test_values_of_another_type_or_out_of_range_are_refused_by_name(name, value):
    with pytest.raises(ConfigError, match=rf"^Example: {name} must be ") as caught:
        Example(**{name: value})
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("whole", "7", 7), ("real", "0.25", 0.25), ("real", "1", 1.0), ("free", "-1e3", -1000.0), ("flag", "1", True),
        ("flag", "True", True), ("flag", " on ", True), ("flag", "0", False), ("flag", "no", False),
        ("word", "two", "two"), ("perhaps", "4", 4),
    ],
)  # fmt: skip
def test_a_text_becomes_the_value_that_it_says(name, text, value):
    found = options_of(Example)[name].parsed(text, "X")
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("name", "text"),
    [("whole", "7.0"), ("whole", "many"), ("whole", "12"), ("real", "nan"), ("real", "1,5"), ("flag", "perhaps"),
     ("word", "ONE"), ("perhaps", "null")],
)  # fmt: skip
def test_a_text_that_says_no_value_is_refused_with_what_is_wanted(name, text):
    known = options_of(Example)[name]
    with pytest.raises(ConfigError) as caught:
        known.parsed(text, "RINGRIFT_X")
    assert str(caught.value).replace("'", "") == f"RINGRIFT_X must be {known.wanted}, not {text}."


def test_what_is_wanted_is_said_in_words():
    wanted = {name: known.wanted for name, known in options_of(Example).items()}
    assert wanted == {
        "whole": "a whole number from 1 to 9 (games)",
        "real": "a number from 0 to 1",
        "free": "a number (Elo)",
        "low": "a number of at most 0 (Elo)",
        "flag": "true or false",
        "word": "one of one, two",
        "perhaps": "a whole number of at least 0 (games), or null",
    }


def test_order_is_checked_and_both_names_are_told():
    check_order(Example(real=0.0, whole=1), [("real", "whole")])
    check_order(Example(free=-3.0), [("low", "free")])
    with pytest.raises(ConfigError, match="Example: whole is 2, it must not be above real, which is 1"):
        check_order(Example(whole=2, real=1.0), [("whole", "real")])
