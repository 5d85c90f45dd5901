"""A CUDA device, if there is one: its memory, its arithmetic, and a network on it.

Without a device every row says so. Work on a device is over when the device says so, not when the call returns, so each
piece of it ends with `synchronize`.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

import torch

from ringrift_engine.bench.bench import Bench, Task
from ringrift_engine.bench.limits import GIGA
from ringrift_engine.bench.networks import forward_flops
from ringrift_engine.bench.rows import Row, not_measured
from ringrift_engine.bench.timing import Measured, Work, measure, rate_row
from ringrift_engine.boards import BoardConfig
from ringrift_engine.encoding import Encoding
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.settings import NetworkSettings

DEVICE: Final = "cuda"
NETWORK: Final = NetworkSettings(blocks=6, channels=96)
_COPIED_BYTES: Final = 1 << 30
_MATRIX: Final = 8_192
_BATCH: Final = 4_096
_NO_DEVICE: Final = "torch finds no CUDA device"


def tasks(bench: Bench) -> Iterator[Task]:
    """What is measured of the device."""
    yield Task("memory and arithmetic", partial(arithmetic, bench))
    for config in bench.scope.on(["square8_2p"]):
        yield Task(f"network on {config.key}", partial(network, bench, config))


def arithmetic(bench: Bench) -> Iterable[Row]:
    """What the device does at most."""
    if not torch.cuda.is_available():
        yield from (not_measured(name, _NO_DEVICE, device=DEVICE) for name in ("gpu.memory_copy", "gpu.matmul"))
        return
    source = torch.ones(_COPIED_BYTES, dtype=torch.uint8, device=DEVICE)
    target = torch.empty_like(source)
    copied = measure(_until_done(lambda: target.copy_(source), _COPIED_BYTES), bench.scope.effort)
    yield rate_row("gpu.memory_copy", None, copied, scale=GIGA, device=DEVICE)
    yield rate_row("gpu.matmul", None, _products(bench), scale=GIGA, device=DEVICE)


def _products(bench: Bench) -> Measured:
    factor = torch.ones(_MATRIX, _MATRIX, dtype=torch.bfloat16, device=DEVICE)
    return measure(_until_done(lambda: factor @ factor, 2.0 * _MATRIX**3), bench.scope.effort)


def _until_done(work: Callable[[], object], amount: float) -> Work:
    def synchronised() -> float:
        work()
        torch.cuda.synchronize()
        return amount

    return synchronised


def network(bench: Bench, config: BoardConfig) -> Iterable[Row]:
    """A frozen network, its input on the device already."""
    if not torch.cuda.is_available():
        yield not_measured("gpu.network", _NO_DEVICE, config.key, DEVICE)
        return
    encoding = Encoding(config)
    frozen = BoardNetwork(NETWORK, encoding)
    flops = forward_flops(frozen, encoding)
    frozen.to(DEVICE)  # before it is frozen: frozen weights stay where they are
    frozen.freeze(torch.bfloat16)
    planes = torch.zeros(_BATCH, encoding.planes, config.size, config.size, dtype=torch.int8, device=DEVICE)
    scalars = torch.zeros(_BATCH, encoding.globals, device=DEVICE)

    def forward() -> None:
        with torch.inference_mode():
            frozen.policy_and_value(planes, scalars)

    found = measure(_until_done(forward, _BATCH), bench.scope.effort)
    details = {"network": f"{NETWORK.blocks}x{NETWORK.channels}", "batch": _BATCH, "flops_a_position": flops}
    yield rate_row("gpu.network", config, found, device=DEVICE, limit=_products(bench).rate / flops, details=details)
