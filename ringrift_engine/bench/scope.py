"""What a person asks for: configurations, threads, and how thoroughly."""

from collections.abc import Sequence
from dataclasses import dataclass

from ringrift_engine.boards import CONFIGS, BoardConfig


@dataclass(frozen=True)
class Effort:
    """How long is measured: `repeats` times, at least once, each `seconds` or longer; with 0 seconds one call each."""

    repeats: int = 5
    seconds: float = 0.08


@dataclass(frozen=True)
class Scope:
    """What the person asked for.

    configurations  what to measure on; empty for each group's own choice
    threads         of the rows that are measured on several
    """

    configurations: tuple[BoardConfig, ...] = ()
    threads: int = 2
    effort: Effort = Effort()

    def on(self, usual: Sequence[str]) -> list[BoardConfig]:
        """The configurations that were asked for, or else those that are usual for a measurement."""
        return list(self.configurations) or [CONFIGS[key] for key in usual]
