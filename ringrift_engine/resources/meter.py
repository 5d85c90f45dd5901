"""What the machine has and what is in use. The numbers are those of the moment; nothing here decides anything.

Memory is counted as the kernel's own killer counts it: what it can drop at once, such as cached file pages, is free.
Where the process lives in a control group with a limit (cgroup v2: a container, a systemd unit), the tightest group on
its way to the root counts instead of the machine, if it has less free.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import psutil

GB: Final = 2**30
_CPU_SAMPLE_S: Final = 0.1
_NVIDIA_SMI: Final = ("nvidia-smi", "--query-gpu=memory.used,memory.free", "--format=csv,noheader,nounits")
_NVIDIA_SMI_TIMEOUT_S: Final = 20.0
_MIB: Final = 2**20
_RECLAIMABLE: Final = ("active_file", "inactive_file", "slab_reclaimable")


@dataclass(frozen=True)
class Usage:
    """Bytes of something that can run out: in use, and free for this process."""

    used: float
    free: float

    @property
    def total(self) -> float:
        """All bytes that this process could have at most; what others have reserved is not among them."""
        return self.used + self.free

    @property
    def percent(self) -> float:
        """How full it is, 0 to 100; nothing at all counts as full."""
        return 100.0 * self.used / self.total if self.total else 100.0


class Meter(Protocol):
    """Where the checks get their numbers from."""

    def disk(self, folder: Path) -> Usage:
        """The file system that `folder`, or its nearest existing parent, lies on."""
        ...

    def bytes_below(self, folder: Path) -> float:
        """Bytes of all files below `folder`; 0 if there is no such folder."""
        ...

    def memory(self) -> Usage:
        """Main memory, within the control group's limit if there is one."""
        ...

    def gpu(self) -> Usage | None:
        """Memory of the GPU that has most free; None if there is no GPU."""
        ...

    def cpu_percent(self) -> float:
        """How busy all processors are, 0 to 100."""
        ...

    def load_per_cpu(self) -> float:
        """Processes that want to run, mean of one minute, for each processor."""
        ...


@dataclass(frozen=True)
class Machine:
    """This machine. `groups` is where control groups are mounted, `own_group` says in which one this process is."""

    groups: Path = Path("/sys/fs/cgroup")
    own_group: Path = Path("/proc/self/cgroup")

    def disk(self, folder: Path) -> Usage:
        """As `df` counts: bytes reserved for root are neither used nor free."""
        existing = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
        usage = shutil.disk_usage(existing)
        return Usage(usage.used, usage.free)

    def bytes_below(self, folder: Path) -> int:
        """Files that vanish while they are counted are left out; links are not followed."""
        total = 0
        for place, _, names in os.walk(folder):
            for name in names:
                try:
                    total += os.lstat(os.path.join(place, name)).st_size
                except FileNotFoundError:
                    continue
        return total

    def memory(self) -> Usage:
        """The tightest of the machine and the control groups that this process is in."""
        machine = psutil.virtual_memory()
        own = Usage(machine.total - machine.available, machine.available)
        return min((own, *self._group_memory()), key=lambda usage: usage.free)

    def gpu(self) -> Usage | None:
        """Asked of torch if this process computes on a GPU already, because any other way would take memory for a
        context of its own; else of `nvidia-smi`, if there is one.
        """
        torch = sys.modules.get("torch")
        if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
            free, total = torch.cuda.mem_get_info()
            return Usage(total - free, free)
        if shutil.which(_NVIDIA_SMI[0]) is None:
            return None
        try:
            asked = subprocess.run(
                _NVIDIA_SMI, capture_output=True, text=True, timeout=_NVIDIA_SMI_TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired:  # a driver that does not answer has no GPU for us
            return None
        return most_free(asked.stdout)

    def cpu_percent(self) -> float:
        """Measured over a tenth of a second, which this call takes."""
        return psutil.cpu_percent(interval=_CPU_SAMPLE_S)

    def load_per_cpu(self) -> float:
        return psutil.getloadavg()[0] / (os.cpu_count() or 1)

    def _group_memory(self) -> Iterator[Usage]:
        """One usage for each control group with a limit, from the process's own group up to the root."""
        try:
            lines = self.own_group.read_text().splitlines()
        except FileNotFoundError:
            return
        path = next((line[3:] for line in lines if line.startswith("0::")), "/").strip("/")
        folder = self.groups / path
        for group in (folder, *folder.parents):
            if group.is_relative_to(self.groups):
                yield from _limited(group)


def _limited(group: Path) -> Iterator[Usage]:
    """The usage of one control group, if it has a limit."""
    try:
        limit = (group / "memory.max").read_text().strip()
        current = int((group / "memory.current").read_text())
        statistics = (group / "memory.stat").read_text().split()
    except FileNotFoundError:  # the root group, or one whose memory nobody counts
        return
    if limit == "max":
        return
    counts = dict(zip(statistics[::2], map(int, statistics[1::2]), strict=True))
    used = max(current - sum(counts.get(name, 0) for name in _RECLAIMABLE), 0)
    yield Usage(used, max(int(limit) - used, 0))


def most_free(table: str) -> Usage | None:
    """The GPU with most free memory in the output of `nvidia-smi`, one line `used, free` in MiB for each GPU.

    Lines without numbers (`[N/A]`) are left out; None if no line has any.
    """
    found = []
    for line in table.splitlines():
        numbers = [part.strip() for part in line.split(",")]
        if len(numbers) == 2 and all(number.isdigit() for number in numbers):
            found.append(Usage(int(numbers[0]) * _MIB, int(numbers[1]) * _MIB))
    return max(found, key=lambda usage: usage.free, default=None)
