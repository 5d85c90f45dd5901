"""What a measurement was made on: processor, cores, versions."""

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Final

from ringrift_engine import RULES_VERSION, __version__

_PACKAGES: Final = ("numpy", "numba", "torch")
_CPU_FACTS: Final = Path("/proc/cpuinfo")


def machine_facts() -> dict[str, str | int]:
    """Processor, cores that this process may use, load, and versions; nothing heavy is imported for it."""
    return {
        "processor": processor_name(),
        "cores": len(os.sched_getaffinity(0)),
        "load": f"{os.getloadavg()[0]:.1f}",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in _PACKAGES},
        "ringrift": __version__,
        "rules": RULES_VERSION,
    }


def processor_name() -> str:
    """The processor as the kernel names it, or at least its architecture."""
    if _CPU_FACTS.is_file():
        for line in _CPU_FACTS.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
