"""RingRift: the game, its players, and how they learn. The public names, resolved when first asked for (PEP 562)."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

__version__ = "0.1.0"
RULES_VERSION: Final = 1

if TYPE_CHECKING:
    from ringrift_engine.boards import CONFIGS, BoardConfig
    from ringrift_engine.errors import IllegalMoveError
    from ringrift_engine.game import Game, Move

__all__ = ["CONFIGS", "RULES_VERSION", "BoardConfig", "Game", "IllegalMoveError", "Move", "__version__"]

_HOMES: Final = {
    "BoardConfig": "ringrift_engine.boards",
    "CONFIGS": "ringrift_engine.boards",
    "Game": "ringrift_engine.game",
    "Move": "ringrift_engine.game",
    "IllegalMoveError": "ringrift_engine.errors",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
