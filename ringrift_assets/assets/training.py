"""Training: `checkpoints`, a network of one configuration trained on its combined data.

The gates are asked here again, in the same words as by the sensor that starts the run: Dagster blocks within one run
only, and a checkpoint that is materialised alone must not slip past them. Where the network starts (`starts.py`) is
read through the registry, so the graph has no cycle. A loss that was wrong in the last training has the data checked
whole before this one.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import dagster as dg
from pydantic import Field

from ringrift_assets import checks, gates
from ringrift_assets.assets.exports import combined_npz
from ringrift_assets.generations import close_plan
from ringrift_assets.history import TRAINING, plan_of, training_row
from ringrift_assets.making import answers, make_once, materialized, request_of, upstream
from ringrift_assets.measures import totals_of_exports
from ringrift_assets.metadata import curves, overridden, table
from ringrift_assets.partitions import CONFIGURATIONS
from ringrift_assets.pipes import Workers
from ringrift_assets.readiness import gathered, generation_of, newest_export, training_verdicts
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.settings import ConfigurationSettings, TrainingBudget, settings_of
from ringrift_assets.starts import Start, file_of, known_of, start_of
from ringrift_assets.storage import Store, Version, verify_file
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import DataError
from ringrift_engine.nets.settings import NetworkSettings
from ringrift_engine.resources import ResourceLimits
from ringrift_engine.training.settings import TrainingSettings

if TYPE_CHECKING:
    from ringrift_engine.feedback.configuration_plan import ConfigurationPlan

TRAINING_VERSION: Final = "training-4"


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
    patience: int | None = Field(
        default=None, ge=1, description="Points of the learning curve without a better loss that stop the training."
    )
    background_games: int | None = Field(
        default=None, ge=0, description="Games beside the training at every second point of the curve; 0 for none."
    )
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


@dataclass(frozen=True, kw_only=True)
class _Order:
    """One training as this run is to do it.

    request      hash of what decides the checkpoint
    doubt        why the data must be checked whole before they are learnt from; empty if nothing asks for it
    let_through  what was not at its default when the gates were asked
    """

    data: Version
    budget: TrainingBudget
    request: str
    limits: ResourceLimits
    doubt: str
    let_through: dg.JsonMetadataValue


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
        plan = _plan(context.partition_key, settings, storage, store, registry)
        budget = settings.training.adjusted(plan.training, BoardConfig.from_key(context.partition_key))
        budget = budget.override(overrides)
        data = _data(store, context.partition_key, config.train_on)
        request = _request(data, budget, workers)
        if not answers(store, "checkpoints", context.partition_key, request):
            _ask_gates(context, storage, store, data, settings, budget)
        order = _Order(
            data=data,
            budget=budget,
            request=request,
            limits=settings.thresholds.resources,
            doubt=_doubt(plan),
            let_through=overridden(settings.thresholds, {"checkpoints": overrides}),
        )
        yield from checks.showing_damage("checkpoints", lambda: _train(context, order, store, registry, workers))


def _plan(
    key: str, settings: ConfigurationSettings, storage: Storage, store: Store, registry: Registry
) -> "ConfigurationPlan":
    """The plan of feedback: what it changes in a training on data of this quality, and what it has noticed."""
    with registry.open(store) as opened:
        return plan_of(storage, opened, key, settings, time.time())


def _doubt(plan: "ConfigurationPlan") -> str:
    """Why feedback asks for the data to be checked, empty if it does not."""
    from ringrift_engine.feedback.signals import TRAINING_LOSS_ANOMALY

    if not plan.training.check_data:
        return ""
    return "; ".join(signal.why for signal in plan.signals if signal.name == TRAINING_LOSS_ANOMALY)


def _data(store: Store, key: str, train_on: str) -> Version:
    """The version to learn from: the combination, or the newest export if that was chosen."""
    return upstream(store, "combined_npz" if train_on == "combined" else "npz_exports", key)


def _request(data: Version, budget: TrainingBudget, workers: Workers) -> str:
    """What decides the checkpoint.

    What it starts from is no part of it: from one training set with one setting comes one checkpoint, and a run that is
    repeated after its candidate was judged must find that candidate, not train it further.
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
    context: dg.AssetExecutionContext, order: _Order, store: Store, registry: Registry, workers: Workers
) -> list[dg.MaterializeResult]:
    key, data = context.partition_key, order.data
    source = _file_of(store, data)

    def produce() -> Version:
        checked = _check_data(context, data, source, order.doubt, workers)
        start, previous = _start(store, registry, data, order.budget.transfer_from)
        context.log.info(f"The training starts from {'' if start.sha256 else 'scratch: '}{start.why}.")
        trained = workers.run(context, "train", _work(order, store, source, previous))
        inputs = {data.asset: data.version, **start.inputs}
        learnt_from = {"data": data.asset, "data_file": source.relative_to(store.root).as_posix()}
        seen = {"gathered": asdict(gathered(store.latest("npz_exports", key))), "generation": generation_of(data)}
        told = {"losses": _losses(trained["report"]), "start_chosen": start.why if start.sha256 else ""}
        report = {**trained["report"], **learnt_from, **seen, **checked, **told}
        return Version(
            asset="checkpoints", key=key, files=trained["files"], inputs=inputs, request=order.request, report=report
        )

    version = make_once(context, store, "checkpoints", order.request, produce)
    registry.register(store, version)
    registry.record(store, TRAINING, version.key, context.run.run_id, training_row(version).to_json())
    return materialized(
        store, version, {**_training_metadata(version.report), "overrides": order.let_through}, (_source_note(version),)
    )


def _start(store: Store, registry: Registry, data: Version, transfer_from: str) -> tuple[Start, Path | None]:
    """What the training starts from, and its file; DataError if that is not what its hash says."""
    with registry.open(store) as opened:
        start = start_of(known_of(store, opened, data.key, transfer_from), data.version)
        if not start.sha256:
            return start, None
        path = file_of(store, opened, start.sha256)
    verify_file(path, start.sha256)
    return start, path


def _check_data(
    context: dg.AssetExecutionContext, data: Version, source: Path, doubt: str, workers: Workers
) -> dict[str, Any]:
    """If there is a doubt, check the file that is learnt from whole: its hash, the contract, and its own checks over
    numbers that are measured again. DataError says what is damaged.
    """
    if not doubt:
        return {"data_checked": "", "rows_checked": 0}
    context.log.info(f"{source.name} is checked before it is learnt from: {doubt}.")
    verify_file(source, data.files[source.name])
    combined = data.asset == "combined_npz"
    found = workers.run(context, "check", {"key": data.key, "data": str(source), "export": not combined})
    if combined:
        measured = found["measured"]
    else:
        measured = totals_of_exports({source.name: {**data.report["by_file"][source.name], **found["measured"]}})
    try:
        checks.judge(data.asset, {**data.report, **measured})
    except checks.CheckFailedError as failure:  # its checks are those of another asset and cannot be shown by this one
        raise DataError(str(failure)) from failure
    return {"data_checked": doubt, "rows_checked": found["rows"]}


def _work(order: _Order, store: Store, source: Path, previous: Path | None) -> dict[str, Any]:
    """What the worker is asked for."""
    data, budget = order.data, order.budget
    return {
        "key": data.key,
        "data": str(source),
        "export": data.asset != "combined_npz",
        "folder": str(store.folder("checkpoints", data.key)),
        "previous": str(previous) if previous is not None else None,
        "training": {
            "max_samples": budget.samples,
            "epochs": budget.epochs,
            "batch_size": budget.batch_size,
            "min_rows": budget.needed_positions,
            "min_held_out_rows": budget.needed_held_out,
            "seed": budget.seed,
            **budget.engine_part(TrainingSettings),
        },
        "network": {
            "channels": budget.channels,
            "blocks": budget.blocks,
            **budget.engine_part(NetworkSettings),
        },
        "stopping": {"patience": budget.patience, "least_improvement": budget.least_improvement},
        "background_games": budget.background_games,
        "root": str(store.root),
        "limits": asdict(order.limits),
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
        "start": report["start"] + (f" ({report['start_chosen']})" if report["start_chosen"] else ""),
        "parameters": report["parameters"],
        "samples": report["samples"],
        "training_rows": report["training_rows"],
        "training_games": report["training_games"],
        "training_loss": curve[-1]["training"]["total"],
        "samples_per_s": report["samples_per_s"],
        "stopped": report["stopped"] or "no, it ran to its end",
        "saved_samples": report["saved_samples"],
        "data_checked": _data_checked(report),
        **metadata,
        "learning_curve": curves("loss", "samples", lines),
        **_background_shown(report["evaluations"]),
    }


def _data_checked(report: Mapping[str, Any]) -> str:
    """Whether the data were checked whole before they were learnt from, and why."""
    why = report["data_checked"]
    return f"all {report['rows_checked']} rows, because of a loss that was wrong: {why}" if why else "not asked for"


def _background_shown(evaluations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The games beside a training as table and curve; nothing if none were played."""
    if not evaluations:
        return {}
    rows = [{"samples": point["samples"], **point["result"]} for point in evaluations]
    line = [(row["samples"], row["wins"] / row["games"]) for row in rows]
    return {
        "background_evaluations": table(rows),
        "background_win_rate": curves("win rate without search", "samples", {f"against {rows[0]['opponent']}": line}),
    }
