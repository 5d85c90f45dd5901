"""The schedules: what is due by the clock alone. All are off until `ringrift loop start` or the UI turns them on.

How often is a threshold, read when the definitions are loaded, because the UI shows when a schedule is next due.
"""

import os
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dagster as dg

from ringrift_assets.jobs import housekeeping as housekeeping_job
from ringrift_assets.jobs import reconcile
from ringrift_assets.jobs import shadow_tournament as shadow_tournament_job
from ringrift_assets.shadow.schedule import request_games
from ringrift_assets.thresholds import read_thresholds

_ZONES: Final = "zoneinfo/"
_HOUR: Final = 60  # minutes
_DAY: Final = 24 * _HOUR


def local_zone() -> str:
    """The name of this machine's time zone, as `TZ` or /etc/localtime has it; UTC where neither does."""
    name = os.environ.get("TZ", "").removeprefix(":") or str(Path("/etc/localtime").resolve())
    zone = name.rpartition(_ZONES)[2]
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):  # no name of a zone, such as "CET-1CEST" or a path elsewhere
        return "UTC"
    return zone


def every(minutes: int) -> list[str]:
    """Cron lines that are due every so many minutes of a day, from midnight on."""
    if _HOUR % minutes == 0:
        return [f"*/{minutes} * * * *"]
    hours: dict[int, list[int]] = {}
    for moment in range(0, _DAY, minutes):
        hours.setdefault(moment % _HOUR, []).append(moment // _HOUR)
    return [f"{minute} {','.join(map(str, due))} * * *" for minute, due in sorted(hours.items())]


housekeeping: Final = dg.ScheduleDefinition(
    name="housekeeping",
    job=housekeeping_job,
    cron_schedule="30 3 * * *",
    execution_timezone=local_zone(),
    description="Every night: remove what nothing needs any more.",
)


@dg.schedule(
    name="reconcile_elo",
    job=reconcile,
    cron_schedule=every(read_thresholds().loop.reconcile_elo_minutes),
    execution_timezone=local_zone(),
    description="Take in the match logs of the nodes and fit the ratings again (`loop.reconcile_elo_minutes`).",
)
def reconcile_elo() -> dg.RunRequest | dg.SkipReason:
    """Due whenever there is a node to ask."""
    if not read_thresholds().nodes:
        return dg.SkipReason("ringrift.yaml lists no nodes: there is no other match log")
    return dg.RunRequest()


shadow_tournament: Final = dg.schedule(
    name="shadow_tournament",
    job=shadow_tournament_job,
    cron_schedule=every(read_thresholds().loop.shadow_tournament_minutes),
    execution_timezone=local_zone(),
    description="A promoted model plays a few games against others (`loop.shadow_tournament_minutes`).",
)(request_games)

ALL_SCHEDULES: Final = [housekeeping, reconcile_elo, shadow_tournament]
