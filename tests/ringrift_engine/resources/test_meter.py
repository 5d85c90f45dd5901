"""What the meter reads: this machine against other ways of asking it, control groups and GPUs from written files."""

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from ringrift_engine.resources import GB, Machine, Usage
from ringrift_engine.resources import meter as meter_module
from ringrift_engine.resources.meter import most_free

MIB = 2**20
ROOT = Path(__file__).parents[3]


def group(folder, limit, current=0, **statistics):
    """Write the files of one control group."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.max").write_text(f"{limit}\n")
    (folder / "memory.current").write_text(f"{current}\n")
    (folder / "memory.stat").write_text("".join(f"{name} {value}\n" for name, value in statistics.items()))


def machine(tmp_path, path="/", listing=None):
    (tmp_path / "own").write_text(f"0::{path}\n" if listing is None else listing)
    return Machine(groups=tmp_path / "groups", own_group=tmp_path / "own")


def test_the_disk_is_counted_as_df_counts_it():
    shown = subprocess.run(["df", "-B1", "--output=used,avail", "."], capture_output=True, text=True, check=True)
    used, free = map(int, shown.stdout.splitlines()[1].split())
    usage = Machine().disk(Path())
    assert usage.used == pytest.approx(used, rel=0.02)
    assert usage.free == pytest.approx(free, rel=0.02)


def test_the_disk_of_a_folder_that_is_not_there_yet_is_that_of_its_parent(tmp_path):
    assert Machine().disk(tmp_path / "not" / "yet").total == pytest.approx(Machine().disk(tmp_path).total, rel=0.02)


def test_bytes_below_a_folder_are_those_of_its_files(tmp_path):
    assert Machine().bytes_below(tmp_path / "missing") == 0
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "one").write_bytes(bytes(1_000))
    (tmp_path / "a" / "b" / "two").write_bytes(bytes(234))
    (tmp_path / "a" / "link").symlink_to(tmp_path / "one")
    linked = len(str(tmp_path / "one"))  # a link is as long as its text
    assert Machine().bytes_below(tmp_path) == 1_234 + linked


def test_without_a_group_the_memory_is_that_of_the_machine(tmp_path):
    usage = machine(tmp_path, listing="").memory()
    assert usage.total == psutil.virtual_memory().total
    assert Machine(groups=tmp_path, own_group=tmp_path / "none").memory().total == usage.total


def test_the_limit_of_a_group_counts_instead_of_the_machines_memory(tmp_path):
    group(tmp_path / "groups", 100 * MIB, 70 * MIB)
    assert machine(tmp_path).memory() == Usage(70 * MIB, 30 * MIB)


def test_what_the_kernel_can_drop_at_once_is_free(tmp_path):
    group(tmp_path / "groups", 100 * MIB, 90 * MIB, anon=40 * MIB, active_file=20 * MIB, inactive_file=25 * MIB,
          slab_reclaimable=MIB, shmem=4 * MIB)  # fmt: skip
    assert machine(tmp_path).memory() == Usage(44 * MIB, 56 * MIB)


def test_a_group_above_its_limit_has_nothing_free(tmp_path):
    group(tmp_path / "groups", 100 * MIB, 130 * MIB)
    usage = machine(tmp_path).memory()
    assert (usage.free, usage.percent) == (0, 100.0)


def test_the_tightest_group_on_the_way_to_the_root_counts(tmp_path):
    groups = tmp_path / "groups"
    group(groups / "user" / "job", "max", 10 * MIB)
    group(groups / "user", 100 * MIB, 95 * MIB)
    group(groups, 200 * MIB, 120 * MIB)
    group(groups / "other", 1 * MIB, 1 * MIB)
    assert machine(tmp_path, "/user/job").memory().free == 5 * MIB


@pytest.mark.parametrize("path", ["/", "/gone", "/../outside"])
def test_a_group_without_files_or_limit_is_passed_over(tmp_path, path):
    group(tmp_path / "groups", "max", 10 * MIB)
    assert machine(tmp_path, path).memory().total == psutil.virtual_memory().total


def test_a_limit_above_the_machines_memory_changes_nothing(tmp_path):
    group(tmp_path / "groups", 2**60, MIB)
    assert machine(tmp_path).memory().total == psutil.virtual_memory().total


def test_of_several_gpus_the_one_with_most_free_memory_counts():
    assert most_free("1000, 80000\n70000, 11000\n[N/A], [N/A]\n") == Usage(1000 * MIB, 80000 * MIB)
    assert most_free("[N/A], [N/A]\n") is None
    assert most_free("") is None
    assert most_free("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\n") is None


def fake_smi(folder, script):
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_a_gpu_is_asked_of_its_driver(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    fake_smi(tmp_path, 'case "$*" in *memory.used,memory.free*nounits*) echo "500, 142000";; *) exit 2;; esac')
    usage = Machine().gpu()
    assert usage is not None
    assert usage.free / GB == pytest.approx(142000 / 1024)


@pytest.mark.parametrize("script", ["echo 'No devices were found'; exit 6", "exec sleep 60"])
def test_a_driver_without_an_answer_is_no_gpu(tmp_path, monkeypatch, script):
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    monkeypatch.setattr(meter_module, "_NVIDIA_SMI_TIMEOUT_S", 0.2)
    fake_smi(tmp_path, script)
    assert Machine().gpu() is None


class ComputingTorch:
    """torch in a process that computes on a GPU already."""

    class cuda:  # noqa: N801
        is_available = is_initialized = staticmethod(lambda: True)
        mem_get_info = staticmethod(lambda: (3 * GB, 8 * GB))


def test_a_process_that_computes_on_a_gpu_asks_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", ComputingTorch)
    assert Machine().gpu() == Usage(5 * GB, 3 * GB)


def test_without_driver_and_torch_there_is_no_gpu(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert Machine().gpu() is None


def test_processors_and_load_are_those_of_the_machine():
    assert 0 <= Machine().cpu_percent() <= 100
    assert Machine().load_per_cpu() == pytest.approx(os.getloadavg()[0] / os.cpu_count(), abs=0.5)


def test_importing_the_package_imports_nothing_heavy():
    code = (
        "import sys, ringrift_engine.resources; "
        "print(sorted({'torch', 'numba', 'dagster', 'numpy', 'yaml'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
