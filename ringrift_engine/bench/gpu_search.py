"""The search with trees, positions and network on a CUDA device, and the network alone."""

from collections.abc import Callable, Iterable
from typing import Final

import numpy as np
import torch

from ringrift_engine.bench.bench import Bench
from ringrift_engine.bench.networks import forward_flops
from ringrift_engine.bench.positions import middle_positions
from ringrift_engine.bench.rows import Row, not_measured
from ringrift_engine.bench.timing import measure_in_turns, rate_row
from ringrift_engine.boards import BoardConfig
from ringrift_engine.devices import CUDA
from ringrift_engine.encoding import Encoding
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.settings import NetworkSettings
from ringrift_engine.search import SearchSettings

NETWORK: Final = NetworkSettings(blocks=6, channels=96)
SETTINGS: Final = SearchSettings(simulations=32, memory_mb=20_000)
_TREES: Final = 16_384  # decisions searched together; the trees of a smaller number take as long


def search(
    bench: Bench, config: BoardConfig, missing: str, matmul_rate: Callable[[], float], trees: int = _TREES
) -> Iterable[Row]:
    """Search and bare network in turns; both evaluate batches of as many positions as there are trees."""
    if missing:
        yield from (not_measured(name, missing, config.key, CUDA) for name in ("gpu.network", "gpu.search"))
        return
    from ringrift_engine.nets.device_network import DeviceNetwork
    from ringrift_engine.search.device_search import DeviceGumbelSearch

    encoding = Encoding(config)
    games, legal = middle_positions(config, trees)
    seeds = np.arange(len(games), dtype=np.uint64)
    network = BoardNetwork(NETWORK, encoding)
    flops = forward_flops(network, encoding)
    judge = DeviceNetwork(network, config)
    searching = DeviceGumbelSearch(config, judge, SETTINGS)
    searching.run(games, legal, seeds)
    evaluated = searching.evaluated()

    def searched() -> float:
        searching.run(games, legal, seeds)
        return evaluated

    def bare() -> float:
        for _ in range(SETTINGS.simulations + 1):
            judge.judge(len(games))
        torch.cuda.synchronize()
        return len(games) * (SETTINGS.simulations + 1)

    found = measure_in_turns({"search": searched, "bare": bare}, bench.scope.effort, warm=True)
    details = {
        "network": f"{NETWORK.blocks}x{NETWORK.channels}",
        "batch": len(games),
        "simulations": SETTINGS.simulations,
        "flops_a_position": flops,
    }
    limit = matmul_rate() / flops
    yield rate_row("gpu.network", config, found["bare"], device=CUDA, limit=limit, details=details)
    yield rate_row("gpu.search", config, found["search"], device=CUDA, limit=found["bare"].rate, details=details)
