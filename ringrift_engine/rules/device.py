"""How rules become code of a GPU: the only place that knows numba-cuda, as `backend` is the only one that knows numba.

`device_kernel` marks an entry point that runs on a GPU, one thread a game; it calls the same rules as a `kernel`, from
the same source. Importing this file needs the `gpu` extra, so it is imported only by what has asked
`backend.resolve_device` first.

Each kernel states how it is launched: 128 threads a block and 4 blocks a multiprocessor, which leaves a thread 128 of
the 65,536 registers. Without that the compiler would have to assume blocks of 1,024 threads, 64 registers each.

No link-time optimisation: what runs is the PTX that the tests look at (`tests/ringrift_engine/batch/test_ptx.py`). It
says which version of PTX it is, and a driver refuses a newer one than its own; so the extra pins the compiler to the
oldest CUDA 13.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numba import config
from numba import cuda as numba_cuda
from numpy.typing import NDArray

from ringrift_engine.rules.backend import highest_bit, lowest_bit

cuda: Any = numba_cuda  # what it declares of its functions is not what they take

THREADS_A_BLOCK: Final = 128
BLOCKS_A_MULTIPROCESSOR: Final = 4

# The simulator runs kernels as Python and knows no options of the compiler.
_OPTIONS: Final[dict[str, Any]] = (
    {}
    if config.ENABLE_CUDASIM  # type: ignore[attr-defined]
    else {"launch_bounds": (THREADS_A_BLOCK, BLOCKS_A_MULTIPROCESSOR), "lto": False}
)

if not config.ENABLE_CUDASIM:  # type: ignore[attr-defined]
    from numba.cuda.extending import overload

    @overload(lowest_bit)
    def _find_first_set(_word: Any) -> Any:
        return lambda _word: cuda.ffs(np.int64(_word)) - 1

    @overload(highest_bit)
    def _subtract_leading_zeros(_word: Any) -> Any:
        return lambda _word: 63 - cuda.clz(np.int64(_word))


def device_kernel(function: Callable[..., None]) -> Any:
    """Compile an entry point for the GPU when it is first launched; see `launch`."""
    return cuda.jit(**_OPTIONS)(function)


def launch(kernel: Any, threads: int, *arguments: object) -> None:
    """Start at least `threads` threads of a kernel; returns at once. Arguments are arrays on the device and numbers."""
    kernel[-(-threads // THREADS_A_BLOCK), THREADS_A_BLOCK](*arguments)


def synchronize() -> None:
    """Wait for all that was started."""
    cuda.synchronize()


def resident_threads() -> int:
    """How many threads of a kernel the device holds at once."""
    return cuda.get_current_device().MULTIPROCESSOR_COUNT * BLOCKS_A_MULTIPROCESSOR * THREADS_A_BLOCK


def to_device(array: NDArray[Any]) -> Any:
    """A copy of the array on the device, with `copy_to_host()` and `__cuda_array_interface__`."""
    return cuda.to_device(np.ascontiguousarray(array))


def empty_on_device(shape: int, dtype: Any) -> Any:
    """An array [shape] on the device that holds anything."""
    return cuda.device_array(shape, dtype=np.dtype(dtype))


@cuda.jit(device=True)
def thread_number():
    """Inside a kernel: this thread's number, from 0."""
    return cuda.grid(1)


@cuda.jit(device=True)
def take_ticket(queue):
    """Inside a kernel: the next number of a queue, int64 [1]; no two threads get the same."""
    return cuda.atomic.add(queue, 0, 1)
