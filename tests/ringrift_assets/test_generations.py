"""Plans of self-play: batches, seeds, and what makes two plans the same one."""

from dataclasses import replace

import pytest

from ringrift_assets.generations import (
    PLAN_NAME,
    batch_seed,
    close_plan,
    plan_generation,
    read_plan,
    write_plan,
)
from ringrift_engine.errors import DataError

SETTINGS = {"seed": 0, "simulations": 8, "threads": 2}


def plan(**changes):
    values = {"amount": (10, 4), "number": 1, "base": "", "model": "", "run_id": "first", **changes}
    return plan_generation("hex8_2p", SETTINGS, **values)


def test_batches_hold_all_games_and_only_the_last_one_is_smaller():
    assert [games for _, games in plan().batches] == [4, 4, 2]
    assert plan().games == 10


def test_every_batch_of_every_generation_has_a_seed_of_its_own_that_fits_the_files():
    seeds = [
        batch_seed(seed, key, base, number)
        for seed in range(3)
        for key in ("hex8_2p", "hex8_3p")
        for base in ("", "a", "b")
        for number in range(20)
    ]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_the_next_generation_has_other_seeds_because_its_base_is_another():
    assert not {seed for seed, _ in plan().batches} & {seed for seed, _ in plan(base="shards of before").batches}


def test_who_carries_a_plan_out_is_no_part_of_its_identity_but_all_that_decides_the_games_is():
    assert plan().identity == plan(run_id="second").identity == replace(plan(), closed=True).identity
    others = [
        plan(base="x"),
        plan(model="y"),
        plan(number=2),
        plan(amount=(9, 4)),
        replace(plan(), settings={**SETTINGS, "seed": 1}),
    ]
    assert len({plan().identity, *(other.identity for other in others)}) == 6


def test_a_plan_is_read_back_as_it_was_written(tmp_path):
    assert read_plan(tmp_path) is None
    written = write_plan(tmp_path, plan(model="abc"))
    assert read_plan(tmp_path) == written
    assert written.identity == plan(model="abc").identity


def test_closing_a_plan_keeps_everything_else(tmp_path):
    close_plan(tmp_path)  # nothing to close: nothing appears
    assert read_plan(tmp_path) is None
    write_plan(tmp_path, plan())
    close_plan(tmp_path)
    assert read_plan(tmp_path) == replace(plan(), closed=True)


@pytest.mark.parametrize("text", ["", "{}", '{"batches": 3}', "[1]"])
def test_a_torn_plan_is_an_error_that_says_what_to_do(tmp_path, text):
    (tmp_path / PLAN_NAME).write_text(text)
    with pytest.raises(DataError, match="Remove it: the next run makes a new one"):
        read_plan(tmp_path)
