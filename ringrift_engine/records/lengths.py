"""How long the games of a configuration are, in moves, and which of them are of a normal length.

Lengths are judged against those of the same configuration, never against one curve: a normal game on the largest
board has ten times the moves of one on the smallest.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

FEWEST: Final = 8  # below so many games no length is called unusual


@dataclass(frozen=True)
class LengthDistribution:
    """Where the lengths of a configuration's games lie, in moves: the middle 80 % between `low` and `high`."""

    low: float
    high: float

    @classmethod
    def of(cls, lengths: NDArray[np.integer]) -> "LengthDistribution":
        """From the lengths of some games, int [G]; too few games make every length normal."""
        if len(lengths) < FEWEST:
            return cls(0.0, np.inf)
        low, high = np.quantile(lengths, [0.1, 0.9])
        return cls(float(low), float(high))

    def normality(self, lengths: NDArray[np.integer]) -> NDArray[np.float64]:
        """float64 [G] in [0, 1]: 1 between `low` and `high`, outside the ratio to the nearer bound: half as long as
        `low` or twice `high` is 0.5.
        """
        short = lengths / max(self.low, 1.0)
        long = self.high / np.maximum(lengths, 1.0)
        return np.minimum(np.minimum(short, long), 1.0)
