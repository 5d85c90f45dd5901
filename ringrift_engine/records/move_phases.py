"""Kinds and phases of recorded moves, read off the moves themselves: no replay is needed to say when each was made.

All kinds but two belong to one phase. A capture right after a slide is the capture that the slide offered, any other
opens a movement; an elimination right after a claimed region pays for it, any other pays for a line.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.rules.moves import (
    CAPTURE_MOVE,
    CHAIN,
    CLAIM_REGION,
    COLLAPSE_ALL,
    COLLAPSE_SEGMENT,
    ELIMINATE,
    FORCED,
    KINDS,
    NO_LINE,
    NO_MOVEMENT,
    NO_PLACEMENT,
    NO_TERRITORY,
    PLACE,
    PROCESS_LINE,
    RECOVER,
    SKIP_CAPTURE,
    SKIP_PLACEMENT,
    SKIP_RECOVERY,
    SKIP_TERRITORY,
    SLIDE,
    SWAP_SIDES,
)
from ringrift_engine.rules.state import (
    CAPTURE,
    CHAIN_CAPTURE,
    FORCED_ELIMINATION,
    LINE_PROCESSING,
    MOVEMENT,
    RING_PLACEMENT,
    TERRITORY_PROCESSING,
)

NOTHING_TO_DO: Final = (NO_PLACEMENT, NO_MOVEMENT, NO_LINE, NO_TERRITORY)  # bookkeeping: recorded, never chosen

_KIND_BITS: Final = 31  # of a move, as `rules.moves.kind_of` reads them; that one is compiled for single moves
_KINDS_OF_PHASE: Final = {
    RING_PLACEMENT: (PLACE, SKIP_PLACEMENT, NO_PLACEMENT, SWAP_SIDES),
    MOVEMENT: (SLIDE, CAPTURE_MOVE, NO_MOVEMENT, RECOVER, SKIP_RECOVERY),
    CAPTURE: (SKIP_CAPTURE,),
    CHAIN_CAPTURE: (CHAIN,),
    LINE_PROCESSING: (PROCESS_LINE, COLLAPSE_ALL, COLLAPSE_SEGMENT, NO_LINE, ELIMINATE),
    TERRITORY_PROCESSING: (CLAIM_REGION, SKIP_TERRITORY, NO_TERRITORY),
    FORCED_ELIMINATION: (FORCED,),
}
_PHASE_OF_KIND: Final = np.zeros(KINDS, dtype=np.uint8)
for _phase, _kinds in _KINDS_OF_PHASE.items():
    _PHASE_OF_KIND[list(_kinds)] = _phase


def kinds_of(moves: NDArray[np.int64]) -> NDArray[np.uint8]:
    """uint8 [N]: the kind of each move, an index into `KIND_NAMES`."""
    return (moves & _KIND_BITS).astype(np.uint8)


def phases_of(kinds: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 [N]: the phase in which each move was made, an index into `PHASE_NAMES`, from the kinds of all moves of
    one game or of several games one after the other (every game begins with a placement).
    """
    phases = _PHASE_OF_KIND[kinds]
    before = np.concatenate(([PLACE], kinds[:-1]))
    phases[(kinds == CAPTURE_MOVE) & (before == SLIDE)] = CAPTURE
    phases[(kinds == ELIMINATE) & (before == CLAIM_REGION)] = TERRITORY_PROCESSING
    return phases
