"""Self-play: `game_databases`, the shards of games of this machine, and `synced_games`, the shards that were taken in.

The value of both is a set of immutable shards; a materialisation adds to it. What to play is written down first
(`generations.py`), so a killed run is finished, not repeated. No edge leads into `game_databases`: the promoted model
that searches the moves is read through the registry, an earlier version than anything this run will make.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

import dagster as dg
from pydantic import Field

from ringrift_assets import checks, gates
from ringrift_assets.arenas import bootstrap_spec
from ringrift_assets.generations import GenerationPlan, plan_generation, read_plan, write_plan
from ringrift_assets.history import keep_plan, plan_of, planned_budget
from ringrift_assets.inbox import clear_taken, refuse
from ringrift_assets.making import make_once, materialized, request_of
from ringrift_assets.metadata import quality_shown, table
from ringrift_assets.partitions import CONFIGURATIONS
from ringrift_assets.pipes import Workers
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.settings import ConfigurationSettings, SelfplayBudget, settings_of
from ringrift_assets.storage import MODEL_SUFFIX, Store, Version, fingerprint, short_name
from ringrift_engine import RULES_VERSION
from ringrift_engine.resources import ResourceLimits

if TYPE_CHECKING:
    from ringrift_engine.feedback.configuration_plan import ConfigurationPlan

GAMES_VERSION: Final = f"rules-{RULES_VERSION}.shards-2"
INTAKE_VERSION: Final = "intake-3"
PROMOTED_PLAYER: Final = "search"
_ENDED_WITHOUT_SUCCESS: Final = (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED)


class GamesConfig(dg.Config):
    """What one run of self-play may be told; what is left out comes from the configuration's row in `settings.py`."""

    games: int | None = Field(default=None, description="Games of this generation.")
    simulations: int | None = Field(default=None, description="Search simulations for each decision.")
    full_share: float | None = Field(
        default=None, gt=0, le=1, description="Share of the decisions that get these simulations and are learnt from."
    )
    cheap_simulations: int | None = Field(default=None, description="Search simulations of the other decisions.")
    batch_games: int | None = Field(default=None, description="Games of one shard; a killed run loses at most these.")
    seed: int | None = Field(
        default=None, description="Seed of all randomness, together with the shards already there."
    )


@dg.asset(
    partitions_def=CONFIGURATIONS,
    check_specs=checks.specs_of("game_databases"),
    pool="generate",
    group_name="games",
    kinds={"sqlite"},
    owners=["team:ringrift"],
    code_version=GAMES_VERSION,
)
def game_databases(
    context: dg.AssetExecutionContext, config: GamesConfig, storage: Storage, registry: Registry, workers: Workers
) -> Iterator[Any]:
    """Games that this configuration's current player plays against itself, in shards that never change."""
    with storage.working_on(context, "game_databases") as store:
        settings = settings_of(context.partition_key)
        budget, plan = _planned(context, config, settings, storage, store, registry)
        limits = settings.thresholds.resources
        yield from checks.showing_damage(
            "game_databases", lambda: _play_generation(context, budget, plan, limits, store, registry, workers)
        )


def _planned(
    context: dg.AssetExecutionContext,
    config: GamesConfig,
    settings: ConfigurationSettings,
    storage: Storage,
    store: Store,
    registry: Registry,
) -> "tuple[SelfplayBudget, ConfigurationPlan]":
    """How much is played and how: the settings, changed by the plan of feedback, changed by what this run was told."""
    key = context.partition_key
    with registry.open(store) as opened:
        plan = plan_of(storage, opened, key, settings, time.time())
        keep_plan(opened, plan, context.run.run_id)
    return planned_budget(settings.selfplay, plan).override(config.model_dump()), plan


def _play_generation(
    context: dg.AssetExecutionContext,
    budget: SelfplayBudget,
    planned: "ConfigurationPlan",
    limits: ResourceLimits,
    store: Store,
    registry: Registry,
    workers: Workers,
) -> list[dg.MaterializeResult]:
    key = context.partition_key
    latest = store.latest("game_databases", key)
    if latest is not None:
        store.verify(latest)
    plan = _plan(context, budget, store, latest, registry, workers.means)

    def produce() -> Version:
        known = dict(latest.files) if latest is not None else {}
        model = store.folder("promoted_models", key) / short_name(plan.model, MODEL_SUFFIX) if plan.model else None
        request = {
            "key": key,
            "folder": str(store.folder("game_databases", key)),
            "known": sorted(known),
            "batches": plan.batches,
            "generation": plan.number,
            "player": PROMOTED_PLAYER if model else budget.bootstrap_player,
            "model": str(model) if model else None,
            "simulations": budget.simulations if model else budget.bootstrap_simulations,
            "full_share": budget.full_share,
            "cheap_simulations": budget.cheap_simulations,
            "temperature": budget.temperature,
            "opponents": dict(budget.opponents) if model else {"self": 1.0},
            "earlier": _earlier_model(store, registry, key) if "earlier" in budget.opponents else None,
            "root": str(store.root),
            "limits": asdict(limits),
        }
        played = workers.run(context, "play", request)
        return Version(
            asset="game_databases",
            key=key,
            files={**known, **played["shards"]},
            inputs={"promoted_models": plan.model} if plan.model else {"bootstrap_player": _bootstrap(budget)},
            request=plan.identity,
            report={**played["report"], "games_planned": plan.games, "generation": plan.number},
        )

    version = make_once(context, store, "game_databases", plan.identity, produce)
    why = {"plan": dg.MetadataValue.md(f"```\n{planned.explain()}\n```")}
    return materialized(store, version, {**_games_metadata(version.report), **why})


def _bootstrap(budget: SelfplayBudget) -> str:
    """The player without a network with its settings, in its text form."""
    return str(bootstrap_spec(budget.bootstrap_player, budget.bootstrap_simulations))


def _earlier_model(store: Store, registry: Registry, key: str) -> str | None:
    """The file of the model that was promoted before the promoted one, if there is one."""
    with registry.open(store) as opened:
        previous = opened.previous(key)
    if previous is None:
        return None
    return str(store.folder("promoted_models", key) / short_name(previous.sha256, MODEL_SUFFIX))


def _plan(
    context: dg.AssetExecutionContext,
    budget: SelfplayBudget,
    store: Store,
    latest: Version | None,
    registry: Registry,
    means: Mapping[str, Any],
) -> GenerationPlan:
    """The plan that this run carries out: an open one for the same settings, or a new one on top of what is there."""
    key = context.partition_key
    folder = store.folder("game_databases", key)
    settings = {**asdict(budget), **means}
    plan = read_plan(folder)
    if plan is not None and plan.settings == settings and not plan.closed:
        finished = latest is not None and latest.request == plan.identity
        if not finished or _ended_without_success(context, plan.run_id):
            context.log.info(f"Going on with the plan of run {plan.run_id}, which did not succeed.")
            return write_plan(folder, replace(plan, run_id=context.run.run_id))
    model = registry.promoted(store, key)
    new = plan_generation(
        key,
        settings,
        amount=budget.amount(searched=bool(model)),
        number=latest.report["generation"] + 1 if latest is not None else 1,
        base=latest.version if latest is not None else "",
        model=model,
        run_id=context.run.run_id,
    )
    return write_plan(folder, new)


def _ended_without_success(context: dg.AssetExecutionContext, run_id: str) -> bool:
    """Whether a run has failed, was cancelled or killed, or is this very run at its second attempt."""
    if run_id == context.run.run_id:
        return True
    run = context.instance.get_run_by_id(run_id)
    return run is not None and run.status in _ENDED_WITHOUT_SUCCESS


def _games_metadata(report: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "dagster/row_count": report["games_added"],
        "generation": report["generation"],
        "games_added": report["games_added"],
        "moves_added": report["moves"],
        "decisions_added": report["decisions"],
        "bytes_per_move": report["bytes_per_move"],
        "wins_by_seat": table(report["wins_by_seat"]),
        "ends": table(report["ends"]),
    }


@dg.asset(
    deps=[game_databases],
    partitions_def=CONFIGURATIONS,
    check_specs=checks.specs_of("synced_games"),
    pool="sync",
    group_name="games",
    kinds={"sqlite", "parquet"},
    owners=["team:ringrift"],
    code_version=INTAKE_VERSION,
)
def synced_games(
    context: dg.AssetExecutionContext, storage: Storage, registry: Registry, workers: Workers
) -> Iterator[Any]:
    """All games that have been taken in, verified against their receipts, with one row a game in `games.parquet`."""
    with storage.working_on(context, "synced_games") as store:
        yield from checks.showing_damage("synced_games", lambda: _take_in(context, storage, store, registry, workers))


def _take_in(
    context: dg.AssetExecutionContext, storage: Storage, store: Store, registry: Registry, workers: Workers
) -> Iterator[Any]:
    """A version with what was played here and what lay in the inbox; only then the inbox is cleared of it."""
    key = context.partition_key
    source, held = store.latest("game_databases", key), store.latest("synced_games", key)
    report = workers.run(
        context,
        "gather",
        {
            "key": key,
            "source": str(store.folder("game_databases", key)),
            "offered": dict(source.files) if source is not None else {},
            "inbox": str(storage.inbox),
            "destination": str(store.folder("synced_games", key)),
            "held": dict(held.files) if held is not None else {},
            "judged": held.report.get("quality", {}).get("by_shard", {}) if held is not None else {},
            "newest_generation": _newest_generation(store, key, source),
            "receipts": str(storage.receipts),
            "now": time.time(),
        },
    )
    files, inbox = report.pop("files"), report.pop("inbox")
    note = refuse(context, storage, registry, inbox["refused"])
    if not files:
        yield note
        gates.require(gates.exists("game_databases", key, present=False))
    inputs = {"game_databases": source.version} if source is not None else {}
    if sent := sorted(files[name] for name, came_from in report["sources"].items() if came_from == "inbox"):
        inputs["inbox"] = fingerprint(sent)
    version = Version(
        asset="synced_games",
        key=key,
        files=files,
        inputs=inputs,
        request=request_of(inputs, {}, INTAKE_VERSION),
        report=report,
    )
    checks.judge("synced_games", report)
    version = store.commit(version)
    clear_taken(context, storage, inbox["settled"])
    yield from materialized(store, version, _intake_metadata(report), (note,))


def _newest_generation(store: Store, key: str, played: Version | None) -> int:
    """The newest generation that a shard from elsewhere may count as: the one that was played here last, or, where
    nothing is played, the one that the next training learns from.
    """
    if played is not None:
        return played.report["generation"]
    checkpoint = store.latest("checkpoints", key)
    return checkpoint.report["generation"] + 1 if checkpoint is not None else 1


def _intake_metadata(report: Mapping[str, Any]) -> dict[str, Any]:
    """Counts over all games here, with the tables that show a seat or an ending that is out of balance; quality of the
    newest generation's.
    """
    statistics, quality = report["statistics"], report["quality"]
    shares = statistics["win_share"] or ()
    counts = ("games", "moves", "decisions", "duplicate_games", "truncated_games")
    rates = ("searched_share", "mean_entropy", "distinct_openings")
    return {
        "dagster/row_count": statistics["games"],
        "shards": report["shards"],
        "shards_added": report["shards_added"],
        "shards_from_inbox": sum(source == "inbox" for source in report["sources"].values()),
        **{name: statistics[name] for name in counts},
        **{name: statistics[name] for name in rates if statistics[name] is not None},
        "wins_by_seat": table([{"seat": seat, "share": share} for seat, share in enumerate(shares, start=1)]),
        "ends": table([{"end": end, "games": games} for end, games in statistics["how_counts"].items()]),
        "moves_of_games": table(_lengths(statistics["length_quantiles"])),
        **quality_shown(quality),
        "judged_generation": quality["generation"],
        "worst_player": quality["worst_player"],
        "quality_by_player": table(
            [
                {"player": name, **{column: found[column] for column in ("games", "score", "grade")}}
                for name, found in quality["by_player"].items()
            ]
        ),
    }


def _lengths(quantiles: Sequence[float] | None) -> list[dict[str, Any]]:
    names = ("shortest", "10 %", "median", "90 %", "longest")
    return [{"games": name, "moves": moves} for name, moves in zip(names, quantiles or (), strict=False)]
