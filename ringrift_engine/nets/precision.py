"""Which arithmetic a network computes in on a device of this machine.

bf16 with channels_last is about twice as fast as float32 on processors that have bf16 dot products, and slower on
those that only emulate them; GPUs have had them since 2020. The answer is read from the device, never measured: a
measurement could differ from run to run, and with it every result. It is recorded where results are.
"""

from typing import TYPE_CHECKING, Final

from ringrift_engine.devices import CPU, CUDA
from ringrift_engine.errors import ConfigError

if TYPE_CHECKING:
    import torch

AUTO: Final = "auto"
BF16: Final = "bf16"
FP32: Final = "fp32"
PRECISIONS: Final = (AUTO, BF16, FP32)

_BF16_FEATURES: Final = ("avx512_bf16", "amx_bf16")


def resolve_precision(precision: str, device: str = CPU) -> str:
    """`bf16` or `fp32` as asked; for `auto` bf16 where the device (`cpu` or `cuda`) computes with it. ConfigError for
    others.
    """
    if precision not in PRECISIONS:
        raise ConfigError(f"unknown precision {precision!r}; known: {', '.join(PRECISIONS)}")
    if precision != AUTO:
        return precision
    import torch

    if device == CUDA:
        return BF16 if torch.cuda.is_bf16_supported(including_emulation=False) else FP32
    capabilities = torch.cpu.get_capabilities()
    return BF16 if any(capabilities.get(feature, False) for feature in _BF16_FEATURES) else FP32


def torch_dtype(precision: str) -> "torch.dtype":
    """The tensor type of a resolved precision."""
    import torch

    return {BF16: torch.bfloat16, FP32: torch.float32}[precision]
