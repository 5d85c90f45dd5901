"""What a successor costs: a record copied, and one choice played on the copy, without anything being judged."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import LegalMoves
from ringrift_engine.bench.bench import Bench
from ringrift_engine.bench.kernels import copy_records, make_successors
from ringrift_engine.bench.positions import middle_positions
from ringrift_engine.bench.timing import Measured, measure_in_turns
from ringrift_engine.boards import BoardConfig
from ringrift_engine.rules.state import game_dtype
from ringrift_engine.rules.tables import board_table
from ringrift_engine.rules.work import make_work

_PLACES: Final = 2  # copies take turns, so that the compiler cannot leave out one that the next would overwrite


@dataclass(frozen=True)
class Successors:
    """Positions of a configuration with their choices, and room for copies."""

    config: BoardConfig
    games: np.recarray
    legal: LegalMoves
    copies: NDArray[Any]

    @classmethod
    def of(cls, config: BoardConfig) -> "Successors":
        """The middle positions of a configuration."""
        games, legal = middle_positions(config)
        copies = np.zeros(_PLACES, dtype=game_dtype(config.board)).view(np.recarray)
        return cls(config, games, legal, copies)

    @property
    def choices_a_position(self) -> float:
        """Mean number of choices."""
        return len(self.legal.moves) / len(self.games)

    def copy(self) -> float:
        """Copy as many records as there are successors, or nearly; their number."""
        rounds = max(1, round(self.choices_a_position))
        copy_records(self.games, self.copies, rounds)
        return rounds * len(self.games)

    def make(self) -> float:
        """Make every successor once; their number."""
        table, works = board_table(self.config.board), make_work(self.config.board)
        make_successors(self.games, self.legal.moves, self.legal.offsets, table, works, self.copies)
        return len(self.legal.moves)


def measure_successors(bench: Bench, config: BoardConfig) -> tuple[Successors, Measured, Measured]:
    """The positions, what copying alone takes, and what a successor takes."""
    successors = Successors.of(config)
    measured = measure_in_turns({"copy": successors.copy, "successor": successors.make}, bench.scope.effort)
    return successors, measured["copy"], measured["successor"]
