"""How a time is taken: warm, repeated, in turns with what it is compared with, beside the calibration loop.

Seconds of a shared machine mean little, so every repeat stands between two runs of a fixed loop. Counted in turns of
that loop a result hardly depends on how busy the machine was, or on which machine it was.
"""

import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ringrift_engine.bench.calibration import spin
from ringrift_engine.bench.quantities import QUANTITIES
from ringrift_engine.bench.rows import NO_CONFIGURATION, Row
from ringrift_engine.bench.scope import Effort
from ringrift_engine.boards import BoardConfig

Work = Callable[[], float]
"""Does something and returns how much of it was done: moves, rows, bytes; equal amounts in every call."""

_SPIN_TURNS: Final = 1_000_000  # some five milliseconds: long beside the clock's noise, short beside a repeat


@dataclass(frozen=True)
class Clock:
    """The clock and the loop beside it; tests put others in their place.

    now   seconds
    spin  runs the calibration loop for a number of turns
    """

    now: Callable[[], float] = time.perf_counter
    spin: Callable[[int], object] = spin

    def turns_per_second(self) -> float:
        """How fast the calibration loop is right now."""
        began = self.now()
        self.spin(_SPIN_TURNS)
        return _SPIN_TURNS / max(self.now() - began, 1e-9)


@dataclass(frozen=True)
class Measured:
    """One piece of work, measured: `amount` of it in each repeat, which took `seconds`, or `turns` of the loop."""

    amount: float
    seconds: tuple[float, ...]
    turns: tuple[float, ...]

    @property
    def rates(self) -> tuple[float, ...]:
        """Amount a second, by repeat."""
        return tuple(self.amount / seconds for seconds in self.seconds)

    @property
    def times(self) -> tuple[float, ...]:
        """Seconds for one of what is counted, by repeat."""
        return tuple(seconds / self.amount for seconds in self.seconds)

    @property
    def rate(self) -> float:
        """Median of the rates."""
        return statistics.median(self.rates)

    @property
    def time(self) -> float:
        """Median of the times."""
        return statistics.median(self.times)

    @property
    def amount_per_turn(self) -> float:
        """Median of the amount done in the time of one turn of the calibration loop."""
        return statistics.median(self.amount / turns for turns in self.turns)


def measure(work: Work, effort: Effort, clock: Clock | None = None, *, warm: bool = False) -> Measured:
    """One piece of work; see `measure_in_turns`."""
    return measure_in_turns({"": work}, effort, clock, warm=warm)[""]


def measure_in_turns(
    works: Mapping[str, Work], effort: Effort, clock: Clock | None = None, *, warm: bool = False
) -> dict[str, Measured]:
    """Each piece of work in every round, rounds alternating in who goes first.

    The first call of each, which compiles and fills caches, is not counted; with `warm` all are, because what they need
    was done before, or because the first call is what is wanted. ValueError if a piece does other amounts of work in
    two repeats: then their times cannot be compared.
    """
    clock = clock or Clock()
    clock.spin(_SPIN_TURNS)
    calls = {name: 1 if warm else _calls_a_repeat(work, effort.seconds, clock) for name, work in works.items()}
    amounts: dict[str, list[float]] = {name: [] for name in works}
    seconds: dict[str, list[float]] = {name: [] for name in works}
    turns: dict[str, list[float]] = {name: [] for name in works}
    for number in range(effort.repeats):
        for name in works if number % 2 == 0 else reversed(list(works)):
            done, taken, speed = _timed(works[name], calls[name], clock)
            amounts[name].append(done)
            seconds[name].append(taken)
            turns[name].append(taken * speed)
    for name, found in amounts.items():
        if len(set(found)) != 1:
            raise ValueError(
                f"repeats of {name or 'a measurement'} did different amounts of work: {sorted(set(found))}"
            )
    return {name: Measured(amounts[name][0], tuple(seconds[name]), tuple(turns[name])) for name in works}


def _calls_a_repeat(work: Work, wanted: float, clock: Clock) -> int:
    """How many calls make a repeat of `wanted` seconds; calls once to warm up and, if that was quick, once more."""
    work()
    if not wanted:
        return 1
    began = clock.now()
    work()
    return max(1, math.ceil(wanted / max(clock.now() - began, 1e-9)))


def _timed(work: Work, calls: int, clock: Clock) -> tuple[float, float, float]:
    """Amount, seconds, and turns a second of the loop, of which one run comes before the work and one after it."""
    before = clock.turns_per_second()
    began = clock.now()
    done = sum(work() for _ in range(calls))
    taken = max(clock.now() - began, 1e-9)
    return done, taken, (before + clock.turns_per_second()) / 2


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Lower quartile, median, upper quartile; a single value is all three."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def rate_row(
    name: str,
    config: BoardConfig | None,
    measured: Measured,
    *,
    scale: float = 1.0,
    **others: Any,
) -> Row:
    """The row of a rate; `scale` turns amounts a second into the unit, `others` are fields of the row."""
    calibrated = measured.amount_per_turn * scale
    return row_of(name, config, [rate * scale for rate in measured.rates], calibrated=calibrated, **others)


def time_row(
    name: str,
    config: BoardConfig | None,
    measured: Measured,
    *,
    scale: float = 1.0,
    **others: Any,
) -> Row:
    """The row of a time; `scale` turns seconds into the unit."""
    calibrated = scale / measured.amount_per_turn
    return row_of(name, config, [taken * scale for taken in measured.times], calibrated=calibrated, **others)


def row_of(name: str, config: BoardConfig | None, values: Sequence[float], **others: Any) -> Row:
    """The row of some values of a quantity, one a repeat; `others` are fields of the row."""
    low, middle, high = quartiles(values)
    quantity = QUANTITIES[name]
    return Row(
        name=name,
        configuration=config.key if config is not None else NO_CONFIGURATION,
        value=middle,
        low=low,
        high=high,
        unit=quantity.unit,
        repeats=len(values),
        goal=quantity.goal(config, others.get("threads", 1)),
        **others,
    )


def ratios(over: Measured, under: Measured) -> list[float]:
    """Rates of `over` as parts of the rates of `under`, round by round."""
    return [first / second for first, second in zip(over.rates, under.rates, strict=True)]
