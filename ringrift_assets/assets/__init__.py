"""The assets, a file a stage, in the order in which one cycle of a configuration makes them; feedback follows, and what
is over all configurations.
"""

from ringrift_assets.assets.evaluation import gauntlet_results
from ringrift_assets.assets.exports import combined_npz, npz_exports
from ringrift_assets.assets.feedback import feedback_state, selfplay_plan
from ringrift_assets.assets.games import game_databases, synced_games
from ringrift_assets.assets.ladder import elo_ladder
from ringrift_assets.assets.promotion import promoted_models
from ringrift_assets.assets.reconciliation import elo_reconciliation
from ringrift_assets.assets.training import checkpoints

ALL_ASSETS = (
    game_databases,
    synced_games,
    npz_exports,
    combined_npz,
    checkpoints,
    gauntlet_results,
    promoted_models,
    feedback_state,
    selfplay_plan,
    elo_reconciliation,
    elo_ladder,
)

__all__ = ["ALL_ASSETS"]
