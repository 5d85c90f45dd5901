"""The plan of one generation of self-play: which batches of games are to be played, written down before the first.

A plan makes self-play resumable: its batches have seeds that follow from the settings and from the shards that were
there before, so the same batch gives the same bytes whoever plays it, and the next generation plays other games. It
stays open until the run that it was made for has succeeded: whoever comes after a killed or failed run finishes the
plan instead of playing a whole new budget. Two things end a plan early: a gate that asks for more games, and a request
for other games than the plan's.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from ringrift_assets.storage import fingerprint
from ringrift_engine.errors import DataError
from ringrift_engine.files import publishing

PLAN_NAME: Final = "plan.json"


@dataclass(frozen=True, kw_only=True)
class GenerationPlan:
    """What one generation plays. It is no artefact: the run id in it says who works on it, nothing else depends on
    it.
    """

    number: int
    """1 for the first generation of a configuration; shards carry it, and age is counted in it."""
    base: str
    """Version of the shard set that this generation adds to; empty for the first."""
    model: str
    """SHA-256 of the promoted model that searches; empty for the bootstrap player."""
    settings: Mapping[str, Any]
    """Everything else that decides the games: budget and threads."""
    batches: tuple[tuple[int, int], ...]
    """(seed, number of games) of each shard to come."""
    run_id: str
    closed: bool = False

    @property
    def identity(self) -> str:
        """Hash of what is played: equal for every run that carries this plan out."""
        return fingerprint([self.number, self.base, self.model, dict(self.settings), self.batches])

    @property
    def games(self) -> int:
        """Games of the whole generation."""
        return sum(games for _, games in self.batches)


def plan_generation(
    key: str, settings: Mapping[str, Any], *, amount: tuple[int, int], number: int, base: str, model: str, run_id: str
) -> GenerationPlan:
    """A plan for `amount`: games, in batches of so many, the last one perhaps smaller."""
    games, most = amount
    sizes = [min(most, games - start) for start in range(0, games, most)]
    batches = tuple((batch_seed(settings["seed"], key, base, batch), size) for batch, size in enumerate(sizes))
    return GenerationPlan(
        number=number, base=base, model=model, settings=dict(settings), batches=batches, run_id=run_id
    )


def batch_seed(seed: int, key: str, base: str, batch: int) -> int:
    """The seed of batch number `batch`, in [0, 2**63): a hash of all arguments, so no two batches share one by
    design.
    """
    return int(fingerprint([seed, key, base, batch])[:16], 16) >> 1


def read_plan(folder: Path) -> GenerationPlan | None:
    """The plan in `folder`, or None; DataError if it cannot be read."""
    path = folder / PLAN_NAME
    if not path.exists():
        return None
    try:
        stored = json.loads(path.read_text())
        stored["batches"] = tuple((int(seed), int(games)) for seed, games in stored["batches"])
        return GenerationPlan(**stored)
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(f"{path}: not a plan ({error}). Remove it: the next run makes a new one.") from error


def write_plan(folder: Path, plan: GenerationPlan) -> GenerationPlan:
    """Put `plan` in place of the one before."""
    with publishing(folder / PLAN_NAME) as path:
        path.write_text(json.dumps(asdict(plan), indent=1, sort_keys=True) + "\n")
    return plan


def close_plan(folder: Path) -> None:
    """Let the next run play new games: what this plan gave was not enough."""
    plan = read_plan(folder)
    if plan is not None and not plan.closed:
        write_plan(folder, replace(plan, closed=True))
