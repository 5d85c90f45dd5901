"""The processes of one training: one alone, or several that torchrun started, each with its device.

Each takes its part of every batch, gradients are added, and so all hold equal weights at every step. What is decided
on the way, and what is written, is the first one's business.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, distributed

from ringrift_engine.devices import CPU, CUDA
from ringrift_engine.nets.device import device_count, resolve_torch_device

_BACKENDS: Final = {CPU: "gloo", CUDA: "nccl"}

Value = TypeVar("Value")


@dataclass(frozen=True)
class Group:
    """One process's view of all of them: its number from 0, how many there are, and its device."""

    rank: int = 0
    size: int = 1
    device: torch.device = field(default_factory=lambda: torch.device(CPU))

    @property
    def is_first(self) -> bool:
        """Whether this is the process that measures, decides and writes."""
        return self.rank == 0

    def part(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """This process's part of the rows of a batch; parts differ by one row at most."""
        return np.array_split(rows, self.size)[self.rank]

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor by its sum over all processes, the same bits in all of them."""
        if self.size == 1:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        distributed.all_reduce(flat)
        for tensor, part in zip(tensors, flat.split([tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(part.reshape(tensor.shape))

    def of_first(self, value: Value) -> Value:
        """The value that the first process has."""
        if self.size == 1:
            return value
        values = [value]
        distributed.broadcast_object_list(values, src=0, device=self.device)
        return values[0]


ALONE: Final = Group()


def is_first() -> bool:
    """Whether this process is alone, or the first of those that torchrun started: the one that tells of the others."""
    return os.environ.get("RANK", "0") == "0"


def start_on_all_devices(device: str, module: str, arguments: Sequence[str]) -> int | None:
    """Run `python -m module arguments` once for every device of the kind, by torchrun; the exit status.

    None, and nothing is started, if there is only one device or this process is one of those already.
    """
    if "WORLD_SIZE" in os.environ or (count := device_count(device)) < 2:
        return None
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
    return subprocess.run([*launcher, "-m", module, *arguments], check=False).returncode


@contextmanager
def joined(device: str) -> Iterator[Group]:
    """The group that torchrun's variables name, or this process alone; `device` is a setting, `cpu`, `cuda` or `auto`.

    Of several GPUs each process of a machine takes its own. ConfigError as `resolve_torch_device`.
    """
    kind = resolve_torch_device(device)
    place = torch.device(kind, int(os.environ.get("LOCAL_RANK", "0"))) if kind == CUDA else torch.device(kind)
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if kind == CUDA:
        torch.cuda.set_device(place)
    if size == 1:
        yield Group(device=place)
        return
    distributed.init_process_group(_BACKENDS[kind])
    try:
        yield Group(distributed.get_rank(), size, place)
    finally:
        distributed.destroy_process_group()
