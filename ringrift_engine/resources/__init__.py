"""What this machine has free, the limits that work keeps to, and batch sizes by GPU memory.

limits   the limits, percentages and amounts
meter    what there is and what is in use; tests bring their own
checks   one resource against its limits
guard    all of them together, at the start of a step and between games; waiting for them
batch    batch size by free GPU memory

Importing this package imports no torch. A GB is 2**30 bytes throughout, as memory is counted.
"""

from ringrift_engine.resources.batch import batch_size_for
from ringrift_engine.resources.checks import (
    MACHINE,
    Finding,
    Level,
    check_cpu,
    check_disk_space,
    check_gpu_memory,
    check_load,
    check_memory,
    check_training_disk,
)
from ringrift_engine.resources.guard import ResourceGuard, can_proceed, wait_for_resources
from ringrift_engine.resources.limits import ResourceLimits
from ringrift_engine.resources.meter import GB, Machine, Meter, Usage

__all__ = [
    "GB",
    "MACHINE",
    "Finding",
    "Level",
    "Machine",
    "Meter",
    "ResourceGuard",
    "ResourceLimits",
    "Usage",
    "batch_size_for",
    "can_proceed",
    "check_cpu",
    "check_disk_space",
    "check_gpu_memory",
    "check_load",
    "check_memory",
    "check_training_disk",
    "wait_for_resources",
]
