"""Which device a network is on, as torch sees it; where games are played is `rules.backend.resolve_device`.

Importing this file imports neither torch nor numba.
"""

from ringrift_engine.devices import CPU, CUDA, resolve


def resolve_torch_device(device: str) -> str:
    """CPU or CUDA as asked; for "auto" CUDA where torch can use it. ConfigError as `devices.resolve`."""
    return resolve(device, obstacle_to_torch)


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
