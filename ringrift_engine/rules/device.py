"""How rules become code of a GPU: the only place that knows numba-cuda, as `backend` is the only one that knows numba.

`device_kernel` marks an entry point that runs on a GPU, one thread a game; it calls the same rules as a `kernel`, from
the same source. Importing this file needs the `gpu` extra, so it is imported only by what has asked
`backend.resolve_device` first.

Each kernel states how it is launched: 128 threads a block and 4 blocks a multiprocessor, which leaves a thread 128 of
the 65,536 registers. Without that the compiler would have to assume blocks of 1,024 threads, 64 registers each.

No link-time optimisation: what runs is the PTX that the tests look at (`tests/ringrift_engine/batch/test_ptx.py`). It
says which version of PTX it is, and a driver refuses a newer one than its own; so the extra pins the compiler to the
oldest CUDA 13.

The program of a kernel is kept on disk, in the folder of `backend.cache_folder`; numba-cuda keeps one for each board,
compute capability and version of itself in there. No driver takes part in making it, so it survives a new one.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numba import config
from numba import cuda as numba_cuda
from numpy.typing import NDArray

from ringrift_engine.rules.apply import apply_move
from ringrift_engine.rules.backend import cache_folder, highest_bit, lowest_bit
from ringrift_engine.rules.legal import enumerate_moves

cuda: Any = numba_cuda  # what it declares of its functions is not what they take

THREADS_A_BLOCK: Final = 128
BLOCKS_A_MULTIPROCESSOR: Final = 4
_WARP: Final = 32  # threads that go through the code together

_OPTIONS: Final[dict[str, Any]] = {
    "launch_bounds": (THREADS_A_BLOCK, BLOCKS_A_MULTIPROCESSOR),
    "lto": False,
    "cache": True,
}

if not config.ENABLE_CUDASIM:  # type: ignore[attr-defined]
    from numba.cuda.extending import overload  # type: ignore[attr-defined]

    @overload(lowest_bit)
    def _find_first_set(_word: Any) -> Any:
        return lambda _word: cuda.ffs(np.int64(_word)) - 1

    @overload(highest_bit)
    def _subtract_leading_zeros(_word: Any) -> Any:
        return lambda _word: 63 - cuda.clz(np.int64(_word))


def _keep_apart(*functions: Any) -> None:
    """Call these rules on a GPU instead of copying them into what calls them.

    One kernel with all rules in it needed more registers than a thread may have: what was worked out for one waited
    in registers while another ran.
    """
    for function in functions:
        dispatcher = cuda.descriptor.cuda_target.typing_context.resolve_value_type(function).dispatcher
        dispatcher.compile_device = _apart(dispatcher.compile_device)


def _apart(compile_device: Callable[..., Any]) -> Callable[..., Any]:
    def compile_apart(*arguments: Any) -> Any:
        compiled = compile_device(*arguments)
        compiled.library.get_function(compiled.fndesc.llvm_func_name).attributes.add("noinline")
        return compiled

    return compile_apart


if not config.ENABLE_CUDASIM:  # type: ignore[attr-defined]
    _keep_apart(enumerate_moves, apply_move)


def device_kernel(function: Callable[..., None]) -> Any:
    """Compile an entry point for the GPU when it is first launched, and keep its program on disk; see `launch`."""
    if config.ENABLE_CUDASIM:  # type: ignore[attr-defined]
        return cuda.jit(function)
    settings = cuda.core.config  # not those of numba
    previous = settings.CACHE_DIR
    settings.CACHE_DIR = str(cache_folder(function.__module__))
    try:
        return cuda.jit(**_OPTIONS)(function)
    finally:
        settings.CACHE_DIR = previous


def device_function(function: Callable[..., Any]) -> Any:
    """Compile a function that kernels call and that runs on a GPU only."""
    return cuda.jit(device=True)(function)


def launch(kernel: Any, threads: int, *arguments: object) -> None:
    """Start at least `threads` threads of a kernel; returns at once. Arguments are arrays on the device and numbers.

    What is launched later begins when this has ended. Torch launches into the same queue unless it is told otherwise.
    """
    block = min(THREADS_A_BLOCK, -(-threads // _WARP) * _WARP)
    kernel[-(-threads // block), block](*arguments)


def synchronize() -> None:
    """Wait for all that was started."""
    cuda.synchronize()


def device_name() -> str:
    """What the device is called."""
    return cuda.get_current_device().name.decode()


def needs_of(kernel: Any) -> tuple[int, int]:
    """Registers and bytes of local memory that a thread of a kernel needs, in the form that was compiled last."""
    registers, local = kernel.get_regs_per_thread(), kernel.get_local_mem_per_thread()
    return list(registers.values())[-1], list(local.values())[-1]


def resident_threads() -> int:
    """How many threads of a kernel the device holds at once."""
    return cuda.get_current_device().MULTIPROCESSOR_COUNT * BLOCKS_A_MULTIPROCESSOR * THREADS_A_BLOCK


def to_device(array: NDArray[Any]) -> Any:
    """A copy of the array on the device, with `copy_to_host()` and `__cuda_array_interface__`."""
    return cuda.to_device(np.ascontiguousarray(array).view(as_records(array.dtype)))


def empty_on_device(shape: int | tuple[int, ...], dtype: Any) -> Any:
    """An array of this shape on the device that holds anything."""
    return cuda.device_array(shape, dtype=as_records(np.dtype(dtype)))


def share_with_kernels(array: Any) -> Any:
    """An array that kernels take, in the memory of anything on the device that has `__cuda_array_interface__`."""
    return cuda.as_cuda_array(array)


def as_records(dtype: np.dtype) -> np.dtype:
    """The same dtype; the elements of a structured one have its fields as attributes in the simulator too."""
    return dtype if dtype.fields is None else np.dtype((np.record, dtype))


@device_function
def thread_number():
    """Inside a kernel: this thread's number, from 0."""
    return cuda.grid(1)


@device_function
def thread_in_block():
    """Inside a kernel: this thread's number in its block, from 0."""
    return cuda.threadIdx.x


@device_function
def wait_for_block():
    """Inside a kernel: wait until all threads of the block are here; what they wrote before can be read then."""
    cuda.syncthreads()


@device_function
def add_up(counters, row, column, amount):
    """Inside a kernel: add to counters[row, column] while others do the same; what was there before."""
    return cuda.atomic.add(counters, (row, column), amount)


@device_function
def take_places(used, count):
    """Inside a kernel: the first of `count` places that no other thread gets; used int64 [1] counts all."""
    return cuda.atomic.add(used, 0, count)
