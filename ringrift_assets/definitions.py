"""The code location: `defs`, all assets, jobs and resources of the platform.

`build_defs` makes fresh definitions with other resources, for tests and for scripts. Importing this module is quick and
does nothing else: torch, numba and polars are imported by the processes that use them.
"""

from collections.abc import Mapping
from typing import Any, Final

import dagster as dg

from ringrift_assets.assets import ALL_ASSETS
from ringrift_assets.jobs import ALL_JOBS
from ringrift_assets.pipes import Workers
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.schedules import ALL_SCHEDULES
from ringrift_assets.sensors import ALL_SENSORS


def build_defs(overrides: Mapping[str, Any] | None = None) -> dg.Definitions:
    """Fresh definitions; `overrides` replaces resources by name: `storage`, `registry`, `workers`."""
    resources = {"storage": Storage(), "registry": Registry(), "workers": Workers()}
    unknown = sorted((overrides or {}).keys() - resources.keys())
    if unknown:
        raise KeyError(f"unknown resource {unknown[0]!r}; known: {', '.join(resources)}")
    return dg.Definitions(
        assets=ALL_ASSETS,
        jobs=ALL_JOBS,
        schedules=ALL_SCHEDULES,
        sensors=ALL_SENSORS,
        resources={**resources, **(overrides or {})},
        # One process for the light work of a run: a step costs milliseconds, and the heavy work is in processes anyway.
        executor=dg.in_process_executor,
    )


defs: Final = build_defs()
