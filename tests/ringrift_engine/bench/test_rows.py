"""Rows: goals, shares of a limit, and the JSON that they are kept as."""

import json

import pytest

from ringrift_engine.bench.quantities import QUANTITIES
from ringrift_engine.bench.rows import Row, not_measured
from ringrift_engine.bench.table import number_text
from ringrift_engine.errors import DataError

PROMISED = {"name", "configuration", "device", "threads", "value", "unit", "repeats"}


def row(name="rules.random_play", value=5e6, **others) -> Row:
    return Row(name=name, value=value, unit=QUANTITIES[name].unit, repeats=5, **others)


@pytest.mark.parametrize(
    ("name", "value", "goal", "met"),
    [
        ("rules.random_play", 4e6, 4e6, True),
        ("rules.random_play", 3.9e6, 4e6, False),
        ("rules.successor", 120.0, 120.0, True),
        ("rules.successor", 121.0, 120.0, False),
        ("rules.random_play", 4e6, None, None),
        ("rules.random_play", None, 4e6, None),
    ],
)
def test_a_goal_is_met_on_its_own_side(name, value, goal, met):
    assert row(name, value, goal=goal).meets_goal is met


@pytest.mark.parametrize(
    ("name", "value", "limit", "share"),
    [("rules.random_play", 1e6, 4e6, 0.25), ("rules.successor", 100.0, 25.0, 0.25), ("rules.copy", 10.0, None, None)],
)
def test_the_share_of_a_limit_is_below_one_for_rates_and_for_times(name, value, limit, share):
    assert row(name, value, limit=limit).share_of_limit == share


def test_a_row_comes_back_from_its_json():
    one = row(configuration="hex8_2p", threads=2, low=1.0, high=9.0, calibrated=0.5, goal=4e6, details={"games": 3})
    facts = json.loads(json.dumps(one.to_json()))
    assert facts.keys() >= PROMISED
    assert facts["meets_goal"] is True
    assert Row.from_json(facts, "here") == one


def test_what_is_not_measured_says_so_and_has_no_value():
    one = not_measured("gpu.matmul", "torch finds no CUDA device", device="cuda")
    assert (one.value, one.repeats, one.device) == (None, 0, "cuda")
    assert one.note == "not measured: torch finds no CUDA device"
    assert Row.from_json(one.to_json(), "here") == one


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "rules.random"}, "'rules.random' in 'moves/s' is nothing that is measured"),
        ({"unit": "games/s"}, "in 'games/s'"),
        ({"configuration": "hex9_2p"}, "'hex9_2p' on 1 threads"),
        ({"value": float("nan")}, "value is nan"),
        ({"value": 0}, "value is 0"),
        ({"value": True}, "value is True"),
        ({"calibrated": "fast"}, "calibrated is 'fast'"),
    ],
)
def test_facts_that_are_no_row_are_refused(change, message):
    with pytest.raises(DataError, match="row 3") as caught:
        Row.from_json({**row().to_json(), **change}, "run.json: row 3")
    assert message in str(caught.value)


def test_a_row_that_lacks_something_says_what():
    facts = row().to_json()
    del facts["repeats"]
    with pytest.raises(DataError, match="lacks repeats"):
        Row.from_json(facts, "run.json: row 1")


@pytest.mark.parametrize(
    ("value", "text"),
    [(4_123_456, "4.12M"), (2.5e9, "2.5G"), (65_432, "65.4k"), (4_321.4, "4321"), (118.26, "118"), (0.04731, "0.0473")],
)
def test_numbers_are_short(value, text):
    assert number_text(value) == text
