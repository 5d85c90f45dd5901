"""Housekeeping of a place, and what is looked at afterwards."""

from collections.abc import Sequence

from ringrift_assets.housekeeping.keeping import Report, keep_house
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.thresholds.sections import Housekeeping
from tests.support.cycle import ASSETS, Place

KEY = "hex8_2p"
ROWS = 200_000  # of a shard
SETS = ("game_databases", "synced_games", "npz_exports")
NOW = 2_000_000_000.0  # 2033: every file of a test is old
ONE_CHECKPOINT = Housekeeping(checkpoints_kept=1)


def keep(
    place: Place,
    *,
    dry_run: bool = False,
    keys: Sequence[str] = (KEY,),
    limits: Housekeeping = ONE_CHECKPOINT,
    now: float = NOW,
) -> Report:
    """Look after configurations of a place, not after Dagster's runs."""
    storage = Storage(root=str(place.data))
    return keep_house(storage, Registry(), keys, limits, now=now, run_id=f"test {now}", dry_run=dry_run)


def tree(place: Place) -> dict[str, bytes]:
    """Every file of the assets with its content."""
    files = (path for asset in ASSETS for path in sorted((place.data / asset).rglob("*")) if path.is_file())
    return {path.relative_to(place.data).as_posix(): path.read_bytes() for path in files}


def verify(place: Place) -> None:
    """Every manifest names files that are there, with the content that it says."""
    for asset in ASSETS:
        latest = place.store.latest(asset, KEY)
        if latest is not None:
            place.store.verify(latest)
