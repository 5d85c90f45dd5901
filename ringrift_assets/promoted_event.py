"""A model that was promoted or brought back outside the asset, as the latest version of `promoted_models`."""

from typing import TYPE_CHECKING

import dagster as dg

from ringrift_assets.metadata import place

if TYPE_CHECKING:
    from ringrift_engine.promotion.publish import Promotion


def promoted_event(key: str, made: "Promotion", description: str) -> dg.AssetMaterialization:
    """The event that makes Dagster's latest version the model that plays; `made` has moved the pointer."""
    assert made.path is not None
    baseline = made.decision.baseline or "none"
    return dg.AssetMaterialization(
        asset_key="promoted_models",
        partition=key,
        description=description,
        metadata={"path": place(made.path), "instead_of": baseline, "decision": made.decision.summary},
        tags={"dagster/data_version": made.file_sha256},
    )
