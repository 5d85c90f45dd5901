"""Augmentation: batches turned by symmetries of the board, each row by its own.

The encoding knows where cells and policy entries go. A row of which one legal move has no image is used as it is.
Values, scores and lengths do not change under a symmetry.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.encoding import Encoding
from ringrift_engine.training.dataset import Samples
from ringrift_engine.training.sample_kernel import turn_samples


def turned(samples: Samples, encoding: Encoding, symmetry: NDArray[np.int64]) -> Samples:
    """Row r after symmetry number `symmetry[r]`, int64 [R], or as it is if one of its moves has no image under it."""
    rows, channels = samples.planes.shape[:2]
    tables = encoding.symmetry_tables
    planes, owners, factors = (np.empty_like(part) for part in (samples.planes, samples.owners, samples.factors))
    turn_samples(
        samples.planes.reshape(rows, channels, -1),
        samples.owners.reshape(rows, -1),
        samples.factors,
        symmetry,
        tables.cell_source,
        tables.policy_image,
        planes.reshape(rows, channels, -1),
        owners.reshape(rows, -1),
        factors,
    )
    return replace(samples, planes=planes, owners=owners, factors=factors)
