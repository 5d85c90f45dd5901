"""Which device a network is on, as torch sees it; where games are played is `rules.backend.resolve_device`.

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
    obstacle = obstacle_to_torch()
    if not obstacle:
        return CUDA
    if device == CUDA:
        raise ConfigError(f"device 'cuda' cannot be used: {obstacle}. Device 'cpu' does the same, more slowly.")
    return CPU


def resolve_search_device(device: str) -> str:
    """The same for a network that plays: CUDA where both torch and the rules can use it."""
    from ringrift_engine.rules.backend import resolve_device

    return resolve_torch_device(device) if resolve_device(device) == CUDA else CPU


def device_count(device: str) -> int:
    """How many of them there are for a training: the GPUs, or one CPU."""
    import torch

    return torch.cuda.device_count() if resolve_torch_device(device) == CUDA else 1


def obstacle_to_torch() -> str:
    """Why torch cannot use a GPU, with what to do about it; empty if nothing stands in the way."""
    import torch

    if torch.cuda.is_available():
        return ""
    if torch.version.cuda is None:
        return f"torch {torch.__version__} was built for the CPU alone (install a torch that was built for CUDA)"
    return "no CUDA device was found"
