"""The limits that work keeps to. The names are those of the section `resources` of `ringrift.yaml`.

Memory and disk are hard: beyond them work is killed or files are torn. CPU and load are hints: a machine that plays
games is busy by design, and a limit of 80 % would forbid the very thing it is there for.

A percentage alone would forbid a laptop whose large disk is three quarters full. So a disk with `disk_ample_gb` free,
and a machine with `memory_ample_gb` free, only warn.
"""

from dataclasses import dataclass

from ringrift_engine.options import check_options, check_order, option


@dataclass(frozen=True, kw_only=True)
class ResourceLimits:
    """How full things may become.

    ConfigError for values that no machine can have.
    """

    disk_warn_percent: float = option(65.0, "%", "A disk that is fuller is reported.", least=0, most=100)
    disk_critical_percent: float = option(
        70.0,
        "%",
        "A disk that is fuller stops work, unless `disk_ample_gb` are free.",
        least=0,
        most=100,
    )
    disk_training_percent: float = option(
        85.0,
        "%",
        "A disk that is fuller defers training too, which writes less than self-play, unless `disk_ample_gb` are free.",
        least=0,
        most=100,
    )
    disk_ample_gb: float = option(
        20.0, "GB", "With so much free the disk's percentages only warn; 0: they always hold.", least=0
    )
    quota_gb: float | None = option(
        None,
        "GB",
        "The data root is treated as a disk of this size, whatever the real one has; null: no quota.",
        least=0,
    )
    memory_warn_percent: float = option(70.0, "%", "More memory in use is reported.", least=0, most=100)
    memory_critical_percent: float = option(
        80.0, "%", "More memory in use stops work, unless `memory_ample_gb` are free.", least=0, most=100
    )
    memory_ample_gb: float = option(
        4.0, "GB", "With so much free the memory's percentages only warn; 0: they always hold.", least=0
    )
    gpu_warn_percent: float = option(70.0, "%", "More GPU memory in use is reported.", least=0, most=100)
    gpu_critical_percent: float = option(
        80.0, "%", "More GPU memory in use stops work that asks for a GPU.", least=0, most=100
    )
    cpu_warn_percent: float = option(70.0, "%", "A busier processor is reported; a hint.", least=0, most=100)
    cpu_critical_percent: float = option(
        80.0, "%", "A busier processor is reported as overloaded; a hint, it stops nothing.", least=0, most=100
    )
    load_per_cpu: float = option(
        1.5, "processes a CPU", "More that want to run are reported; a hint, it stops nothing.", least=0
    )
    games_between_checks: int = option(
        50, "games", "Self-play looks at memory and disk at its start and every so many finished games.", least=1
    )

    def __post_init__(self) -> None:
        check_options(self)
        check_order(
            self,
            (
                ("disk_warn_percent", "disk_critical_percent"),
                ("disk_critical_percent", "disk_training_percent"),
                ("memory_warn_percent", "memory_critical_percent"),
                ("gpu_warn_percent", "gpu_critical_percent"),
                ("cpu_warn_percent", "cpu_critical_percent"),
            ),
        )
