"""Drawing moves: evenly among the best, in proportion to weights, and never across the borders of a decision."""

import numpy as np
import pytest

from ringrift_engine.players.sampling import mix_seeds, pick_best, pick_by_weight, sharpen, softmax, uniforms

MANY = 40_000


def repeated(values):
    """The same decision MANY times, with different seeds."""
    offsets = np.arange(MANY + 1, dtype=np.int64) * len(values)
    return (
        np.tile(np.array(values), MANY),
        offsets,
        mix_seeds(np.arange(MANY, dtype=np.uint64), np.full(MANY, 7, np.uint64)),
    )


def shares(picked, choices):
    return np.bincount(picked % choices, minlength=choices) / len(picked)


def test_equal_best_values_are_drawn_evenly_and_no_others():
    picked = pick_best(*repeated([1.0, 3.0, 2.0, 3.0, 3.0]))
    assert shares(picked, 5) == pytest.approx([0, 1 / 3, 0, 1 / 3, 1 / 3], abs=0.01)


def test_values_within_the_tolerance_tie():
    values, offsets, seeds = repeated([1.0, 0.9995, 0.5])
    assert shares(pick_best(values, offsets, seeds, 1e-3), 3) == pytest.approx([0.5, 0.5, 0], abs=0.01)
    assert shares(pick_best(values, offsets, seeds), 3).tolist() == [1, 0, 0]


def test_weights_are_shares():
    picked = pick_by_weight(*repeated([0.0, 1.0, 0.0, 5.0, 4.0, 0.0]))
    assert shares(picked, 6) == pytest.approx([0, 0.1, 0, 0.5, 0.4, 0], abs=0.01)


def test_decisions_do_not_see_their_neighbours():
    values = np.array([5.0, 1.0, 9.0, 2.0, 2.5, 0.0])
    offsets = np.array([0, 2, 3, 6])
    seeds = np.array([11, 12, 13], dtype=np.uint64)
    together = pick_by_weight(values, offsets, seeds)
    for row in range(3):
        part = values[offsets[row] : offsets[row + 1]]
        alone = pick_by_weight(part, np.array([0, len(part)]), seeds[row : row + 1])
        assert together[row] == offsets[row] + alone[0]


def test_seeds_are_not_used_up():
    values, offsets, seeds = repeated([1.0, 1.0])
    before = seeds.copy()
    first = pick_best(values, offsets, seeds)
    assert (seeds == before).all()
    assert (first == pick_best(values, offsets, seeds)).all()


def test_softmax_is_the_textbook_formula_in_each_decision():
    values = np.array([0.0, 2.0, -1.0, 1000.0, 999.0, 3.0], dtype=np.float32)
    offsets = np.array([0, 3, 5, 6])
    expected = []
    for low, high in ((0, 3), (3, 5), (5, 6)):
        powers = np.exp((values[low:high].astype(float) - values[low:high].max()) / 0.5)
        expected += (powers / powers.sum()).tolist()
    assert softmax(values, offsets, 0.5) == pytest.approx(expected, abs=1e-6)
    assert softmax(values, offsets, 0.5).dtype == np.float32
    assert len(softmax(values[:0], np.array([0]))) == 0


def test_sharpening_by_half_squares():
    assert sharpen(np.array([0.5, 0.25], dtype=np.float32), 0.5) == pytest.approx([0.25, 0.0625])


def test_mixed_seeds_differ_by_both_numbers_and_their_order():
    first, second = (grid.ravel().astype(np.uint64) for grid in np.meshgrid(np.arange(100), np.arange(100)))
    assert len(np.unique(mix_seeds(first, second))) == 10_000


def test_uniforms_fill_the_unit_interval():
    drawn = uniforms(mix_seeds(np.arange(MANY, dtype=np.uint64), np.zeros(MANY, dtype=np.uint64)))
    assert np.histogram(drawn, bins=10, range=(0, 1))[0] / MANY == pytest.approx([0.1] * 10, abs=0.01)
