"""Data between the board and the training: encoding, export, gathering, combination, reading, shards' size."""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.bench.bench import Bench, Task
from ringrift_engine.bench.limits import GIGA, seconds_a_byte
from ringrift_engine.bench.positions import middle_positions
from ringrift_engine.bench.rows import Row
from ringrift_engine.bench.samples import EVERYTHING, bootstrap_shards, searched_shard, shuffled_rows
from ringrift_engine.bench.scope import Effort
from ringrift_engine.bench.timing import measure, rate_row, row_of
from ringrift_engine.boards import BoardConfig
from ringrift_engine.datasets.combine import combine
from ringrift_engine.datasets.export import export_shard
from ringrift_engine.datasets.gather import take_rows
from ringrift_engine.datasets.npz_reader import map_rows
from ringrift_engine.encoding import Encoding
from ringrift_engine.training.dataset import Dataset

_SHARDS: Final = 4
_BATCH: Final = 256
_MEGA: Final = 1e-6
_AFTER: Final = "flush to the disk"


def tasks(bench: Bench) -> Iterator[Task]:
    """What is measured of the data."""
    for config in bench.scope.on(["square8_2p", "hexagonal_2p"]):
        pipeline = _Pipeline(bench, config)
        yield Task(f"encoding of {config.key}", partial(encode, bench, config))
        yield Task(f"export of {config.key}", pipeline.export)
        yield Task(f"combination of {config.key}", pipeline.combine)
        yield Task(f"reading of {config.key}", pipeline.read)
    for config in bench.scope.on(["hex8_2p", "square8_2p", "square19_2p", "hexagonal_2p"]):
        yield Task(f"searched games of {config.key}", partial(shard_size, bench, config))


def encode(bench: Bench, config: BoardConfig) -> Iterable[Row]:
    """Planes and numbers of positions from the middle of games."""
    games, _ = middle_positions(config)
    encoding = Encoding(config)
    planes, scalars = encoding.encode(games)
    found = measure(lambda: len(encoding.encode(games)[0]), bench.scope.effort)
    row_bytes = (planes.nbytes + scalars.nbytes) / len(games)
    yield rate_row("data.encode", config, found, limit=bench.limits.memory_copy() / row_bytes)


class _Pipeline:
    """Shards of one configuration on their way to a dataset; every step uses what the one before it left."""

    def __init__(self, bench: Bench, config: BoardConfig) -> None:
        self._bench = bench
        self._config = config
        self._exports: list[Path] = []
        self._dataset = Path()

    def export(self) -> Iterable[Row]:
        """One shard exported again and again, the others once."""
        config, folder = self._config, self._bench.folder / self._config.key
        shards = [info.path for info in bootstrap_shards(config, folder, _SHARDS, self._bench.scope.threads)]
        reports = [export_shard(shard, folder / f"{shard.stem}.npz", config) for shard in shards]
        self._exports = [report.path for report in reports]
        found = measure(lambda: export_shard(shards[0], self._exports[0], config).rows, self._once())
        row_bytes = _planes_bytes(config)
        file_bytes = self._exports[0].stat().st_size / reports[0].rows
        limits = self._bench.limits
        least_s = row_bytes / limits.memory_copy() + file_bytes * seconds_a_byte(limits.sha256(), limits.write())
        details = {"rows": reports[0].rows, "bytes_a_row": row_bytes, "bytes_a_row_in_the_file": file_bytes}
        yield rate_row("data.export", config, found, limit=1 / least_s, details=details)

    def combine(self) -> Iterable[Row]:
        """All exports combined again and again, with the share of each stage."""
        config, self._dataset = self._config, self._bench.folder / self._config.key / "combined.npz"
        stages, threads = Stages(), self._bench.scope.threads

        def work() -> float:
            began = time.perf_counter()
            report = combine(self._exports, self._dataset, EVERYTHING, range(_SHARDS), config, stages, threads=threads)
            stages.end(_AFTER, time.perf_counter() - began)
            return report.path.stat().st_size

        found = measure(work, self._once())
        limits = self._bench.limits
        least_s = seconds_a_byte(limits.memory_copy(), limits.sha256(), limits.write())
        details = {"bytes": found.amount, "shares": stages.shares()}
        limit = _MEGA / least_s
        yield rate_row("data.combine", config, found, scale=_MEGA, threads=threads, limit=limit, details=details)

    def read(self) -> Iterable[Row]:
        """Planes gathered at random rows, and whole batches as training reads them."""
        yield from self._gather()
        dataset = Dataset(self._dataset, self._config)
        rows = shuffled_rows(len(dataset.training_rows) // _BATCH * _BATCH).reshape(-1, _BATCH)

        def work() -> float:
            return sum(len(dataset.samples(dataset.training_rows[part]).weights) for part in rows)

        found = measure(work, self._bench.scope.effort)
        limit = self._bench.limits.memory_copy() / _planes_bytes(self._config)
        yield rate_row("data.read", self._config, found, limit=limit, details={"batch": _BATCH})

    def _gather(self) -> Iterable[Row]:
        planes, threads = map_rows(self._dataset, "features"), self._bench.scope.threads
        parts = np.array_split(shuffled_rows(len(planes)), threads)
        with ThreadPoolExecutor(threads) as pool:

            def work() -> float:
                return sum(pool.map(lambda part: _gathered_bytes(planes, part), parts))

            found = measure(work, self._bench.scope.effort)
        limit = threads * self._bench.limits.memory_copy() * GIGA
        details = {"bytes": planes.nbytes}
        yield rate_row("data.gather", self._config, found, scale=GIGA, threads=threads, limit=limit, details=details)

    def _once(self) -> Effort:
        """One call a repeat: what is measured lasts long enough."""
        return replace(self._bench.scope.effort, seconds=0.0)


def _planes_bytes(config: BoardConfig) -> int:
    return Encoding(config).planes * config.box


def _gathered_bytes(planes: NDArray[np.int8], rows: NDArray[np.int64]) -> int:
    """Fetch rows a batch at a time; their bytes."""
    return sum(take_rows(planes, rows[start : start + _BATCH]).nbytes for start in range(0, len(rows), _BATCH))


class Stages:
    """Listens to the progress of a piece of work and adds up how long each of its labels lasted."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._began = 0.0
        self._told = 0.0

    def __call__(self, label: str, done: int, total: int, unit: str) -> None:  # noqa: ARG002
        if done == 0:
            self._began = time.perf_counter()
        elif done == total:
            self._seconds[label] = self._seconds.get(label, 0.0) + time.perf_counter() - self._began

    def end(self, label: str, seconds: float) -> None:
        """A piece of work of `seconds` is over; what no label accounts for goes to `label`."""
        labelled = sum(taken for name, taken in self._seconds.items() if name != label)
        self._told += seconds
        self._seconds[label] = self._told - labelled

    def shares(self) -> dict[str, float]:
        """The part of each label in all that was told, in the order in which they began."""
        return {label: seconds / self._told for label, seconds in self._seconds.items()}


def shard_size(bench: Bench, config: BoardConfig) -> Iterable[Row]:
    """Bytes a move in a shard of searched games; a size, so once."""
    info = searched_shard(config, bench.folder / f"{config.key}-searched", bench.scope.threads)
    details = {"games": info.games, "moves": info.moves, "decisions": info.decisions}
    yield row_of("data.bytes_a_move", config, [info.size_bytes / info.moves], details=details)
