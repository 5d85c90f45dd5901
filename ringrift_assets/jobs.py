"""The jobs of a configuration: `generate` makes data, `intake` makes data of games from elsewhere, `improve` runs the
whole cycle, `feedback` renews the plan. `ladder` and `reconcile` are of all configurations: the first fits the ratings
again, the second takes in the games of the nodes' match logs before that.

`rollback`, `housekeeping` and `shadow_tournament`, which make no asset, have packages of their own.
`generate` and `improve` name their last asset and take everything upstream of it, so that an asset added in between
joins them by itself. One run is one cycle of one configuration, or the part of it that is missing.
"""

from typing import Final

import dagster as dg

from ringrift_assets.housekeeping.job import housekeeping
from ringrift_assets.rollback.job import rollback
from ringrift_assets.shadow.job import shadow_tournament

generate: Final = dg.define_asset_job(
    "generate",
    selection=dg.AssetSelection.assets("combined_npz").upstream(),
    description="Play games of one configuration and make them a training set.",
)

intake: Final = dg.define_asset_job(
    "intake",
    selection=dg.AssetSelection.assets("synced_games", "npz_exports", "combined_npz"),
    description="Take in the games of one configuration that lie in the inbox, and make them part of the training set.",
)

improve: Final = dg.define_asset_job(
    "improve",
    selection=dg.AssetSelection.assets("promoted_models").upstream(),
    description="One whole cycle of one configuration: play, gather, train, evaluate, promote or refuse.",
)

feedback: Final = dg.define_asset_job(
    "feedback",
    selection=dg.AssetSelection.assets("feedback_state", "selfplay_plan"),
    description="What was noticed about one configuration, and what it plays next.",
)

ladder: Final = dg.define_asset_job(
    "ladder",
    selection=dg.AssetSelection.assets("elo_ladder"),
    description="Ratings of all configurations, fitted again from all logged games.",
)

reconcile: Final = dg.define_asset_job(
    "reconcile",
    selection=dg.AssetSelection.assets("elo_reconciliation", "elo_ladder"),
    description="Take in the match logs of all nodes and fit the ratings again.",
)

ALL_JOBS: Final = [
    generate, intake, improve, feedback, rollback, ladder, reconcile, housekeeping, shadow_tournament,
]  # fmt: skip
