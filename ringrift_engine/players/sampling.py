"""How a move is drawn: the best with random ties, or by probability. One random stream a decision, so rows never mix.

Values of R decisions lie one after the other in a flat array; `offsets` int64 [R+1] says where each begins.
"""

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.rules.backend import kernel
from ringrift_engine.rules.random import mix, next_below, next_uniform


@kernel
def _pick_best(values, offsets, tolerance, states, picked):
    for row in range(picked.shape[0]):
        low, high = offsets[row], offsets[row + 1]
        best = values[low]
        for index in range(low + 1, high):
            best = max(best, values[index])
        ties = 0
        for index in range(low, high):
            if values[index] >= best - tolerance:
                ties += 1
        left = next_below(states, row, ties)
        for index in range(low, high):
            if values[index] >= best - tolerance:
                if left == 0:
                    picked[row] = index
                    break
                left -= 1


@kernel
def _pick_by_weight(weights, offsets, states, picked):
    for row in range(picked.shape[0]):
        low, high = offsets[row], offsets[row + 1]
        total = 0.0
        for index in range(low, high):
            total += weights[index]
        left = next_uniform(states, row) * total
        for index in range(low, high):
            if weights[index] > 0.0:  # an impossible move is never drawn, not even by rounding at the end
                picked[row] = index
                left -= weights[index]
                if left < 0.0:
                    break


@kernel
def _mix_all(first, second, mixed):
    for index in range(mixed.shape[0]):
        mixed[index] = mix(first[index], second[index])


@kernel
def _draw_all(states, drawn):
    for index in range(drawn.shape[0]):
        drawn[index] = next_uniform(states, index)


def uniforms(seeds: NDArray[np.uint64]) -> NDArray[np.float64]:
    """float64 [R] in [0, 1): the first draw of each stream."""
    drawn = np.zeros(len(seeds), dtype=np.float64)
    _draw_all(seeds.copy(), drawn)
    return drawn


def pick_best(
    values: NDArray[np.floating], offsets: NDArray[np.int64], seeds: NDArray[np.uint64], tolerance: float = 0.0
) -> NDArray[np.int64]:
    """int64 [R]: where the largest value of each decision stands; what is within `tolerance` of it ties and is drawn
    evenly.
    """
    picked = np.zeros(len(offsets) - 1, dtype=np.int64)
    _pick_best(values, offsets, float(tolerance), seeds.copy(), picked)
    return picked


def pick_by_weight(
    weights: NDArray[np.floating], offsets: NDArray[np.int64], seeds: NDArray[np.uint64]
) -> NDArray[np.int64]:
    """int64 [R]: one place for each decision, drawn in proportion to the weights, which are finite and not all zero."""
    picked = np.zeros(len(offsets) - 1, dtype=np.int64)
    _pick_by_weight(weights, offsets, seeds.copy(), picked)
    return picked


def mix_seeds(first: NDArray[np.uint64], second: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """uint64 [R]: independent streams named by two numbers each; use it again for a third."""
    mixed = np.zeros(len(first), dtype=np.uint64)
    _mix_all(first, second, mixed)
    return mixed


def softmax(values: NDArray[np.floating], offsets: NDArray[np.int64], temperature: float = 1.0) -> NDArray[np.float32]:
    """float32 [M]: the softmax of values / temperature within each decision; every decision has at least one value."""
    if len(values) == 0:
        return np.zeros(0, dtype=np.float32)
    counts = np.diff(offsets)
    scaled = np.asarray(values, dtype=np.float64) / temperature
    powers = np.exp(scaled - np.repeat(np.maximum.reduceat(scaled, offsets[:-1]), counts))
    return (powers / np.repeat(np.add.reduceat(powers, offsets[:-1]), counts)).astype(np.float32)


def sharpen(policy: NDArray[np.float32], temperature: float) -> NDArray[np.float64]:
    """float64 [M]: weights policy ** (1 / temperature), not normalised; below 1 the temperature favours likely
    moves.
    """
    return np.asarray(policy, dtype=np.float64) ** (1.0 / temperature)
