"""Which sensor acts next on a configuration, and why: the sensors' own questions, but nothing is requested.

What one configuration alone cannot know, a busy pool or a machine without room, is in `Surroundings`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ringrift_assets.cli.runs import SHORT

if TYPE_CHECKING:
    from ringrift_assets.sensors.outlook import Outlook

NOBODY: Final = ""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What all configurations share; each text is why that is in the way, empty if it is not."""

    only_coordinates: str = ""
    """Nothing heavy is started on this host."""
    no_room: str = ""
    """No games are played: too little memory or disk is free."""
    generate_full: str = ""
    train_full: str = ""

    @property
    def no_games(self) -> str:
        """Why this host starts no games at all."""
        return self.only_coordinates or self.no_room


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """The sensor that acts (`NOBODY` if none does for now), and what it does or waits for."""

    sensor: str
    text: str


def next_step(outlook: "Outlook", around: Surroundings) -> NextStep:
    """What the loop does next with a configuration."""
    from ringrift_assets.outcomes import FEEDBACK_STAGES, TRAIN_STAGES, WHY_TAG
    from ringrift_assets.sensors.outlook import FRESH, GENERATE_STAGES, QUALITY_GATES

    if outlook.at_work:
        run = outlook.at_work[0]
        why = run.tags.get(WHY_TAG, "")
        said = f"run {run.run_id[:SHORT]} of {run.job_name} is {run.status.value.lower()}{f': {why}' if why else ''}"
        return NextStep(sensor=NOBODY, text=said)
    if outlook.feedback_is_due and not outlook.held_by_breaker(*FEEDBACK_STAGES):
        return NextStep(sensor="selfplay_scheduler", text="selfplay_scheduler starts feedback: a candidate was judged")
    for sensor, names in (("freshness_gate", (FRESH,)), ("quality_gate", QUALITY_GATES)):
        if closed := outlook.closed_of(*names):
            held = around.no_games or outlook.held_by_breaker(*GENERATE_STAGES)
            return _unless(held, sensor, f"starts generate: {closed[0]}")
    if not outlook.closed:
        held = around.only_coordinates or around.train_full or outlook.held_by_breaker(*TRAIN_STAGES)
        return _unless(held, "training_trigger", "starts improve: every gate is open")
    if outlook.may_play.play:
        held = around.no_games or around.generate_full or outlook.held_by_breaker(*GENERATE_STAGES)
        plays = f"plays {outlook.plan.games} games, priority {outlook.plan.priority:.3f}: {outlook.may_play.why}"
        return _unless(held, "selfplay_scheduler", plays)
    return NextStep(sensor=NOBODY, text=f"waits: {outlook.may_play.why}; {outlook.closed[0]}")


def _unless(held: str, sensor: str, does: str) -> NextStep:
    """What a sensor does, or what it waits for."""
    return NextStep(sensor=NOBODY if held else sensor, text=f"{sensor} waits: {held}" if held else f"{sensor} {does}")
