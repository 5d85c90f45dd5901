"""The Dagster job `rollback`: the promoted model plays the one before it, and is taken back if it proves weaker.

One step, of one configuration. Where the games that are there say it already, none are played. What was moved is shown
as a materialisation of `promoted_models`, so that its latest version is the model that plays.
"""

from typing import TYPE_CHECKING, Any, Final

import dagster as dg
from pydantic import Field

from ringrift_assets.locks import exclusive
from ringrift_assets.outcomes import marked
from ringrift_assets.partitions import CONFIGURATIONS
from ringrift_assets.pipes import Workers
from ringrift_assets.promoted_event import promoted_event
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.rollback.monitor import get_rollback_monitor
from ringrift_assets.settings import settings_of
from ringrift_assets.storage import MODEL_SUFFIX, short_name
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import DataError

if TYPE_CHECKING:
    from ringrift_engine.promotion.publish import Promotion
    from ringrift_engine.promotion.regression import RegressionCheck

STAGE: Final = "rollback"
OPENINGS_SEED: Final = 0x524F4C4C
"""Apart from the openings of gauntlets: the games of a check are new ones."""


class RollbackConfig(dg.Config):
    """What one execution may be told."""

    games: int | None = Field(
        default=None, ge=0, description="Games to play for the check; 0 checks by those that are there."
    )
    dry_run: bool = Field(default=False, description="Say what would be taken back, and take nothing back.")


@dg.op(pool="evaluate", out=dg.Out(dg.Nothing))
def check_promoted_model(
    context: dg.OpExecutionContext, config: RollbackConfig, storage: Storage, registry: Registry, workers: Workers
) -> None:
    """Play, check, and take back a promoted model that is weaker than the one before it."""
    with marked(context, STAGE):
        _play(context, config, storage, registry, workers)
        with exclusive(storage.store.lock("promoted_models", context.partition_key)):
            check, made = _check(context, config, storage, registry)
    context.log.info(check.why)
    context.add_output_metadata(_shown(check, made))
    if made is not None and made.moved:
        context.log_event(promoted_event(context.partition_key, made, "Went back to the model before."))


def _play(
    context: dg.OpExecutionContext, config: RollbackConfig, storage: Storage, registry: Registry, workers: Workers
) -> None:
    """A match of the two, unless the games that are there take the model back already."""
    from ringrift_engine.promotion.publish import both_promoted

    key, run_id = context.partition_key, context.run_id
    settings = settings_of(key)
    wanted = settings.thresholds.rollback.games_a_check if config.games is None else config.games
    with registry.open(storage.store) as opened:
        promoted, previous = (model.sha256 for model in both_promoted(opened, key))
    with get_rollback_monitor(key, run_id, storage=storage, registry=registry) as monitor:
        known = monitor.look(key, promoted, previous).check
        played = monitor.games_played(key, promoted, previous)
    if known.trigger or not wanted:
        context.log.info(f"No games are played: {known.why}")
        return
    asked = {
        "key": key,
        "promoted": _model(storage, key, promoted),
        "previous": _model(storage, key, previous),
        "games": wanted,
        "seed": OPENINGS_SEED,
        "rounds_before": played // BoardConfig.from_key(key).num_players,
        "gauntlet": {"simulations": settings.gauntlet.simulations},
        "sequential": {},
        "run_id": run_id,
        "matches": str(storage.matches),
    }
    made = workers.run(context, "contest", asked)
    with get_rollback_monitor(key, run_id, storage=storage, registry=registry) as monitor:
        monitor.note_match(key, promoted, previous, made["games"])


def _model(storage: Storage, key: str, sha256: str) -> dict[str, str]:
    path = storage.store.folder("promoted_models", key) / short_name(sha256, MODEL_SUFFIX)
    return {"path": str(path), "sha256": sha256}


def _check(
    context: dg.OpExecutionContext, config: RollbackConfig, storage: Storage, registry: Registry
) -> "tuple[RegressionCheck, Promotion | None]":
    """The check, and what was done about it; DataError if a rollback was due and could not be made."""
    from ringrift_engine.promotion.publish import both_promoted

    board = BoardConfig.from_key(context.partition_key)
    with registry.open(storage.store) as opened:
        promoted, previous = (model.sha256 for model in both_promoted(opened, board.key))
    with get_rollback_monitor(board.key, context.run_id, storage=storage, registry=registry) as monitor:
        due, event = monitor.check_for_regression(promoted, board.board, board.num_players, previous)
        last = monitor.get_regression_status(promoted).last
        assert last is not None
        if not due or event is None:
            return last, None
        made = monitor.execute_rollback(event, config.dry_run)
    if not (made.moved or config.dry_run):
        raise DataError(f"{board.key}: the rollback could not be made, {made.decision.summary}.")
    return last, made


def _shown(check: "RegressionCheck", made: "Promotion | None") -> dict[str, Any]:
    did = "nothing" if made is None else "went back" if made.moved else "dry run: would go back"
    return {
        "check": check.why,
        "did": did,
        "promoted_model": check.model,
        "model_before": check.previous,
        "games": check.games,
        "consecutive_regressions": check.consecutive,
    }


@dg.job(
    partitions_def=CONFIGURATIONS,
    description="The promoted model plays the one before it; if it proves weaker, the one before plays again.",
)
def rollback() -> None:
    """The graph of one step."""
    check_promoted_model()
