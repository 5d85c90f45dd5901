"""All hard resources together: asked at the start of a step and between games, and waited for.

Memory and disk are asked always, the GPU only by work that needs one. CPU and load never keep anybody from working, so
a guard does not ask them; `ringrift doctor` shows them.
"""

import time
from collections.abc import Callable
from pathlib import Path

from ringrift_engine.errors import ConfigError, ResourcesExhausted
from ringrift_engine.resources.checks import (
    DEFAULT_LIMITS,
    HERE,
    MACHINE,
    Finding,
    Level,
    check_disk_space,
    check_gpu_memory,
    check_memory,
)
from ringrift_engine.resources.limits import ResourceLimits
from ringrift_engine.resources.meter import Meter


class ResourceGuard:
    """Whether there is enough memory and disk to go on.

    disk_required_gb  what the work will write in `folder`; with it the disk must still be within its limits
    mem_required_gb   what it will take of main memory
    gpu_required_gb   what it will take of a GPU's memory; None if it needs no GPU
    folder            the data root: its disk and its quota count
    """

    def __init__(
        self,
        disk_required_gb: float = 0.0,
        mem_required_gb: float = 0.0,
        gpu_required_gb: float | None = None,
        *,
        folder: Path = HERE,
        limits: ResourceLimits = DEFAULT_LIMITS,
        meter: Meter = MACHINE,
    ) -> None:
        self._required = (disk_required_gb, mem_required_gb, gpu_required_gb)
        self._folder = folder
        self._limits = limits
        self._meter = meter
        self._findings: tuple[Finding, ...] = ()
        self._asked_at = 0

    def measure(self) -> tuple[Finding, ...]:
        """Look at the machine now: a finding for memory, disk and, if one is needed, the GPU."""
        disk, memory, gpu = self._required
        findings = [
            check_memory(memory, self._limits, self._meter),
            check_disk_space(disk, self._folder, self._limits, self._meter),
        ]
        if gpu is not None:
            findings.append(check_gpu_memory(gpu, self._limits, self._meter))
        self._findings = tuple(findings)
        return self._findings

    @property
    def ok(self) -> bool:
        """Whether work may go on, measured now."""
        return all(self.measure())

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why not, of the latest measurement; empty if it found enough of everything, or there was none."""
        return tuple(finding.text for finding in self._findings if not finding)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is getting scarce, of the latest measurement."""
        return tuple(finding.text for finding in self._findings if finding and finding.level is not Level.OK)

    def require(self) -> None:
        """Raise ResourcesExhausted, with every reason, unless work may go on."""
        if not self.ok:
            raise ResourcesExhausted(
                f"Too little to go on: {'; '.join(self.reasons)}. Free some, or change the setting in ringrift.yaml."
            )

    def after_games(self, finished: int) -> None:
        """As `require`, at the start (0 finished games) and every `limits.games_between_checks` games after it."""
        if finished == 0 or finished - self._asked_at >= self._limits.games_between_checks:
            self._asked_at = finished
            self.require()


def can_proceed(
    disk_required_gb: float = 0.0,
    mem_required_gb: float = 0.0,
    *,
    folder: Path = HERE,
    limits: ResourceLimits = DEFAULT_LIMITS,
    meter: Meter = MACHINE,
) -> bool:
    """Whether so much disk and memory can be taken now within the limits."""
    return ResourceGuard(disk_required_gb, mem_required_gb, folder=folder, limits=limits, meter=meter).ok


def wait_for_resources(
    disk_required_gb: float = 0.0,
    mem_required_gb: float = 0.0,
    *,
    timeout_s: float = 300.0,
    poll_s: float = 10.0,
    folder: Path = HERE,
    limits: ResourceLimits = DEFAULT_LIMITS,
    meter: Meter = MACHINE,
    sleep: Callable[[float], object] = time.sleep,
) -> bool:
    """Wait asleep until `can_proceed`, looking every `poll_s` seconds; False if `timeout_s` of sleep did not help.

    ConfigError for a pause that would spin, or a timeout that is no time.
    """
    if not (poll_s > 0 and timeout_s >= 0):
        raise ConfigError(f"Waiting needs poll_s above 0 and timeout_s of at least 0, not {poll_s} and {timeout_s}.")
    guard = ResourceGuard(disk_required_gb, mem_required_gb, folder=folder, limits=limits, meter=meter)
    left = timeout_s
    while not guard.ok:
        if left <= 0:
            return False
        pause = min(poll_s, left)
        sleep(pause)
        left -= pause
    return True
