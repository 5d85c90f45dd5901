"""Inference from arrays to arrays: encoded positions in, policy vectors and win probabilities out.

Positions go through the network in chunks of few fixed sizes, short ones padded with zeros: the arithmetic library
chooses its kernels by batch size, so equal rows in equal chunks give equal bytes whatever their neighbours are.

Freezing or optimising the traced graph gained 2 % and compiling it costs a minute of warm-up: neither is done.
"""

from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from ringrift_engine.devices import CPU
from ringrift_engine.errors import ConfigError
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.precision import torch_dtype
from ringrift_engine.nets.workers import Workers

_SMALLEST_CHUNK: Final = 8


class ChunkedForward:
    """Policy vectors and win probabilities of encoded positions, computed in chunks of fixed sizes."""

    def __init__(self, network: BoardNetwork, precision: str, threads: int, batch_size: int, device: str = CPU) -> None:
        """Freezes `network` in the resolved `precision` on the resolved `device`; ConfigError if threads or batch size
        are below 1.
        """
        if batch_size < 1:
            raise ConfigError(f"an evaluator needs a batch_size of at least 1, not {batch_size}")
        self._network = network.to(device)  # before it is frozen: frozen weights stay where they are
        self._network.freeze(torch_dtype(precision))
        self._device = device
        self._sizes = chunk_sizes(batch_size)
        self._workers = Workers(threads)

    def __call__(
        self, planes: NDArray[np.int8], scalars: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Planes int8 [R, C, W, W], globals float32 [R, G] -> policy float32 [R, A], probabilities float32 [R, n]."""
        chunks = self._chunks(len(planes))
        inputs = [planes[rows] for rows, _ in chunks], [scalars[rows] for rows, _ in chunks]
        found = self._workers.map(self._chunk, *inputs, [size for _, size in chunks])
        policies, values = zip(*found, strict=True)
        return np.concatenate(policies), np.concatenate(values)

    def _chunks(self, rows: int) -> list[tuple[slice, int]]:
        """Which rows go together, and how many rows that is with padding; one empty chunk for no rows."""
        whole = self._sizes[-1]
        chunks = [(slice(start, start + whole), whole) for start in range(0, rows - whole + 1, whole)]
        rest = rows - whole * len(chunks)
        if rest or not chunks:
            chunks.append((slice(rows - rest, rows), next(size for size in self._sizes if size >= rest)))
        return chunks

    def _chunk(
        self, planes: NDArray[np.int8], scalars: NDArray[np.float32], size: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        rows = len(planes)
        if rows < size:
            planes = np.concatenate([planes, np.zeros((size - rows, *planes.shape[1:]), np.int8)])
            scalars = np.concatenate([scalars, np.zeros((size - rows, scalars.shape[1]), np.float32)])
        with torch.inference_mode():
            inputs = torch.from_numpy(planes).to(self._device), torch.from_numpy(scalars).to(self._device)
            found = self._network.policy_and_value(*inputs)
            return found.policy[:rows].cpu().numpy(), found.value[:rows].softmax(dim=1).cpu().numpy()


def chunk_sizes(batch_size: int) -> tuple[int, ...]:
    """Ascending sizes of chunks, ending with `batch_size`; each twice the one before, so at most half of one is
    padding.
    """
    sizes = [batch_size]
    while sizes[0] >= 2 * _SMALLEST_CHUNK:
        sizes.insert(0, sizes[0] // 2)
    return tuple(sizes)


def gather_logits(
    policy: NDArray[np.float32], factors: NDArray[np.int32], offsets: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Logit of every legal move: the sum of its two entries of its row.

    policy   float32 [R, A]
    factors  int32 [M, 2], columns of `policy`
    offsets  int64 [R + 1], moves of row r are offsets[r]:offsets[r + 1]
    Returns  float32 [M]
    """
    first = np.repeat(np.arange(len(policy), dtype=np.int64) * policy.shape[1], np.diff(offsets))
    flat = policy.reshape(-1)
    return flat[first + factors[:, 0]] + flat[first + factors[:, 1]]


def to_absolute_seats(relative: NDArray[np.float32], players: NDArray[Any]) -> NDArray[np.float32]:
    """Probabilities [R, n] by relative seats of the players to move (1..n, [R]) -> float32 [R, n] by seat - 1."""
    seats = relative.shape[1]
    order = (np.arange(seats)[None, :] - (players.astype(np.int64)[:, None] - 1)) % seats
    return np.take_along_axis(relative, order, axis=1)
