"""Step after step: count, decide, run, and again, until the games are there, nothing can go on, or it is to end.

Gates stay in force: before a training they are asked here, as a sensor asks them, and what they say is told with what
clears it. A refused candidate is a result, told in the words of its decision; the next generation follows.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import dagster as dg

from ringrift_assets.gates import Verdict
from ringrift_assets.history import PROMOTED_MODEL, plan_of, planned_budget
from ringrift_assets.learning.counted import Counted, count
from ringrift_assets.learning.ending import requests_noticed
from ringrift_assets.learning.plan import Goal, Kind, Step, next_step
from ringrift_assets.learning.running import Runner, settle_plan
from ringrift_assets.learning.told import Pace, headline, heard
from ringrift_assets.locks import exclusive
from ringrift_assets.readiness import training_verdicts
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.settings import settings_of
from ringrift_engine.errors import RingRiftError

_LOCK: Final = "learn"
_MOST_IDLE: Final = 2  # steps in a row that changed nothing: a run may find that what it was to do is done

Tell = Callable[[str], object]


class LearningError(RingRiftError):
    """Another process learns the same configuration here."""


@dataclass(frozen=True, kw_only=True)
class Work:
    """What is to be learnt, where, and with which random numbers."""

    key: str
    goal: Goal
    seed: int
    storage: Storage
    registry: Registry
    log: Path


@dataclass(frozen=True, kw_only=True)
class Learnt:
    """How it ended: `why` says what is in the way of the games, and where they are reached, which gate is closed."""

    counted: Counted
    reached: bool
    asked_to_end: bool
    why: str


def learn(work: Work, definitions: dg.Definitions, instance: dg.DagsterInstance, tell: Tell) -> Learnt:
    """Cycles of one configuration until the goal; LearningError if another process learns it in the same folder."""

    def refuse() -> None:
        raise LearningError(
            f"another `ringrift learn` works on {work.key} in {work.storage.base}; one at a time. Let it end, or end "
            "it with Ctrl-C: this command goes on from there."
        )

    with exclusive(work.storage.store.lock(_LOCK, work.key), refuse), requests_noticed() as asked:
        return _cycles(work, definitions, instance, tell, asked)


def _cycles(
    work: Work, definitions: dg.Definitions, instance: dg.DagsterInstance, tell: Tell, asked: Callable[[], bool]
) -> Learnt:
    def hear(event: dg.EventLogEntry) -> None:
        if line := heard(event):
            tell(line)

    runner = Runner(definitions=definitions, instance=instance, key=work.key, seed=work.seed, log=work.log, hear=hear)
    counted, idle = count(work.storage, work.registry, work.key), 0
    pace = Pace(began=time.monotonic(), games=counted.games)
    while True:
        step = _next(work, counted)
        if asked() or step.kind in (Kind.DONE, Kind.STUCK):
            return Learnt(counted=counted, reached=step.kind is Kind.DONE, asked_to_end=asked(), why=step.why)
        tell(headline(step, counted, work.goal, pace.left(time.monotonic(), counted.games, work.goal.games)))
        run_id = runner.run(step)
        before, counted = counted, count(work.storage, work.registry, work.key)
        if asked():
            runner.no_fault(run_id)
            continue
        if why := _why_failed(instance, run_id):
            return Learnt(counted=counted, reached=False, asked_to_end=False, why=why)
        _follow_up(work, step, tell)
        idle = idle + 1 if counted == before else 0
        if idle > _MOST_IDLE:
            why = f"{idle} runs of {step.kind} in a row changed nothing; see {work.log}"
            return Learnt(counted=counted, reached=False, asked_to_end=False, why=why)


def _next(work: Work, counted: Counted) -> Step:
    return next_step(counted, work.goal, _planned_games(work), _verdicts(work, counted))


def _planned_games(work: Work) -> int:
    """Games of the next generation by settings and feedback, as `game_databases` finds them."""
    settings = settings_of(work.key)
    with work.registry.open(work.storage.store) as opened:
        plan = plan_of(work.storage, opened, work.key, settings, time.time())
    return planned_budget(settings.selfplay, plan).amount(searched=plan.player == PROMOTED_MODEL)[0]


def _verdicts(work: Work, counted: Counted) -> Sequence[Verdict]:
    data = work.storage.store.latest("combined_npz", work.key)
    if data is None or counted.trained:
        return ()
    settings = settings_of(work.key)
    return training_verdicts(work.storage, data, settings, settings.training, time.time())


def _why_failed(instance: dg.DagsterInstance, run_id: str) -> str:
    """Where a run failed and why; empty if it succeeded."""
    from ringrift_assets.cli.ended import failure_of

    run = instance.get_run_by_id(run_id)
    if run is not None and run.status is dg.DagsterRunStatus.SUCCESS:
        return ""
    failure = failure_of(instance, run_id)
    where = f"{failure.job}, {failure.stage}" if failure.stage else failure.job
    return f"run {run_id[:8]} of {where} ({failure.outcome}): {failure.error}"


def _follow_up(work: Work, step: Step, tell: Tell) -> None:
    """What a step asks for beside its run."""
    if step.kind is Kind.GATHER:
        settle_plan(work.storage.store, work.key)
    if step.kind is Kind.TRAIN:
        for line in _advice(work):
            tell(line)


def _advice(work: Work) -> list[str]:
    """What to do about every criterion that the newest candidate failed."""
    from ringrift_assets.cli.advice import advice_for

    with work.registry.open(work.storage.store) as opened:
        decisions = opened.decisions(work.key)
        advice = advice_for(decisions[-1].decision, opened, work.key) if decisions else ()
    return [f"what clears {one.criterion}: {one.do}" for one in advice]
