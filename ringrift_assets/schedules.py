"""The schedules: what is due by the clock alone. All are off until `ringrift loop start` or the UI turns them on."""

import os
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dagster as dg

from ringrift_assets.jobs import housekeeping as housekeeping_job
from ringrift_assets.shadow.schedule import shadow_tournament

_ZONES: Final = "zoneinfo/"


def local_zone() -> str:
    """The name of this machine's time zone, as `TZ` or /etc/localtime has it; UTC where neither does."""
    name = os.environ.get("TZ", "").removeprefix(":") or str(Path("/etc/localtime").resolve())
    zone = name.rpartition(_ZONES)[2]
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):  # no name of a zone, such as "CET-1CEST" or a path elsewhere
        return "UTC"
    return zone


housekeeping: Final = dg.ScheduleDefinition(
    name="housekeeping",
    job=housekeeping_job,
    cron_schedule="30 3 * * *",
    execution_timezone=local_zone(),
    description="Every night: remove what nothing needs any more.",
)

ALL_SCHEDULES: Final = [housekeeping, shadow_tournament]
