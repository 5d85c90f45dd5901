"""Promotion: `promoted_models`, the model that everybody plays with until a stronger one is shown.

Who decides and carries the decision out is the engine's `PromotionController`, as for every other promotion.

A candidate that is refused is a result, not a fault: the run succeeds, nothing is materialised, the promoted model
stays untouched, and the check `promotion_criteria` says what was measured, what was needed and over how many games.
Either way the decision is a row in the registry.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import dagster as dg
from pydantic import Field

from ringrift_assets import checks
from ringrift_assets.assets.evaluation import gauntlet_results
from ringrift_assets.evidence import GauntletEvidence, criteria_of
from ringrift_assets.history import GAUNTLET, gauntlet_row
from ringrift_assets.making import upstream
from ringrift_assets.metadata import made_from, overridden, place, table
from ringrift_assets.partitions import CONFIGURATIONS
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.settings import settings_of
from ringrift_assets.starts import JUDGEMENT, Judgement
from ringrift_assets.storage import Store, Version
from ringrift_assets.thresholds import Thresholds

if TYPE_CHECKING:
    from ringrift_engine.promotion.criteria import PromotionCriteria, PromotionDecision
    from ringrift_engine.promotion.publish import Promotion

PROMOTION_VERSION: Final = "promotion-2"


class PromotionConfig(dg.Config):
    """What one decision may be told; what is left out comes from the thresholds."""

    min_games: int | None = Field(default=None, ge=1, description="Least games against each opponent.")
    max_value_error_rise: float | None = Field(
        default=None, ge=0, description="How much larger the value error may be than the promoted model's."
    )


@dg.asset(
    deps=[gauntlet_results],
    partitions_def=CONFIGURATIONS,
    check_specs=checks.specs_of("promoted_models"),
    output_required=False,
    group_name="promotion",
    kinds={"pytorch"},
    owners=["team:ringrift"],
    code_version=PROMOTION_VERSION,
)
def promoted_models(
    context: dg.AssetExecutionContext, config: PromotionConfig, storage: Storage, registry: Registry
) -> Iterator[Any]:
    """The model that plays from now on: the candidate, if its gauntlet showed that it is stronger."""
    with storage.working_on(context, "promoted_models") as store:
        yield from checks.showing_damage("promoted_models", lambda: _decide(context, config, store, registry))


def _decide(context: dg.AssetExecutionContext, config: PromotionConfig, store: Store, registry: Registry) -> list[Any]:
    """The events of a promotion or of a refusal."""
    results = upstream(store, "gauntlet_results", context.partition_key)
    thresholds = settings_of(results.key).thresholds
    promotion = _promote(context, store, registry, results, _criteria(config, thresholds), thresholds)
    row = gauntlet_row(results, promoted=promotion.path is not None)
    judgement = Judgement.of(row, promotion.decision)
    for subject, facts in ((GAUNTLET, row), (JUDGEMENT, judgement)):
        registry.record(store, subject, results.key, context.run.run_id, facts.to_json())
    note = _criteria_note(promotion.decision)
    context.log.info(promotion.decision.summary)
    if promotion.path is None:
        return [note, *checks.judge("promoted_models", _standing_copy(store, registry, results.key))]
    found = {"file_sha256": promotion.file_sha256, "registry_sha256": registry.promoted(store, results.key)}
    event = dg.MaterializeResult(
        metadata={
            **_promotion_metadata(promotion, results),
            "overrides": overridden(thresholds, {"promoted_models": config.model_dump()}),
        },
        data_version=dg.DataVersion(promotion.file_sha256),
        check_results=[note, *checks.judge("promoted_models", found)],
    )
    return [event]


def _promote(
    context: dg.AssetExecutionContext,
    store: Store,
    registry: Registry,
    results: Version,
    criteria: "PromotionCriteria",
    thresholds: Thresholds,
) -> "Promotion":
    """Decide about the candidate and carry the decision out: copy first, pointer last, and either only once.

    DataError, before anything is decided, if the candidate's file is not what it was when it was measured.
    """
    from ringrift_engine.boards import BoardConfig
    from ringrift_engine.promotion.controller import Occasion, PromotionController
    from ringrift_engine.promotion.publish import verified

    config, candidate = BoardConfig.from_key(results.key), results.report["candidate"]
    with registry.open(store) as opened:
        verified(opened, store.root, candidate)
        controller = PromotionController(
            GauntletEvidence(results),
            criteria,
            registry=opened,
            data_root=store.root,
            occasion=Occasion(run_id=context.run.run_id, at=time.time()),
        )
        decision = controller.evaluate_promotion(candidate, config.board, config.num_players)
        return controller.execute_promotion(decision, dry_run=not thresholds.promotion.auto_promote)


def _criteria(config: PromotionConfig, thresholds: Thresholds) -> "PromotionCriteria":
    """The criteria of the thresholds, with the options of the run."""
    options = {"min_games_played": config.min_games, "max_value_mse_degradation": config.max_value_error_rise}
    return replace(criteria_of(thresholds), **{name: value for name, value in options.items() if value is not None})


def _criteria_note(decision: "PromotionDecision") -> dg.AssetCheckResult:
    """The check that says for each criterion what was measured, what was needed, and over how many games."""
    criteria = [{**result.to_json(), "measured": f"{result.measured:.4g}"} for result in decision.criteria]
    return checks.note(
        checks.PROMOTION_CRITERIA,
        decision.promoted,
        decision.summary,
        {"criteria": table(criteria), "candidate": decision.candidate, "promoted_model": decision.baseline or "none"},
    )


def _standing_copy(store: Store, registry: Registry, key: str) -> dict[str, str]:
    """Hashes of the model that stays promoted: as the registry has it, and of the file; empty where there is none."""
    from ringrift_engine.files import sha256_of
    from ringrift_engine.promotion.publish import promoted_path

    sha256 = registry.promoted(store, key)
    if not sha256:
        return {"file_sha256": "", "registry_sha256": ""}
    path = promoted_path(store.root, key, sha256)
    return {"file_sha256": sha256_of(path) if path.is_file() else "missing", "registry_sha256": sha256}


def _promotion_metadata(promotion: "Promotion", results: Version) -> dict[str, Any]:
    decision = promotion.decision
    assert promotion.path is not None
    metadata: dict[str, Any] = {
        "path": place(promotion.path),
        "bytes": promotion.path.stat().st_size,
        "inputs": made_from({"gauntlet_results": results.version, "checkpoints": decision.candidate}),
        "instead_of": decision.baseline or "none",
        "decision": decision.summary,
        "promoted_before": not promotion.moved,
    }
    return metadata
