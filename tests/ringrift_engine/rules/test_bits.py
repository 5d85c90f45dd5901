"""Bits of words: the instructions of compiled code, and what is read off a stack's rings, against plain Python."""

from hypothesis import given
from hypothesis import strategies as st

from ringrift_engine.rules.backend import highest_bit, lowest_bit, rule
from ringrift_engine.rules.cells import cap_height
from tests.naive.position import cap_of

WORDS = st.integers(-(2**63), 2**63 - 1).filter(bool)


@rule
def compiled_lowest(word):
    return lowest_bit(word)


@rule
def compiled_highest(word):
    return highest_bit(word)


@given(word=WORDS)
def test_the_lowest_bit_of_a_word_is_the_same_compiled_or_not(word):
    expected = next(number for number in range(64) if word >> number & 1)
    assert compiled_lowest(word) == lowest_bit(word) == expected


@given(word=st.integers(1, 2**63 - 1))
def test_the_highest_bit_of_a_word_is_the_same_compiled_or_not(word):
    expected = max(number for number in range(63) if word >> number & 1)
    assert compiled_highest(word) == highest_bit(word) == expected


@given(stack=st.lists(st.integers(1, 4), min_size=1, max_size=25))
def test_a_cap_is_the_run_of_equal_rings_from_the_top(stack):
    rings = sum(owner - 1 << 2 * depth for depth, owner in enumerate(stack))
    assert cap_height(rings, len(stack)) == cap_of(tuple(stack))
