"""One resource against its limits: a finding that is truthy if work may go on, with a sentence for people.

A limit is what may be reached, not passed: 70.0 % is within a limit of 70 %. A finding that stops work names the
setting that says so, as it is called in `ringrift.yaml`.
"""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from ringrift_engine.resources.limits import ResourceLimits
from ringrift_engine.resources.meter import GB, Machine, Meter, Usage

HERE: Final = Path()
DEFAULT_LIMITS: Final = ResourceLimits()
MACHINE: Final = Machine()


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    CRITICAL = "critical"


_ORDER: Final = tuple(Level)


@dataclass(frozen=True)
class Finding:
    """What one check found. `hard` findings stop work when they are critical, the others never do."""

    resource: str
    level: Level
    text: str
    hard: bool = True

    @property
    def ok(self) -> bool:
        """Whether work may go on."""
        return not (self.hard and self.level is Level.CRITICAL)

    def __bool__(self) -> bool:
        return self.ok


@dataclass(frozen=True)
class _Rule:
    """The limits of one resource and what they are called."""

    warn: float
    critical: float
    critical_name: str
    ample_gb: float = 0.0
    ample_name: str = ""


def check_disk_space(
    required_gb: float = 0.0,
    folder: Path = HERE,
    limits: ResourceLimits = DEFAULT_LIMITS,
    meter: Meter = MACHINE,
) -> Finding:
    """Whether the disk of `folder` holds `required_gb` more within its limits, and `folder` within its quota."""
    return _disk(required_gb, folder, limits, meter, "disk_critical_percent")


def check_training_disk(
    required_gb: float = 0.0,
    folder: Path = HERE,
    limits: ResourceLimits = DEFAULT_LIMITS,
    meter: Meter = MACHINE,
) -> Finding:
    """As `check_disk_space`, under the limit of trainings: they go on when self-play has stopped already."""
    return _disk(required_gb, folder, limits, meter, "disk_training_percent")


def check_memory(required_gb: float = 0.0, limits: ResourceLimits = DEFAULT_LIMITS, meter: Meter = MACHINE) -> Finding:
    """Whether `required_gb` more of main memory are there within the limits."""
    rule = _Rule(
        limits.memory_warn_percent,
        limits.memory_critical_percent,
        "memory_critical_percent",
        limits.memory_ample_gb,
        "memory_ample_gb",
    )
    return _judge("memory", "memory", meter.memory(), required_gb, rule)


def check_gpu_memory(
    required_gb: float = 0.0, limits: ResourceLimits = DEFAULT_LIMITS, meter: Meter = MACHINE
) -> Finding:
    """Whether `required_gb` more are there on the GPU that has most free. No GPU is in order if none is required."""
    usage = meter.gpu()
    if usage is None:
        level = Level.CRITICAL if required_gb > 0 else Level.OK
        return Finding("gpu", level, "no GPU" + (f", {required_gb:g} GB of GPU memory needed" if required_gb else ""))
    rule = _Rule(limits.gpu_warn_percent, limits.gpu_critical_percent, "gpu_critical_percent")
    return _judge("gpu", "GPU memory", usage, required_gb, rule)


def check_cpu(limits: ResourceLimits = DEFAULT_LIMITS, meter: Meter = MACHINE) -> Finding:
    """How busy the processors are: a hint, always truthy."""
    percent = meter.cpu_percent()
    rule = _Rule(limits.cpu_warn_percent, limits.cpu_critical_percent, "cpu_critical_percent")
    level = _level(percent, rule)
    return Finding("cpu", level, f"processors {percent:.0f} % busy (limit {rule.critical:g} %)", hard=False)


def check_load(limits: ResourceLimits = DEFAULT_LIMITS, meter: Meter = MACHINE) -> Finding:
    """How many processes want to run: a hint, always truthy."""
    load = meter.load_per_cpu()
    level = Level.OK if load <= limits.load_per_cpu else Level.WARN
    return Finding("load", level, f"load {load:.2f} a CPU (limit {limits.load_per_cpu:g})", hard=False)


def _disk(required_gb: float, folder: Path, limits: ResourceLimits, meter: Meter, name: str) -> Finding:
    """The worse of two: the disk, and the quota, which is a disk of its own size that never counts as ample."""
    critical = getattr(limits, name)
    disk = _Rule(limits.disk_warn_percent, critical, name, limits.disk_ample_gb, "disk_ample_gb")
    findings = [_judge("disk", f"disk of {folder.absolute()}", meter.disk(folder), required_gb, disk)]
    if limits.quota_gb is not None:
        used = meter.bytes_below(folder)
        quota = Usage(used, max(limits.quota_gb * GB - used, 0.0))
        what = f"quota of {folder.absolute()} (resources.quota_gb = {limits.quota_gb:g})"
        findings.append(_judge("disk", what, quota, required_gb, _Rule(limits.disk_warn_percent, critical, name)))
    return max(findings, key=lambda finding: _ORDER.index(finding.level))


def _judge(resource: str, what: str, usage: Usage, required_gb: float, rule: _Rule) -> Finding:
    """How full `usage` would be with `required_gb` more of it taken."""
    after = Usage(usage.used + required_gb * GB, usage.free - required_gb * GB)
    text = f"{what}: {usage.percent:.1f} % used, {usage.free / GB:.1f} of {usage.total / GB:.1f} GB free"
    if required_gb:
        text += f", {required_gb:g} GB more needed"
    if not after.free >= 0:
        return Finding(resource, Level.CRITICAL, f"{text}, which is not there")
    level = _level(after.percent, rule)
    if level is not Level.CRITICAL:
        return Finding(resource, level, text)
    if 0 < rule.ample_gb <= after.free / GB:
        return Finding(resource, Level.WARN, f"{text}, above {rule.critical:g} % but ample")
    text += f", limit {rule.critical:g} % (resources.{rule.critical_name})"
    if rule.ample_gb:
        text += f" unless {rule.ample_gb:g} GB are free (resources.{rule.ample_name})"
    return Finding(resource, Level.CRITICAL, text)


def _level(percent: float, rule: _Rule) -> Level:
    """NaN is critical: what could not be measured is not known to be enough."""
    if not percent <= rule.critical:
        return Level.CRITICAL
    return Level.OK if percent <= rule.warn else Level.WARN
