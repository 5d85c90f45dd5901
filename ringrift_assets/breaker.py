"""The circuit breaker: a stage of a configuration that keeps failing is left alone for a while, then tried once.

A pure function of what past runs of this configuration and stage came to; nothing is kept between two questions, so
there is no state that could be lost or be wrong. Closed: everything may run. Open: so many faults in a row that another
run would only fail again. Half-open: the newest fault is long enough ago, one run may try; if it goes well the breaker
is closed, because a success stands between the faults and now, and if not, its fault is the newest one.

What counts is decided by the caller. A closed gate and a machine without room are "not yet": such runs say nothing
about the stage and are left out. A refused candidate is a success: the stage did its work and came to a result.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile
from typing import NamedTuple

from ringrift_assets.thresholds.sections import Breaker


class PastRun(NamedTuple):
    """How one run left the stage: when it ended, in seconds since 1970, and whether the stage went well."""

    ended_at: float
    succeeded: bool


class State(StrEnum):
    """What the breaker lets through: everything, nothing, or one trial."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(frozen=True, kw_only=True)
class BreakerVerdict:
    """What the breaker says now.

    faults         faults in a row, the newest run included
    next_trial_at  when an open breaker will allow a trial, in seconds since 1970; None if it is not open
    reason         a sentence for people: why nothing is started, or why it is
    """

    state: State
    faults: int
    next_trial_at: float | None
    reason: str

    @property
    def allows(self) -> bool:
        """Whether a run may be started; of a half-open breaker one at a time, and nothing beside a run at work."""
        return self.state is not State.OPEN


def judge(history: Sequence[PastRun | tuple[float, bool]], now: float, rule: Breaker) -> BreakerVerdict:
    """What the breaker of one stage of one configuration says, given its past runs, newest first, at the time `now`.

    Times come from several hosts: a fault that seems to lie in the future counts as one of now.
    """
    faults = sum(1 for _ in takewhile(lambda run: not run[1], history))
    told = f"{faults} fault{'' if faults == 1 else 's'} in a row"
    if faults < rule.faults:
        return BreakerVerdict(
            state=State.CLOSED, faults=faults, next_trial_at=None, reason=f"closed: {told}, {rule.faults} open it"
        )
    age = max(now - history[0][0], 0.0)
    if age >= rule.cool_down_s:
        reason = f"half-open: {told}, the newest {_duration(age)} ago; one run may try"
        return BreakerVerdict(state=State.HALF_OPEN, faults=faults, next_trial_at=None, reason=reason)
    left = rule.cool_down_s - age
    reason = f"open: {told}, the newest {_duration(age)} ago; one run may try in {_duration(left)}"
    return BreakerVerdict(state=State.OPEN, faults=faults, next_trial_at=now + left, reason=reason)


def _duration(seconds: float) -> str:
    """Whole seconds, or minutes where seconds would say nothing; rounded up, so that nothing is promised too early."""
    whole = math.ceil(seconds)
    return f"{whole} s" if whole < 600 else f"{math.ceil(whole / 60)} min"
