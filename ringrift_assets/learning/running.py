"""One step: a run of one of the jobs in this process, as `dagster job execute` makes it, and what it says meanwhile.

The heavy work is in worker processes, which end with this one. What Dagster and the workers print goes to a log;
what a person needs is taken from the events of the run as they happen.
"""

import os
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import dagster as dg

from ringrift_assets.generations import close_plan, read_plan
from ringrift_assets.learning.plan import Kind, Step
from ringrift_assets.outcomes import BLOCKED, OUTCOME_TAG, TRAIN_STAGES, WHY_TAG
from ringrift_assets.storage import Store

JOBS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.PLAY: "generate",
        Kind.GATHER: "intake",
        Kind.TRAIN: "improve",
        Kind.NOTICE: "feedback",
        Kind.RATE: "ladder",
    }
)
_SEEDED: Final = MappingProxyType({Kind.PLAY: ("game_databases",), Kind.TRAIN: ("checkpoints", "gauntlet_results")})
_LOGGERS: Final = {"console": {"config": {"log_level": "INFO"}}}  # every event is in Dagster's records anyway
_TAG_LENGTH: Final = 600  # Dagster shows tags in one line


@dataclass(frozen=True, kw_only=True)
class Runner:
    """Runs steps for one configuration; `hear` gets every event, from more than one thread."""

    definitions: dg.Definitions
    instance: dg.DagsterInstance
    key: str
    seed: int
    log: Path
    hear: Callable[[dg.EventLogEntry], object]

    def run(self, step: Step) -> str:
        """Make a run of the step's job; its id. How the run ended is in Dagster's records, like that of any other."""
        run_id = str(uuid.uuid4())
        self.instance.add_event_listener(run_id, self.hear)
        with _printing_to(self.log):
            self.definitions.resolve_job_def(JOBS[step.kind]).execute_in_process(
                instance=self.instance,
                partition_key=None if step.kind is Kind.RATE else self.key,
                asset_selection=[dg.AssetKey(stage) for stage in TRAIN_STAGES] if step.kind is Kind.TRAIN else None,
                run_config={"ops": self._options(step), "loggers": _LOGGERS},
                tags={WHY_TAG: f"ringrift learn: {step.why}"[:_TAG_LENGTH]},
                run_id=run_id,
                raise_on_error=False,
            )
        return run_id

    def no_fault(self, run_id: str) -> None:
        """Say on a run that somebody ended it: no breaker counts it, and nobody is to look for what broke."""
        self.instance.add_run_tags(run_id, {OUTCOME_TAG: BLOCKED})

    def _options(self, step: Step) -> dict[str, Any]:
        options: dict[str, dict[str, int]] = {asset: {"seed": self.seed} for asset in _SEEDED.get(step.kind, ())}
        if step.games is not None:
            options["game_databases"]["games"] = step.games
        return {asset: {"config": values} for asset, values in options.items()}


def settle_plan(store: Store, key: str) -> None:
    """Close the plan of a generation that was played and gathered, but not by the run that played it.

    The plan waits for the success of that run, and the next run of self-play would go on with it and play nothing.
    """
    folder, latest = store.folder("game_databases", key), store.latest("game_databases", key)
    plan = read_plan(folder)
    if plan is not None and latest is not None and plan.identity == latest.request:
        close_plan(folder)


@contextmanager
def _printing_to(log: Path) -> Iterator[None]:
    """What this process and its children write to standard output and standard error goes to the end of `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with log.open("a", buffering=1) as file, redirect_stdout(file), redirect_stderr(file):
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
        try:
            yield
        finally:
            for number, before in enumerate(kept, start=1):
                os.dup2(before, number)
                os.close(before)
