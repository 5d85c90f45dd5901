"""Every constant of feedback: default, unit, range and meaning, each written once. `docs/feedback.md` shows them as a
table.

Where the platform that this one replaces had a number that its rules were known by, it is kept. What it had and this
one has not: multipliers of 30 to 500 for few games, beside which no other term mattered, and states that were raised
by events and never lowered. Here every factor has a limit, and every effect follows from the newest results alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from ringrift_engine.errors import ConfigError, refuse_unknown
from ringrift_engine.options import check_options, check_order, option, options_of

_DAY: Final = 86_400.0  # s


@dataclass(frozen=True, kw_only=True)
class FeedbackSettings:
    """The constants; ConfigError for one that is out of its range or contradicts another."""

    window: int = option(5, "gauntlets", "Newest gauntlets that count; older ones are forgotten.", least=2, most=100)
    trend_results: int = option(
        3, "candidates", "Fewer measured ones show neither trend nor plateau.", least=2, most=100
    )

    # Priority: which configuration plays next.
    staleness_weight: float = option(0.25, "weight", "Of the newest games' age in the priority.", least=0, most=1)
    velocity_weight: float = option(0.15, "weight", "Of rising strength in the priority.", least=0, most=1)
    curriculum_weight: float = option(
        0.25, "weight", "Of the curriculum weight less 1 in the priority.", least=0, most=1
    )
    deficit_weight: float = option(0.40, "weight", "Of the missing data in the priority.", least=0, most=1)
    priority_cap: float = option(1.0, "priority", "The highest priority.", least=0.1, most=4)
    fresh_hours: float = option(1.0, "h", "Up to this age games are not stale at all.", least=0)
    stale_hours: float = option(
        48.0, "h", "From this age on they are wholly stale: the limit of the freshness gate.", least=0.001
    )
    velocity_scale: float = option(
        33.0, "Elo a generation", "Rise at which the velocity counts for 1 - 1/e.", least=1, most=1_000
    )

    # Momentum and regression: how many games.
    momentum_elo: float = option(25.0, "Elo", "Rise or fall over the window from which there is a trend.", least=1)
    accelerating_factor: float = option(1.5, "factor", "Of games while strength rises.", least=1, most=4)
    regressing_factor: float = option(
        0.75, "factor", "Of games while strength falls, which is a regression as well.", least=0.1, most=1
    )
    regression_elo: float = option(20.0, "Elo", "A candidate weaker by this much is a regression.", least=0)
    regression_games: int = option(50, "games", "Fewer games show no regression.", least=1)
    regression_factor: float = option(2.0, "factor", "Of games after a regression.", least=1, most=4)
    games_cap: float = option(3.0, "factor", "Of games, the largest in all.", least=1, most=10)

    # Quality of games.
    blocked_games_factor: float = option(1.5, "factor", "Of games while quality blocks training.", least=1, most=4)
    throttle_factor: float = option(
        0.5, "factor", "Of the share of a player whose games were below the gate.", least=0, most=1
    )
    throttle_generations: int = option(3, "generations", "How long that lasts.", least=1, most=100)
    degraded_batch_factor: float = option(
        0.5, "factor", "Of the batch size of a training on degraded data.", least=0.01, most=1
    )
    degraded_epoch_factor: float = option(1.5, "factor", "Of the epochs of such a training.", least=1, most=4)
    good_quality: float = option(
        0.70, "score", "A lower quality score lowers the curriculum weight.", least=0.01, most=1
    )
    quality_penalty: float = option(0.20, "part", "By how much, at a score of 0.", least=0, most=1)

    # Curriculum: weight of a configuration.
    promotion_step: float = option(
        0.9, "factor", "Of the curriculum weight for each promotion; a refusal undoes one.", least=0.1, most=1
    )
    early_stop_step: float = option(
        1.3, "factor", "Of the curriculum weight after a training that was stopped early.", least=1, most=4
    )
    curriculum_least: float = option(0.5, "weight", "The lowest curriculum weight.", least=0.01, most=1)
    curriculum_most: float = option(2.0, "weight", "The highest curriculum weight.", least=1, most=4)

    # Plateau: strength that stands still.
    plateau_elo: float = option(5.0, "Elo", "Over the window, less is no gain.", least=0)
    overfit_gap: float = option(0.05, "nats", "Held-out less training loss, above which a training overfits.", least=0)
    overfit_boost: float = option(
        1.5, "factor", "Of the temperature on a plateau of trainings that overfit.", least=1, most=4
    )
    data_boost: float = option(1.3, "factor", "Of the temperature on any other plateau.", least=1, most=4)
    plateau_growth: float = option(
        0.2, "part", "Of itself that this boost grows by in each further generation.", least=0, most=1
    )
    search_step: float = option(1.5, "factor", "Of simulations for each generation of a plateau.", least=1, most=4)
    search_cap: float = option(4.0, "factor", "Of simulations, the largest in all.", least=1, most=100)

    # Exploration: temperature.
    early_stop_boost: float = option(
        1.2, "factor", "Of the temperature after a training that was stopped early.", least=1, most=4
    )
    mastered_cooling: float = option(
        0.95, "factor", "Of the temperature for each mastered opponent.", least=0.1, most=1
    )
    exploration_least: float = option(0.5, "factor", "Of the temperature, the lowest in all.", least=0.01, most=1)
    exploration_most: float = option(2.0, "factor", "Of the temperature, the highest in all.", least=1, most=10)

    # Opponents.
    random_share: float = option(0.02, "share", "Of games against the random player.", least=0, most=1)
    heuristic_share: float = option(0.08, "share", "Of games against the heuristic.", least=0, most=1)
    earlier_share: float = option(
        0.10, "share", "Of games against earlier promoted models; the rest is self-play.", least=0, most=1
    )
    mastered_rate: float = option(0.85, "rate", "Of wins, from which an opponent is mastered.", least=0.5, most=1)
    mastered_games: int = option(20, "games", "Fewer show no mastery.", least=1)
    mastered_keep: float = option(0.25, "part", "Of its share that a mastered opponent keeps.", least=0, most=1)

    # Loss anomaly.
    spike_early: float = option(
        5.0, "deviations", "Above the mean so far: a spike in the first third of a training.", least=0.1, most=100
    )
    spike_middle: float = option(3.5, "deviations", "The same in the second third.", least=0.1, most=100)
    spike_late: float = option(2.5, "deviations", "The same in the last third.", least=0.1, most=100)
    spike_points: int = option(3, "points", "Before it, to know mean and deviation by.", least=2, most=1_000)
    spike_floor: float = option(
        0.01, "part", "Of the mean, the least deviation: flat curves have noise too.", least=0.0001, most=1
    )

    # Stopping a running training.
    patience: int = option(3, "measurements", "Without improvement, after which a training stops.", least=1)
    least_improvement: float = option(0.001, "part", "Of the best loss that is an improvement.", least=0, most=1)
    background_games: int = option(20, "games", "A smaller background evaluation says nothing.", least=1)

    # Starting games on idle machines.
    backoff_seconds: float = option(
        60.0, "s", "Wait after the first failed start; it doubles with each.", least=0, most=_DAY
    )
    backoff_cap_seconds: float = option(3_600.0, "s", "The longest such wait.", least=0, most=_DAY)

    def __post_init__(self) -> None:
        check_options(self)
        check_order(
            self,
            (("backoff_seconds", "backoff_cap_seconds"), ("trend_results", "window")),
        )
        contradictions = {
            "fresh_hours must be below stale_hours": self.fresh_hours >= self.stale_hours,
            "random_share, heuristic_share and earlier_share must leave something for self-play": (
                self.random_share + self.heuristic_share + self.earlier_share >= 1
            ),
            # Or a regression would have fewer games than the same history without it.
            "regression_factor x regressing_factor must reach accelerating_factor": (
                self.regression_factor * self.regressing_factor < self.accelerating_factor
            ),
        }
        for rule, broken in contradictions.items():
            if broken:
                raise ConfigError(f"FeedbackSettings: {rule}.")

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], source: str) -> Self:
        """Settings of `values`, defaults elsewhere.

        ConfigError names `source` and, for an unknown constant, the nearest known one.
        """
        refuse_unknown("feedback constant", values, options_of(cls), source)
        return cls(**values)


DEFAULTS: Final = FeedbackSettings()
