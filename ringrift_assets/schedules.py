"""The schedules: what is due by the clock alone. All are off until `ringrift loop start` or the UI turns them on.

How often is a threshold, read when the definitions are loaded, because the UI shows when a schedule is next due.
"""

import os
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dagster as dg

from ringrift_assets.assets.ladder import elo_ladder, games_to_rate
from ringrift_assets.assets.reconciliation import elo_reconciliation
from ringrift_assets.jobs import housekeeping as housekeeping_job
from ringrift_assets.jobs import reconcile
from ringrift_assets.jobs import shadow_tournament as shadow_tournament_job
from ringrift_assets.resources import Storage
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
def reconcile_elo(storage: Storage) -> dg.RunRequest | dg.SkipReason:
    """Asks the nodes if there are any, and rates again if there is something to rate that was not rated yet."""
    nodes = bool(read_thresholds().nodes)
    games, new = games_to_rate(storage)
    if not (nodes or new):
        return dg.SkipReason(f"ringrift.yaml lists no nodes, and the ladder knows all {games} games of the match log")
    # A node may bring the first games of all: they are rated half an hour later, since a run without any would fail.
    chosen = [*([elo_reconciliation] if nodes else []), *([elo_ladder] if games else [])]
    return dg.RunRequest(asset_selection=[asset.key for asset in chosen])


shadow_tournament: Final = dg.schedule(
    name="shadow_tournament",
    job=shadow_tournament_job,
    cron_schedule=every(read_thresholds().loop.shadow_tournament_minutes),
    execution_timezone=local_zone(),
    description="A promoted model plays a few games against others (`loop.shadow_tournament_minutes`).",
)(request_games)

ALL_SCHEDULES: Final = [housekeeping, reconcile_elo, shadow_tournament]
