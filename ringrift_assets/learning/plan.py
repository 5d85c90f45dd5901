"""The next step towards a number of games: numbers and verdicts in, a step out; no clock, no file, no Dagster.

The same counts give the same step, so who killed the command, and when, decides nothing. A step ends by counts as well:
so many games, so many samples, so many games of a gauntlet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ringrift_assets.gates import DISK_SPACE, Verdict
from ringrift_assets.learning.counted import Counted
from ringrift_engine.errors import ConfigError


class Kind(StrEnum):
    """What a step does."""

    PLAY = "play"
    """a generation of games, up to the training set: the job `generate`"""
    GATHER = "gather"
    """what is missing between games that were played and the training set: the job `intake`"""
    TRAIN = "train"
    """training, gauntlet, promotion or refusal: the job `improve` from `checkpoints` on"""
    NOTICE = "notice"
    """what follows from the gauntlet: the job `feedback`"""
    RATE = "rate"
    """the ratings of everybody: the job `ladder`"""
    DONE = "done"
    STUCK = "stuck"
    """nothing that this command does opens the gate that is closed"""


@dataclass(frozen=True, kw_only=True)
class Goal:
    """How many games there are to be in all, and in how many generations; None for the sizes that settings and feedback
    give a generation. ConfigError for less than one of either.
    """

    games: int
    generations: int | None = None

    def __post_init__(self) -> None:
        for name, value in (("games", self.games), ("generations", self.generations)):
            if value is not None and value < 1:
                raise ConfigError(f"{name} is {value}, it must be at least 1.")


@dataclass(frozen=True, kw_only=True)
class Step:
    """What comes next and why; `games` of a generation is None where it is the number that would be played anyway."""

    kind: Kind
    why: str = ""
    games: int | None = None


def next_step(counted: Counted, goal: Goal, planned: int, verdicts: Sequence[Verdict]) -> Step:
    """What comes next.

    planned   games that the next generation would have by settings and feedback
    verdicts  of the gates before a training on the training set that is there
    """
    if not counted.gathered:
        return Step(kind=Kind.GATHER, why="games were played that the training set does not hold yet")
    if counted.trained and not counted.judged:
        return Step(kind=Kind.TRAIN, why="the newest network was not judged yet")
    if counted.trained and not counted.noticed:
        return Step(kind=Kind.NOTICE, why="a candidate was judged")
    if not counted.rated:
        return Step(kind=Kind.RATE, why="games were logged that the ladder does not know")
    closed = [] if counted.trained else [verdict for verdict in verdicts if not verdict.passed]
    if counted.games and not counted.trained and not closed:
        return Step(kind=Kind.TRAIN, why="every gate is open")
    said = "; ".join(str(verdict) for verdict in closed) if counted.games else ""
    if counted.games >= goal.games:
        return Step(kind=Kind.DONE, why=said)
    if any(verdict.gate == DISK_SPACE for verdict in closed):
        return Step(kind=Kind.STUCK, why=said)
    games = games_of_next(counted, goal, planned)
    return Step(kind=Kind.PLAY, why=said, games=None if games == planned else games)


def games_of_next(counted: Counted, goal: Goal, planned: int) -> int:
    """Games of the next generation: its share of what is missing, and never more than is missing."""
    missing = goal.games - counted.games
    if goal.generations is None:
        return min(planned, missing)
    left = max(1, goal.generations - counted.generation)
    return -(-missing // left)
