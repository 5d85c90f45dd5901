"""Training data: `npz_exports`, one file for every shard, and `combined_npz`, one file over the training window.

A shard is exported once: its export carries the shard's hash, and a later run only exports what is new. The combination
takes its sources from the versions of `npz_exports`, so it can never swallow its own result.
"""

from collections.abc import Iterator
from typing import Any, Final

import dagster as dg
from pydantic import Field

from ringrift_assets import checks
from ringrift_assets.assets.games import synced_games
from ringrift_assets.history import QUALITY, first_searched, quality_row
from ringrift_assets.making import make_once, materialized, request_of, upstream
from ringrift_assets.measures import totals_of_exports
from ringrift_assets.metadata import quality_shown, table
from ringrift_assets.partitions import CONFIGURATIONS
from ringrift_assets.pipes import Workers
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.settings import settings_of
from ringrift_assets.storage import Store, Version, removed_of

EXPORT_VERSION: Final = "export-3"
COMBINATION_VERSION: Final = "combination-3"


class CombinationConfig(dg.Config):
    """What one combination may be told."""

    seed: int = Field(default=0, ge=0, description="Seed of the choice and the order of rows.")


@dg.asset(
    deps=[synced_games],
    partitions_def=CONFIGURATIONS,
    check_specs=checks.specs_of("npz_exports"),
    pool="generate",
    group_name="datasets",
    kinds={"numpy"},
    owners=["team:ringrift"],
    code_version=EXPORT_VERSION,
)
def npz_exports(
    context: dg.AssetExecutionContext, storage: Storage, registry: Registry, workers: Workers
) -> Iterator[Any]:
    """Positions with what is to be learnt from them: one NPZ for every shard, made once."""
    with storage.working_on(context, "npz_exports") as store:
        yield from checks.showing_damage("npz_exports", lambda: _export(context, store, registry, workers))


def _export(
    context: dg.AssetExecutionContext, store: Store, registry: Registry, workers: Workers
) -> list[dg.MaterializeResult]:
    key = context.partition_key
    source = upstream(store, "synced_games", key)
    inputs = {"synced_games": source.version}
    request = request_of(inputs, {}, EXPORT_VERSION)

    latest = store.latest("npz_exports", key)
    held = latest.report["by_file"] if latest is not None and store.intact(latest) else {}

    def produce() -> Version:
        request_to_worker = {
            "key": key,
            "shards": [str(path) for path in store.paths(source)],
            "generations": {name: row["generation"] for name, row in source.report["quality"]["by_shard"].items()},
            "held": held,
            "folder": str(store.folder("npz_exports", key)),
            "first_searched": _first_searched(store, registry, key),
        }
        made = workers.run(context, "export", request_to_worker)
        quality = {**made["report"]["quality"], "worst_player": source.report["quality"]["worst_player"]}
        report = {**made["report"], **totals_of_exports(made["report"]["by_file"]), "quality": quality}
        return Version(asset="npz_exports", key=key, files=made["files"], inputs=inputs, request=request, report=report)

    version = make_once(context, store, "npz_exports", request, produce)
    shown = ("exports_added", "rows", "games", "games_held_out", "searched_share", "policy_entropy")
    metadata = {
        "dagster/row_count": version.report["rows"],
        **{name: version.report[name] for name in shown},
        **quality_shown(version.report["quality"]),
    }
    return materialized(store, version, metadata)


@dg.asset(
    deps=[npz_exports],
    partitions_def=CONFIGURATIONS,
    check_specs=checks.specs_of("combined_npz"),
    pool="generate",
    group_name="datasets",
    kinds={"numpy"},
    owners=["team:ringrift"],
    code_version=COMBINATION_VERSION,
)
def combined_npz(
    context: dg.AssetExecutionContext,
    config: CombinationConfig,
    storage: Storage,
    registry: Registry,
    workers: Workers,
) -> Iterator[Any]:
    """The training set: the newest positions of all exports, weighted by quality and age, each position once."""
    with storage.working_on(context, "combined_npz") as store:
        yield from checks.showing_damage("combined_npz", lambda: _combine(context, config, store, registry, workers))


def _combine(
    context: dg.AssetExecutionContext, config: CombinationConfig, store: Store, registry: Registry, workers: Workers
) -> list[dg.MaterializeResult]:
    key = context.partition_key
    source = upstream(store, "npz_exports", key)
    inputs = {"npz_exports": source.version}
    share = settings_of(key).thresholds.data.surprise_share
    request = request_of(inputs, {**config.model_dump(), "surprise_share": share}, COMBINATION_VERSION)

    by_file = source.report["by_file"]

    def produce() -> Version:
        request_to_worker = {
            "key": key,
            "exports": {
                str(path): {name: by_file[path.name][name] for name in ("generation", "promoted")}
                for path in store.paths(source)
            },
            "folder": str(store.folder("combined_npz", key)),
            "seed": config.seed,
            "surprise_share": share,
            "removed_rows": removed_of(source).rows,
            "first_searched": _first_searched(store, registry, key),
        }
        made = workers.run(context, "combine", request_to_worker)
        newest = max(by_file[name]["generation"] for name in source.files)
        report = {
            **made["report"],
            "quality": {**made["report"]["quality"], "worst_player": source.report["quality"]["worst_player"]},
            "source_versions": source.report["versions"],
            "newest_generation": newest,
        }
        return Version(
            asset="combined_npz", key=key, files=made["files"], inputs=inputs, request=request, report=report
        )

    version = make_once(context, store, "combined_npz", request, produce)
    row = quality_row(version, settings_of(key).thresholds.quality)
    registry.record(store, QUALITY, key, context.run.run_id, row.to_json())
    shown = ("rows", "games", "held_out_rows", "available_rows", "window_rows", "duplicate_rows", "low_quality_rows")
    metadata = {
        "dagster/row_count": version.report["rows"],
        **{name: version.report[name] for name in shown},
        "weights": table(version.report["weights_by_player"]),
        **quality_shown(version.report["quality"]),
    }
    return materialized(store, version, metadata)


def _first_searched(store: Store, registry: Registry, key: str) -> int | None:
    with registry.open(store) as opened:
        return first_searched(opened, key)
