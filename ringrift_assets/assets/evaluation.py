"""Evaluation: `gauntlet_results`, how a candidate fares against the random player, the heuristic and the promoted
model, and its network alone against the heuristic and a network that learnt without search.

The games go to one match log under names that follow from what determines them, so a run that was killed goes on where
it was. Whether the results suffice for promotion is decided in `promotion.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

import dagster as dg
from pydantic import Field

from ringrift_assets import checks
from ringrift_assets.assets.training import checkpoints
from ringrift_assets.making import make_once, materialized, request_of, upstream
from ringrift_assets.metadata import inline_png, table
from ringrift_assets.partitions import CONFIGURATIONS
from ringrift_assets.pipes import Workers
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.settings import GauntletBudget, settings_of
from ringrift_assets.storage import MODEL_SUFFIX, Store, Version, short_name
from ringrift_engine.files import sha256_of
from ringrift_engine.models import search_free_model

GAUNTLET_VERSION: Final = "gauntlet-4"
CALIBRATION_ROW: Final = "calibration"
"""Subject of the registry's rows about how reliable a model's stated chances are."""
_DIGITS: Final = 9  # 1 - 0.95 is not 0.05 in binary


class GauntletConfig(dg.Config):
    """What one gauntlet may be told; what is left out comes from the engine's settings of the configuration."""

    games_random: int | None = Field(default=None, ge=1, description="Games against the random player.")
    games_heuristic: int | None = Field(default=None, ge=1, description="Games against the heuristic player.")
    simulations: int | None = Field(default=None, ge=1, description="Search simulations for each decision of a model.")
    min_games: int | None = Field(default=None, ge=1, description="Games before the sequential test may decide.")
    max_games: int | None = Field(default=None, ge=1, description="Cap of the sequential test.")
    seed: int | None = Field(default=None, description="Seed of the openings and of the players.")


@dg.asset(
    deps=[checkpoints],
    partitions_def=CONFIGURATIONS,
    check_specs=checks.specs_of("gauntlet_results"),
    pool="evaluate",
    group_name="evaluation",
    kinds={"pytorch", "json"},
    owners=["team:ringrift"],
    code_version=GAUNTLET_VERSION,
)
def gauntlet_results(
    context: dg.AssetExecutionContext, config: GauntletConfig, storage: Storage, registry: Registry, workers: Workers
) -> Iterator[Any]:
    """Games of the newest checkpoint against fixed opponents and the promoted model, every opening from every seat."""
    budget = settings_of(context.partition_key).gauntlet.override(config.model_dump())
    with storage.working_on(context, "gauntlet_results") as store:
        yield from checks.showing_damage(
            "gauntlet_results", lambda: _evaluate(context, budget, storage, store, registry, workers)
        )


def _evaluate(
    context: dg.AssetExecutionContext,
    budget: GauntletBudget,
    storage: Storage,
    store: Store,
    registry: Registry,
    workers: Workers,
) -> list[dg.MaterializeResult]:
    key = context.partition_key
    candidate = upstream(store, "checkpoints", key)
    promoted = _opponent(store, registry, key, candidate.version)
    inputs = {"checkpoints": candidate.version, **({"promoted_models": promoted} if promoted else {})}
    baseline = _search_free(key)
    told = {**asdict(budget), **workers.means, "search_free": baseline["sha256"] if baseline else None}
    request = request_of(inputs, told, GAUNTLET_VERSION)

    occasion = {"run_id": context.run.run_id, "matches": str(storage.matches)}

    def produce() -> Version:
        work = {**_work(budget, store, candidate, promoted), "search_free": baseline}
        made = workers.run(context, "evaluate", {**work, **occasion})
        report = {**made["report"], **_measures(made["report"]["matches"])}
        report |= {name: candidate.report[name] for name in ("training_games", "generation")}
        _note_calibration(registry, store, key, context.run.run_id, report)
        return Version(
            asset="gauntlet_results", key=key, files=made["files"], inputs=inputs, request=request, report=report
        )

    version = make_once(context, store, "gauntlet_results", request, produce)
    return materialized(store, version, _gauntlet_metadata(version.report))


def _work(budget: GauntletBudget, store: Store, candidate: Version, promoted: str) -> dict[str, Any]:
    """What the worker is asked for."""
    key = candidate.key
    return {
        "key": key,
        "candidate": {"path": str(store.path(candidate)), "sha256": candidate.version},
        "promoted": _model(store, key, promoted),
        "held_out": _held_out(store, candidate),
        "export": candidate.report["data"] != "combined_npz",
        "folder": str(store.folder("gauntlet_results", key)),
        "seed": budget.seed,
        "gauntlet": {
            "games_random": budget.games_random,
            "games_heuristic": budget.games_heuristic,
            "simulations": budget.simulations,
        },
        "sequential": {
            "min_games": budget.min_games,
            "max_games": budget.max_games,
            "elo1": budget.elo_threshold,
            "alpha": round(1 - budget.confidence, _DIGITS),
            "beta": round(1 - budget.confidence, _DIGITS),
        },
    }


def _opponent(store: Store, registry: Registry, key: str, candidate: str) -> str:
    """The promoted model to beat, empty if there is none.

    If the candidate is the promoted model itself, it was promoted by the results that are there: a run that was killed
    right after the promotion finds them again.
    """
    promoted = registry.promoted(store, key)
    if promoted != candidate:
        return promoted
    latest = store.latest("gauntlet_results", key)
    return "" if latest is None else latest.inputs.get("promoted_models", "")


def _model(store: Store, key: str, sha256: str) -> dict[str, str] | None:
    path = store.folder("promoted_models", key) / short_name(sha256, MODEL_SUFFIX)
    return {"path": str(path), "sha256": sha256} if sha256 else None


def _search_free(key: str) -> dict[str, str] | None:
    """The model that ships as the baseline of search, None if there is none."""
    path = search_free_model(key)
    return {"path": str(path), "sha256": sha256_of(path)} if path else None


def _held_out(store: Store, candidate: Version) -> str | None:
    """The file that the candidate learnt from, if it holds positions out to measure value errors on."""
    return str(store.root / candidate.report["data_file"]) if candidate.report["held_out_rows"] else None


def _measures(matches: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """What the checks judge: games by seat of every match, and wins and losses over all."""
    by_seat = {
        f"{opponent}, seat {seat}": sum(match["counts"])
        for opponent, match in matches.items()
        for seat in range(1, len(match["wins_by_seat"]) + 1)
    }
    wins = sum(sum(match["wins_by_seat"]) for match in matches.values())
    # Every way of winning is counted for the games that have a winner; a crashed game has no row and no way of winning.
    finished = sum(sum(match["hows"].values()) for match in matches.values())
    return {"games_by_seat": by_seat, "wins": wins, "games_finished": finished}


def _gauntlet_metadata(report: Mapping[str, Any]) -> dict[str, Any]:
    rows = [
        {
            "opponent": opponent,
            "candidate": match["candidate"]["name"].partition("(")[0],
            "player": match["opponent"]["name"],
            "games": sum(match["hows"].values()),
            "wins": sum(match["wins_by_seat"]),
            "win_rate": sum(match["wins_by_seat"]) / sum(match["hows"].values()),
            "mean_moves": match["plies"] / sum(match["hows"].values()),
        }
        for opponent, match in report["matches"].items()
    ]
    errors = {
        f"value_error_{name}": report["value_errors"][name]
        for name in ("candidate", "promoted")
        if report["value_errors"][name] is not None
    }
    return {
        "games": report["games"],
        "win_rates": table(rows),
        **{f"win_rate_{row['opponent']}": row["win_rate"] for row in rows},
        **{name: report[name] for name in ("search_free_left_out",) if report[name]},
        **_strength_shown(report),
        **errors,
        **_calibration_shown(report["candidate"], report["calibration"]),
    }


def _note_calibration(registry: Registry, store: Store, key: str, run_id: str, report: Mapping[str, Any]) -> None:
    """A row about how reliable the candidate's stated chances are, if that could be measured."""
    if report["calibration"] is not None:
        summary = {name: value for name, value in report["calibration"].items() if name != "bins"}
        registry.record(store, CALIBRATION_ROW, key, run_id, {"model": report["candidate"], **summary})


def _calibration_shown(candidate: str, calibration: Mapping[str, Any] | None) -> dict[str, Any]:
    """Whether the candidate's stated chances come true, with the reliability diagram; empty without held-out games."""
    if calibration is None:
        return {}
    from ringrift_engine.evaluation.calibration import Calibration, reliability_png, reliability_rows

    found = Calibration.from_json(calibration)
    return {
        "calibration_error": found.error,
        "calibration_error_by_chance": found.error_by_chance,
        "brier": found.brier,
        "brier_of_constant": found.constant_brier,
        "reliability": inline_png("reliability", reliability_png(f"model {candidate[:12]}", found)),
        "reliability_bins": table(reliability_rows(found)),
    }


def _strength_shown(report: Mapping[str, Any]) -> dict[str, str]:
    """Elo over the promoted model, allowing for the test that ended the match; nothing without such a match."""
    from ringrift_engine.evaluation.sequential import SequentialSettings
    from ringrift_engine.evaluation.stopped import elo_after

    if "promoted" not in report["matches"]:
        return {}
    found = elo_after(report["matches"]["promoted"]["counts"], SequentialSettings(**report["sequential"]))
    return {"elo_over_promoted": str(found)}
