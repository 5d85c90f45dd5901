"""How far a model's win probabilities are from what happened, on the held-out rows of a dataset.

Promotion compares the candidate with the promoted model on the same rows, so the number is computed for both in the
same way from the same file. Unit: squared error of a value in [-1, 1], the scale of the limit in
`promotion.criteria`; with two players, one who always says "even" has error 1.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import DataError

_ROWS_AT_ONCE: Final = 1_024
_BATCH: Final = 256  # of the network, so that several threads have something to do


@dataclass(frozen=True)
class HeldOutValueError:
    """Mean squared error over rows and seats, by the rows' weights; `games` is how many games the rows come from."""

    error: float
    rows: int
    games: int


def held_out_value_error(
    model: Path, dataset: Path, config: BoardConfig, *, export: bool = False, threads: int = 1
) -> HeldOutValueError:
    """Error of the checkpoint `model` on the held-out rows of `dataset`: a combined NPZ, or with `export` an export.

    `threads` sets torch's threads for the whole process. DataError if a file does not fit, or nothing is held out.
    """
    from ringrift_engine.encoding import Encoding
    from ringrift_engine.nets.checkpoint import build_network, load_checkpoint
    from ringrift_engine.nets.inference import ChunkedForward
    from ringrift_engine.nets.precision import FP32
    from ringrift_engine.training.dataset import Dataset

    data = Dataset(dataset, config, export=export)
    rows = data.held_out_rows
    if not len(rows):
        raise DataError(f"{dataset}: no rows are held out, so no model can be judged on it. Combine more games.")
    network = build_network(load_checkpoint(model, config), Encoding(config))
    forward = ChunkedForward(network, FP32, threads, _BATCH)  # equal on all machines, whatever they play with
    total = weight = 0.0
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        samples = data.samples(rows[start : start + _ROWS_AT_ONCE])
        _, chances = forward(samples.planes, samples.scalars)
        off = (2.0 * (chances.astype(np.float64) - samples.winner)) ** 2
        total += float(off.mean(axis=1) @ samples.weights)
        weight += float(samples.weights.sum())
    return HeldOutValueError(total / weight, len(rows), data.games(rows))
