"""Idle resources: whether to start self-play now, of which configuration, and how long to wait after failed starts.

Play when the pool is free and data are missing, never without somebody to play, never on memory that is not free, and
never at the pace of a loop that fails.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ringrift_engine.errors import ConfigError
from ringrift_engine.feedback.budget import PlayBudget
from ringrift_engine.feedback.history import ConfigurationHistory
from ringrift_engine.feedback.plan import plan_selfplay
from ringrift_engine.feedback.priority import deficit
from ringrift_engine.feedback.settings import DEFAULTS, FeedbackSettings


@dataclass(frozen=True)
class IdleVerdict:
    """Whether a configuration may start now, why or why not, and seconds until it is worth asking again."""

    play: bool
    why: str
    wait_seconds: float = 0.0


def backoff(failures: int, settings: FeedbackSettings = DEFAULTS) -> float:
    """Seconds to wait after so many failed starts in a row: doubling from `backoff_seconds` up to the cap."""
    if failures < 0:
        raise ConfigError(f"Launch failures are counted from 0, not {failures}.")
    if not failures:
        return 0.0
    # Sixty doublings are longer than any cap, and never too large a number.
    return min(settings.backoff_seconds * 2.0 ** min(failures - 1, 60), settings.backoff_cap_seconds)


def may_play(
    history: ConfigurationHistory,
    budget: PlayBudget,
    *,
    pool_free: bool,
    free_memory_gib: float,
    settings: FeedbackSettings = DEFAULTS,
) -> IdleVerdict:
    """Whether this configuration may start self-play now. An unknown amount of memory, NaN, is too little."""
    missing = deficit(history, budget)
    wait = backoff(history.launch_failures, settings) - (history.since_failure_seconds or 0.0)
    if not pool_free:
        return IdleVerdict(False, "the pool is in use")
    if not (history.has_model or budget.bootstrap_player):
        return IdleVerdict(False, "no model and no declared bootstrap player")
    if missing <= 0:
        return IdleVerdict(False, "no data are missing")
    if not free_memory_gib >= budget.memory_gib:
        return IdleVerdict(False, f"{free_memory_gib:.1f} GiB of memory are free, {budget.memory_gib:.1f} are needed")
    if history.launch_failures and wait > 0:
        why = f"{history.launch_failures} failed starts, the next try in {wait:.0f} s"
        return IdleVerdict(False, why, wait)
    return IdleVerdict(True, f"the pool is free and {missing:.0%} of the wanted data are missing")


def next_to_play(
    histories: Mapping[str, ConfigurationHistory],
    budgets: Mapping[str, PlayBudget],
    *,
    pool_free: bool,
    free_memory_gib: float,
    settings: FeedbackSettings = DEFAULTS,
) -> tuple[str | None, dict[str, IdleVerdict]]:
    """The configuration of highest priority among those that may play, None if none may; and every verdict."""
    plans = plan_selfplay(histories, budgets, settings)
    verdicts = {
        key: may_play(
            histories[key], budgets[key], pool_free=pool_free, free_memory_gib=free_memory_gib, settings=settings
        )
        for key in plans
    }
    return next((key for key, verdict in verdicts.items() if verdict.play), None), verdicts
