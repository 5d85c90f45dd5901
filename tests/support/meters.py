"""A machine made of numbers, for tests of what happens when something runs out."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ringrift_engine.resources import GB, Usage


def gigabytes(used: float, free: float) -> Usage:
    return Usage(used * GB, free * GB)


def _nothing(meter: "FakeMeter") -> None:
    """Let the machine stay as it is."""


@dataclass
class FakeMeter:
    """What each resource shows; anything may be changed between two looks, by hand or by `on_look`."""

    disk_usage: Usage = field(default_factory=lambda: gigabytes(10, 90))
    memory_usage: Usage = field(default_factory=lambda: gigabytes(2, 14))
    gpu_usage: Usage | None = None
    folder_bytes: float = 0.0
    cpu: float = 5.0
    load: float = 0.1
    looks: int = 0
    on_look: Callable[["FakeMeter"], object] = _nothing
    """Called at each look at the memory, which every guard takes, before the look."""

    def disk(self, folder: Path) -> Usage:  # noqa: ARG002
        return self.disk_usage

    def bytes_below(self, folder: Path) -> float:  # noqa: ARG002
        return self.folder_bytes

    def memory(self) -> Usage:
        self.looks += 1
        self.on_look(self)
        return self.memory_usage

    def gpu(self) -> Usage | None:
        return self.gpu_usage

    def cpu_percent(self) -> float:
        return self.cpu

    def load_per_cpu(self) -> float:
        return self.load
