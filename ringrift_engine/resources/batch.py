"""How many positions a training step may take, by the memory that a GPU has free."""

from typing import Final

_SIZES: Final = ((32.0, 512), (16.0, 256))
_SMALLEST: Final = 128


def batch_size_for(free_gpu_gb: float) -> int:
    """512 with more than 32 GB free, 256 with more than 16 GB, else 128; a number that is none counts as little."""
    return next((size for above, size in _SIZES if free_gpu_gb > above), _SMALLEST)
