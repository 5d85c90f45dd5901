"""Whether stated win probabilities come true: reliability bins, expected calibration error, Brier score.

A model that says 70 % is believed by the search; if such positions are won half the time, the search is misled however
good the order of its preferences. Every seat's stated chance is one prediction. What is unsure is counted in games, not
in rows: the positions of one game share one outcome, and a hundred of them say little more than one.

The yardstick of the Brier score is the constant that would have been best in hindsight, the share of wins of the player
to move, of the next one, and so on. Source: G. W. Brier (1950); Guo, Pleiss, Sun, Weinberger, "On calibration of modern
neural networks" (2017), for the expected calibration error.
"""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.errors import DataError
from ringrift_engine.evaluation.intervals import deviations
from ringrift_engine.evaluation.predictions import Predictions

BINS: Final = 10
_LEVEL: Final = 0.95
_INCHES: Final = (4.6, 4.2)
_DOTS_PER_INCH: Final = 80


@dataclass(frozen=True, kw_only=True)
class Bin:
    """The predictions between two stated chances.

    share              of all predictions, by weight
    stated, observed   mean of what was stated, and of what came true
    low, high          95 % interval of `observed`
    games              that the predictions come from
    effective          independent outcomes that tell as much
    """

    lower: float
    upper: float
    share: float
    stated: float
    observed: float
    low: float
    high: float
    games: int
    effective: float


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How reliable one model's stated chances are; only bins that hold something are listed.

    error           expected calibration error: mean distance of stated and observed, over the bins
    error_by_chance the same for a model whose chances are exactly true, seen in as many games
    brier           mean squared error of a stated chance, over rows and seats, in [0, 1]
    constant_brier  the same of the best constant
    gain, gain_low, gain_high   what the model is better by than the constant, with a 95 % interval
    """

    bins: tuple[Bin, ...]
    error: float
    error_by_chance: float
    brier: float
    constant_brier: float
    gain: float
    gain_low: float
    gain_high: float
    rows: int
    games: int

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values, read back by `from_json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; DataError for something else."""
        try:
            return cls(**{**values, "bins": tuple(Bin(**one) for one in values["bins"])})
        except (KeyError, TypeError) as error:
            raise DataError(f"Not a calibration ({error}). Measure it again.") from error


def calibration_of(predictions: Predictions) -> Calibration:
    """The calibration of predictions of at least two games; DataError for fewer, which say nothing."""
    games = len(np.unique(predictions.games))
    if games < 2:
        raise DataError(f"Positions of {games} held-out games say nothing about calibration. Combine more games.")
    bins = _bins(predictions)
    off = ((predictions.chances - predictions.winners) ** 2).mean(axis=1)
    rates = np.average(predictions.winners, axis=0, weights=predictions.weights)
    constant = ((rates - predictions.winners) ** 2).mean(axis=1)
    brier, constant_brier = (float(np.average(one, weights=predictions.weights)) for one in (off, constant))
    gain = constant_brier - brier
    reach = deviations(_LEVEL) * math.sqrt(_variance_of_mean(constant - off, predictions.weights, predictions.games))
    return Calibration(
        bins=bins,
        error=sum(one.share * abs(one.stated - one.observed) for one in bins),
        error_by_chance=sum(one.share * _mean_distance(one) for one in bins),
        brier=brier,
        constant_brier=constant_brier,
        gain=gain,
        gain_low=gain - reach,
        gain_high=gain + reach,
        rows=len(off),
        games=games,
    )


def reliability_png(title: str, calibration: Calibration) -> bytes:
    """The reliability diagram as PNG: observed over stated with intervals, and how often each chance is stated."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_INCHES, dpi=_DOTS_PER_INCH, layout="constrained")
    axes = figure.add_subplot()
    stated, observed, low, high, share = (
        np.array([getattr(one, name) for one in calibration.bins])
        for name in ("stated", "observed", "low", "high", "share")
    )
    axes.bar([(one.lower + one.upper) / 2 for one in calibration.bins], share, width=0.08, color="#d5dbe3", zorder=0)
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1)
    axes.errorbar(
        stated, observed, yerr=(observed - low, high - observed), fmt="o", markersize=4, capsize=3, linewidth=1.2
    )
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="stated chance (bars: how often)", ylabel="won")
    axes.set_title(
        f"{title}\ncalibration error {calibration.error:.3f} ({calibration.error_by_chance:.3f} by chance), "
        f"Brier {calibration.brier:.3f} (constant {calibration.constant_brier:.3f})",
        fontsize=8,
    )
    drawn = io.BytesIO()
    FigureCanvasAgg(figure).print_png(drawn)
    return drawn.getvalue()


def _bins(predictions: Predictions) -> tuple[Bin, ...]:
    """Equal widths: a chance of exactly 1 belongs to the last one."""
    seats = predictions.chances.shape[1]
    chances, winners = predictions.chances.ravel(), predictions.winners.ravel()
    weights, games = np.repeat(predictions.weights, seats), np.repeat(predictions.games, seats)
    places = np.minimum((chances * BINS).astype(np.int64), BINS - 1)
    found = []
    for place in range(BINS):
        inside = (places == place) & (weights > 0)
        if inside.any():
            part = weights[inside]
            stated, observed = (float(np.average(values[inside], weights=part)) for values in (chances, winners))
            effective = _effective(winners[inside], observed, part, games[inside])
            low, high = _wilson(observed, effective)
            found.append(
                Bin(
                    lower=place / BINS,
                    upper=(place + 1) / BINS,
                    share=float(part.sum() / weights.sum()),
                    stated=stated,
                    observed=observed,
                    low=low,
                    high=high,
                    games=len(np.unique(games[inside])),
                    effective=effective,
                )
            )
    return tuple(found)


def _effective(
    outcomes: NDArray[np.float64], rate: float, weights: NDArray[np.float64], games: NDArray[np.int64]
) -> float:
    """How many independent outcomes tell as much about the rate: never more than there are games, at least one.

    More could come out only by luck: outcomes of one game do not repel each other.
    """
    count = len(np.unique(games))
    variance = _variance_of_mean(outcomes, weights, games)
    if not variance > 0:
        return float(count)
    return min(float(count), max(1.0, rate * (1 - rate) / variance))


def _variance_of_mean(values: NDArray[np.float64], weights: NDArray[np.float64], games: NDArray[np.int64]) -> float:
    """Variance of the weighted mean if games are independent and what is inside one is not; 0 for a single game."""
    _, numbers = np.unique(games, return_inverse=True)
    count = int(numbers.max()) + 1
    if count < 2:
        return 0.0
    apart = weights * (values - np.average(values, weights=weights))
    sums = np.bincount(numbers, weights=apart)
    return float((sums**2).sum() / weights.sum() ** 2 * count / (count - 1))


def _wilson(rate: float, count: float) -> tuple[float, float]:
    """Wilson's interval (`intervals.wilson_interval`) for a number of outcomes that need not be whole."""
    z = deviations(_LEVEL)
    widened = 1 + z * z / count
    middle = (rate + z * z / (2 * count)) / widened
    spread = z / widened * math.sqrt(rate * (1 - rate) / count + z * z / (4 * count * count))
    return max(0.0, min(rate, middle - spread)), min(1.0, max(rate, middle + spread))


def _mean_distance(one: Bin) -> float:
    """How far observed is from stated on average if what is stated is true: the mean of a folded normal variable."""
    return math.sqrt(2 / math.pi * one.stated * (1 - one.stated) / one.effective)


def reliability_rows(calibration: Calibration) -> Sequence[dict[str, float | int | str]]:
    """The bins as rows of a table for people."""
    return [
        {
            "stated": f"{one.lower:.1f} to {one.upper:.1f}",
            "share": one.share,
            "mean_stated": one.stated,
            "won": one.observed,
            "low": one.low,
            "high": one.high,
            "games": one.games,
        }
        for one in calibration.bins
    ]
