"""Training: `checkpoints`, a network of one configuration trained on its combined data.

The gates are asked here again, in the same words as by the sensor that starts the run: Dagster blocks within one run
only, and a checkpoint that is materialised alone must not slip past them. The network starts from the promoted model
if that has the same architecture; it is read through the registry, so the graph has no cycle.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import dagster as dg
from pydantic import Field

from ringrift_assets import checks, gates
from ringrift_assets.assets.exports import combined_npz
from ringrift_assets.generations import close_plan
from ringrift_assets.history import TRAINING, plan_of, training_row
from ringrift_assets.making import answers, make_once, materialized, request_of, upstream
from ringrift_assets.metadata import curves, overridden, table
from ringrift_assets.partitions import CONFIGURATIONS
from ringrift_assets.pipes import Workers
from ringrift_assets.readiness import gathered, generation_of, newest_export, training_verdicts
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.settings import ConfigurationSettings, TrainingBudget, settings_of
from ringrift_assets.storage import MODEL_SUFFIX, Store, Version, short_name
from ringrift_engine.boards import BoardConfig

if TYPE_CHECKING:
    from ringrift_engine.feedback.quality import TrainingAdjustment

TRAINING_VERSION: Final = "training-1"


class TrainingConfig(dg.Config):
    """What one training may be told; what is left out comes from the configuration's row in `settings.py`."""

    train_on: Literal["combined", "latest_export"] = Field(
        default="combined",
        description="Data to learn from; `latest_export` if the combination fails, which a warning shows.",
    )
    samples: int | None = Field(default=None, ge=1, description="Positions shown to the network, repetitions counted.")
    batch_size: int | None = Field(default=None, ge=1, description="Positions of one training step.")
    channels: int | None = Field(default=None, ge=1, description="Width of the network.")
    blocks: int | None = Field(default=None, ge=1, description="Residual blocks of the network.")
    needed_new: int | None = Field(
        default=None, description="Gate: new games, on large boards searched positions, since the last training."
    )
    minimum_quality: float | None = Field(default=None, description="Gate: quality score that the games must have.")
    needed_games: int | None = Field(default=None, description="Gate: games that the training set must rest on.")
    needed_positions: int | None = Field(default=None, description="Gate: positions that the training set must hold.")
    needed_held_out: int | None = Field(
        default=None, description="Gate: positions that must be held out for measuring."
    )
    max_age_hours: float | None = Field(default=None, description="Gate: oldest age of the newest games.")
    seed: int | None = Field(default=None, description="Seed of first weights, order of positions, and symmetries.")


@dg.asset(
    deps=[combined_npz],
    partitions_def=CONFIGURATIONS,
    check_specs=checks.specs_of("checkpoints"),
    pool="train",
    group_name="training",
    kinds={"pytorch"},
    owners=["team:ringrift"],
    code_version=TRAINING_VERSION,
)
def checkpoints(
    context: dg.AssetExecutionContext, config: TrainingConfig, storage: Storage, registry: Registry, workers: Workers
) -> Iterator[Any]:
    """A trained network of one configuration, with its learning curve and what it measures on held-out games."""
    overrides = {name: value for name, value in config.model_dump().items() if name != "train_on"}
    settings = settings_of(context.partition_key)
    with storage.working_on(context, "checkpoints") as store:
        adjustment = _adjustment(context.partition_key, settings, storage, store, registry)
        budget = settings.training.adjusted(adjustment, BoardConfig.from_key(context.partition_key))
        budget = budget.override(overrides)
        data = _data(store, context.partition_key, config.train_on)
        request = _request(data, budget, workers)
        if not answers(store, "checkpoints", context.partition_key, request):
            _ask_gates(context, storage, store, data, settings, budget)
        let_through = overridden(settings.thresholds, {"checkpoints": overrides})
        yield from checks.showing_damage(
            "checkpoints", lambda: _train(context, request, budget, store, data, registry, workers, let_through)
        )


def _adjustment(
    key: str, settings: ConfigurationSettings, storage: Storage, store: Store, registry: Registry
) -> "TrainingAdjustment":
    """What feedback changes in a training on data of this quality."""
    with registry.open(store) as opened:
        return plan_of(storage, opened, key, settings, time.time()).training


def _data(store: Store, key: str, train_on: str) -> Version:
    """The version to learn from: the combination, or the newest export if that was chosen."""
    return upstream(store, "combined_npz" if train_on == "combined" else "npz_exports", key)


def _request(data: Version, budget: TrainingBudget, workers: Workers) -> str:
    """What decides the checkpoint.

    The promoted model is no part of it: from one training set with one setting comes one checkpoint, and a run that is
    repeated after its candidate was promoted must find that candidate, not train it further.
    """
    return request_of({data.asset: data.version}, {**budget.work, "threads": workers.threads}, TRAINING_VERSION)


def _ask_gates(
    context: dg.AssetExecutionContext,
    storage: Storage,
    store: Store,
    data: Version,
    settings: ConfigurationSettings,
    budget: TrainingBudget,
) -> None:
    """Raise GateClosed unless the data suffices; then the next run plays new games instead of going on with this
    plan.
    """
    try:
        gates.require(*training_verdicts(storage, data, settings, budget, time.time()))
    except gates.GateClosed:
        close_plan(store.folder("game_databases", context.partition_key))
        raise


def _train(
    context: dg.AssetExecutionContext,
    request: str,
    budget: TrainingBudget,
    store: Store,
    data: Version,
    registry: Registry,
    workers: Workers,
    let_through: dg.JsonMetadataValue,
) -> list[dg.MaterializeResult]:
    key = context.partition_key
    previous = registry.promoted(store, key)
    source = _file_of(store, data)

    def produce() -> Version:
        trained = workers.run(context, "train", _work(budget, store, data, source, previous))
        inputs = {data.asset: data.version, **({"promoted_models": previous} if previous else {})}
        learnt_from = {"data": data.asset, "data_file": source.relative_to(store.root).as_posix()}
        seen = {"gathered": asdict(gathered(store.latest("npz_exports", key))), "generation": generation_of(data)}
        report = {**trained["report"], **learnt_from, **seen, "losses": _losses(trained["report"])}
        return Version(
            asset="checkpoints", key=key, files=trained["files"], inputs=inputs, request=request, report=report
        )

    version = make_once(context, store, "checkpoints", request, produce)
    registry.register(store, version)
    registry.record(store, TRAINING, version.key, context.run.run_id, training_row(version).to_json())
    return materialized(
        store, version, {**_training_metadata(version.report), "overrides": let_through}, (_source_note(version),)
    )


def _work(budget: TrainingBudget, store: Store, data: Version, source: Path, previous: str) -> dict[str, Any]:
    """What the worker is asked for."""
    return {
        "key": data.key,
        "data": str(source),
        "export": data.asset != "combined_npz",
        "folder": str(store.folder("checkpoints", data.key)),
        "previous": _promoted_path(store, data.key, previous),
        "training": {
            "max_samples": budget.samples,
            "epochs": budget.epochs,
            "batch_size": budget.batch_size,
            "min_rows": budget.needed_positions,
            "min_held_out_rows": budget.needed_held_out,
            "seed": budget.seed,
        },
        "network": {"channels": budget.channels, "blocks": budget.blocks},
    }


def _file_of(store: Store, data: Version) -> Path:
    """The file of a combination; of a set of exports the newest one."""
    if data.asset == "combined_npz":
        return store.path(data)
    return store.folder(data.asset, data.key) / newest_export(data)[0]


def _losses(report: Mapping[str, Any]) -> dict[str, float]:
    """Total losses at all points of the learning curve, training and held out."""
    losses = {}
    for point in report["curve"]:
        losses[f"training, {point['samples']} samples"] = point["training"]["total"]
        if point["held_out"] is not None:
            losses[f"held out, {point['samples']} samples"] = point["held_out"]["total"]
    return losses


def _promoted_path(store: Store, key: str, sha256: str) -> str | None:
    return str(store.folder("promoted_models", key) / short_name(sha256, MODEL_SUFFIX)) if sha256 else None


def _source_note(version: Version) -> dg.AssetCheckResult:
    source = version.report["data"]
    combined = source == "combined_npz"
    text = (
        "trained on the combined window" if combined else "trained on the latest export: the combination was set aside"
    )
    return checks.note(checks.TRAINED_ON_COMBINATION, combined, text, {"data": source})


def _training_metadata(report: Mapping[str, Any]) -> dict[str, Any]:
    """Counts, losses beside what one knows without a network, and the learning curve."""
    curve, held_out = report["curve"], report["held_out"]
    lines = {"training": [(point["samples"], point["training"]["total"]) for point in curve]}
    metadata: dict[str, Any] = {}
    if held_out is not None:
        lines["held out"] = [(point["samples"], point["held_out"]["total"]) for point in curve]
        rows = [
            {"loss": "policy", "network": held_out["losses"]["policy"], "without": held_out["uniform_policy_loss"]},
            {"loss": "value", "network": held_out["losses"]["value"], "without": held_out["constant_value_loss"]},
        ]
        metadata = {
            "held_out_loss": held_out["losses"]["total"],
            "winner_accuracy": held_out["winner_accuracy"],
            "held_out_losses": table(rows),
        }
    return {
        "start": report["start"],
        "parameters": report["parameters"],
        "samples": report["samples"],
        "training_rows": report["training_rows"],
        "training_games": report["training_games"],
        "training_loss": curve[-1]["training"]["total"],
        "samples_per_s": report["samples_per_s"],
        **metadata,
        "learning_curve": curves("loss", "samples", lines),
    }
