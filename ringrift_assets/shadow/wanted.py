"""Which configuration has its shadow tournament next, and who plays: asked by the schedule and by the job."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_engine.boards import BoardConfig

if TYPE_CHECKING:
    from ringrift_engine.promotion.registry import Model

SUBJECT: Final = "shadow_tournament"
ANCHORS: Final = ("heuristic", "random")
"""Fixed players that every promoted model meets: the anchor of ratings, and the one that knows nothing."""
EARLIER: Final = 3
"""Earlier promoted models that take part, the newest ones."""


@dataclass(frozen=True, kw_only=True)
class Lineup:
    """Who plays: the promoted model, earlier ones (the newest first) and fixed players by name; `number` counts the
    shadow tournaments of the configuration, and names the openings.
    """

    key: str
    promoted: "Model"
    earlier: "tuple[Model, ...]"
    number: int
    anchors: tuple[str, ...] = ANCHORS

    def rounds(self, games: int) -> int:
        """Openings against each opponent that come nearest to so many games in all; at least one."""
        players = BoardConfig.from_key(self.key).num_players
        return max(1, games // (players * (len(self.earlier) + len(self.anchors))))


def next_configuration(registry: Registry, storage: Storage, keys: Sequence[str]) -> str:
    """Of the configurations with a promoted model the one whose last shadow tournament is longest ago; empty if there
    is none.
    """
    with registry.open(storage.store) as opened:
        last = {row.config_key: number for number, row in enumerate(opened.history(SUBJECT), start=1)}
        promoted = [key for key in keys if opened.promoted(key) is not None]
    return min(promoted, key=lambda key: last.get(key, 0), default="")


def lineup(registry: Registry, storage: Storage, key: str) -> Lineup | None:
    """Who would play for a configuration now; None without a promoted model. An earlier model whose file is gone stays
    out.
    """
    from ringrift_engine.players.models import promoted_models

    models = promoted_models(BoardConfig.from_key(key), storage.base)
    if not models:
        return None
    there = [model for model in models[1:] if (storage.base / model.path).is_file()]
    with registry.open(storage.store) as opened:
        number = len(opened.history(SUBJECT, key))
    return Lineup(key=key, promoted=models[0], earlier=tuple(there[:EARLIER]), number=number)
