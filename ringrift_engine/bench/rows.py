"""One measured row: what `ringrift bench` prints, writes as JSON, and reads back to compare with."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final, Self

from ringrift_engine.bench.quantities import QUANTITIES, Quantity
from ringrift_engine.boards import CONFIGS
from ringrift_engine.errors import DataError

CPU: Final = "cpu"
NO_CONFIGURATION: Final = ""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A quantity as it was measured once.

    name           one of `QUANTITIES`
    configuration  key of the configuration, empty where there is none
    value          median of the repeats in the quantity's unit; None if it could not be measured, see `note`
    low, high      lower and upper quartile
    repeats        how often it was measured
    calibrated     the value with seconds counted in turns of the calibration loop; None for what is no time and no rate
    limit          what this machine could do at most (or in least time), same unit; None where nothing is computed
    note           why there is no value, or what has to be known to read it
    details        what else was found, JSON values
    """

    name: str
    configuration: str = NO_CONFIGURATION
    device: str = CPU
    threads: int = 1
    value: float | None
    low: float | None = None
    high: float | None = None
    unit: str
    repeats: int
    calibrated: float | None = None
    goal: float | None = None
    limit: float | None = None
    note: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def quantity(self) -> Quantity:
        """What is known of its quantity."""
        return QUANTITIES[self.name]

    @property
    def meets_goal(self) -> bool | None:
        """Whether the goal is reached; None without goal or value."""
        if self.goal is None or self.value is None:
            return None
        return self.value >= self.goal if self.quantity.higher_is_better else self.value <= self.goal

    @property
    def share_of_limit(self) -> float | None:
        """How much of the limit is reached, 1 for all of it; None without limit or value."""
        if not self.limit or not self.value:
            return None
        return self.value / self.limit if self.quantity.higher_is_better else self.limit / self.value

    @property
    def key(self) -> tuple[str, str, str, int, str]:
        """What rows of two runs have in common if they measure the same: a peer's also its game."""
        return self.name, self.configuration, self.device, self.threads, str(self.details.get("game", ""))

    def to_json(self) -> dict[str, Any]:
        """The row as a JSON object, with what follows from it."""
        facts = {one.name: getattr(self, one.name) for one in fields(self)}
        derived = {"meets_goal": self.meets_goal, "share_of_limit": self.share_of_limit}
        return {**facts, **derived, "higher_is_better": self.quantity.higher_is_better}

    @classmethod
    def from_json(cls, facts: Any, source: str) -> Self:
        """The inverse of `to_json`; DataError that begins with `source` for something else."""
        if not isinstance(facts, Mapping):
            raise DataError(f"{source} is no object but {facts!r}. {_REMEDY}")
        known = {one.name for one in fields(cls)}
        if missing := sorted(known - facts.keys()):
            raise DataError(f"{source} lacks {', '.join(missing)}. {_REMEDY}")
        if facts["name"] not in QUANTITIES or facts["unit"] != QUANTITIES[facts["name"]].unit:
            raise DataError(f"{source}: {facts['name']!r} in {facts['unit']!r} is nothing that is measured. {_REMEDY}")
        if facts["configuration"] not in (NO_CONFIGURATION, *CONFIGS) or not isinstance(facts["threads"], int):
            raise DataError(f"{source}: {facts['configuration']!r} on {facts['threads']!r} threads. {_REMEDY}")
        for name in ("value", "calibrated"):
            if not _is_amount(facts[name]):
                raise DataError(f"{source}: {name} is {facts[name]!r}, not a positive number. {_REMEDY}")
        return cls(**{name: facts[name] for name in known})


_REMEDY: Final = "Write the file with `ringrift bench --json > FILE`, by a version that measures the same."


def _is_amount(value: Any) -> bool:
    if value is None:
        return True
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0


def not_measured(name: str, note: str, configuration: str = NO_CONFIGURATION, device: str = CPU) -> Row:
    """A row without a value; `note` says why."""
    quantity = QUANTITIES[name]
    config = CONFIGS.get(configuration)
    goal = quantity.goal(config)
    return Row(
        name=name, configuration=configuration, device=device, value=None, unit=quantity.unit, repeats=0, goal=goal,
        note=f"not measured: {note}",
    )  # fmt: skip


def names_of(rows: Sequence[Row]) -> list[str]:
    """The names in their order, each once."""
    return list(dict.fromkeys(row.name for row in rows))
