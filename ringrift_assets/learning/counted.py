"""What is there of one configuration: counted from manifests, registry and ladder each time, remembered nowhere.

A cycle that was killed shows as a version that was not made from the newest one before it. Which step makes up for that
is decided in `plan`.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ringrift_assets.assets.ladder import games_to_rate
from ringrift_assets.history import GAUNTLET
from ringrift_assets.outcomes import STAGES
from ringrift_assets.readiness import gathered
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.storage import Version

if TYPE_CHECKING:
    from ringrift_engine.promotion.registry import Registry as EngineRegistry

_GATHERED = STAGES[: STAGES.index("checkpoints")]


@dataclass(frozen=True, kw_only=True)
class Counted:
    """One configuration at one moment.

    games       that ever came to the training data: played here, or in the inbox, those that housekeeping removed too
    generation  number of the newest generation that was played here, 0 before the first
    gathered    whether the training set holds all of these games
    trained     whether a network was trained on that set
    judged      whether that network had its gauntlet, and was promoted or refused
    noticed     whether feedback has seen the gauntlet
    rated       whether the ladder has seen every logged game
    """

    games: int
    generation: int
    gathered: bool
    trained: bool
    judged: bool
    noticed: bool
    rated: bool


def count(storage: Storage, registry: Registry, key: str) -> Counted:
    """Count a configuration; DataError for a manifest that cannot be read."""
    store = storage.store
    latest = {asset: store.latest(asset, key) for asset in (*STAGES, "feedback_state")}
    played, candidate, results = latest["game_databases"], latest["checkpoints"], latest["gauntlet_results"]
    with registry.open(store) as opened:
        decided = candidate is not None and _decided(opened, key, candidate)
    return Counted(
        games=gathered(latest["npz_exports"]).games,
        generation=played.report["generation"] if played is not None else 0,
        gathered=all(_follows(latest[later], latest[earlier]) for earlier, later in pairwise(_GATHERED)),
        trained=candidate is not None and _follows(candidate, latest["combined_npz"]),
        judged=decided and _follows(results, candidate),
        noticed=_follows(latest["feedback_state"], results),
        rated=games_to_rate(storage)[1] == 0,
    )


def _follows(version: Version | None, source: Version | None) -> bool:
    """Whether a version was made from the newest one of its input; there is nothing to make where there is no input."""
    return source is None or (version is not None and version.inputs.get(source.asset) == source.version)


def _decided(registry: "EngineRegistry", key: str, candidate: Version) -> bool:
    """Whether the decision about a candidate was made and its gauntlet noted: a run may be killed between the two."""
    noted = {row.facts["generation"] for row in registry.history(GAUNTLET, key)}
    judged = {row.decision.candidate for row in registry.decisions(key)}
    return candidate.version in judged and candidate.report["generation"] in noted
