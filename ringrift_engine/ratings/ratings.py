"""What a fit came to: ratings in Elo, their covariance, and the intervals that follow from it."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.errors import DataError
from ringrift_engine.evaluation.intervals import deviations
from ringrift_engine.records.shard_schema import Participant


class Difference(NamedTuple):
    """How much stronger one is than another, in Elo, and the interval of it."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Ratings:
    """Ratings of one pool.

    participants     those of the results, in their order
    elo              float64 [p]     NaN for who is not connected with the anchor by games
    covariance       float64 [p, p]  Elo squared, from the observed information; 0 for the anchor, NaN where `elo` is
    seat_elo         float64 [n]     what a seat is worth, seat 1 first; they sum to 0
    seat_covariance  float64 [n, n]  Elo squared
    games            int64 [p]       games in which each sat
    held             bool [p]        whose rating needs a virtual game to be finite (`virtual`)
    anchored         bool [p]        whose rating is a definition
    tie_factors      size of a tie -> factor of its worth (`orders`), for sizes that occur
    log_likelihood   of the real games, natural logarithm
    """

    config_key: str
    participants: tuple[Participant, ...]
    elo: NDArray[np.float64]
    covariance: NDArray[np.float64]
    seat_elo: NDArray[np.float64]
    seat_covariance: NDArray[np.float64]
    games: NDArray[np.int64]
    held: NDArray[np.bool_]
    anchored: NDArray[np.bool_]
    tie_factors: dict[int, float]
    log_likelihood: float

    def of(self, participant: Participant) -> float:
        """Rating of a participant in Elo; DataError for one that did not play."""
        return float(self.elo[self._place(participant)])

    def interval(self, participant: Participant, level: float = 0.95) -> tuple[float, float]:
        """Interval of a rating at `level`; the anchor's is its definition, and unrated participants have NaN."""
        place = self._place(participant)
        reach = deviations(level) * float(np.sqrt(self.covariance[place, place]))
        return float(self.elo[place]) - reach, float(self.elo[place]) + reach

    def difference(self, a: Participant, b: Participant, level: float = 0.95) -> Difference:
        """How much stronger `a` is than `b`, with its interval: narrower than the two ratings' own intervals say,
        because what is uncertain about the anchor is common to both.
        """
        one, other = self._place(a), self._place(b)
        variance = self.covariance[one, one] + self.covariance[other, other] - 2 * self.covariance[one, other]
        value = float(self.elo[one] - self.elo[other])
        reach = deviations(level) * float(np.sqrt(max(0.0, float(variance)) if variance == variance else variance))
        return Difference(value, value - reach, value + reach)

    def _place(self, participant: Participant) -> int:
        try:
            return self.participants.index(participant)
        except ValueError:
            raise DataError(
                f"{participant.name} has no rated game of {self.config_key}; {len(self.participants)} others have."
            ) from None
