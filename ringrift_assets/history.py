"""What feedback knows: histories of the twelve configurations, put together from the registry and the manifests.

Rows are written once, when a stage has come to a result, and named by what they say; a stage that is repeated after a
kill writes the same row again. Of several rows of one generation the newest counts. What the plan of a generation may
see of them is decided by the engine (`ringrift_engine.feedback.history.before`).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

from ringrift_assets.breaker import PastRun
from ringrift_assets.readiness import new_since_training
from ringrift_assets.resources import Storage
from ringrift_assets.settings import ConfigurationSettings, SelfplayBudget
from ringrift_assets.storage import Version
from ringrift_assets.thresholds.sections import Quality

if TYPE_CHECKING:
    from ringrift_engine.feedback.budget import PlayBudget
    from ringrift_engine.feedback.configuration_plan import ConfigurationPlan
    from ringrift_engine.feedback.history import ConfigurationHistory, GauntletResult, QualityResult, TrainingResult
    from ringrift_engine.promotion.registry import Registry

GAUNTLET: Final = "gauntlet"
TRAINING: Final = "training"
QUALITY: Final = "quality"
PLAN: Final = "plan"
PROMOTED_MODEL: Final = "promoted model"
WITHOUT_SEARCH: Final[Mapping[str, str]] = MappingProxyType(
    {"policy_heuristic": "heuristic", "search_free": "search-free"}
)
"""Matches of a gauntlet that the candidate's network plays alone -> the opponent."""
SIGNAL: Final = "signal"
_HOUR_S: Final = 3_600.0
_ANY: Final = 1  # of what a threshold does not count: one is enough

Row = TypeVar("Row")


def gauntlet_row(results: Version, *, promoted: bool) -> "GauntletResult":
    """What a gauntlet came to, with the decision about its candidate."""
    from ringrift_engine.feedback.history import GauntletResult, OpponentResult

    matches = results.report["matches"]
    opponents = tuple(
        OpponentResult(opponent=name, wins=sum(match["wins_by_seat"]), games=sum(match["hows"].values()))
        for name, match in matches.items()
    )
    return GauntletResult(
        generation=results.report["generation"],
        opponents=opponents,
        elo=_elo(matches["promoted"], results.report["sequential"]) if "promoted" in matches else None,
        promoted=promoted,
    )


def training_row(checkpoint: Version) -> "TrainingResult":
    """The learning curve of a checkpoint, and why its training was stopped if it was."""
    from ringrift_engine.feedback.history import LossPoint, TrainingResult

    points = [
        LossPoint(
            samples=point["samples"],
            training=point["training"]["total"],
            held_out=point["held_out"]["total"] if point["held_out"] is not None else None,
        )
        for point in checkpoint.report["curve"]
    ]
    report = checkpoint.report
    return TrainingResult(generation=report["generation"], curve=tuple(points), stopped=report["stopped"])


def quality_row(data: Version, limits: Quality) -> "QualityResult":
    """How good the games of a training set are, as feedback grades them: by the thresholds of the gates."""
    from ringrift_engine.feedback.history import BLOCKED, DEGRADED, GOOD, QualityResult

    quality = data.report.get("quality", {})
    score = quality.get("score")
    score = math.nan if score is None else float(score)
    grade = GOOD if score >= limits.degraded_below else DEGRADED if score >= limits.blocked_below else BLOCKED
    generation, player = data.report["newest_generation"], quality.get("worst_player", "self")
    return QualityResult(generation=generation, score=score, grade=grade, player=player)


def first_searched(registry: "Registry", key: str) -> int | None:
    """The first generation that had a promoted model to play with, None if there is none yet."""
    promoted = [row.facts["generation"] for row in registry.history(GAUNTLET, key) if row.facts["promoted"]]
    return min(promoted) + 1 if promoted else None


def history_of(
    storage: Storage, registry: "Registry", key: str, now: float, starts: Sequence[PastRun] = ()
) -> "ConfigurationHistory":
    """All that was recorded about one configuration; the generation to be planned is the one that is played next.

    `starts` are the past starts of self-play, newest first.
    """
    from ringrift_engine.feedback.history import ConfigurationHistory, GauntletResult, QualityResult, TrainingResult

    store = storage.store
    untrained = {what: new_since_training(store, key, what) for what in ("games", "positions")}
    games = store.latest("game_databases", key)
    age = storage.age_of_newest_games(key, now)
    failures, since = _launch_failures(starts, now)
    return ConfigurationHistory(
        key=key,
        generation=games.report["generation"] + 1 if games is not None else 1,
        newest_games_hours=None if math.isnan(age) else max(age, 0.0) / _HOUR_S,
        games=untrained["games"],
        searched_positions=untrained["positions"] if registry.promoted(key) else 0,
        has_model=registry.promoted(key) is not None,
        gauntlets=_newest(registry, GAUNTLET, key, GauntletResult.from_json),
        trainings=_newest(registry, TRAINING, key, TrainingResult.from_json),
        qualities=_newest(registry, QUALITY, key, QualityResult.from_json),
        rollbacks=_rollbacks(registry, key),
        launch_failures=failures,
        since_failure_seconds=since,
    )


def plan_of(
    storage: Storage,
    registry: "Registry",
    key: str,
    settings: ConfigurationSettings,
    now: float,
    starts: Sequence[PastRun] = (),
) -> "ConfigurationPlan":
    """What the next generation of a configuration plays, and why."""
    from ringrift_engine.feedback.plan import plan_configuration

    return plan_configuration(history_of(storage, registry, key, now, starts), play_budget(settings))


def planned_budget(budget: SelfplayBudget, plan: "ConfigurationPlan") -> SelfplayBudget:
    """The budget as the plan changes it."""
    searched = plan.player == PROMOTED_MODEL
    return replace(
        budget,
        **{"searched_games" if searched else "bootstrap_games": max(1, plan.games)},
        simulations=plan.simulations,
        temperature=plan.temperature,
        opponents=dict(plan.opponents) if searched else budget.opponents,
    )


def keep_plan(registry: "Registry", plan: "ConfigurationPlan", run_id: str) -> None:
    """Record the plan that a run carries out, and every signal in it."""
    registry.add_history(plan.key, PLAN, run_id, plan.to_json())
    for signal in plan.signals:
        registry.add_history(plan.key, SIGNAL, run_id, {"generation": plan.generation, **signal.to_json()})


def play_budget(settings: ConfigurationSettings) -> "PlayBudget":
    """What a plan starts from. Wanted is what the next training needs: games or positions not yet learnt from."""
    from ringrift_engine.feedback.budget import PlayBudget

    selfplay, training = settings.selfplay, settings.training
    return PlayBudget(
        bootstrap_games=selfplay.bootstrap_games,
        searched_games=selfplay.searched_games,
        simulations=selfplay.simulations,
        wanted_games=training.needed_new if training.counts == "games" else _ANY,
        wanted_positions=_ANY if training.counts == "games" else training.needed_new,
        bootstrap_player=selfplay.bootstrap_player,
        memory_gib=settings.thresholds.selfplay.memory_gib,
    )


def _newest(registry: "Registry", subject: str, key: str, read: Callable[[Mapping[str, Any]], Row]) -> tuple[Row, ...]:
    """The newest row of every generation, in their order."""
    by_generation = {row.facts["generation"]: row.facts for row in registry.history(subject, key)}
    return tuple(read(by_generation[generation]) for generation in sorted(by_generation))


def _rollbacks(registry: "Registry", key: str) -> tuple[int, ...]:
    """For every time that the promoted model was taken back, the newest generation that had been judged by then."""
    from ringrift_engine.promotion.controller import EXECUTION, SUCCESS
    from ringrift_engine.promotion.criteria import PromotionType

    judged = [(row.number, row.facts["generation"]) for row in registry.history(GAUNTLET, key)]
    taken_back = [
        row.number
        for row in registry.history(EXECUTION, key)
        if (row.facts["promotion_type"], row.facts["result"]) == (PromotionType.ROLLBACK.value, SUCCESS)
    ]
    by_then = ([generation for number, generation in judged if number < moved] for moved in taken_back)
    return tuple(max(generations) for generations in by_then if generations)


def _launch_failures(starts: Sequence[PastRun], now: float) -> tuple[int, float | None]:
    """Starts of self-play that failed since the last one that did not, and seconds since the newest of them."""
    failed = list(takewhile(lambda start: not start.succeeded, starts))
    return len(failed), max(0.0, now - failed[0].ended_at) if failed else None


def _elo(match: Mapping[str, Any], test: Mapping[str, Any]) -> Any:
    """Elo over the promoted model with its interval, allowing for the sequential test that ended the match."""
    from ringrift_engine.evaluation.sequential import SequentialSettings
    from ringrift_engine.evaluation.stopped import elo_after
    from ringrift_engine.feedback.history import EloDifference

    found = elo_after(match["counts"], SequentialSettings(**test))
    return EloDifference(value=found.value, low=found.low, high=found.high)
