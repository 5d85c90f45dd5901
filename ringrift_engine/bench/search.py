"""The Gumbel search: what of the bare network's speed it keeps, and how fast its trees grow without a network."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import LegalMoves
from ringrift_engine.bench.bench import Bench, Task
from ringrift_engine.bench.networks import forward_flops, save_random_network
from ringrift_engine.bench.positions import middle_positions
from ringrift_engine.bench.rows import Row
from ringrift_engine.bench.starting import first_move
from ringrift_engine.bench.timing import Work, measure_in_turns, rate_row, ratios, row_of, time_row
from ringrift_engine.boards import BoardConfig
from ringrift_engine.encoding import Encoding
from ringrift_engine.nets.evaluator import DEFAULT_BATCH_SIZE, FrozenNetworkEvaluator
from ringrift_engine.nets.inference import ChunkedForward
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.precision import AUTO, resolve_precision
from ringrift_engine.nets.settings import NetworkSettings
from ringrift_engine.search import GumbelSearch, SearchSettings
from ringrift_engine.search.evaluators import Evaluation, Evaluator, UniformEvaluator

NETWORK: Final = NetworkSettings(blocks=4, channels=64)
SETTINGS: Final = SearchSettings(simulations=16)
_TREES: Final = 256  # decisions searched together: what self-play has on the board


class CountingEvaluator:
    """An evaluator, with the positions counted that it was asked about."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.positions = 0
        self._evaluator = evaluator

    def evaluate(self, games: NDArray[Any], legal: LegalMoves) -> Evaluation:
        """See `Evaluator.evaluate`."""
        self.positions += len(games)
        return self._evaluator.evaluate(games, legal)


def tasks(bench: Bench) -> Iterator[Task]:
    """What is measured of the search."""
    for config in bench.scope.on(["square8_2p"]):
        yield Task(f"search with a network on {config.key}", partial(with_network, bench, config))
    for config in bench.scope.on(["square8_2p", "hexagonal_2p"]):
        yield Task(f"trees of {config.key}", partial(trees, bench, config))
    for config in bench.scope.on(["hex8_2p"]):
        yield Task(f"first searched move of {config.key}", partial(starts, bench, config))


def with_network(bench: Bench, config: BoardConfig) -> Iterable[Row]:
    """Search and bare network in turns; both evaluate batches of as many positions as there are trees."""
    threads, encoding = bench.scope.threads, Encoding(config)
    games, legal = middle_positions(config, _TREES)
    network = BoardNetwork(NETWORK, encoding)
    evaluator = CountingEvaluator(FrozenNetworkEvaluator(network, config, threads=threads))
    search = GumbelSearch(config, evaluator, SETTINGS, threads)
    seeds = np.arange(len(games), dtype=np.uint64)
    precision = resolve_precision(AUTO)
    forward = ChunkedForward(BoardNetwork(NETWORK, encoding), precision, threads, DEFAULT_BATCH_SIZE)
    planes, scalars = encoding.encode(games)

    def searched() -> float:
        before = evaluator.positions
        search.run(games, legal, seeds)
        return evaluator.positions - before

    def bare() -> float:
        forward(planes, scalars)
        return len(planes)

    found = measure_in_turns({"search": searched, "bare": bare}, bench.scope.effort)
    details = {
        "network": f"{NETWORK.blocks}x{NETWORK.channels}",
        "precision": precision,
        "simulations": SETTINGS.simulations,
        "positions": len(games),
    }
    flops = forward_flops(network, encoding)
    limit = bench.limits.matmul(threads) / flops
    others = {"threads": threads, "details": {**details, "flops_a_position": flops}}
    yield rate_row("search.network", config, found["bare"], limit=limit, **others)
    yield rate_row("search.evaluations", config, found["search"], limit=found["bare"].rate, **others)
    shares = ratios(found["search"], found["bare"])
    yield row_of("search.share_of_network", config, shares, limit=1.0, threads=threads, details=details)


def trees(bench: Bench, config: BoardConfig) -> Iterable[Row]:
    """Trees without a network, on one thread and on all."""
    games, legal = middle_positions(config)
    seeds = np.arange(len(games), dtype=np.uint64)

    def work_on(threads: int) -> Work:
        search = GumbelSearch(config, UniformEvaluator(config), SETTINGS, threads)

        def work() -> float:
            search.run(games, legal, seeds)
            return len(games) * SETTINGS.simulations

        return work

    works = {str(threads): work_on(threads) for threads in sorted({1, bench.scope.threads})}
    for threads, found in measure_in_turns(works, bench.scope.effort).items():
        yield rate_row("search.nodes", config, found, threads=int(threads))


def starts(bench: Bench, config: BoardConfig) -> Iterable[Row]:
    """A process that loads a network and plays one searched move, its code compiled before."""
    path = bench.folder / f"{config.key}.safetensors"
    save_random_network(config, NETWORK, path)
    found = first_move(config, f"search:{path}:{SETTINGS.simulations}", bench.scope.effort)
    yield time_row("search.first_move", config, found, limit=bench.limits.start_torch())
