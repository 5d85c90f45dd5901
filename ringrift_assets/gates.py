"""Gates: whether what is there is enough to go on. Numbers in, a verdict out; no clock, no file, no Dagster.

A closed gate is "not yet", which is neither damage nor a refusal: it says what was measured, how old that is, and what
clears it. Sensors ask the gates before they start a run, the asset bodies ask the same functions again, because Dagster
blocks within one run only. A number that is not a number opens nothing.
"""

import math
from dataclasses import dataclass
from typing import Final

from ringrift_engine.errors import RingRiftError

DISK_SPACE: Final = "disk_space"
"""The one gate before a training that more games do not open."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What one gate said."""

    gate: str
    passed: bool
    measured: str
    clears: str
    age_hours: float | None = None

    def __str__(self) -> str:
        age = "" if self.age_hours is None else f" Age of what was measured: {self.age_hours:.1f} h."
        state = "open" if self.passed else "closed"
        remedy = "" if self.passed else f" What clears it: {self.clears}."
        return f"gate {self.gate} is {state}: {self.measured}.{age}{remedy}"


class GateClosed(RingRiftError):  # noqa: N818  (a state of affairs, not a fault: the name that the design gives it)
    """Not yet: the inputs do not suffice. `verdict` holds what was measured and what clears it."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(str(verdict))
        self.verdict = verdict


def require(*verdicts: Verdict) -> None:
    """Raise GateClosed with the first verdict that did not pass."""
    for verdict in verdicts:
        if not verdict.passed:
            raise GateClosed(verdict)


def exists(asset: str, key: str, *, present: bool) -> Verdict:
    """Whether an input was ever made for this configuration."""
    return Verdict(
        gate=f"{asset}_exists",
        passed=present,
        measured=f"{asset} of {key} has {'a' if present else 'no'} version",
        clears=f"materialise {asset} for {key}",
    )


def games_logged(games: int) -> Verdict:
    """Whether there is any evaluation game to rate somebody by."""
    return Verdict(
        gate="games_logged",
        passed=games > 0,
        measured=f"{games} evaluation games are logged",
        clears="an `improve` run of any configuration plays a gauntlet",
    )


def enough_games(games: float, needed: int, age_hours: float | None = None) -> Verdict:
    """Whether the training set rests on at least `needed` games."""
    return Verdict(
        gate="enough_games",
        passed=games >= needed,  # False for NaN: what was not counted is not enough
        measured=f"{games:g} games in the training set, {needed} needed",
        clears="another `generate` run of this configuration plays more games",
        age_hours=age_hours,
    )


def enough_positions(part: str, positions: float, needed: int, age_hours: float | None = None) -> Verdict:
    """Whether one part of the training set, `training` or `held_out`, holds at least `needed` different positions."""
    return Verdict(
        gate=f"enough_{part}_positions",
        passed=positions >= needed,
        measured=f"{positions:g} {part.replace('_', ' ')} positions, {needed} needed",
        clears="another `generate` run of this configuration plays more games",
        age_hours=age_hours,
    )


def fresh(age_hours: float, limit_hours: float) -> Verdict:
    """Whether the newest games are at most `limit_hours` old.

    The older, the more closed: there is no age beyond which old data passes after all. An age below zero means clocks
    that disagree, and an unknown age (NaN) is not fresh.
    """
    known = math.isfinite(age_hours)
    return Verdict(
        gate="fresh_games",
        passed=known and -_CLOCK_SKEW_HOURS <= age_hours <= limit_hours,
        measured=f"newest games are {age_hours:.1f} h old, limit {limit_hours:g} h"
        if known
        else "age of the games unknown",
        clears="a `generate` run of this configuration plays new games",
        age_hours=age_hours if known else None,
    )


_CLOCK_SKEW_HOURS = 0.1  # two hosts whose clocks differ by a few minutes are in order


def enough_new(what: str, new: float, needed: int, age_hours: float | None = None) -> Verdict:
    """Whether enough `what`, games or searched positions, came since the last training."""
    return Verdict(
        gate=f"enough_new_{what.replace(' ', '_')}",
        passed=new >= needed,
        measured=f"{new:g} new {what} since the last training, {needed} needed",
        clears="another `generate` run of this configuration plays more games",
        age_hours=age_hours,
    )


def good_enough(score: float | None, needed: float, age_hours: float | None = None) -> Verdict:
    """Whether the quality score of the games, 0 to 1, reaches `needed`; a score that was never measured does not."""
    value = math.nan if score is None else score
    return Verdict(
        gate="quality",
        passed=value >= needed,  # False for NaN
        measured=f"quality score {value:.2f}, {needed:.2f} needed"
        if math.isfinite(value)
        else "the quality of the games was never measured",
        clears="a `generate` run plays half as many games again, with the setting that made the bad ones throttled",
        age_hours=age_hours,
    )


def enough_searched(share: float | None, needed: float) -> Verdict:
    """Whether enough rows of the generations that had a promoted model come from games in which it searched.

    `share` is None where there are no such rows: nothing is wrong with a first generation.
    """
    passed = share is None or share >= needed
    shown = "none yet" if share is None else f"{share:.0%}"
    return Verdict(
        gate="searched_share",
        passed=passed,
        measured=f"rows of later generations from games that the promoted model searched: {shown}, {needed:.0%} needed",
        clears="a `generate` run of the promoted model plays new games",
    )


def space(suffices: bool, measured: str) -> Verdict:
    """Whether the disk has room for a training; `measured` says how full it is and which setting sets the limit."""
    return Verdict(
        gate=DISK_SPACE,
        passed=suffices,
        measured=measured,
        clears="`housekeeping` removes what is no longer needed, or free space on the data root's disk",
    )
