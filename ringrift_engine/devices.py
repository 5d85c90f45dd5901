"""The devices that a setting may name, and which of them it means.

What stands in the way of a GPU is known where it is used: `rules.backend` for games, `nets.device` for networks.
Importing this file imports neither torch nor numba, which settings must not need.
"""

from collections.abc import Callable
from typing import Final

from ringrift_engine.errors import ConfigError, unknown_name

CPU: Final = "cpu"
CUDA: Final = "cuda"
AUTO: Final = "auto"
DEVICES: Final = (CPU, CUDA, AUTO)


def resolve(device: str, obstacle_to_cuda: Callable[[], str]) -> str:
    """CPU or CUDA as asked; for AUTO, CUDA unless something stands in its way.

    `obstacle_to_cuda` says what, with what to do about it; it is empty if nothing does. ConfigError for any other
    device, and for CUDA where it cannot be used: nobody who asked for it gets the CPU instead.
    """
    if device not in DEVICES:
        raise unknown_name("device", device, DEVICES)
    if device == CPU:
        return CPU
    obstacle = obstacle_to_cuda()
    if not obstacle:
        return CUDA
    if device == CUDA:
        raise ConfigError(f"device 'cuda' cannot be used: {obstacle}. Device 'cpu' works everywhere.")
    return CPU
