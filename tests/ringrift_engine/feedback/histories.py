"""Short ways to write a history, and random ones for properties."""

import math
from dataclasses import replace
from random import Random

from hypothesis import strategies

from ringrift_engine.boards import CONFIG_KEYS
from ringrift_engine.feedback.budget import PlayBudget
from ringrift_engine.feedback.history import (
    GRADES,
    ConfigurationHistory,
    EloDifference,
    GauntletResult,
    LossPoint,
    OpponentResult,
    QualityResult,
    TrainingResult,
)

BUDGET = PlayBudget(
    bootstrap_games=4_000,
    searched_games=400,
    simulations=32,
    wanted_games=1_000,
    wanted_positions=10_000,
    bootstrap_player="bootstrap",
)
# A configuration that wants for nothing, so that a test sees only what it adds.
CONTENT = ConfigurationHistory(
    key="hex8_2p", generation=100, newest_games_hours=0.5, games=1_000, searched_positions=10_000, has_model=True
)


def gauntlet(generation, elo=None, *, promoted=False, width=10.0, games=100, heuristic=(50, 100), random=(60, 100)):
    """A gauntlet whose Elo interval is `width` to both sides; wins and games against the fixed opponents."""
    opponents = [
        OpponentResult(opponent="random", wins=random[0], games=random[1]),
        OpponentResult(opponent="heuristic", wins=heuristic[0], games=heuristic[1]),
    ]
    interval = None
    if elo is not None:
        opponents.append(OpponentResult(opponent="promoted", wins=games // 2, games=games))
        interval = EloDifference(value=elo, low=elo - width, high=elo + width)
    return GauntletResult(generation=generation, opponents=tuple(opponents), elo=interval, promoted=promoted)


def with_elos(*elos, first=1, **options):
    """A first model, then refused candidates that are so much stronger than it."""
    rows = [gauntlet(first, promoted=True, **options)]
    rows += [gauntlet(first + index, elo, **options) for index, elo in enumerate(elos, start=1)]
    return replace(CONTENT, gauntlets=tuple(rows))


def training(generation, losses, held_out=None, *, stopped=""):
    """A curve of equal steps of 100 samples; `held_out` at its last point."""
    last = len(losses) - 1
    points = [
        LossPoint(samples=100 * (index + 1), training=loss, held_out=held_out if index == last else None)
        for index, loss in enumerate(losses)
    ]
    return TrainingResult(generation=generation, curve=tuple(points), stopped=stopped)


def quality(generation, score, grade, player="self"):
    return QualityResult(generation=generation, score=score, grade=grade, player=player)


def random_history(random):
    """Any history that can be recorded, with up to nine generations before the planned one."""
    number = random.randint(0, 9)
    generations = range(1, number + 1)
    failures = random.choice([0, 0, 1, 5])
    return ConfigurationHistory(
        key=random.choice(CONFIG_KEYS),
        generation=number + 1,
        newest_games_hours=random.choice([None, random.uniform(0, 200), random.uniform(0, 10)]),
        games=random.randint(0, 2_000),
        searched_positions=random.randint(0, 20_000),
        has_model=random.random() < 0.7,
        gauntlets=tuple(random_gauntlet(random, generation) for generation in generations if random.random() < 0.8),
        trainings=tuple(_random_training(random, generation) for generation in generations if random.random() < 0.5),
        qualities=tuple(
            quality(generation, random.choice([random.random(), math.nan]), random.choice(GRADES), player)
            for generation in generations
            for player in random.sample(["self", "earlier", "heuristic"], random.randint(0, 2))
        ),
        rollbacks=tuple(generation for generation in generations if random.random() < 0.2),
        launch_failures=failures,
        since_failure_seconds=random.uniform(0, 5_000) if failures else None,
    )


def random_gauntlet(random, generation):
    """Strong, weak or even, measured well or badly."""
    spread = random.choice([2.0, 20.0, 200.0])
    return gauntlet(
        generation,
        random.choice([None, random.uniform(-spread, spread), random.uniform(-spread, spread)]),
        promoted=random.random() < 0.4,
        width=random.choice([1.0, 30.0, 100.0]),
        games=random.choice([10, 49, 50, 200]),
        heuristic=_random_count(random),
        random=_random_count(random),
    )


def _random_count(random):
    games = random.choice([0, 10, 20, 50, 100])
    return random.choice([games, random.randint(0, games)]), games


def _random_training(random, generation):
    losses = [random.choice([1.0, 1.1, random.uniform(0.1, 5)]) for _ in range(random.randint(0, 6))]
    if losses and random.random() < 0.1:
        losses[-1] = random.choice([math.nan, math.inf])
    held_out = random.choice([None, math.nan, 1.0, 2.0])
    return training(generation, losses, held_out, stopped=random.choice(["", "losses rose"]))


def histories():
    """Strategy of random histories; by seed, which draws a hundred times faster than field by field."""
    return strategies.integers(0, 2**32).map(lambda seed: random_history(Random(seed)))
