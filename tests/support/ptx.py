"""Code for a GPU, made and looked at without one: numba-cuda writes PTX, ptxas of the same CUDA turns it into a program
and says what a thread of it needs.
"""

import importlib.util
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import pytest

CAPABILITY = (9, 0)  # Hopper
MOST_REGISTERS = 128
MOST_STACK_BYTES = 4_096
MOST_SECONDS = 120
WITHOUT_EXTRA = "needs the gpu extra: pip install -e '.[gpu]'"


@dataclass(frozen=True)
class Program:
    """What ptxas says of a kernel."""

    registers: int  # a thread
    stack_bytes: int  # a thread, functions that it calls included
    spill_bytes: int  # stored and loaded
    ptx_bytes: int
    seconds: float  # of a CPU, to make the PTX and the program from nothing: the machine may be busy


def find_ptxas() -> Path | None:
    """The ptxas that the extra brings."""
    spec = importlib.util.find_spec("nvidia")
    places = spec.submodule_search_locations if spec and spec.submodule_search_locations else []
    return next((path for place in places for path in Path(place).glob("cu13/bin/ptxas")), None)


has_numba_cuda = importlib.util.find_spec("numba_cuda") is not None
needs_numba_cuda = pytest.mark.skipif(not has_numba_cuda, reason=WITHOUT_EXTRA)
needs_ptxas = pytest.mark.skipif(not has_numba_cuda or find_ptxas() is None, reason=WITHOUT_EXTRA)


def type_of(argument: Any) -> Any:
    """numba-cuda's type of a device array with the dtype and shape of this array, or of a number."""
    from numba.cuda import types
    from numba.cuda.np.numpy_support import from_dtype

    if isinstance(argument, np.ndarray):
        return types.Array(from_dtype(argument.dtype), argument.ndim, "C" if argument.flags.c_contiguous else "A")
    return types.float64 if isinstance(argument, float) else types.int64


@contextmanager
def pretended_device() -> Iterator[None]:
    """The compiler is told of a device: it makes programs as on one, but they cannot be loaded."""
    device = SimpleNamespace(compute_capability=CAPABILITY)
    context = SimpleNamespace(device=device)
    with (
        mock.patch("numba.cuda.dispatcher.get_current_device", return_value=device),
        mock.patch("numba.cuda.cudadrv.devices.get_context", return_value=context),
        mock.patch("numba.cuda.codegen.CUDACodeLibrary.get_cufunc", _link),
    ):
        yield


def _link(library: Any) -> Any:
    """Instead of loading: make the program, and pretend that it was loaded."""
    library.get_cubin()
    return mock.MagicMock()


def make_ptx(kernel: Any, arguments: tuple[Any, ...]) -> str:
    """The PTX of a kernel for arguments like these."""
    from numba import cuda

    with pretended_device():
        code, _ = cuda.compile(
            kernel.py_func,
            tuple(map(type_of, arguments)),
            device=False,
            cc=CAPABILITY,
            abi="numba",
            launch_bounds=kernel.targetoptions["launch_bounds"],
        )
    return code.decode() if isinstance(code, bytes) else code


def make_program(kernel: Any, arguments: tuple[Any, ...]) -> tuple[bytes, bool]:
    """The program that would run on a device, made as a launch makes it, and whether it was found on disk."""
    signature = tuple(map(type_of, arguments))
    with pretended_device():
        made = kernel.compile(signature)
        return bytes(made.library.get_cubin().code), bool(kernel.stats.cache_hits)


def assemble(kernel: Any, arguments: tuple[Any, ...], folder: Path) -> Program:
    """Make the PTX and run ptxas on it; an error of ptxas is an AssertionError with its text."""
    started = _cpu_seconds()
    ptx = make_ptx(kernel, arguments)
    (folder / "kernel.ptx").write_text(ptx)
    command = [str(find_ptxas()), "-arch=sm_90", "-O3", "-v", "kernel.ptx", "-o", "kernel.cubin"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return Program(
        registers=max(_numbers(r"Used (\d+) registers", said)),
        stack_bytes=max(_numbers(r"(\d+) bytes (?:stack frame|cumulative stack size)", said)),
        spill_bytes=sum(_numbers(r"(\d+) bytes spill", said)),
        ptx_bytes=len(ptx),
        seconds=_cpu_seconds() - started,
    )


def assert_fits(program: Program) -> None:
    """As much of a multiprocessor as a thread may have, and no longer to compile than a person waits."""
    assert program.registers <= MOST_REGISTERS
    assert program.spill_bytes == 0
    assert program.stack_bytes <= MOST_STACK_BYTES
    assert program.seconds <= MOST_SECONDS


def _cpu_seconds() -> float:
    """Of this process and of those that it has waited for."""
    return sum(os.times()[:4])


def _numbers(pattern: str, text: str) -> list[int]:
    found = [int(number) for number in re.findall(pattern, text)]
    assert found, f"ptxas did not say {pattern!r}:\n{text}"
    return found
