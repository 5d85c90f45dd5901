"""The Dagster job `shadow_tournament`: one step plays the games of one configuration and keeps a row about them."""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import dagster as dg
from pydantic import Field

from ringrift_assets.metadata import table
from ringrift_assets.pipes import Workers
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.shadow.wanted import SUBJECT, Lineup, lineup
from ringrift_assets.thresholds import read_thresholds
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import DataError

if TYPE_CHECKING:
    from ringrift_engine.promotion.registry import Model

_LAST: Final = 19
"""Niceness of the worker: whatever else works on the machine comes first."""
_SHOWN_DIGITS: Final = 12


class ShadowConfig(dg.Config):
    """What one execution is told."""

    key: str = Field(description="Configuration that is played, such as hex8_2p.")
    games: int | None = Field(default=None, ge=1, description="Games in all, about; None for the setting of the loop.")


@dg.op(out=dg.Out(dg.Nothing), pool="evaluate")
def play_shadow_tournament(
    context: dg.OpExecutionContext, config: ShadowConfig, storage: Storage, registry: Registry, workers: Workers
) -> None:
    """Play the promoted model of a configuration against earlier ones and fixed players."""
    key = BoardConfig.from_key(config.key).key
    found = lineup(registry, storage, key)
    if found is None:
        raise DataError(f"{key} has no promoted model that a shadow tournament could be about. Promote one first.")
    games = config.games or read_thresholds().loop.shadow_tournament_games
    played = workers.run(context, "shadow", _request(context.run.run_id, storage, found, games))
    facts = {
        "promoted": found.promoted.sha256,
        "number": found.number,
        "matches": played["matches"],
        "games": played["games"],
        "at": time.time(),
    }
    registry.record(storage.store, SUBJECT, key, context.run.run_id, facts)
    context.add_output_metadata(_shown(key, facts))


def _request(run_id: str, storage: Storage, found: Lineup, games: int) -> dict[str, Any]:
    from ringrift_engine.evaluation.settings import evaluation_settings

    simulations = read_thresholds().of(found.key).evaluation.simulations
    return {
        "key": found.key,
        "promoted": _model(storage, found.promoted),
        "opponents": {
            **{f"earlier {model.sha256[:_SHOWN_DIGITS]}": _model(storage, model) for model in found.earlier},
            **dict.fromkeys(found.anchors),
        },
        "rounds": found.rounds(games),
        "seed": found.number,
        "simulations": simulations or evaluation_settings(BoardConfig.from_key(found.key)).simulations,
        "matches": str(storage.matches),
        "run_id": run_id,
        "nice": _LAST,
    }


def _model(storage: Storage, model: "Model") -> dict[str, str]:
    return {"path": str(storage.base / model.path), "sha256": model.sha256}


def _shown(key: str, facts: Mapping[str, Any]) -> dict[str, Any]:
    rows = [
        {"opponent": name, **{column: match[column] for column in ("games", "wins", "low", "high", "score")}}
        for name, match in facts["matches"].items()
    ]
    return {"configuration": key, "promoted": facts["promoted"], "games": facts["games"], "matches": table(rows)}


@dg.job(description="A few games of a promoted model against earlier ones and fixed players, at the lowest priority.")
def shadow_tournament() -> None:
    """The graph of one step."""
    play_shadow_tournament()
