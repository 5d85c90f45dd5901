"""Playing numbers of games and recording what was decided: `play_games`, and `play_plans` for games planned one by one.

Settings cost nothing to import; the functions, which bring the compiled rules with them, are resolved when asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from ringrift_engine.selfplay.settings import SelfplaySettings

if TYPE_CHECKING:
    from ringrift_engine.selfplay.plan import GamePlan, plan_games
    from ringrift_engine.selfplay.runner import play_games, play_plans

__all__ = ["GamePlan", "SelfplaySettings", "plan_games", "play_games", "play_plans"]

_HOMES: Final = {
    "GamePlan": "ringrift_engine.selfplay.plan",
    "plan_games": "ringrift_engine.selfplay.plan",
    "play_games": "ringrift_engine.selfplay.runner",
    "play_plans": "ringrift_engine.selfplay.runner",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
