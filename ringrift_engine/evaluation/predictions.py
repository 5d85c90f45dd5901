"""What a model says about held-out positions, and who won: read once, judged by `value_error` and `calibration`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import DataError

_ROWS_AT_ONCE: Final = 1_024
_BATCH: Final = 256  # of the network, so that several threads have something to do


@dataclass(frozen=True, eq=False)
class Predictions:
    """Stated chances and outcomes of R held-out positions, n seats, the player to move in column 0.

    chances  float64 [R, n]  stated win probabilities, rows sum to 1
    winners  float64 [R, n]  1 for who won; shares where equal positions of several games were merged
    weights  float64 [R]     of the rows in their dataset
    games    int64 [R]       the game of each row; rows of one game have one outcome
    """

    chances: NDArray[np.float64]
    winners: NDArray[np.float64]
    weights: NDArray[np.float64]
    games: NDArray[np.int64]


def held_out_predictions(
    model: Path, dataset: Path, config: BoardConfig, *, export: bool = False, threads: int = 1
) -> Predictions:
    """What the checkpoint `model` says of the held-out rows of `dataset`: a combined NPZ, or with `export` an export.

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
    chances = []
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        samples = data.samples(rows[start : start + _ROWS_AT_ONCE])
        chances.append(forward(samples.planes, samples.scalars)[1].astype(np.float64))
    return Predictions(
        chances=np.concatenate(chances),
        winners=data.winners(rows).astype(np.float64),
        weights=data.weights(rows).astype(np.float64),
        games=data.game_numbers(rows),
    )
