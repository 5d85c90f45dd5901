"""How far a model's win probabilities are from what happened, on the held-out rows of a dataset.

Promotion compares the candidate with the promoted model on the same rows, so the number is computed for both in the
same way from the same file. Unit: squared error of a value in [-1, 1], the scale of the limit in
`promotion.criteria`; with two players, one who always says "even" has error 1.
"""

from dataclasses import dataclass

import numpy as np

from ringrift_engine.evaluation.predictions import Predictions


@dataclass(frozen=True)
class HeldOutValueError:
    """Mean squared error over rows and seats, by the rows' weights; `games` is how many games the rows come from."""

    error: float
    rows: int
    games: int


def value_error_of(predictions: Predictions) -> HeldOutValueError:
    """The error of these predictions."""
    off = (2.0 * (predictions.chances - predictions.winners)) ** 2
    error = float(off.mean(axis=1) @ predictions.weights / predictions.weights.sum())
    return HeldOutValueError(error, len(off), len(np.unique(predictions.games)))
