"""How many samples a second a training takes in, by precision and with or without symmetries.

    python -m tests.benchmarks.training_speed [--config square8_2p] [--threads 2] [--steps 20] [--rounds 5]

Steps of the real loop on made-up rows of the configuration's shapes, none of them held out. Variants take turns; the
last line is JSON with quartiles over rounds. The first round, which chooses kernels, is not counted.
"""

import argparse
import json
import math
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import torch

from ringrift_engine.boards import CONFIGS, BoardConfig
from ringrift_engine.datasets.contract import HELD_OUT_ONE_IN
from ringrift_engine.nets.settings import network_settings
from ringrift_engine.training import train, training_settings
from tests.ringrift_engine.training.synthetic import ROWS_A_GAME, write_dataset

_VARIANTS: Final = {
    "bf16": {"precision": "bf16"},
    "fp32": {"precision": "fp32"},
    "bf16_unturned": {"precision": "bf16", "symmetries": False},
}


def measure(config: BoardConfig, threads: int, steps: int, rounds: int) -> dict[str, object]:
    """Samples a second of every variant, quartiles."""
    base = training_settings(config)
    samples = steps * base.batch_size
    games = math.ceil(samples / ROWS_A_GAME)
    nothing_held_out = {
        "held_out": np.zeros(games * ROWS_A_GAME, np.bool_),
        "game_id": np.repeat(np.arange(games, dtype=np.uint64) * HELD_OUT_ONE_IN + 1, ROWS_A_GAME),
    }
    rate: dict[str, list[float]] = {name: [] for name in _VARIANTS}
    with tempfile.TemporaryDirectory() as folder:
        dataset = write_dataset(Path(folder) / "set.npz", config.key, games, **nothing_held_out)
        for turn in range(rounds + 1):
            for name in _VARIANTS if turn % 2 else reversed(_VARIANTS):
                quick = replace(
                    base, max_samples=samples, curve_points=1, min_rows=1, min_held_out_rows=0, **_VARIANTS[name]
                )
                report = train(config.key, dataset, Path(folder) / "model", quick, threads=threads)
                if turn:
                    rate[name].append(report.samples_per_s)
    sizes = network_settings(config)
    return {
        "config": config.key,
        "network": f"{sizes.blocks}x{sizes.channels}",
        "threads": threads,
        "batch": base.batch_size,
        **{f"{name}_per_s": [round(value) for value in statistics.quantiles(rate[name], n=4)] for name in _VARIANTS},
        "torch": torch.__version__,
    }


def main() -> None:
    """Measure as the command line says and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", default="square8_2p", choices=list(CONFIGS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(json.dumps(measure(CONFIGS[options.config], options.threads, options.steps, options.rounds)))


if __name__ == "__main__":
    main()
