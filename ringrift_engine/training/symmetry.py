"""Augmentation: batches turned by symmetries of the board, each row by its own.

The encoding knows where cells and policy entries go. A row of which one legal move has no image is used as it is.
Values, scores and lengths do not change under a symmetry.
"""

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.encoding import Encoding
from ringrift_engine.training.dataset import Samples

_IDENTITY: Final = 0


def turned(samples: Samples, encoding: Encoding, symmetry: NDArray[np.int64]) -> Samples:
    """Row r after symmetry number `symmetry[r]`, int64 [R], or as it is if one of its moves has no image under it."""
    longest = samples.legal.shape[1]
    factors = encoding.transform_factors(samples.factors.reshape(-1, 2), np.repeat(symmetry, longest))
    factors = factors.reshape(samples.factors.shape)
    has_image = np.all(factors >= 0, axis=(1, 2))
    used = np.where(has_image, symmetry, _IDENTITY)
    return replace(
        samples,
        planes=encoding.transform_planes(samples.planes, used),
        owners=encoding.transform_planes(samples.owners[:, None], used)[:, 0],
        factors=np.where(has_image[:, None, None], factors, samples.factors),
    )
