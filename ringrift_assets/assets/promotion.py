"""Promotion: `promoted_models`, the model that everybody plays with until a stronger one is shown.

A candidate that is refused is a result, not a fault: the run succeeds, nothing is materialised, the promoted model
stays untouched, and the check `promotion_criteria` says what was measured, what was needed and over how many games.
Either way the decision is a row in the registry.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import dagster as dg
from pydantic import Field

from ringrift_assets import checks
from ringrift_assets.assets.evaluation import gauntlet_results
from ringrift_assets.history import GAUNTLET, gauntlet_row
from ringrift_assets.making import upstream
from ringrift_assets.metadata import made_from, overridden, place, table
from ringrift_assets.partitions import CONFIGURATIONS
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.settings import settings_of
from ringrift_assets.storage import Store, Version
from ringrift_assets.thresholds import Thresholds

if TYPE_CHECKING:
    from ringrift_engine.promotion.criteria import PromotionDecision, PromotionRule
    from ringrift_engine.promotion.publish import Promotion

PROMOTION_VERSION: Final = "promotion-1"


class PromotionConfig(dg.Config):
    """What one decision may be told; what is left out comes from the engine's rule."""

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
    promotion = _promote(context, store, registry, results, _rule(results, config, thresholds), thresholds)
    row = gauntlet_row(results, promoted=promotion.path is not None)
    registry.record(store, GAUNTLET, results.key, context.run.run_id, row.to_json())
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
    rule: "PromotionRule",
    thresholds: Thresholds,
) -> "Promotion":
    """Decide about the candidate and carry the decision out: copy first, pointer last, and either only once."""
    from ringrift_engine.promotion.decision import decide
    from ringrift_engine.promotion.publish import promote

    decision = decide(_evidence(results), rule)
    only_decides = not thresholds.promotion.auto_promote
    with registry.open(store) as opened:
        return promote(opened, results.key, decision, store.root, context.run.run_id, dry_run=only_decides)


def _evidence(results: Version) -> Any:
    """What the gauntlet measured, as the decision reads it."""
    from ringrift_engine.boards import BoardConfig
    from ringrift_engine.promotion.criteria import Evidence, WinCount

    report, matches = results.report, results.report["matches"]

    def count(opponent: str) -> WinCount:
        match = matches[opponent]
        return WinCount(sum(match["wins_by_seat"]), sum(match["hows"].values()))

    return Evidence(
        num_players=BoardConfig.from_key(results.key).num_players,
        candidate=report["candidate"],
        promoted=report["promoted"],
        training_games=report["training_games"],
        against_random=count("random"),
        against_heuristic=count("heuristic"),
        against_promoted=tuple(matches["promoted"]["counts"]) if "promoted" in matches else None,
        candidate_value_error=report["value_errors"]["candidate"],
        promoted_value_error=report["value_errors"]["promoted"],
    )


def _rule(results: Version, config: PromotionConfig, thresholds: Thresholds) -> "PromotionRule":
    """The rule, with the sequential test that the gauntlet was played under."""
    from ringrift_engine.evaluation.sequential import SequentialSettings
    from ringrift_engine.promotion.criteria import PromotionRule

    rule = PromotionRule(
        min_games=thresholds.promotion.min_games,
        max_value_error_rise=thresholds.promotion.max_value_mse_degradation,
        floor_random=thresholds.evaluation.win_rate_random,
        floor_heuristic=thresholds.evaluation.win_rate_heuristic,
        sequential=SequentialSettings(**results.report["sequential"]),
    )
    return replace(rule, **{name: value for name, value in config.model_dump().items() if value is not None})


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
