"""What this machine does at most: the denominators of all shares, measured in the run that they are used in."""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from ringrift_engine.bench.calibration import spin, store_into
from ringrift_engine.bench.machine import machine_facts
from ringrift_engine.bench.rows import Row
from ringrift_engine.bench.scope import Effort
from ringrift_engine.bench.timing import Work, measure, rate_row, time_row

GIGA: Final = 1e-9
CALIBRATION: Final = "machine.calibration"
_COPIED_BYTES: Final = 1 << 27  # far more than any cache holds
_HASHED_BYTES: Final = 1 << 22
_WRITTEN_BYTES: Final = 1 << 26
_CACHED_WORDS: Final = 4_096  # 32 kB: the smallest first-level cache there is
_CACHED_ROUNDS: Final = 200
_MATRIX: Final = 1_024
_CALIBRATION_TURNS: Final = 10_000_000
_STARTS: Final = 3


class Limits:
    """Limits, each measured when it is first asked for; `rows` has those that were."""

    def __init__(self, effort: Effort) -> None:
        self._effort = effort
        self._rows: dict[tuple[str, int], Row] = {}

    @property
    def rows(self) -> list[Row]:
        """The rows measured so far, the calibration first."""
        return [self._rows[key] for key in sorted(self._rows, key=lambda key: (key[0] != CALIBRATION, key))]

    def turns_per_second(self) -> float:
        """Turns of the calibration loop; its row has the machine and the versions as its details."""

        def work() -> float:
            spin(_CALIBRATION_TURNS)
            return _CALIBRATION_TURNS

        return self._rate(CALIBRATION, work, scale=1.0, details=machine_facts())

    def memory_copy(self) -> float:
        """Bytes a second that one thread copies between large arrays."""
        source, target = np.ones(_COPIED_BYTES, np.uint8), np.zeros(_COPIED_BYTES, np.uint8)

        def work() -> float:
            np.copyto(target, source)
            return _COPIED_BYTES

        return self._rate("limit.memory_copy", work) / GIGA

    def cache_stores(self) -> float:
        """64-bit numbers a second that a compiled loop writes into the first-level cache."""
        words = np.arange(_CACHED_WORDS, dtype=np.int64)

        def work() -> float:
            store_into(words, _CACHED_ROUNDS)
            return _CACHED_WORDS * _CACHED_ROUNDS

        return self._rate("limit.cache_stores", work, scale=1.0)

    def sha256(self) -> float:
        """Bytes a second that one thread hashes."""
        content = bytes(_HASHED_BYTES)

        def work() -> float:
            hashlib.sha256(content).digest()
            return _HASHED_BYTES

        return self._rate("limit.sha256", work) / GIGA

    def write(self) -> float:
        """Bytes a second that reach a file in the folder of temporary files, flushed."""
        content = np.random.default_rng(0).integers(0, 256, _WRITTEN_BYTES, dtype=np.uint8).tobytes()

        def work() -> float:
            with tempfile.TemporaryFile() as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            return _WRITTEN_BYTES

        once = replace(self._effort, seconds=0.0)
        return self._rate("limit.write", work, effort=once) / GIGA

    def matmul(self, threads: int) -> float:
        """Floating-point operations a second of matrix products in the networks' precision, a product a thread."""
        import torch

        from ringrift_engine.nets.precision import AUTO, resolve_precision, torch_dtype
        from ringrift_engine.nets.workers import Workers

        precision = resolve_precision(AUTO)
        workers = Workers(threads)
        factors = [torch.ones(_MATRIX, _MATRIX, dtype=torch_dtype(precision)) for _ in range(threads)]

        def work() -> float:
            workers.map(lambda factor: factor @ factor, factors)
            return 2.0 * _MATRIX**3 * threads

        return self._rate("limit.matmul", work, threads=threads, details={"precision": precision}) / GIGA

    def start_numba(self) -> float:
        """Seconds of a process that only imports numba."""
        return self._start("limit.start_numba", "import numba")

    def start_torch(self) -> float:
        """Seconds of a process that only imports numba and torch."""
        return self._start("limit.start_torch", "import numba, torch")

    def _start(self, name: str, code: str) -> float:
        def work() -> float:
            subprocess.run([sys.executable, "-c", code], check=True)
            return 1

        effort = Effort(repeats=min(_STARTS, self._effort.repeats), seconds=0.0)
        return self._kept(name, 1, lambda: time_row(name, None, measure(work, effort)))

    def _rate(
        self, name: str, work: Work, *, scale: float = GIGA, threads: int = 1, effort: Effort | None = None, **others
    ) -> float:
        def row() -> Row:
            return rate_row(name, None, measure(work, effort or self._effort), scale=scale, threads=threads, **others)

        return self._kept(name, threads, row)

    def _kept(self, name: str, threads: int, row: Callable[[], Row]) -> float:
        if (name, threads) not in self._rows:
            self._rows[name, threads] = row()
        value = self._rows[name, threads].value
        assert value is not None
        return value


def seconds_a_byte(*speeds: float) -> float:
    """Seconds that one byte takes which goes through all of these speeds, in bytes a second."""
    return sum(1 / speed for speed in speeds)
