"""Augmentation: batches turned by symmetries of the board, each row by its own.

The encoding knows where cells and policy entries go. A row of which one legal move, or the next move, has no image is
used as it is: were such a next move left out instead, the network would hardly ever be shown one. Values, scores and
lengths do not change under a symmetry.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.encoding import Encoding
from ringrift_engine.training.dataset import Samples
from ringrift_engine.training.sample_kernel import turn_samples


def turned(samples: Samples, encoding: Encoding, symmetry: NDArray[np.int64]) -> Samples:
    """Row r after symmetry number `symmetry[r]`, int64 [R], or as it is if one of its moves, or the next one, has no
    image under it.
    """
    rows, channels = samples.planes.shape[:2]
    tables = encoding.symmetry_tables
    found = {name: np.empty_like(getattr(samples, name)) for name in ("planes", "owners", "factors", "next_move")}
    before, after = (
        (
            part["planes"].reshape(rows, channels, -1),
            part["owners"].reshape(rows, -1),
            part["factors"],
            part["next_move"],
        )
        for part in (vars(samples), found)
    )
    turn_samples(before, symmetry, tables.cell_source, tables.policy_image, after)
    return replace(samples, **found)
