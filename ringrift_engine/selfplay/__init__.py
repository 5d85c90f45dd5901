"""Playing numbers of games and recording what was decided: `play_games`, and `play_plans` for games planned one by
one.
"""

from ringrift_engine.selfplay.plan import GamePlan, plan_games
from ringrift_engine.selfplay.runner import play_games, play_plans
from ringrift_engine.selfplay.settings import SelfplaySettings

__all__ = ["GamePlan", "SelfplaySettings", "plan_games", "play_games", "play_plans"]
