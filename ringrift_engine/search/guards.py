"""Faults that compiled loops can only count; the Python around them tells the person."""

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch.batch import OverlongGameError
from ringrift_engine.boards import BoardConfig


def check_lists(works: NDArray[np.void]) -> None:
    """OverflowError if a worker met a position with more moves than its list holds."""
    if works["overflowed"].any():
        raise OverflowError(f"a position in a search has more than {works.dtype['moves'].shape[0]} moves")


def overlong(config: BoardConfig) -> OverlongGameError:
    """The error for a game inside a search that does not end."""
    return OverlongGameError(
        f"A game of {config.key} inside a search has more than {config.max_moves} moves: some move changes nothing "
        "and can be repeated. Search the same position again with the same seed to find it; the rules are at fault."
    )
