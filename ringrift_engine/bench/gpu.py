"""A CUDA device, if there is one: its memory, its arithmetic, and what the engine does on it.

Without a device every row says what is missing. Work on a device is over when the device says so, not when the call
returns, so each piece of it ends with `until_done`.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

import torch

from ringrift_engine.bench.bench import Bench, Task
from ringrift_engine.bench.gpu_games import random_play
from ringrift_engine.bench.gpu_search import search
from ringrift_engine.bench.gpu_training import training
from ringrift_engine.bench.limits import GIGA
from ringrift_engine.bench.rows import Row, not_measured
from ringrift_engine.bench.timing import Measured, Work, measure, rate_row
from ringrift_engine.boards import CONFIG_KEYS
from ringrift_engine.devices import CUDA
from ringrift_engine.nets.device import obstacle_to_torch
from ringrift_engine.rules.backend import obstacle_to_cuda

_COPIED_BYTES: Final = 1 << 30
_MATRIX: Final = 8_192


def tasks(bench: Bench) -> Iterator[Task]:
    """What is measured of the device."""
    missing = obstacle_to_cuda() or obstacle_to_torch()
    yield Task("memory and arithmetic", partial(arithmetic, bench, missing))
    for config in bench.scope.on(["square8_2p"]):
        yield Task(f"search on {config.key}", partial(search, bench, config, missing, partial(_matmul_rate, bench)))
        yield Task(f"training on {config.key}", partial(training, bench, config, missing, partial(_matmul_rate, bench)))
    for config in bench.scope.on(CONFIG_KEYS):
        yield Task(f"random games of {config.key}", partial(random_play, bench, config, obstacle_to_cuda()))


def arithmetic(bench: Bench, missing: str) -> Iterable[Row]:
    """What the device does at most."""
    if missing:
        yield from (not_measured(name, missing, device=CUDA) for name in ("gpu.memory_copy", "gpu.matmul"))
        return
    source = torch.ones(_COPIED_BYTES, dtype=torch.uint8, device=CUDA)
    target = torch.empty_like(source)
    copied = measure(until_done(lambda: target.copy_(source), _COPIED_BYTES), bench.scope.effort)
    yield rate_row("gpu.memory_copy", None, copied, scale=GIGA, device=CUDA)
    yield rate_row("gpu.matmul", None, _products(bench), scale=GIGA, device=CUDA)


def _matmul_rate(bench: Bench) -> float:
    return _products(bench).rate


def _products(bench: Bench) -> Measured:
    factor = torch.ones(_MATRIX, _MATRIX, dtype=torch.bfloat16, device=CUDA)
    return measure(until_done(lambda: factor @ factor, 2.0 * _MATRIX**3), bench.scope.effort)


def until_done(work: Callable[[], object], amount: float) -> Work:
    """The work, and the wait until the device has done it."""

    def synchronised() -> float:
        work()
        torch.cuda.synchronize()
        return amount

    return synchronised
