"""What must hold of the repository as a whole: imports point one way, and the public face is light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import ringrift_engine

ROOT = Path(__file__).parents[1]
ENGINE_FILES = sorted((ROOT / "ringrift_engine").rglob("*.py"))


def imported_modules(path):
    nodes = list(ast.walk(ast.parse(path.read_text())))
    modules = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return modules + [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]


@pytest.mark.parametrize("path", ENGINE_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_engine_never_imports_the_platform(path):
    roots = {module.split(".")[0] for module in imported_modules(path)}
    assert not roots & {"dagster", "dagster_pipes", "ringrift_assets"}


def test_the_list_of_engine_files_is_not_empty():
    assert len(ENGINE_FILES) > 50


@pytest.mark.parametrize("name", ringrift_engine.__all__)
def test_every_public_name_exists(name):
    assert getattr(ringrift_engine, name) is not None


def test_an_unknown_public_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Gam'"):
        ringrift_engine.Gam  # noqa: B018


def test_boards_import_neither_torch_nor_numba():
    code = "import sys, ringrift_engine.boards; print(sorted({'torch', 'numba'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_no_file_of_the_packages_exceeds_600_lines():
    packages = [path for name in ("ringrift_engine", "ringrift_assets") for path in (ROOT / name).rglob("*.py")]
    assert [str(path) for path in packages if len(path.read_text().splitlines()) > 600] == []
