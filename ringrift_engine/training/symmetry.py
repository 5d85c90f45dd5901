"""Augmentation: batches turned by symmetries of the board, each row by its own.

The encoding knows where cells and policy entries go. A row of which one legal move has no image is used as it is.
Values, scores and lengths do not change under a symmetry.
"""

from dataclasses import replace
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.training.dataset import Samples

IDENTITY: Final = 0


class BoardSymmetries(Protocol):
    """What augmentation asks of an encoding; symmetry number 0 is the identity."""

    @property
    def symmetries(self) -> int: ...

    def transform_planes(self, planes: NDArray[Any], symmetry: NDArray[np.int64]) -> NDArray[Any]:
        """Planes [R, C, W, W] of any dtype, row r after symmetry number `symmetry[r]`."""
        ...

    def transform_factors(self, factors: NDArray[Any], symmetry: NDArray[np.int64]) -> NDArray[Any]:
        """Pairs of policy entries [M, 2], pair m after symmetry number `symmetry[m]`; -1 where there is no image."""
        ...


def turned(samples: Samples, board: BoardSymmetries, symmetry: NDArray[np.int64]) -> Samples:
    """Row r after symmetry number `symmetry[r]`, int64 [R], or as it is if one of its moves has no image under it."""
    longest = samples.legal.shape[1]
    factors = board.transform_factors(samples.factors.reshape(-1, 2), np.repeat(symmetry, longest))
    factors = factors.reshape(samples.factors.shape)
    has_image = np.all(factors >= 0, axis=(1, 2))
    used = np.where(has_image, symmetry, IDENTITY)
    return replace(
        samples,
        planes=board.transform_planes(samples.planes, used),
        owners=board.transform_planes(samples.owners[:, None], used)[:, 0],
        factors=np.where(has_image[:, None, None], factors, samples.factors),
    )
