"""A fixed compiled loop. It does not change from version to version, so its speed says how fast a machine is now.

Each turn needs the one before it: three multiplications and shifts of SplitMix64, nothing that a compiler can shorten
or a wider processor can do side by side, and no memory. Written out here and not imported, so that a change of the
engine's random numbers leaves it as it is.
"""

from typing import Final

import numpy as np

from ringrift_engine.rules.backend import kernel

_GAMMA: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_S30: Final = np.uint64(30)
_S27: Final = np.uint64(27)
_S31: Final = np.uint64(31)


@kernel
def spin_into(words, turns):
    """Turn words[0], uint64, `turns` times."""
    word = words[0]
    for _ in range(turns):
        word = (word ^ (word >> _S30)) * _FIRST
        word = (word ^ (word >> _S27)) * _SECOND
        word = (word ^ (word >> _S31)) + _GAMMA
    words[0] = word


@kernel
def store_into(words, rounds):
    """Write every entry of words, int64 [W], `rounds` times; what is written differs from round to round."""
    for turn in range(rounds):
        first = words[turn % words.shape[0]]
        for index in range(words.shape[0]):
            words[index] = first + index


def spin(turns: int) -> int:
    """Run the loop; the word that it ends with."""
    words = np.ones(1, dtype=np.uint64)
    spin_into(words, turns)
    return int(words[0])
