"""What a configuration holds, read from its manifests, folders, the registry and the receipts. Nothing is made here:
looking at a configuration that was never worked on leaves no folder behind.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ringrift_assets.housekeeping.plan import File, Holdings
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.starts import TRAINING_SETS, Known, known_of, start_of
from ringrift_assets.storage import MANIFEST, Version

if TYPE_CHECKING:
    from ringrift_engine.promotion.registry import Registry as EngineRegistry

FOLDERS: Final = (
    "game_databases",
    "synced_games",
    "npz_exports",
    "combined_npz",
    "checkpoints",
    "gauntlet_results",
    "promoted_models",
    "feedback_state",
    "selfplay_plan",
    "elo_ladder",
)
"""The assets whose folders are looked into."""
_STANDING_MOVES: Final = 2  # of the pointer: who was promoted last, and before
_HOUR_S: Final = 3_600.0


def holdings_of(storage: Storage, registry: Registry, key: str, now: float) -> Holdings:
    """What `plan_removals` asks about, at the time `now`, seconds since 1970; DataError for a torn manifest."""
    from ringrift_engine.sync import Receipts

    store = storage.store
    folders = {asset: store.root / asset / key for asset in FOLDERS}
    there = {asset: folder for asset, folder in folders.items() if folder.is_dir()}
    latest = {asset: store.latest(asset, key) for asset in there}
    received = Receipts(storage.receipts).of(key, "synced_games") if there else []
    with registry.open(store) as opened:
        models, standing = opened.models(key), _standing(opened, key)
        known = known_of(store, opened, key)
    return Holdings(
        key=key,
        versions={asset: version for asset, version in latest.items() if version is not None},
        files={asset: _files_in(folder, now) for asset, folder in there.items()},
        models={model.sha256: model.inputs for model in models},
        standing=standing,
        starts=_starts(known, latest),
        receipted=frozenset(receipt.sha256 for receipt in received),
    )


def _files_in(folder: Path, now: float) -> Mapping[str, File]:
    """Name -> file, of all but the manifest; one that vanishes while this looks was never there."""
    found = {}
    for path in sorted(folder.iterdir()):
        if path.name == MANIFEST or not path.is_file():
            continue
        try:
            state = path.stat()
        except FileNotFoundError:
            continue
        found[path.name] = File(name=path.name, bytes=state.st_size, age_hours=(now - state.st_mtime) / _HOUR_S)
    return found


def _starts(known: Known, latest: Mapping[str, Version | None]) -> frozenset[str]:
    """What a training would start from now: on new data, and on the training sets that are the latest already."""
    sets = (latest.get(asset) for asset in TRAINING_SETS)
    trained_on = ["", *(version.version for version in sets if version is not None)]
    return frozenset(start_of(known, version).sha256 for version in trained_on) - {""}


def _standing(registry: "EngineRegistry", key: str) -> frozenset[str]:
    """The models that are promoted, that a rollback would bring back, or that the pointer named last."""
    models = (registry.promoted(key), registry.previous(key))
    moves = registry.pointer_history(key)[-_STANDING_MOVES:]
    return frozenset({model.sha256 for model in models if model is not None} | {move.sha256 for move in moves})
