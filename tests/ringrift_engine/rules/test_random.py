"""Random numbers of compiled code against SplitMix64 in Python's integers, and against published numbers of a seed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringrift_engine.rules.random import first_below, mix, next_below, next_random, next_uniform

WORD = 2**64
WORDS = st.integers(0, WORD - 1)
PUBLISHED = [
    6457827717110365317,
    3203168211198807973,
    9817491932198370423,
    4593380528125082431,
    16408922859458223821,
]  # of seed 1234567: rosettacode.org, "Pseudo-random numbers/Splitmix64"


def scramble(word: int) -> int:
    word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 % WORD
    word = (word ^ word >> 27) * 0x94D049BB133111EB % WORD
    return word ^ word >> 31


def stream(seed: int, count: int) -> list[int]:
    return [scramble((seed + step * 0x9E3779B97F4A7C15) % WORD) for step in range(1, count + 1)]


def test_the_stream_of_a_seed_is_the_published_one():
    states = np.array([0, 1234567], dtype=np.uint64)
    assert [int(next_random(states, 1)) for _ in PUBLISHED] == PUBLISHED == stream(1234567, 5)
    assert states[0] == 0  # the other stream has not moved


@given(seed=WORDS)
def test_a_stream_is_splitmix64(seed):
    states = np.array([seed], dtype=np.uint64)
    assert [int(next_random(states, 0)) for _ in range(4)] == stream(seed, 4)


@given(first=WORDS, second=WORDS)
def test_streams_named_by_two_numbers_depend_on_both(first, second):
    mixed = int(mix(np.uint64(first), np.uint64(second)))
    assert mixed == scramble(first ^ scramble((second + 0x9E3779B97F4A7C15) % WORD))


@given(seed=WORDS, bound=st.integers(1, 20_000))
def test_a_bounded_number_is_the_uniform_one_scaled_down(seed, bound):
    below, uniform = (np.array([seed], dtype=np.uint64) for _ in range(2))
    drawn = [next_below(below, 0, bound) for _ in range(8)]
    assert drawn == [int(next_uniform(uniform, 0) * bound) for _ in range(8)]
    assert all(0 <= number < bound for number in drawn)


@given(seed=WORDS, bound=st.integers(1, 20_000))
def test_a_number_can_be_drawn_without_moving_the_stream(seed, bound):
    assert first_below(np.uint64(seed), bound) == next_below(np.array([seed], dtype=np.uint64), 0, bound)


@pytest.mark.parametrize(("word", "expected"), [(0, 0.0), (WORD - 1, 1 - 2**-53)])
def test_uniform_numbers_use_53_bits_and_stay_below_one(word, expected):
    states = np.array([(unscramble(word) - 0x9E3779B97F4A7C15) % WORD], dtype=np.uint64)
    assert next_uniform(states, 0) == expected


def unscramble(word: int) -> int:
    """The argument that `scramble` maps to `word`."""
    word = unshift(word, 31) * pow(0x94D049BB133111EB, -1, WORD) % WORD
    word = unshift(word, 27) * pow(0xBF58476D1CE4E5B9, -1, WORD) % WORD
    return unshift(word, 30)


def unshift(word: int, bits: int) -> int:
    """The number that gives `word` when it is combined with itself shifted right."""
    found = word
    for _ in range(64 // bits + 1):
        found = word ^ found >> bits
    return found
