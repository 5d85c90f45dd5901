"""By what games are judged: for each criterion what is worth 1, what 0, and its weight; docs/data.md prints the table.

Bounds were set where ordinary games lie well inside. Random games of ten configurations, from hex8_2p to hexagonal_4p,
bootstrap games of four and searched games of one have phase balances of 0.71 to 0.80, move balances of 0.57 to 0.68,
and policies (bootstrap and search) of entropy 0.27 to 0.43; 2 % of the positions of a training set were duplicates.

Vital are those without which games teach nothing, however good they are otherwise: copies of one game, games that
nobody wins by playing. Seats are not: among strong players one seat may really win nearly always.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.records.quality_score import SubScore
from ringrift_engine.rules.state import (
    BY_STALEMATE_ELIMINATION,
    BY_STALEMATE_LAST_ACTOR,
    BY_STALEMATE_MARKERS,
    BY_STALEMATE_TERRITORY,
)

PHASES: Final = 7  # in which something can be chosen
MOVE_KINDS: Final = 16  # that can be chosen
_FULL_PHASE_BALANCE: Final = 0.6
_FULL_MOVE_BALANCE: Final = 0.5
_FULL_ENTROPY: Final = (0.1, 0.9)  # from, to
_SEAT_ERRORS: Final = 2  # standard errors that are put down to chance
_SEAT_BOUNDS: Final = (0.2, 0.6)  # of the way from fair to always or never: worth 1 up to, worth 0 from


TIE_BREAKS: Final = (
    BY_STALEMATE_TERRITORY,
    BY_STALEMATE_ELIMINATION,
    BY_STALEMATE_MARKERS,
    BY_STALEMATE_LAST_ACTOR,
)
"""Ways to win by a comparison after the board went bare, which are no decision."""


@dataclass(frozen=True)
class Criterion:
    """A sub-score: its weight in the score of games and of datasets, 0 where it is no part, and what its ends mean."""

    name: str
    games_weight: float
    dataset_weight: float
    best: str
    worst: str
    vital: bool = False

    @property
    def ends(self) -> tuple[str, str]:
        """What is worth 1 and what 0."""
        return self.best, self.worst

    def of_games(self, value: float, why: str) -> SubScore:
        """The sub-score in a judgement of games; `why` says what was measured."""
        return SubScore(self.name, value, self.games_weight, why, self.vital)

    def of_dataset(self, value: float, why: str) -> SubScore:
        """The sub-score in a judgement of a dataset."""
        return SubScore(self.name, value, self.dataset_weight, why, self.vital)


DECISIVE: Final = Criterion(
    "decisive",
    0.15,
    0.15,
    "every game is won by a victory condition",
    "all are unfinished or decided by a tie-break",
    vital=True,
)
LENGTH: Final = Criterion(
    "length",
    0.06,
    0.0,
    "every length is among the middle 80 % of the configuration's earlier games",
    "0.5 at half the least or twice the greatest of those, and so on; not judged with fewer than 8 earlier games",
)
PHASE_BALANCE: Final = Criterion(
    "phase_balance",
    0.04,
    0.05,
    f"entropy of the phases, over log {PHASES}, is {_FULL_PHASE_BALANCE} or more",
    "all moves are of one phase",
)
MOVE_BALANCE: Final = Criterion(
    "move_balance",
    0.04,
    0.05,
    f"entropy of the kinds of moves, over log {MOVE_KINDS}, is {_FULL_MOVE_BALANCE} or more",
    "all moves are of one kind",
)
OPENINGS: Final = Criterion("openings", 0.15, 0.0, "no two games begin alike (24 moves)", "all games begin alike")
DUPLICATES: Final = Criterion(
    "duplicates",
    0.20,
    0.10,
    "no game repeats another or an earlier one; of a dataset: no position was merged into another",
    "all do",
    vital=True,
)
SEATS: Final = Criterion(
    "seats",
    0.20,
    0.15,
    f"beyond {_SEAT_ERRORS} standard errors no seat is more than {_SEAT_BOUNDS[0]:g} of the way from its fair share of "
    "wins to always or never winning",
    f"one is {_SEAT_BOUNDS[1]:g} of that way: 80 % of the wins with two seats",
)
SEARCHED: Final = Criterion("searched", 0.08, 0.15, "a search made every recorded decision", "it made none")
ENTROPY: Final = Criterion(
    "entropy",
    0.08,
    0.15,
    f"mean entropy of the policies, over log of their choices, is {_FULL_ENTROPY[0]:g} to {_FULL_ENTROPY[1]:g}",
    "0 or 1: one move has it all, or all are alike; or no policies",
)
PROMOTED: Final = Criterion(
    "promoted",
    0.0,
    0.20,
    "the promoted network searched in every game of the generations that had one, the second and later ones as a rule",
    "it searched in none; not judged without such generations",
)
CRITERIA: Final = (
    DECISIVE, LENGTH, PHASE_BALANCE, MOVE_BALANCE, OPENINGS, DUPLICATES, SEATS, SEARCHED, ENTROPY, PROMOTED,
)  # fmt: skip


@dataclass(frozen=True)
class SeatBalance:
    """How far the win shares of the seats are from fair.

    shares     of the wins, seat 1 first
    deviation  the largest difference of one from 1 / n
    errors     the same in binomial standard errors
    value      of the sub-score
    """

    shares: tuple[float, ...]
    deviation: float
    errors: float
    value: float

    @property
    def why(self) -> str:
        """The measurement in words."""
        shares = ", ".join(f"{share:.0%}" for share in self.shares)
        return f"wins by seat {shares}: {self.errors:.1f} standard errors from fair"


def seat_balance(shares: NDArray[np.floating], games: int) -> SeatBalance:
    """From the win shares float [n] of all seats, which sum to 1, and the number of independent games behind them.

    Fair shares are what the rules should give, not a law: up to 60 % for one of two seats is no fault.
    """
    fair = 1 / len(shares)
    error = np.sqrt(fair * (1 - fair) / games)
    deviations = np.abs(shares - fair)
    beyond = np.maximum(deviations - _SEAT_ERRORS * error, 0) / np.where(shares > fair, 1 - fair, fair)
    return SeatBalance(
        shares=tuple(shares.tolist()),
        deviation=float(deviations.max()),
        errors=float(deviations.max() / error),
        value=1 - _ramp(float(beyond.max()), *_SEAT_BOUNDS),
    )


def evenness(counts: NDArray[np.integer], kinds: int) -> float:
    """Entropy of counts int [K] over log `kinds`, 0 to 1; 0 if nothing was counted."""
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log(shares)).sum() / np.log(kinds))


def phase_balance_value(balance: float) -> float:
    """Worth of the balance of phases."""
    return _ramp(balance, 0, _FULL_PHASE_BALANCE)


def move_balance_value(balance: float) -> float:
    """Worth of the balance of kinds of moves."""
    return _ramp(balance, 0, _FULL_MOVE_BALANCE)


def entropy_value(entropy: float) -> float:
    """Worth of the mean entropy of policies, 0 to 1."""
    low, high = _FULL_ENTROPY
    return min(_ramp(entropy, 0, low), 1 - _ramp(entropy, high, 1))


def _ramp(value: float, zero: float, one: float) -> float:
    """0 up to `zero`, 1 from `one` on, a straight line between; NaN stays NaN."""
    return float(np.clip((value - zero) / (one - zero), 0, 1))
