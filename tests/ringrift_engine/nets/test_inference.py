"""Inference from arrays to arrays: gathers against loops, chunks that do not leak into each other."""

import threading

import numpy as np
import pytest
import torch

from ringrift_engine.boards import CONFIGS
from ringrift_engine.encoding import Encoding
from ringrift_engine.errors import ConfigError
from ringrift_engine.nets.inference import ChunkedForward, chunk_sizes, gather_logits, to_absolute_seats
from ringrift_engine.nets.precision import BF16, FP32, resolve_precision
from ringrift_engine.nets.workers import Workers
from tests.ringrift_engine.nets.test_network import random_inputs, trained_looking

ENCODING = Encoding(CONFIGS["hex8_2p"])


def forward(precision: str = FP32, batch_size: int = 16, threads: int = 1) -> ChunkedForward:
    return ChunkedForward(trained_looking(ENCODING), precision, threads, batch_size)


def inputs(rows: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    planes, scalars = random_inputs(ENCODING, rows, seed)
    return planes.numpy(), scalars.numpy()


def test_a_moves_logit_is_the_sum_of_its_two_entries():
    random = np.random.default_rng(0)
    policy = random.standard_normal((3, 10)).astype(np.float32)
    offsets = np.array([0, 4, 4, 9])
    factors = random.integers(0, 10, (9, 2)).astype(np.int32)
    row = [0] * 4 + [2] * 5
    expected = [policy[row[move], factors[move, 0]] + policy[row[move], factors[move, 1]] for move in range(9)]
    assert gather_logits(policy, factors, offsets).tolist() == expected


def test_relative_seats_become_absolute_ones():
    relative = np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], np.float32)  # mover, next, the one after
    players = np.array([1, 3], np.int8)
    assert to_absolute_seats(relative, players).tolist() == [
        pytest.approx([0.5, 0.3, 0.2]),
        pytest.approx([0.3, 0.2, 0.5]),
    ]


def test_chunks_double_up_to_the_batch_size():
    assert chunk_sizes(256) == (8, 16, 32, 64, 128, 256)
    assert chunk_sizes(100) == (12, 25, 50, 100)
    assert chunk_sizes(1) == (1,)


@pytest.mark.parametrize("precision", [FP32, BF16])
def test_a_rows_result_does_not_depend_on_its_neighbours(precision):
    run = forward(precision)
    planes, scalars = inputs(16)
    others = inputs(16, seed=9)
    policy, value = run(planes, scalars)
    mixed_policy, mixed_value = run(
        np.concatenate([planes[:5], others[0][5:]]), np.concatenate([scalars[:5], others[1][5:]])
    )
    assert np.array_equal(mixed_policy[:5], policy[:5])
    assert np.array_equal(mixed_value[:5], value[:5])


@pytest.mark.parametrize("rows", [1, 7, 16, 17, 53])
def test_any_number_of_rows_gives_the_results_of_rows_alone(rows):
    run = forward()
    planes, scalars = inputs(rows)
    policy, value = run(planes, scalars)
    assert policy.shape == (rows, ENCODING.policy_size)
    assert value.sum(axis=1) == pytest.approx(1)
    for row in range(0, rows, 9):
        alone = run(planes[row : row + 1], scalars[row : row + 1])
        assert alone[0][0] == pytest.approx(policy[row], abs=1e-4)
        assert alone[1][0] == pytest.approx(value[row], abs=1e-5)


def test_no_rows_give_no_results():
    policy, value = forward()(*inputs(0))
    assert policy.shape == (0, ENCODING.policy_size)
    assert value.shape == (0, 2)


def test_equal_calls_give_equal_bytes():
    first, second = (forward(BF16)(*inputs(20)) for _ in range(2))
    assert first[0].tobytes() == second[0].tobytes()
    assert first[1].tobytes() == second[1].tobytes()


@pytest.mark.parametrize(
    ("threads", "batch_size", "named"), [(0, 8, "1 thread, not 0"), (1, 0, "batch_size of at least")]
)
def test_no_threads_or_no_batch_is_refused(threads, batch_size, named):
    with pytest.raises(ConfigError, match=named):
        forward(threads=threads, batch_size=batch_size)


@pytest.mark.parametrize("precision", [FP32, BF16])
def test_results_do_not_depend_on_the_number_of_threads(precision):
    first, *others = (forward(precision, threads=threads)(*inputs(50)) for threads in (1, 2, 5))
    for other in others:
        assert other[0].tobytes() == first[0].tobytes()
        assert other[1].tobytes() == first[1].tobytes()


def test_torch_is_confined_to_one_thread_a_piece_and_pieces_are_shared_out():
    def work(piece):
        meeting.wait(timeout=30)  # returns only once both pieces are being worked on
        return piece, torch.get_num_threads()

    meeting = threading.Barrier(2)
    torch.set_num_threads(2)
    assert Workers(2).map(work, "ab") == [("a", 1), ("b", 1)]


def test_an_unknown_precision_is_refused_and_auto_is_one_of_the_known():
    assert resolve_precision("auto") in (BF16, FP32)
    assert resolve_precision(FP32) == FP32
    with pytest.raises(ConfigError, match=r"fp64.*bf16"):
        resolve_precision("fp64")
