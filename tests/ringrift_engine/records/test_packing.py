"""Bytes of moves and decisions: what goes in comes out, shares within their stated error, damage is noticed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ringrift_engine.errors import DataError
from ringrift_engine.records.packing import (
    SURPRISE_OF_CODE,
    DecisionColumns,
    pack_decisions,
    pack_moves,
    share_codes,
    shares_of,
    surprise_codes,
    unpack_decisions,
    unpack_moves,
)


def columns(decisions: int, players: int = 3) -> DecisionColumns:
    random = np.random.default_rng(decisions)
    choices = random.integers(2, 60, decisions)
    policies = [random.dirichlet(np.full(count, 0.3)).astype(np.float32) for count in choices]
    estimated = random.random(decisions) < 0.7
    values = random.dirichlet(np.ones(players), decisions).reshape(decisions, players) * estimated[:, None]
    return DecisionColumns(
        plies=np.sort(random.choice(12_000, decisions, replace=False)),
        choices=choices,
        simulations=random.integers(0, 100_000, decisions),
        sampled=random.random(decisions) < 0.5,
        taught=random.random(decisions) < 0.25,
        surprise=random.integers(0, 256, decisions).astype(np.uint8),
        estimated=estimated,
        root_values=values.astype(np.float32),
        codes=share_codes(np.concatenate(policies)) if decisions else np.zeros(0, np.uint8),
    )


@given(arrays(np.int64, st.integers(0, 50), elements=st.integers(0, 2**38 - 1)))
def test_moves_come_out_as_they_went_in(moves):
    assert unpack_moves(pack_moves(moves), "a test").tolist() == moves.tolist()


@pytest.mark.parametrize("decisions", [0, 1, 40])
def test_decisions_come_out_as_they_went_in(decisions):
    before = columns(decisions)
    after = unpack_decisions(pack_decisions(before), 3, "a test")
    for name in ("plies", "choices", "simulations", "sampled", "taught", "surprise", "estimated", "codes"):
        assert np.array_equal(getattr(after, name), getattr(before, name)), name
    assert np.abs(after.root_values - before.root_values).max(initial=0) < 1e-4
    assert np.all(after.root_values[~before.estimated] == 0)


@given(arrays(np.float64, st.integers(2, 300), elements=st.floats(1e-9, 1.0)))
def test_a_share_keeps_its_value_within_3_percent_or_becomes_0(weights):
    policy = (weights / weights.sum()).astype(np.float32)
    kept = shares_of(share_codes(policy), np.array([0, len(policy)]))
    assert abs(kept.sum(dtype=np.float64) - 1) < 1e-6
    large = policy > 2.0**-15
    # 2.2 % by rounding to a sixteenth of an octave, the rest by scaling to sum 1.
    assert np.all(np.abs(kept[large] / policy[large] - 1) < 0.05)
    assert np.all(kept[policy < 2.0**-17] == 0)


@given(arrays(np.float64, st.integers(1, 100), elements=st.floats(2.0**-11, 16.0)))
def test_a_surprise_keeps_its_value_within_3_percent(nats):
    codes = surprise_codes(nats)
    assert np.all(np.abs(SURPRISE_OF_CODE[codes] / nats - 1) < 0.03)


def test_no_surprise_is_told_from_none_at_all():
    kept = SURPRISE_OF_CODE[surprise_codes(np.array([np.nan, 0.0, 1.0, 16.0, 50.0, np.inf]))]
    assert kept[0] == 0
    assert 0 < kept[1] < 0.0003
    assert kept[2:].tolist() == [1, 16, 16, 16]


@pytest.mark.parametrize("policy", [[1.0, 0.0], [0.5, 0.5], [0.25] * 4, [0.5, 0.25, 0.25, 0.0]])
def test_halves_and_certainty_are_exact(policy):
    shares = np.array(policy, dtype=np.float32)
    assert shares_of(share_codes(shares), np.array([0, len(shares)])).tolist() == policy


@pytest.mark.parametrize("keep", [0, 1, 20, -1])
def test_cut_bytes_are_noticed(keep):
    moves, decisions = pack_moves(np.arange(200)), pack_decisions(columns(20))
    with pytest.raises(DataError, match=r"a test: .*damaged"):
        unpack_moves(moves[:keep], "a test")
    with pytest.raises(DataError, match=r"a test: .*damaged"):
        unpack_decisions(decisions[:keep], 3, "a test")


def test_decisions_read_with_the_wrong_number_of_seats_are_refused():
    with pytest.raises(DataError, match="do not have the length"):
        unpack_decisions(pack_decisions(columns(20, players=3)), 4, "a test")
