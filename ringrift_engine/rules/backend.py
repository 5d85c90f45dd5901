"""How rules become machine code: the only place that knows numba.

`rule` marks a function that may be called from other rules and from kernels, on the CPU and, through numba-cuda, on
the GPU. `kernel` marks an entry point that Python calls; its machine code is kept on disk and holds all the rules it
calls. Entry points of the GPU are made by `device`; `resolve_device` says whether there is one.

Numba's disk cache sees neither changes in functions of other files nor in tables. So each kernel's code is kept in a
folder named by the hash of every engine file that its module can reach by imports, numba's version and the CPU's
name: a change anywhere below a kernel leads to another folder. `NUMBA_DISABLE_JIT=1` runs everything as plain Python.

Kernels kept by different processes meet again in one process, where equal symbols are taken for equal code. Numba
names a record type in symbols by the order in which the process came across it, so one process's hex8 could pass for
another's square8. Here records are named by what they contain.
"""

import ast
import hashlib
import importlib.metadata
import importlib.util
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

from llvmlite import ir
from numba import config as numba_config
from numba import njit, types
from numba.extending import lower_builtin, type_callable

from ringrift_engine.devices import resolve

_PACKAGE: Final = "ringrift_engine"
_ROOT: Final = Path(__file__).resolve().parent.parent
_WITHOUT_CODE: Final = frozenset({_ROOT / "errors.py"})  # errors: compiled code raises none

_INSTALL: Final = "pip install 'ringrift[gpu]'"
_OLDEST_DRIVER: Final = (13, 0)  # CUDA of the compiler that the extra pins

# Rules never allocate, so reference counts of array views are pure cost: without them random play is 1.2 to 1.4 times
# faster. The option is undocumented, which is why numba's version is pinned; without it everything still works.
_WITHOUT_REFERENCE_COUNTS: Final[dict[str, Any]] = {"_nrt": False}


def _symbol_of_record(record: types.Record) -> tuple[str, tuple[str]]:
    """What stands for a record type in the symbols of compiled functions; the same in every process."""
    return "Record", (hashlib.sha256(record.name.encode()).hexdigest()[:16],)


types.Record.mangling_args = property(_symbol_of_record)  # type: ignore[assignment]


def rule(function: Callable[..., Any]) -> Any:
    """Compile a function of the rules; it is specialised by the board of the records it gets."""
    return njit(nogil=True, error_model="numpy", **_WITHOUT_REFERENCE_COUNTS)(function)


def kernel(function: Callable[..., Any]) -> Any:
    """Compile an entry point and keep its machine code on disk; it releases the interpreter lock while it runs."""
    previous = numba_config.CACHE_DIR  # type: ignore[attr-defined]
    numba_config.CACHE_DIR = str(cache_folder(function.__module__))  # type: ignore[attr-defined]
    try:
        return njit(cache=True, nogil=True, error_model="numpy", **_WITHOUT_REFERENCE_COUNTS)(function)
    finally:
        numba_config.CACHE_DIR = previous  # type: ignore[attr-defined]


def lowest_bit(word: int) -> int:
    """The number of the lowest bit that is set, of an int64 that is not 0: one instruction when compiled."""
    return (int(word) & -int(word)).bit_length() - 1


def highest_bit(word: int) -> int:
    """The number of the highest bit that is set, of a positive int64: one instruction when compiled."""
    return int(word).bit_length() - 1


# What stands for the two functions in compiled code of a CPU; `device` does the same for a GPU.
@type_callable(lowest_bit)
@type_callable(highest_bit)
def _type_of_bit(_context: Any) -> Any:
    return lambda _word: types.int64


@lower_builtin(lowest_bit, types.Integer)
def _count_trailing_zeros(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    word = context.cast(builder, arguments[0], signature.args[0], types.int64)
    return builder.cttz(word, ir.Constant(ir.IntType(1), 1))


@lower_builtin(highest_bit, types.Integer)
def _subtract_leading_zeros(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    word = context.cast(builder, arguments[0], signature.args[0], types.int64)
    zeros = builder.ctlz(word, ir.Constant(ir.IntType(1), 1))
    return builder.sub(ir.Constant(ir.IntType(64), 63), zeros)


def resolve_device(device: str) -> str:
    """Where games are played: CPU or CUDA as asked; for "auto" CUDA where it can be used. ConfigError as `resolve`."""
    return resolve(device, obstacle_to_cuda)


def obstacle_to_cuda() -> str:
    """Why no game can be played on a GPU, with what to do about it; empty if nothing stands in the way."""
    if importlib.util.find_spec("numba_cuda") is None:
        return f"numba-cuda is not installed ({_INSTALL})"
    from numba import cuda as numba_cuda

    cuda: Any = numba_cuda  # its simulator, which is what type checkers see, has less
    if not cuda.is_available():
        error = cuda.cuda_error()
        if error is None:
            return f"NVVM, which compiles for the GPU, was not found ({_INSTALL})"
        return f"no CUDA device was found ({' '.join(str(error).split())})"
    version = cuda.cudadrv.driver.driver.get_version()
    if version < _OLDEST_DRIVER:
        return f"the driver is one of CUDA {version[0]}.{version[1]}, and 13.0 or later is needed (update the driver)"
    return ""


def cache_folder(module: str) -> Path:
    """Where the compiled kernels of `module` are kept."""
    base = (
        os.environ.get("RINGRIFT_CACHE_DIR")
        or os.environ.get("NUMBA_CACHE_DIR")
        or str(Path.home() / ".cache/ringrift")
    )
    return Path(base) / sources_hash(module)[:16]


def sources_hash(module: str) -> str:
    """Hash of every engine source that `module` can reach by imports, of numba's version and of the CPU's name."""
    digest = hashlib.sha256(f"{importlib.metadata.version('numba')} {_cpu_name()}".encode())
    for path in sorted(_reachable_sources(_source_of(module))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _source_of(module: str) -> Path:
    if module.split(".")[0] == _PACKAGE:
        path = _ROOT.joinpath(*module.split(".")[1:])
        return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    file = sys.modules[module].__file__
    assert file is not None, f"{module} has no source file"
    return Path(file)


def _reachable_sources(start: Path) -> set[Path]:
    reached, waiting = {start}, [start]
    while waiting:
        for imported in _imported_sources(waiting.pop()):
            if imported not in reached:
                reached.add(imported)
                waiting.append(imported)
    return reached


@cache
def _imported_sources(path: Path) -> frozenset[Path]:
    """Engine files that the file at `path` imports; `from package import name` may name a module or a value."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == _PACKAGE:
            candidates = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            found.update(source for source in map(_source_of, candidates) if source.is_file())
    return frozenset(found - _WITHOUT_CODE)


def _cpu_name() -> str:
    from llvmlite import binding

    return str(binding.get_host_cpu_name())
