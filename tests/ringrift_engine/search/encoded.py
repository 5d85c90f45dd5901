"""A network that is none: what it thinks of a position is drawn from a stream named by the position's planes and
numbers. The same thoughts, as an evaluator for the CPU and as a judge for a GPU.
"""

import zlib

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards import BoardConfig
from ringrift_engine.encoding import Encoding
from ringrift_engine.search.evaluators import Evaluation


def think(planes: NDArray[np.int8], numbers: NDArray[np.float32], size: int, seats: int):
    """Policies float32 [R, size], the last entry 0, and probabilities float32 [R, seats] of the relative seats."""
    streams = [
        np.random.default_rng(zlib.crc32(row.tobytes() + number.tobytes()))
        for row, number in zip(planes, numbers, strict=True)
    ]
    policy = np.array([stream.normal(size=size) for stream in streams]).astype(np.float32)
    policy[:, -1] = 0
    return policy, np.array([stream.dirichlet(np.ones(seats)) for stream in streams]).astype(np.float32)


class ThinkingEvaluator:
    """`Evaluator`: encodes as networks' evaluators do."""

    def __init__(self, config: BoardConfig) -> None:
        self._encoding = Encoding(config)
        self._seats = config.num_players
        self.positions = 0

    def evaluate(self, games, legal):
        self.positions += len(games)
        planes, numbers = self._encoding.encode(games)
        policy, relative = think(planes, numbers, self._encoding.policy_size, self._seats)
        rows = np.repeat(np.arange(len(games)), legal.counts)
        first, second = self._encoding.factors(games, legal).T
        seats = (np.arange(self._seats) - (games["player"].astype(int)[:, None] - 1)) % self._seats
        return Evaluation(policy[rows, first] + policy[rows, second], np.take_along_axis(relative, seats, axis=1))


class ThinkingJudge:
    """`DeviceJudge` in the simulator, whose device arrays the host can read; rows that nobody asks for hold dirt."""

    def __init__(self, config: BoardConfig) -> None:
        self._encoding = Encoding(config)
        self._config = config
        self.asked: list[int] = []

    def reserve(self, rows: int) -> None:
        from ringrift_engine.rules.device import to_device

        encoding = self._encoding
        shapes = (encoding.planes, self._config.box), (encoding.globals,), (encoding.policy_size,)
        self.planes, self.numbers, self.policy, self.values = (
            to_device(np.full((rows, *shape), 99, dtype=kind))
            for shape, kind in zip(
                (*shapes, (self._config.num_players,)), (np.int8, np.float32, np.float32, np.float32), strict=True
            )
        )

    def judge(self, rows: int) -> None:
        self.asked.append(rows)
        planes, numbers = self.planes.copy_to_host()[:rows], self.numbers.copy_to_host()[:rows]
        policy, values = think(planes, numbers, self._encoding.policy_size, self._config.num_players)
        self.policy[:rows] = policy
        self.values[:rows] = values
