"""What `ringrift status` knows: outlooks of configurations, what they share, and what of it is in one table.

The outlooks are those of the sensors, so what a person reads is what the loop acts on. Ages are those of files: how
long ago the newest one of a version was written on this machine.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ringrift_assets.cli.instance import has_instance, opened_instance
from ringrift_assets.cli.next_step import NextStep, Surroundings, next_step
from ringrift_engine.errors import DataError

if TYPE_CHECKING:
    import dagster as dg

    from ringrift_assets.gates import Verdict
    from ringrift_assets.resources import Storage
    from ringrift_assets.sensors.outlook import Outlook
    from ringrift_assets.storage import Version
    from ringrift_assets.thresholds import Thresholds


@dataclass(frozen=True, kw_only=True)
class StageRow:
    """One stage of one configuration.

    version   data version, empty if it was never made
    age_s     since the newest file of it was written; NaN if it was never made
    counted   how much it holds, of `unit`
    breaker   what its breaker says; `held` if it lets nothing through
    """

    stage: str
    version: str
    age_s: float
    counted: float
    unit: str
    breaker: str
    held: bool


@dataclass(frozen=True, kw_only=True)
class DamagedRow:
    """A configuration of which nothing can be said, because a file of it is damaged; the loop leaves it alone."""

    key: str
    damage: str

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        return {"key": self.key, "damage": self.damage}


@dataclass(frozen=True, kw_only=True)
class ConfigurationRow:
    """One configuration: its stages, its outlook, what happens next, and how many files wait for it in the inbox."""

    key: str
    outlook: "Outlook"
    stages: tuple[StageRow, ...]
    next: NextStep
    inbox: int

    def to_json(self) -> dict[str, Any]:
        """As `--json` prints it."""
        outlook = self.outlook
        return {
            "key": self.key,
            "generation": outlook.plan.generation,
            "promoted": outlook.promoted,
            "games_age_s": _number(outlook.games_age_s),
            "stages": {row.stage: _stage_json(row) for row in self.stages},
            "gates": [_gate_json(verdict) for verdict in outlook.verdicts],
            "inbox": self.inbox,
            "closed": [verdict.gate for verdict in outlook.closed],
            "at_work": [
                {"run_id": run.run_id, "job": run.job_name, "status": run.status.value.lower()}
                for run in outlook.at_work
            ],
            "next": {"sensor": self.next.sensor, "text": self.next.text},
            "plan": outlook.plan.to_json(),
        }


def look_at(keys: Sequence[str], thresholds: "Thresholds") -> list[ConfigurationRow | DamagedRow]:
    """Look at configurations now, in the order of `keys`; without an instance nothing is known of runs."""
    from ringrift_assets.inbox import waiting
    from ringrift_assets.registry import Registry
    from ringrift_assets.resources import Storage
    from ringrift_assets.sensors.outlook import look

    storage, now = Storage(), time.time()
    with _instance() as instance:
        around, inbox = _surroundings(instance, storage, thresholds), waiting(storage, now)
        rows: list[ConfigurationRow | DamagedRow] = []
        for key in keys:
            try:
                outlook = look(key, instance, storage, Registry(), thresholds, now)
                stages = tuple(_stage(outlook, storage, stage) for stage in outlook.breakers)
            except DataError as damage:
                rows.append(DamagedRow(key=key, damage=str(damage)))
                continue
            step, files = next_step(outlook, around), len(inbox.get(key, ()))
            rows.append(ConfigurationRow(key=key, outlook=outlook, stages=stages, next=step, inbox=files))
    return rows


@contextmanager
def _instance() -> "Iterator[dg.DagsterInstance]":
    """That of the current folder, or an empty one."""
    import dagster as dg

    if has_instance():
        with opened_instance() as instance:
            yield instance
    else:
        with dg.DagsterInstance.ephemeral() as instance:
            yield instance


def _surroundings(instance: "dg.DagsterInstance", storage: "Storage", thresholds: "Thresholds") -> Surroundings:
    from ringrift_assets.outcomes import runs_at_work
    from ringrift_assets.sensors.requests import busy, no_room, only_coordinates

    runs, loop = runs_at_work(instance), thresholds.loop
    return Surroundings(
        only_coordinates=only_coordinates(thresholds),
        generate_full=busy(runs, "game_databases", loop.generate_slots),
        train_full=busy(runs, "checkpoints", loop.train_slots),
        no_room=no_room(storage, thresholds),
    )


def _stage(outlook: "Outlook", storage: "Storage", stage: str) -> StageRow:
    version, counted, files = _made(outlook, storage, stage)
    written = [path.stat().st_mtime for path in files if path.exists()]
    verdict = outlook.breakers[stage]
    return StageRow(
        stage=stage,
        version=version,
        age_s=max(outlook.now - max(written), 0.0) if written else math.nan,
        counted=counted,
        unit=UNITS[stage][0],
        breaker=verdict.reason,
        held=not verdict.allows,
    )


def _made(outlook: "Outlook", storage: "Storage", stage: str) -> tuple[str, float, Sequence[Path]]:
    """Data version, count and files of a stage; the promoted model has no manifest, the registry knows it."""
    from ringrift_engine.promotion.publish import promoted_path

    if stage == "promoted_models":
        sha256 = outlook.promoted
        return sha256, 1.0 if sha256 else 0.0, [promoted_path(storage.base, outlook.key, sha256)] if sha256 else []
    version = storage.store.latest(stage, outlook.key)
    if version is None:
        return "", 0.0, []
    return version.version, UNITS[stage][1](version), storage.store.paths(version)


UNITS: "Final[Mapping[str, tuple[str, Callable[[Version], float]]]]" = {
    "game_databases": ("shards", lambda version: len(version.files)),
    "synced_games": ("games", lambda version: version.report["statistics"]["games"]),
    "npz_exports": ("rows", lambda version: version.report["rows"]),
    "combined_npz": ("rows", lambda version: version.report["rows"]),
    "checkpoints": ("samples", lambda version: version.report["samples"]),
    "gauntlet_results": ("games", lambda version: version.report["games"]),
    "promoted_models": ("model", lambda version: len(version.files)),
    "feedback_state": ("signals", lambda version: len(version.report["signals"])),
    "selfplay_plan": ("games", lambda version: version.report["games"]),
}
"""Stage -> what is counted, and how."""


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _stage_json(row: StageRow) -> dict[str, Any]:
    return {
        "version": row.version,
        "age_s": _number(row.age_s),
        row.unit: row.counted,
        "breaker": {"held": row.held, "text": row.breaker},
    }


def _gate_json(verdict: "Verdict") -> dict[str, Any]:
    return {"gate": verdict.gate, "passed": verdict.passed, "text": str(verdict)}
