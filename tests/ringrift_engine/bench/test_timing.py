"""Times: medians and quartiles, pairs in turns, and a calibration that no slow machine can fool."""

import itertools
import time

import numpy as np
import pytest

from ringrift_engine.bench.calibration import spin
from ringrift_engine.bench.rows import Row
from ringrift_engine.bench.scope import Effort
from ringrift_engine.bench.timing import Clock, measure, measure_in_turns, quartiles, rate_row, ratios, time_row
from ringrift_engine.boards import CONFIGS
from tests.ringrift_engine.bench.machines import TURNS_A_SECOND, PretendMachine

HEX8 = CONFIGS["hex8_2p"]
SPEEDS = {
    "slow": lambda second: 0.1,  # noqa: ARG005
    "fast": lambda second: 7.0,  # noqa: ARG005
    "slower and slower": lambda second: 1 / (1 + 10 * second),
}


@pytest.mark.parametrize("speed", SPEEDS.values(), ids=list(SPEEDS))
def test_a_calibrated_value_is_the_same_on_a_machine_of_any_speed(speed):
    machine = PretendMachine(speed)
    found = measure(machine.work("moves", 1_000, 250), Effort(5, 0.05), machine.clock())
    row = rate_row("rules.random_play", HEX8, found)
    assert row.calibrated == pytest.approx(1 / 250, rel=0.1)
    usual = TURNS_A_SECOND / 250
    assert row.value is not None
    assert not 0.8 < row.value / usual < 1.25, "the machine was to be slower or faster than the usual one"


def test_a_calibrated_time_counts_turns():
    machine = PretendMachine(SPEEDS["slow"])
    found = measure(machine.work("copies", 10_000, 12), Effort(3, 0.0), machine.clock())
    assert time_row("rules.copy", HEX8, found, scale=1e9).calibrated == pytest.approx(12e9)
    assert time_row("rules.copy", HEX8, found, scale=1e9).value == pytest.approx(12 / (TURNS_A_SECOND * 0.1) * 1e9)


def test_the_real_loop_takes_a_turn_for_a_turn():
    """Processor time, so that other processes do not matter; a stretch of turns is worth as many turns."""
    turns = 2_000_000
    found = measure(lambda: turns if spin(turns) else 0, Effort(7, 0.0), Clock(now=time.process_time))
    assert 0.8 < found.amount_per_turn < 1.25


def test_pairs_take_turns_in_who_goes_first():
    machine = PretendMachine()
    works = {"old": machine.work("old", 1, 100), "new": machine.work("new", 1, 50)}
    found = measure_in_turns(works, Effort(4, 0.0), machine.clock())
    first = ["old", "new"]  # warm
    assert machine.done == [*first, "old", "new", "new", "old", "old", "new", "new", "old"]
    assert ratios(found["new"], found["old"]) == pytest.approx([2.0] * 4)


def test_a_machine_that_slows_down_between_rounds_leaves_paired_ratios_alone():
    machine = PretendMachine(lambda second: 1 / (1 + 5 * int(second)))
    works = {"old": machine.work("old", 1, 1_000), "new": machine.work("new", 1, 500)}
    found = measure_in_turns(works, Effort(6, 0.2), machine.clock())
    assert max(found["old"].rates) > 1.5 * min(found["old"].rates)
    assert sorted(ratios(found["new"], found["old"]))[3] == pytest.approx(2.0, rel=0.2)


def test_a_repeat_lasts_as_long_as_was_asked_for():
    machine = PretendMachine()
    found = measure(machine.work("moves", 10, 1_000), Effort(3, 0.05), machine.clock())
    assert all(seconds >= 0.05 for seconds in found.seconds)
    assert len(found.seconds) == len(found.turns) == 3


def test_a_first_call_is_counted_only_where_nothing_is_to_be_warmed():
    machine = PretendMachine()
    work = machine.work("once", 1, 1_000)
    measure(work, Effort(1, 0.0), machine.clock())
    assert len(machine.done) == 2
    measure(work, Effort(1, 0.0), machine.clock(), warm=True)
    assert len(machine.done) == 3


def test_repeats_that_do_other_amounts_of_work_are_refused():
    machine, amounts = PretendMachine(), itertools.count(1)

    def work() -> float:
        machine.turns(1_000)
        return next(amounts)

    with pytest.raises(ValueError, match="different amounts of work"):
        measure(work, Effort(3, 0.0), machine.clock())


@pytest.mark.parametrize("count", [2, 3, 5, 8])
def test_quartiles_are_those_of_numpy(count):
    values = np.random.default_rng(count).random(count)
    assert quartiles(values.tolist()) == pytest.approx(np.quantile(values, [0.25, 0.5, 0.75]))


def test_a_single_value_is_all_its_quartiles():
    assert quartiles([3.0]) == (3.0, 3.0, 3.0)


def test_a_row_has_median_quartiles_and_its_own_goal():
    machine = PretendMachine()
    found = measure(machine.work("moves", 1_000, 20), Effort(5, 0.0), machine.clock())
    row = rate_row("rules.random_play", CONFIGS["hexagonal_3p"], found, threads=2)
    assert isinstance(row, Row)
    assert (row.configuration, row.threads, row.repeats, row.unit) == ("hexagonal_3p", 2, 5, "moves/s")
    assert [row.low, row.value, row.high] == pytest.approx([5e6] * 3)
    assert row.goal is None
    assert rate_row("rules.random_play", CONFIGS["hexagonal_3p"], found).goal == 1.5e6
    assert rate_row("rules.random_play", HEX8, found).goal == 4e6
