"""How much one game is worth to a learner beside others, from 0 to 1: was it decided on the board, was it searched,
is its length normal. It weighs rows in training; whether games are good enough at all is `records/quality.py`.

Pure functions of numbers.
"""

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.records.criteria import TIE_BREAKS
from ringrift_engine.records.lengths import LengthDistribution
from ringrift_engine.rules.state import HOW_NAMES, NOT_OVER

if TYPE_CHECKING:
    import polars

_DECIDED_WEIGHT: Final = 0.4
_SEARCH_WEIGHT: Final = 0.35
_LENGTH_WEIGHT: Final = 0.25
_TIE_BREAK: Final = 0.5  # a game decided by a comparison of scores after the board went bare


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
    decided = np.where(np.isin(how, TIE_BREAKS), _TIE_BREAK, 1.0)
    normal = distribution.normality(lengths)
    quality = _DECIDED_WEIGHT * decided + _SEARCH_WEIGHT * searched_share + _LENGTH_WEIGHT * normal
    return np.where(how == NOT_OVER, 0.0, quality).astype(np.float32)


def index_qualities(index: "polars.DataFrame") -> NDArray[np.float32]:
    """float32 [G]: the quality of every game of an index, lengths judged among all its finished games."""
    how = np.array([HOW_NAMES.index(name) for name in index["how"].to_list()], dtype=np.int64)
    lengths = index["plies"].to_numpy()
    decisions = np.maximum(index["decisions"].to_numpy(), 1)
    searched = index["searched_decisions"].to_numpy() / decisions
    return game_qualities(how, lengths, searched, LengthDistribution.of(lengths[how != NOT_OVER]))
