"""Random numbers in compiled code: SplitMix64, one 64-bit word of state a stream.

Every stream is named by numbers (a seed, a game, a ply), so what one game draws never depends on the games beside it.
Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014).
"""

from typing import Final

import numpy as np

from ringrift_engine.rules.backend import rule

_GAMMA: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_S30: Final = np.uint64(30)
_S27: Final = np.uint64(27)
_S31: Final = np.uint64(31)
_S11: Final = np.uint64(11)
_UNIT: Final = 1.0 / 9007199254740992.0  # 2**-53


@rule
def scramble(word):
    """SplitMix64's output function: uint64 to uint64, a bijection."""
    word = (word ^ (word >> _S30)) * _FIRST
    word = (word ^ (word >> _S27)) * _SECOND
    return word ^ (word >> _S31)


@rule
def mix(first, second):
    """A stream's state from two numbers, uint64 each; use it again to add a third."""
    return scramble(first ^ scramble(second + _GAMMA))


@rule
def next_random(states, index):
    """The next uint64 of stream `states[index]`, a uint64 array, which advances."""
    states[index] += _GAMMA
    return scramble(states[index])


@rule
def next_below(states, index, bound):
    """The next integer in [0, bound); the bias of the product method is below 2**-40 for the bounds of this game."""
    return int(next_uniform(states, index) * bound)


@rule
def next_uniform(states, index):
    """The next float64 in [0, 1)."""
    return unit_interval(next_random(states, index))


@rule
def unit_interval(word):
    """A float64 in [0, 1) from a uint64."""
    return float(word >> _S11) * _UNIT


@rule
def first_below(state, bound):
    """What `next_below` draws first from a stream in this state, which stays as it is."""
    return int(unit_interval(scramble(state + _GAMMA)) * bound)
