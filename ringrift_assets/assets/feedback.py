"""Feedback: `feedback_state`, what was noticed about a configuration, and `selfplay_plan`, what it plays next and why.

Both follow from what was recorded in earlier generations and from nothing else; self-play makes its plan from the same
history by the same function, so there is no edge back into `game_databases` and no cycle. They are made by a run of
their own, the job `feedback`: a refused candidate materialises no `promoted_models`, and Dagster would skip what
depends on it in the same run, although a refusal is what there is most to learn from.
"""

import time
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import dagster as dg

from ringrift_assets import checks
from ringrift_assets.assets.evaluation import gauntlet_results
from ringrift_assets.assets.promotion import promoted_models
from ringrift_assets.history import WITHOUT_SEARCH, history_of, play_budget
from ringrift_assets.making import make_once, materialized, upstream
from ringrift_assets.metadata import curves, table
from ringrift_assets.partitions import CONFIGURATIONS
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.settings import settings_of
from ringrift_assets.storage import Store, Version, fingerprint
from ringrift_assets.tasks import publish_json

if TYPE_CHECKING:
    from ringrift_engine.feedback.history import ConfigurationHistory, OpponentResult

FEEDBACK_VERSION: Final = "feedback-1"
_AGES: Final = ("newest_games_hours", "since_failure_seconds", "launch_failures")  # of the moment, not of the history


@dg.asset(
    deps=[gauntlet_results, promoted_models],
    partitions_def=CONFIGURATIONS,
    check_specs=checks.specs_of("feedback_state"),
    group_name="feedback",
    kinds={"json"},
    owners=["team:ringrift"],
    code_version=FEEDBACK_VERSION,
)
def feedback_state(context: dg.AssetExecutionContext, storage: Storage, registry: Registry) -> Iterator[Any]:
    """What was recorded about a configuration (gauntlets, trainings, quality) and what is noticed in it."""
    with storage.working_on(context, "feedback_state") as store:
        yield from checks.showing_damage("feedback_state", lambda: _notice(context, storage, store, registry))


def _notice(
    context: dg.AssetExecutionContext, storage: Storage, store: Store, registry: Registry
) -> list[dg.MaterializeResult]:
    from ringrift_engine.feedback.plan import plan_configuration

    key = context.partition_key
    results = upstream(store, "gauntlet_results", key)
    history = _history(storage, store, registry, key)
    plan = plan_configuration(history, play_budget(settings_of(key)))
    recorded = {name: value for name, value in history.to_json().items() if name not in _AGES}
    content = {"history": recorded, "signals": [signal.to_json() for signal in plan.signals]}
    report = {**content, "generation": history.generation, "newest_row": _newest_row(history)}
    version = _publish(context, store, "feedback_state", {"gauntlet_results": results.version}, content, report)
    signals = [{"signal": one.name, "value": f"{one.value:.3g}", "why": one.why} for one in plan.signals]
    metadata = {
        "generation": history.generation,
        "gauntlets": len(history.gauntlets),
        "signals": table(signals),
        "strength": table(_strength(history)),
        "win_rates": curves("win rate of each candidate", "generation", _win_rates(history)),
    }
    return materialized(store, version, metadata)


@dg.asset(
    deps=[feedback_state],
    partitions_def=CONFIGURATIONS,
    check_specs=checks.specs_of("selfplay_plan"),
    group_name="feedback",
    kinds={"json"},
    owners=["team:ringrift"],
    code_version=FEEDBACK_VERSION,
)
def selfplay_plan(context: dg.AssetExecutionContext, storage: Storage, registry: Registry) -> Iterator[Any]:
    """What a configuration plays next: games, opponents, search, temperature, and why, term by term."""
    with storage.working_on(context, "selfplay_plan") as store:
        yield from checks.showing_damage("selfplay_plan", lambda: _plan(context, storage, store, registry))


def _plan(
    context: dg.AssetExecutionContext, storage: Storage, store: Store, registry: Registry
) -> list[dg.MaterializeResult]:
    from ringrift_engine.feedback.plan import plan_configuration

    key = context.partition_key
    state = upstream(store, "feedback_state", key)
    plan = plan_configuration(_history(storage, store, registry, key), play_budget(settings_of(key)))
    content = plan.to_json()
    report = {**content, "opponents_sum": sum(share for _, share in plan.opponents)}
    version = _publish(context, store, "selfplay_plan", {"feedback_state": state.version}, content, report)
    metadata = {
        "games": plan.games,
        "simulations": plan.simulations,
        "temperature": plan.temperature,
        "priority": plan.priority,
        "opponents": table([{"opponent": name, "share": share} for name, share in plan.opponents]),
        "plan": dg.MetadataValue.md(f"```\n{plan.explain()}\n```"),
    }
    return materialized(store, version, metadata)


def _history(storage: Storage, store: Store, registry: Registry, key: str) -> "ConfigurationHistory":
    with registry.open(store) as opened:
        return history_of(storage, opened, key, time.time())


def _newest_row(history: "ConfigurationHistory") -> int:
    """The newest generation of which anything is recorded, 0 for none: always below the one that is planned."""
    rows = (*history.gauntlets, *history.trainings, *history.qualities)
    return max((row.generation for row in rows), default=0)


def _strength(history: "ConfigurationHistory") -> list[dict[str, Any]]:
    """Win rates of every candidate, one row a generation."""
    played = dict.fromkeys(one.opponent for row in history.gauntlets for one in row.opponents)
    return [
        {
            "generation": row.generation,
            **{_called(name): _rate(row.against(name)) for name in played if name != "promoted"},
            "elo over the promoted model": f"{row.elo.value:+.0f}" if row.elo is not None else "none was there",
            "promoted": row.promoted,
        }
        for row in history.gauntlets
    ]


def _win_rates(history: "ConfigurationHistory") -> dict[str, list[tuple[float, float]]]:
    """Opponent -> (generation, win rate) of every candidate that met it."""
    lines: dict[str, list[tuple[float, float]]] = {}
    for row in history.gauntlets:
        for result in row.opponents:
            lines.setdefault(f"against {_called(result.opponent)}", []).append((row.generation, result.rate))
    return lines


def _rate(found: "OpponentResult") -> str:
    return f"{found.rate:.1%}" if found.games else "not played"


def _called(match: str) -> str:
    return f"{WITHOUT_SEARCH[match]}, without search" if match in WITHOUT_SEARCH else match


def _publish(
    context: dg.AssetExecutionContext,
    store: Store,
    asset: str,
    inputs: Mapping[str, str],
    content: Mapping[str, Any],
    report: Mapping[str, Any],
) -> Version:
    """The version with this content; the same content is the same version."""
    key, request = context.partition_key, fingerprint({"content": content, "code": FEEDBACK_VERSION})

    def produce() -> Version:
        files = publish_json(store.folder(asset, key), content)
        return Version(asset=asset, key=key, files=files, inputs=inputs, request=request, report=report)

    return make_once(context, store, asset, request, produce)
