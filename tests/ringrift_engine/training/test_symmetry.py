"""Turned batches: every number goes where the board's map takes it, and rows without an image stay as they are."""

from dataclasses import replace

import numpy as np
import pytest

from ringrift_engine.boards import CONFIGS
from ringrift_engine.encoding import Encoding
from ringrift_engine.encoding.symmetries import Symmetries
from ringrift_engine.training.dataset import Dataset
from ringrift_engine.training.symmetry import turned
from tests.ringrift_engine.training.synthetic import write_dataset


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    path = write_dataset(tmp_path_factory.mktemp("data") / "set.npz", "square8_2p", games=8)
    return Dataset(path, CONFIGS["square8_2p"]).samples(np.arange(40))


@pytest.fixture(scope="module")
def encoding():
    return Encoding(CONFIGS["square8_2p"])


def test_a_placement_is_still_on_the_cell_of_the_same_content(samples, encoding):
    symmetry = np.arange(40) % encoding.symmetries
    found = turned(samples, encoding, symmetry)
    for row in range(40):
        moves = int(samples.legal[row].sum())
        before, after = samples.factors[row, :moves, 0], found.factors[row, :moves, 0]
        for cells, turned_cells in ((samples.planes, found.planes), (samples.owners[:, None], found.owners[:, None])):
            flat, turned_flat = (array[row].reshape(array.shape[1], -1) for array in (cells, turned_cells))
            assert np.array_equal(flat[:, before], turned_flat[:, after])
        assert sorted(after) != sorted(before) or row % encoding.symmetries == 0 or moves < 4
    assert np.array_equal(found.planes.sum(axis=(2, 3)), samples.planes.sum(axis=(2, 3)))


def test_the_next_move_is_still_on_the_cell_of_the_same_content(samples, encoding):
    symmetry = np.arange(40) % encoding.symmetries
    found = turned(samples, encoding, symmetry)
    following = samples.next_move >= 0
    assert np.array_equal(found.next_move[~following], samples.next_move[~following])
    rows = np.flatnonzero(following)
    before, after = (batch.planes.reshape(40, -1, 64)[rows, :, batch.next_move[rows]] for batch in (samples, found))
    assert np.array_equal(before, after)
    assert (found.next_move[rows] != samples.next_move[rows])[symmetry[rows] > 0].mean() > 0.5


def test_symmetry_zero_changes_nothing_and_the_others_do(samples, encoding):
    same = turned(samples, encoding, np.zeros(40, np.int64))
    assert np.array_equal(same.planes, samples.planes)
    assert np.array_equal(same.factors, samples.factors)
    assert np.array_equal(same.next_move, samples.next_move)
    for symmetry in range(1, encoding.symmetries):
        other = turned(samples, encoding, np.full(40, symmetry))
        assert not np.array_equal(other.planes, samples.planes)
        assert not np.array_equal(other.factors, samples.factors)


def test_what_is_no_place_stays(samples, encoding):
    found = turned(samples, encoding, np.full(40, 3))
    for name in ("scalars", "legal", "policy", "winner", "search_value", "scores", "length", "weights"):
        assert np.array_equal(getattr(found, name), getattr(samples, name)), name


class OneMoveWithoutImage:
    """A board of two symmetries of which the second reverses the cells; policy entry 5 has no image under it."""

    symmetry_tables = Symmetries(
        np.stack([np.arange(64), np.arange(64)[::-1]]).astype(np.int32),
        np.stack([np.arange(20), np.where(np.arange(20) == 5, -1, np.arange(20) + 1)]).astype(np.int32),
    )


def test_a_row_with_a_move_that_has_no_image_is_used_as_it_is(samples):
    factors, following = np.full_like(samples.factors, 7), np.full_like(samples.next_move, 7)
    factors[3, 0, 1] = 5
    following[[5, 6]] = 5, -1
    samples = replace(samples, factors=factors, next_move=following)
    found = turned(samples, OneMoveWithoutImage(), np.ones(40, np.int64))  # type: ignore[arg-type]
    for row in (3, 5):
        for name in ("planes", "factors", "owners", "next_move"):
            assert np.array_equal(getattr(found, name)[row], getattr(samples, name)[row])
    for row, image in ((4, 8), (6, -1)):
        assert np.array_equal(found.planes[row], samples.planes[row, :, ::-1, ::-1])
        assert (found.factors[row] == 8).all()
        assert found.next_move[row] == image
