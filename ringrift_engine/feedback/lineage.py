"""Who was promoted and still counts, and how strong each candidate was: what a history says when read in order.

Elo is measured from one promoted model to the next, so a candidate's strength is the sum of the gains of all promoted
models before it and its own. A rollback takes the newest of them away. Strength counts from the first promoted model,
which has 0, or from the first one that the history knows.
"""

from dataclasses import dataclass
from typing import Final

from ringrift_engine.feedback.history import ConfigurationHistory, GauntletResult
from ringrift_engine.feedback.settings import FeedbackSettings

# A match that one side won wholly is infinitely far apart; by 800 Elo the stronger side scores 99 %.
_FARTHEST: Final = 800.0


@dataclass(frozen=True)
class Lineage:
    """What became of the candidates of a configuration.

    strengths    (generation, Elo) of the first promoted model and of every candidate that met one, in their order
    reigning     gauntlets of the promoted models that were not rolled back; the last one plays now
    rolled_back  generations whose promoted candidate was taken back
    fall         Elo lost by rollbacks after the newest gauntlet; None without one
    """

    strengths: tuple[tuple[int, float], ...]
    reigning: tuple[GauntletResult, ...]
    rolled_back: frozenset[int]
    fall: float | None


@dataclass(frozen=True)
class Trend:
    """The straight line through the newest strengths, by least squares.

    results   candidates that it goes through
    velocity  Elo a generation
    gain      Elo from the first of them to the last, on the line
    """

    results: int
    velocity: float
    gain: float


def lineage(history: ConfigurationHistory) -> Lineage:
    """Read gauntlets and rollbacks in order; a rollback of generation g came after the gauntlet of g."""
    strengths: list[tuple[int, float]] = []
    reigning: list[tuple[GauntletResult, float]] = []
    rolled_back: set[int] = set()
    waiting = list(history.rollbacks)
    for gauntlet in history.gauntlets:
        while waiting and waiting[0] < gauntlet.generation:
            waiting.pop(0)
            _roll_back(reigning, rolled_back)
        strength = _strength(reigning)
        if gauntlet.elo is not None:
            strength += min(max(gauntlet.elo.value, -_FARTHEST), _FARTHEST)
        if gauntlet.elo is not None or gauntlet.promoted:
            strengths.append((gauntlet.generation, strength))
        if gauntlet.promoted:
            reigning.append((gauntlet, strength))
    highest = _strength(reigning)
    for _ in waiting:
        _roll_back(reigning, rolled_back)
    return Lineage(
        strengths=tuple(strengths),
        reigning=tuple(gauntlet for gauntlet, _ in reigning),
        rolled_back=frozenset(rolled_back),
        fall=highest - _strength(reigning) if waiting else None,
    )


def _strength(reigning: list[tuple[GauntletResult, float]]) -> float:
    return reigning[-1][1] if reigning else 0.0


def _roll_back(reigning: list[tuple[GauntletResult, float]], rolled_back: set[int]) -> None:
    if reigning:
        gauntlet, _ = reigning.pop()
        rolled_back.add(gauntlet.generation)


def trend(history: ConfigurationHistory, settings: FeedbackSettings) -> Trend | None:
    """The trend of the newest `window` strengths, None with fewer than `trend_results`."""
    points = lineage(history).strengths[-settings.window :]
    if len(points) < settings.trend_results:
        return None
    middle = sum(generation for generation, _ in points) / len(points)
    spread = sum((generation - middle) ** 2 for generation, _ in points)
    velocity = sum((generation - middle) * elo for generation, elo in points) / spread
    return Trend(results=len(points), velocity=velocity, gain=velocity * (points[-1][0] - points[0][0]))
