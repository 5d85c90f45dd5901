"""Which device games are played on: asked for, found, missing; and that nothing looks for a GPU unasked."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from ringrift_engine.errors import ConfigError
from ringrift_engine.rules import backend
from ringrift_engine.rules.backend import obstacle_to_cuda, resolve_device

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("asked", "obstacle", "expected"),
    [("cpu", "", "cpu"), ("cpu", "no driver", "cpu"), ("cuda", "", "cuda"), ("auto", "", "cuda"),
     ("auto", "no driver", "cpu")],
)  # fmt: skip
def test_auto_is_the_gpu_where_one_can_be_used(monkeypatch, asked, obstacle, expected):
    monkeypatch.setattr(backend, "obstacle_to_cuda", lambda: obstacle)
    assert resolve_device(asked) == expected


def test_who_asks_for_a_gpu_never_gets_the_cpu_instead(monkeypatch):
    monkeypatch.setattr(backend, "obstacle_to_cuda", lambda: "no driver")
    with pytest.raises(ConfigError, match="device 'cuda' cannot be used: no driver"):
        resolve_device("cuda")


def test_an_unknown_device_is_an_error_that_names_the_known_ones():
    with pytest.raises(ConfigError, match=r"unknown device 'cude'\. Nearest: 'cuda'\. Known: cpu, cuda, auto"):
        resolve_device("cude")


def test_without_the_extra_the_obstacle_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert obstacle_to_cuda() == "numba-cuda is not installed (pip install 'ringrift[gpu]')"


def seen(monkeypatch, *, available, error=None, version=(13, 0)):
    """The obstacle where numba-cuda says this of the machine."""
    driver = SimpleNamespace(driver=SimpleNamespace(get_version=lambda: version))
    found = {"is_available": lambda: available, "cuda_error": lambda: error, "cudadrv": SimpleNamespace(driver=driver)}
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object())
    monkeypatch.setattr("numba.cuda", SimpleNamespace(**found), raising=False)
    return obstacle_to_cuda()


def test_every_obstacle_says_what_to_do(monkeypatch):
    assert seen(monkeypatch, available=True) == ""
    assert seen(monkeypatch, available=True, version=(13, 4)) == ""
    assert seen(monkeypatch, available=True, version=(12, 9)) == (
        "the driver is one of CUDA 12.9, and 13.0 or later is needed (update the driver)"
    )
    assert seen(monkeypatch, available=False, error="\nno\ndevice") == "no CUDA device was found (no device)"
    assert "NVVM" in seen(monkeypatch, available=False)


def test_the_engine_does_not_import_the_compiler_of_the_gpu():
    modules = "ringrift_engine.batch, ringrift_engine.game, ringrift_engine.rules.backend, ringrift_engine.search"
    code = f"import sys, {modules}; print(sorted({{'numba.cuda', 'numba_cuda', 'cuda.bindings'}} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
