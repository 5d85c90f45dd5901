"""The groups of measurements, and the run over some of them.

A group is a module with a function `tasks(bench)`; it is imported when it is asked for, because all of them load numba
and some torch.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Final

from ringrift_engine.bench.rows import Row
from ringrift_engine.bench.scope import Scope
from ringrift_engine.errors import unknown_name
from ringrift_engine.progress import Progress, silent

GROUPS: Final = ("rules", "heuristic", "search", "data", "training", "gpu")


def check_groups(names: Sequence[str]) -> tuple[str, ...]:
    """The groups called `names` in the order of `GROUPS`, all of them for none; ConfigError names the nearest one."""
    for name in names:
        if name not in GROUPS:
            raise unknown_name("group", name, GROUPS, "--only")
    return tuple(group for group in GROUPS if group in names or not names)


def run_groups(groups: Sequence[str], scope: Scope, progress: Progress = silent) -> list[Row]:
    """Measure these groups: the calibration and the limits that the shares refer to, then the rows, group by group."""
    from ringrift_engine.bench.bench import Bench

    rows: list[Row] = []
    with Bench(scope) as bench:
        bench.limits.turns_per_second()
        for group in check_groups(groups):
            tasks = list(import_module(f"ringrift_engine.bench.{group}").tasks(bench))
            for number, task in enumerate(tasks, start=1):
                label = f"{group} {number} of {len(tasks)}, {task.label}"
                progress(label, 0, 1, "measurements")
                rows.extend(task.measure())
                progress(label, 1, 1, "measurements")
        return [*bench.limits.rows, *rows]
