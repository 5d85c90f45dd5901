"""Which device a network is trained on, as torch sees it; where games are played is `rules.backend.resolve_device`.

Importing this file imports neither torch nor numba, which settings must not need.
"""

from typing import Final

from ringrift_engine.errors import ConfigError, unknown_name

AUTO: Final = "auto"
CPU: Final = "cpu"
CUDA: Final = "cuda"
DEVICES: Final = (CPU, CUDA, AUTO)


def resolve_torch_device(device: str) -> str:
    """CPU or CUDA as asked; for "auto" CUDA where torch can use it.

    ConfigError for anything else, and for "cuda" where it cannot be used: nobody who asked for it gets the CPU instead.
    """
    if device not in DEVICES:
        raise unknown_name("device", device, DEVICES)
    if device == CPU:
        return CPU
    from ringrift_engine.rules.backend import obstacle_to_networks

    obstacle = obstacle_to_networks()
    if not obstacle:
        return CUDA
    if device == CUDA:
        raise ConfigError(f"device 'cuda' cannot be used: {obstacle}. Device 'cpu' trains too, more slowly.")
    return CPU


def device_count(device: str) -> int:
    """How many of them there are for a training: the GPUs, or one CPU."""
    import torch

    return torch.cuda.device_count() if resolve_torch_device(device) == CUDA else 1
