"""The learning curve as a picture: Elo of every generation on the ladder's anchors, drawn as the ladder draws it."""

from pathlib import Path

from ringrift_assets.assets.ladder import CURVE_STEP, CURVE_TITLE, over_time
from ringrift_assets.metadata import bands_png
from ringrift_assets.partitions import ALL_CONFIGURATIONS
from ringrift_assets.storage import Store
from ringrift_engine.files import publishing


def curve_path(store: Store, key: str) -> Path:
    """Where the picture of a configuration lies."""
    return store.root / "learning" / f"{key}.png"


def draw_curve(store: Store, key: str) -> Path | None:
    """Draw the picture anew from the latest ladder; None if no generation is rated yet."""
    ladder = store.latest("elo_ladder", ALL_CONFIGURATIONS)
    points = over_time(ladder.report["pools"]).get(key) if ladder is not None else None
    if not points:
        return None
    path = curve_path(store, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    with publishing(path) as draft:
        draft.write_bytes(bands_png(CURVE_TITLE, CURVE_STEP, {key: points}))
    return path
