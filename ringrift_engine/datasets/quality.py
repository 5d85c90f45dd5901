"""How much a game is worth to a learner, from 0 to 1: was it decided on the board, was it searched, is its length
normal.

Lengths are judged against those of the same configuration, never against one curve: a normal game on the largest
board has ten times the moves of one on the smallest. Pure functions of numbers.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.rules.state import (
    BY_STALEMATE_ELIMINATION,
    BY_STALEMATE_LAST_ACTOR,
    BY_STALEMATE_MARKERS,
    BY_STALEMATE_TERRITORY,
    HOW_NAMES,
    NOT_OVER,
)

if TYPE_CHECKING:
    import polars

_DECIDED_WEIGHT: Final = 0.4
_SEARCH_WEIGHT: Final = 0.35
_LENGTH_WEIGHT: Final = 0.25
_TIE_BREAK: Final = 0.5  # a game decided by a comparison of scores after the board went bare
_TIE_BREAKS: Final = (
    BY_STALEMATE_TERRITORY,
    BY_STALEMATE_ELIMINATION,
    BY_STALEMATE_MARKERS,
    BY_STALEMATE_LAST_ACTOR,
)
_FEWEST: Final = 8  # below so many games no length is called unusual


@dataclass(frozen=True)
class LengthDistribution:
    """Where the lengths of a configuration's games lie, in moves: the middle 80 % between `low` and `high`."""

    low: float
    high: float

    @classmethod
    def of(cls, lengths: NDArray[np.integer]) -> "LengthDistribution":
        """From the lengths of some games, int [G]; too few games make every length normal."""
        if len(lengths) < _FEWEST:
            return cls(0.0, np.inf)
        low, high = np.quantile(lengths, [0.1, 0.9])
        return cls(float(low), float(high))


def game_qualities(
    how: NDArray[np.integer],
    lengths: NDArray[np.integer],
    searched_share: NDArray[np.floating],
    distribution: LengthDistribution,
) -> NDArray[np.float32]:
    """float32 [G] in [0, 1]; an unfinished game is worth 0.

    how             int [G], codes of `HOW_NAMES`
    lengths         int [G], moves
    searched_share  float [G] in [0, 1], the part of the game's rows that a search made
    """
    decided = np.where(np.isin(how, _TIE_BREAKS), _TIE_BREAK, 1.0)
    normal = _normality(lengths.astype(np.float64), distribution)
    quality = _DECIDED_WEIGHT * decided + _SEARCH_WEIGHT * searched_share + _LENGTH_WEIGHT * normal
    return np.where(how == NOT_OVER, 0.0, quality).astype(np.float32)


def _normality(lengths: NDArray[np.float64], distribution: LengthDistribution) -> NDArray[np.float64]:
    """1 between `low` and `high`; outside the ratio to the nearer bound: half as long as `low` or twice `high` is
    0.5.
    """
    short = lengths / max(distribution.low, 1.0)
    long = distribution.high / np.maximum(lengths, 1.0)
    return np.minimum(np.minimum(short, long), 1.0)


def index_qualities(index: "polars.DataFrame") -> NDArray[np.float32]:
    """float32 [G]: the quality of every game of an index, lengths judged among all its finished games."""
    how = np.array([HOW_NAMES.index(name) for name in index["how"].to_list()], dtype=np.int64)
    lengths = index["plies"].to_numpy()
    decisions = np.maximum(index["decisions"].to_numpy(), 1)
    searched = index["searched_decisions"].to_numpy() / decisions
    return game_qualities(how, lengths, searched, LengthDistribution.of(lengths[how != NOT_OVER]))
