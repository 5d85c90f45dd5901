"""Several processes against one: the same gradients, the same training, one checkpoint."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ringrift_engine.errors import ConfigError
from ringrift_engine.nets.checkpoint import load_checkpoint
from ringrift_engine.nets.device import resolve_torch_device
from ringrift_engine.resources import GB, Usage
from ringrift_engine.training import group as group_module
from ringrift_engine.training import loop as loop_module
from ringrift_engine.training.group import ALONE, Group, is_first, joined, start_on_all_devices
from ringrift_engine.training.loop import batch_size_on
from tests.ringrift_engine.training.distributed import CONFIG, gradient
from tests.ringrift_engine.training.synthetic import write_dataset
from tests.ringrift_engine.training.test_loop import KEY, QUICK, run

PROCESSES = 2
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return write_dataset(tmp_path_factory.mktemp("data") / "combined.npz", KEY)


@pytest.fixture(scope="module")
def together(dataset, tmp_path_factory):
    """The folder that two processes under torchrun wrote to."""
    folder = tmp_path_factory.mktemp("together")
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={PROCESSES}"]
    done = subprocess.run(
        [*command, "-m", "tests.ringrift_engine.training.distributed", str(dataset), str(folder)],
        cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def test_gradients_of_several_processes_are_those_of_one(dataset, together):
    loss, expected = gradient(dataset, ALONE)
    for rank in range(PROCESSES):
        with np.load(together / f"gradient-{rank}.npz") as found:
            found_loss, *gradients = (found[name] for name in found.files)
        assert found_loss == pytest.approx(loss, rel=1e-5)
        assert len(gradients) == len(expected) > 10
        for one, other in zip(gradients, expected, strict=True):
            assert np.allclose(one, other, rtol=1e-3, atol=1e-6)


def test_all_processes_hold_the_same_gradient_to_the_bit(together):
    first, second = ((together / f"gradient-{rank}.npz").read_bytes() for rank in range(PROCESSES))
    assert first == second


def test_a_training_of_several_processes_is_that_of_one_and_is_written_once(dataset, together, tmp_path):
    alone = run(dataset, tmp_path / "model")
    expected, found = (load_checkpoint(folder / "model", CONFIG) for folder in (tmp_path, together))
    reports = {(together / f"report-{rank}.txt").read_text() for rank in range(PROCESSES)}
    assert reports == {f"{found.sha256} {PROCESSES}"}
    assert expected.weights.keys() == found.weights.keys()
    for name, weights in expected.weights.items():
        # One bias is shared by all legal moves here: its gradient is noise around 0, of which Adam makes whole steps.
        if name != "policy.bias":
            assert torch.allclose(found.weights[name], weights, rtol=1e-3, atol=1e-4), name
    held_out = found.header.training["report"]["held_out"]["losses"]["total"]
    assert alone.held_out is not None
    assert held_out == pytest.approx(alone.held_out.losses.total, rel=1e-3)
    curves = [point["training"]["total"] for point in found.header.training["report"]["curve"]]
    assert curves == pytest.approx([point.training.total for point in alone.curve], rel=1e-3)


def test_parts_of_a_batch_make_it_whole_and_hardly_differ():
    rows = np.arange(10)
    parts = [Group(rank, 4).part(rows) for rank in range(4)]
    assert np.concatenate(parts).tolist() == rows.tolist()
    assert {len(part) for part in parts} == {2, 3}


def test_a_process_that_nobody_started_with_others_is_alone(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with joined("cpu") as group:
        assert (group.rank, group.size, group.device.type, group.is_first) == (0, 1, "cpu", True)
        assert group.of_first("mine") == "mine"


@pytest.mark.parametrize(
    ("devices", "variables", "started"),
    [
        pytest.param(1, {}, False, id="one_device"),
        pytest.param(4, {}, True, id="four_devices"),
        pytest.param(4, {"WORLD_SIZE": "4", "RANK": "1"}, False, id="one_of_four_already"),
    ],
)
def test_torchrun_is_asked_where_there_are_several_devices(monkeypatch, devices, variables, started):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    monkeypatch.delenv("RANK", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    commands = []
    monkeypatch.setattr(group_module, "device_count", lambda _: devices)
    monkeypatch.setattr(
        subprocess, "run", lambda command, **_: commands.append(command) or SimpleNamespace(returncode=3)
    )
    assert start_on_all_devices("auto", "a.module", ["--flag"]) == (3 if started else None)
    assert is_first() == (variables.get("RANK", "0") == "0")
    if started:
        assert commands[0][1:] == [
            "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=4", "-m", "a.module", "--flag",
        ]  # fmt: skip


def without_cuda(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def test_cuda_is_not_replaced_in_silence(monkeypatch, dataset, tmp_path):
    without_cuda(monkeypatch)
    with pytest.raises(ConfigError, match=r"device 'cuda' cannot be used: .*Device 'cpu' works everywhere"):
        loop_module.train(KEY, dataset, tmp_path / "model", replace(QUICK, device="cuda"))
    assert not list(tmp_path.iterdir())
    assert resolve_torch_device("auto") == resolve_torch_device("cpu") == "cpu"
    with pytest.raises(ConfigError, match="unknown device 'gpu'"):
        resolve_torch_device("gpu")


class FreeGpu:
    """A machine whose GPU has so much memory free."""

    def __init__(self, free_gb: float | None) -> None:
        self._free_gb = free_gb

    def gpu(self) -> Usage | None:
        return None if self._free_gb is None else Usage(GB, self._free_gb * GB)


@pytest.mark.parametrize(
    ("device", "free_gb", "by_memory", "expected"),
    [
        pytest.param("cuda", 139.0, True, 512, id="a_large_gpu"),
        pytest.param("cuda", 24.0, True, 256, id="a_smaller_one"),
        pytest.param("cuda", 4.0, True, 200, id="never_less_than_the_setting"),
        pytest.param("cuda", 139.0, False, 200, id="switched_off"),
        pytest.param("cuda", None, True, 200, id="nobody_knows"),
        pytest.param("cpu", 139.0, True, 200, id="on_the_processor"),
    ],
)
def test_batches_on_a_gpu_grow_with_its_free_memory(monkeypatch, device, free_gb, by_memory, expected):
    monkeypatch.setattr(loop_module, "MACHINE", FreeGpu(free_gb))
    settings = replace(QUICK, batch_size=200, batch_by_memory=by_memory)
    assert batch_size_on(settings, device) == expected
