"""What is known of a configuration at one moment: versions, gates, breakers, runs at work, and the plan.

Sensors decide by it and `ringrift status` prints it, so what a person reads is what the loop acts on. Everything is
read from manifests, the registry and Dagster's records of runs; nothing is kept between two looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import dagster as dg

from ringrift_assets import breaker, gates, outcomes
from ringrift_assets.breaker import BreakerVerdict, PastRun
from ringrift_assets.gates import Verdict
from ringrift_assets.history import history_of, play_budget
from ringrift_assets.outcomes import FEEDBACK_STAGES, STAGES, EndedRun
from ringrift_assets.readiness import training_verdicts
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.settings import ConfigurationSettings, settings_of
from ringrift_assets.storage import Version
from ringrift_assets.thresholds import Thresholds
from ringrift_engine.resources import GB, MACHINE

if TYPE_CHECKING:
    from ringrift_engine.feedback.configuration_plan import ConfigurationPlan
    from ringrift_engine.feedback.idle import IdleVerdict
    from ringrift_engine.feedback.settings import FeedbackSettings

FRESH: Final = "fresh_games"
QUALITY_GATES: Final = ("quality", "searched_share")
GENERATE_STAGES: Final = outcomes.STAGES_OF_JOB["generate"]


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """One configuration at the time `now`, seconds since 1970."""

    key: str
    now: float
    versions: Mapping[str, Version]
    """Asset -> latest version, of those that have one."""
    state: Version | None
    """Latest version of `feedback_state`."""
    promoted: str
    """SHA-256 of the promoted model, empty if there is none."""
    games_age_s: float
    """Of the newest games; NaN if there are none."""
    verdicts: tuple[Verdict, ...]
    """All gates before a training; the one that says so if there is nothing to train on yet."""
    breakers: Mapping[str, BreakerVerdict]
    """Stage -> what its breaker says."""
    at_work: tuple[dg.DagsterRun, ...]
    ended: tuple[EndedRun, ...]
    """Newest first."""
    plan: "ConfigurationPlan"
    may_play: "IdleVerdict"

    @property
    def closed(self) -> tuple[Verdict, ...]:
        """The gates that keep a training from starting."""
        return tuple(verdict for verdict in self.verdicts if not verdict.passed)

    def closed_of(self, *names: str) -> tuple[Verdict, ...]:
        """Those of the closed gates that have one of the names."""
        return tuple(verdict for verdict in self.closed if verdict.gate in names)

    def held_by_breaker(self, *stages: str) -> str:
        """Why one of the stages is left alone at the moment, empty if none is."""
        held = [f"breaker of {stage} is {self.breakers[stage].reason}" for stage in stages if not self._allows(stage)]
        return "; ".join(held)

    @property
    def feedback_is_due(self) -> bool:
        """Whether a gauntlet was decided since feedback was last drawn from one."""
        results, state = self.versions.get("gauntlet_results"), self.state
        if results is None or not any(run.says_of("promoted_models") for run in self.ended):
            return False
        return state is None or state.inputs["gauntlet_results"] != results.version

    @property
    def watermark(self) -> str:
        """Changes whenever a run of this configuration has ended: a sensor asks once for each such state."""
        return self.ended[0].run_id if self.ended else "first"

    def _allows(self, stage: str) -> bool:
        return self.breakers[stage].allows


def look(
    key: str, instance: dg.DagsterInstance, storage: Storage, registry: Registry, thresholds: Thresholds, now: float
) -> Outlook:
    """Look at one configuration. Pools, which all configurations share, are for the caller to ask about."""
    from ringrift_engine.feedback.idle import may_play
    from ringrift_engine.feedback.plan import plan_configuration

    settings, store = settings_of(key, thresholds), storage.store
    versions = {asset: version for asset in STAGES if (version := store.latest(asset, key)) is not None}
    ended = outcomes.ended_runs(instance, key)
    past = {stage: _past(ended, stage) for stage in (*STAGES, *FEEDBACK_STAGES)}
    starts = past["game_databases"]
    with registry.open(store) as opened:
        history, budget = history_of(storage, opened, key, now, starts), play_budget(settings)
        promoted = opened.promoted(key)
    return Outlook(
        key=key,
        now=now,
        versions=MappingProxyType(versions),
        state=store.latest("feedback_state", key),
        promoted=promoted.sha256 if promoted is not None else "",
        games_age_s=storage.age_of_newest_games(key, now),
        verdicts=tuple(_verdicts(key, storage, settings, versions.get("combined_npz"), now)),
        breakers={stage: breaker.judge(runs, now, settings.thresholds.breaker) for stage, runs in past.items()},
        at_work=tuple(outcomes.runs_at_work(instance, key)),
        ended=tuple(ended),
        plan=plan_configuration(history, budget),
        may_play=may_play(
            history, budget, pool_free=True, free_memory_gib=MACHINE.memory().free / GB, settings=_patience(settings)
        ),
    )


def _patience(settings: ConfigurationSettings) -> "FeedbackSettings":
    """The constants of feedback with this platform's back-off."""
    from ringrift_engine.feedback.settings import DEFAULTS

    wait = settings.thresholds.idle.backoff_s
    return replace(DEFAULTS, backoff_seconds=wait, backoff_cap_seconds=max(wait, DEFAULTS.backoff_cap_seconds))


def _past(ended: list[EndedRun], stage: str) -> list[PastRun]:
    """What the runs say of one stage, newest first; those that say nothing left out."""
    said = [(run, run.says_of(stage)) for run in ended]
    return [PastRun(run.ended_at, well) for run, well in said if well is not None]


def _verdicts(
    key: str, storage: Storage, settings: ConfigurationSettings, data: Version | None, now: float
) -> list[Verdict]:
    if data is None:
        return [gates.exists("combined_npz", key, present=False)]
    return training_verdicts(storage, data, settings, settings.training, now)
