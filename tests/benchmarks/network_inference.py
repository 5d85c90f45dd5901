"""How many positions a second the network evaluates, and how much of that is not the network.

    python -m tests.benchmarks.network_inference [--config square8_2p] [--threads 2] [--batch 256] [--rounds 15]

Positions are from the middle of random games. Precisions take turns, so that a machine that slows down favours none;
a round of bf16 is compared with the round of fp32 beside it. The last line is JSON. The first calls, which choose
kernels, are not counted.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Final

import numpy as np
import torch

from ringrift_engine.batch import Batch, LegalMoves
from ringrift_engine.boards import CONFIGS, BoardConfig
from ringrift_engine.encoding import Encoding
from ringrift_engine.nets.inference import ChunkedForward, gather_logits
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.precision import BF16, FP32
from ringrift_engine.nets.settings import network_settings

_RANDOM_PLIES: Final = 30
_WARM_UP: Final = 3


def positions(config: BoardConfig, count: int) -> tuple[np.recarray, LegalMoves]:
    """Games in which somebody has a choice, after some random moves, and their choices."""
    batch, random = Batch(config, count), np.random.default_rng(0)
    for _ in range(_RANDOM_PLIES):
        rows = np.flatnonzero(~batch.over())
        legal = batch.legal(rows)
        batch.apply(rows, legal.moves[legal.offsets[:-1] + (random.random(len(rows)) * legal.counts).astype(np.int64)])
    rows = np.flatnonzero(~batch.over())
    return batch.games[rows], batch.legal(rows)


def seconds(work: Callable[[], object]) -> float:
    """Wall-clock seconds of one call."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def quartiles(values: list[float]) -> list[float]:
    """The three quartiles, to three digits."""
    return [float(f"{value:.3g}") for value in statistics.quantiles(values, n=4)]


def measure(config: BoardConfig, threads: int, batch_size: int, rounds: int) -> dict[str, object]:
    """Positions a second by precision, their ratio, and microseconds a position of everything else; quartiles."""
    encoding = Encoding(config)
    games, legal = positions(config, batch_size)
    planes, scalars = encoding.encode(games)
    settings = network_settings(config)
    forwards = {
        precision: ChunkedForward(BoardNetwork(settings, encoding), precision, threads, len(games))
        for precision in (BF16, FP32)
    }
    policy, _ = forwards[FP32](planes, scalars)

    def others() -> None:
        encoding.encode(games)
        gather_logits(policy, encoding.factors(games, legal), legal.offsets)

    work = {name: (lambda forward=forward: forward(planes, scalars)) for name, forward in forwards.items()}
    work["others"] = others
    taken: dict[str, list[float]] = {name: [] for name in work}
    for turn in range(_WARM_UP + rounds):
        for name in work if turn % 2 else reversed(work):
            spent = seconds(work[name])
            if turn >= _WARM_UP:
                taken[name].append(spent)
    ratios = [slow / fast for fast, slow in zip(taken[BF16], taken[FP32], strict=True)]
    return {
        "config": config.key,
        "network": f"{settings.blocks}x{settings.channels}",
        "threads": threads,
        "positions": len(games),
        "moves_a_position": round(len(legal.moves) / len(games), 1),
        **{f"{name}_per_s": quartiles([len(games) / spent for spent in taken[name]]) for name in forwards},
        "bf16_over_fp32": quartiles(ratios),
        "others_us": quartiles([1e6 * spent / len(games) for spent in taken["others"]]),
        "torch": torch.__version__,
    }


def main() -> None:
    """Measure as the command line says and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default="square8_2p", choices=list(CONFIGS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    print(json.dumps(measure(CONFIGS[options.config], options.threads, options.batch, options.rounds)))


if __name__ == "__main__":
    main()
