"""What compiled functions may contain, read off their syntax trees; and that no stale or foreign machine code runs.

Rules must compile for numba on the CPU and for numba-cuda from the same source: they allocate nothing, raise nothing,
do not recurse, and nest at most 20 calls deep. A list of what may be called is stronger than one of what may not: all
else is taken for an allocation. The same holds for every kernel of the engine, wherever it is and on either device.
"""

import ast
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest

from tests.support.ptx import needs_ptxas

REPOSITORY = Path(__file__).resolve().parents[3]
PACKAGE = "ringrift_engine"
DEEPEST_NESTING = 20

# Scalars in, scalars out.
ALLOWED_CALLS = {"abs", "float", "int", "len", "max", "min", "range", "bool"}
ALLOWED_CALLS |= {"lowest_bit", "highest_bit"}  # of `rules.backend`, an instruction each
DEVICE = "ringrift_engine.rules.device"  # what it compiles are single calls of numba-cuda
ALLOWED_CALLS |= {  # of that file, for kernels of a GPU
    "add_up", "take_places", "thread_in_block", "thread_number", "wait_for_block",
    "cuda.shared.array",  # its size is part of the code: it is there before the kernel begins
}  # fmt: skip
ALLOWED_MODULES = {
    "np": {"uint64", "int64", "int32", "int16", "int8", "float32", "float64", "rint"},
    "math": None,
}
DECORATORS = {"rule", "kernel", "device_function", "device_kernel"}
FORBIDDEN = (
    ast.Assert, ast.Raise, ast.Try, ast.With, ast.Lambda, ast.Yield, ast.Global, ast.Nonlocal, ast.Import,
    ast.ImportFrom, ast.List, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
    ast.JoinedStr,
)  # fmt: skip


@dataclass
class Source:
    """A file: its compiled functions, and where its names come from."""

    functions: dict[str, ast.FunctionDef] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)


@cache
def source_of(module: str) -> Source:
    path = REPOSITORY.joinpath(*module.split("."))
    tree = ast.parse((path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text())
    found = Source()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and _decorators(node) & DECORATORS:
            found.functions[node.name] = node
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            for alias in node.names:
                found.imported[alias.asname or alias.name] = (node.module or "", alias.name)
    return found


def _decorators(function: ast.FunctionDef) -> set[str]:
    return {node.id for node in function.decorator_list if isinstance(node, ast.Name)}


def modules_below(folder: Path) -> list[str]:
    paths = sorted(folder.rglob("*.py"))
    return [".".join(path.relative_to(REPOSITORY).with_suffix("").parts) for path in paths if path.stem != "__init__"]


MODULES = [module for module in modules_below(REPOSITORY / PACKAGE) if source_of(module).functions and module != DEVICE]


def resolve(module: str, name: str) -> tuple[str, str] | None:
    """The compiled function that a name of the module stands for."""
    source = source_of(module)
    if name in source.functions:
        return module, name
    origin = source.imported.get(name)
    return resolve(*origin) if origin and is_module(origin[0]) else None


def is_module(name: str) -> bool:
    path = REPOSITORY.joinpath(*name.split("."))
    return path.is_dir() or path.with_suffix(".py").is_file()


def target_of(module: str, call: ast.Call) -> tuple[str, str] | None:
    """The compiled function that is called, by its name or as `module.name`; None for anything else."""
    if isinstance(call.func, ast.Name):
        return resolve(module, call.func.id)
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        origin = source_of(module).imported.get(call.func.value.id)
        return resolve(".".join(origin), call.func.attr) if origin and is_module(".".join(origin)) else None
    return None


def calls(module: str, name: str) -> list[ast.Call]:
    return [node for node in ast.walk(source_of(module).functions[name]) if isinstance(node, ast.Call)]


def callees(module: str, name: str) -> set[tuple[str, str]]:
    return {target for call in calls(module, name) if (target := target_of(module, call))}


def is_allowed(module: str, call: ast.Call) -> bool:
    if target_of(module, call):
        return True
    if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        names = ALLOWED_MODULES.get(call.func.value.id, set())
        return names is None or call.func.attr in names
    return ast.unparse(call.func) in ALLOWED_CALLS


def nesting(module: str, name: str, above: tuple = ()) -> int:
    """How many calls deep the function goes, itself included; a cycle fails the test with its path."""
    assert (module, name) not in above, f"recursion: {' -> '.join(part for _, part in (*above, (module, name)))}"
    path = (*above, (module, name))
    return 1 + max((_nesting_below(callee, path) for callee in callees(module, name)), default=0)


_DEPTHS: dict[tuple[str, str], int] = {}


def _nesting_below(callee: tuple[str, str], path: tuple) -> int:
    if callee not in _DEPTHS:
        _DEPTHS[callee] = nesting(*callee, above=path)
    return _DEPTHS[callee]


def test_there_are_compiled_functions_to_look_at():
    names = {name for module in MODULES for name in source_of(module).functions}
    assert {"list_legal", "apply_move", "claim_region", "list_rows", "play_random_queue"} <= names
    assert len(names) > 100


def faults(module: str, name: str) -> list[str]:
    """What a function contains that it must not."""
    body = [node for statement in source_of(module).functions[name].body for node in ast.walk(statement)]
    shapes = [type(node).__name__ for node in body if isinstance(node, (*FORBIDDEN, ast.FunctionDef))]
    foreign = [ast.unparse(call) for call in calls(module, name) if not is_allowed(module, call)]
    return [f"{name}: {fault}" for fault in shapes + foreign]


@pytest.mark.parametrize("module", MODULES)
def test_compiled_functions_neither_allocate_nor_raise(module):
    assert [fault for name in source_of(module).functions for fault in faults(module, name)] == []


@pytest.mark.parametrize("module", MODULES)
def test_calls_do_not_recurse_and_nest_at_most_20_deep(module):
    assert max(nesting(module, name) for name in source_of(module).functions) <= DEEPEST_NESTING


PROBE = """
import sys
from ringrift_engine.rules.backend import kernel
from ringrift_engine.rules.tables import board_table
from ringrift_engine.probe_helper import answer

@kernel
def ask(table):
    return answer(table[0])

for board in sys.argv[1:]:
    print(ask(board_table(board)), sum(ask.stats.cache_hits.values()), end=";")
"""
HELPER = """
from ringrift_engine.rules.backend import rule

@rule
def answer(board):
    return int(board.cells) + {added}
"""


class Copy:
    """A copy of the engine with a kernel of its own, run in fresh processes that share one cache."""

    def __init__(self, folder: Path, probe: str = PROBE) -> None:
        self.folder = folder
        for name in ("rules", "boards"):
            source = REPOSITORY / PACKAGE / name
            shutil.copytree(source, folder / PACKAGE / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("__init__.py", "errors.py"):
            shutil.copy(REPOSITORY / PACKAGE / name, folder / PACKAGE / name)
        (folder / PACKAGE / "probe.py").write_text(probe)
        self.let_helper_add(0)

    def let_helper_add(self, added: int) -> None:
        (self.folder / PACKAGE / "probe_helper.py").write_text(HELPER.format(added=added))

    def ask(self, *boards: str) -> list[tuple[int, int]]:
        """Per board the answer, and how many of the process's kernels came from the cache so far."""
        command = [sys.executable, "-m", f"{PACKAGE}.probe", *boards]
        environment = os.environ | {
            "RINGRIFT_CACHE_DIR": str(self.folder / "cache"),
            "PYTHONPATH": f"{self.folder}:{REPOSITORY}",
        }
        # `-m` names the module __main__; its file is what counts for the cache.
        output = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=True)
        return [tuple(map(int, part.split())) for part in output.stdout.split(";") if part]  # type: ignore[misc]


@pytest.mark.slow
def test_compiled_code_is_kept_until_a_callee_in_another_file_changes(tmp_path):
    copy = Copy(tmp_path)
    assert copy.ask("hex8") == [(61, 0)]
    assert copy.ask("hex8") == [(61, 1)]
    copy.let_helper_add(1000)
    assert copy.ask("hex8") == [(1061, 0)]


DEVICE_PROBE = """
import sys, zlib
import numpy as np
from ringrift_engine.rules.device import device_kernel, thread_number
from ringrift_engine.rules.tables import board_table
from ringrift_engine.probe_helper import answer
from tests.support.ptx import make_program

@device_kernel
def ask(table, answers):
    answers[thread_number()] = answer(table[0])

for board in sys.argv[1:]:
    program, found = make_program(ask, (board_table(board), np.zeros(1, dtype=np.int64)))
    print(zlib.crc32(program), int(found), end=";")
"""


@pytest.mark.slow
@needs_ptxas
def test_programs_of_a_gpu_are_kept_until_a_callee_in_another_file_changes(tmp_path):
    copy = Copy(tmp_path, DEVICE_PROBE)
    ((program, found),) = copy.ask("hex8")
    assert not found
    assert copy.ask("hex8") == [(program, 1)]
    (_, found), (other, _) = copy.ask("hex8", "square8")
    assert found
    assert other != program
    copy.let_helper_add(1000)
    ((changed, found),) = copy.ask("hex8")
    assert not found
    assert changed != program


SYMBOLS = """
import sys
from numba import typeof
from numba.core.itanium_mangler import mangle_type
from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.tables import board_table
print({board: mangle_type(typeof(board_table(board)[0])) for board in sys.argv[1:]})
"""


def symbols(*boards: str) -> dict[str, str]:
    """What stands for the tables' types in symbols, in a process that meets the boards in this order."""
    command = [sys.executable, "-c", SYMBOLS, *boards]
    output = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    return ast.literal_eval(output)


@pytest.mark.slow
def test_two_boards_never_share_a_symbol_even_over_processes():
    """Kernels kept by two processes meet in a third. By itself numba names record types by their order of arrival, so a
    helper compiled for one board could be run on another: games then listed wrong moves, or never ended."""
    first, second = symbols("hex8", "square8"), symbols("square8", "hex8")
    assert first == second
    assert first["hex8"] != first["square8"]
