"""What networks and training ask of an encoding, as protocols; `ringrift_engine.encoding` holds the encodings
themselves.

Stated apart, because networks are tested with encodings of a few planes, and because the layout of the policy vector,
which network, dataset and evaluator share, is written down here once as properties of shapes.
"""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards import BoardConfig


class PositionLayout(Protocol):
    """Shapes of a configuration's inputs and policy. C planes, G globals, W the width of the bounding box.

    The policy vector has `policy_size` = P * W * W + S + 1 entries: plane p, cell c is entry p * W * W + c; special s
    is entry P * W * W + s; the last entry is the constant 0. A move's logit is the sum of two entries.
    """

    @property
    def config(self) -> BoardConfig: ...
    @property
    def planes(self) -> int: ...
    @property
    def globals(self) -> int: ...
    @property
    def policy_planes(self) -> int: ...
    @property
    def specials(self) -> int: ...
    @property
    def policy_size(self) -> int: ...
    @property
    def plane_scale(self) -> NDArray[np.float32]:
        """float32 [C]: the unit of each int8 plane."""
        ...

    @property
    def playable(self) -> NDArray[np.bool_]:
        """bool [W, W]: which numbers of the box are cells."""
        ...


class PositionEncoder(PositionLayout, Protocol):
    """Encodes games as well."""

    def encode(self, games: Any) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        """Structured games [R] -> planes int8 [R, C, W, W] and globals float32 [R, G], seen from the player to move."""
        ...

    def factors(self, games: Any, legal: Any) -> NDArray[np.int32]:
        """The two policy entries of every legal move, int32 [M, 2]."""
        ...
