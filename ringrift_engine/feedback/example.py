"""A worked example: three configurations, what was recorded about them, and their plans.

`python -m ringrift_engine.feedback.example` prints the plans; docs/feedback.md shows the first of them.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ringrift_engine.feedback.budget import PlayBudget
from ringrift_engine.feedback.history import (
    DEGRADED,
    HEURISTIC,
    PROMOTED,
    RANDOM,
    ConfigurationHistory,
    EloDifference,
    GauntletResult,
    LossPoint,
    OpponentResult,
    QualityResult,
    TrainingResult,
)
from ringrift_engine.feedback.opponents import SELF
from ringrift_engine.feedback.plan import plan_selfplay


def _gauntlet(generation: int, heuristic: int, elo: float | None, *, promoted: bool) -> GauntletResult:
    """100 games with each opponent; the Elo's interval is 30 wide to both sides."""
    opponents = [
        OpponentResult(opponent=RANDOM, wins=98, games=100),
        OpponentResult(opponent=HEURISTIC, wins=heuristic, games=100),
    ]
    if elo is None:
        return GauntletResult(generation=generation, opponents=tuple(opponents), elo=None, promoted=promoted)
    opponents.append(OpponentResult(opponent=PROMOTED, wins=round(100 / (1 + 10 ** (-elo / 400))), games=100))
    interval = EloDifference(value=elo, low=elo - 30, high=elo + 30)
    return GauntletResult(generation=generation, opponents=tuple(opponents), elo=interval, promoted=promoted)


_SMALL: Final = PlayBudget(
    bootstrap_games=4_000,
    searched_games=256,
    simulations=32,
    wanted_games=20_000,
    wanted_positions=400_000,
    bootstrap_player="bootstrap",
)
BUDGETS: Final[Mapping[str, PlayBudget]] = MappingProxyType(
    {
        "hex8_2p": _SMALL,
        "square8_2p": _SMALL,
        "square19_2p": PlayBudget(
            bootstrap_games=160, searched_games=32, simulations=8, wanted_games=2_000, wanted_positions=400_000
        ),
    }
)
HISTORIES: Final[Mapping[str, ConfigurationHistory]] = MappingProxyType(
    {
        # Promoted twice; since then candidates gain nothing, and the last training overfits.
        "hex8_2p": ConfigurationHistory(
            key="hex8_2p",
            generation=8,
            newest_games_hours=6.5,
            games=5_300,
            searched_positions=90_000,
            has_model=True,
            gauntlets=(
                _gauntlet(1, 71, None, promoted=True),
                _gauntlet(2, 88, 60.0, promoted=True),
                _gauntlet(3, 87, 2.0, promoted=False),
                _gauntlet(4, 86, -4.0, promoted=False),
                _gauntlet(5, 88, 1.0, promoted=False),
                _gauntlet(6, 89, 3.0, promoted=False),
                _gauntlet(7, 88, 1.0, promoted=False),
            ),
            trainings=(
                TrainingResult(
                    generation=7,
                    curve=(
                        LossPoint(samples=50_000, training=2.10, held_out=2.12),
                        LossPoint(samples=100_000, training=1.80, held_out=1.95),
                    ),
                ),
            ),
            qualities=(QualityResult(generation=7, score=0.62, grade=DEGRADED, player=SELF),),
        ),
        # Its newest candidate is clearly weaker than the promoted model.
        "square8_2p": ConfigurationHistory(
            key="square8_2p",
            generation=4,
            newest_games_hours=2.0,
            games=8_256,
            searched_positions=30_000,
            has_model=True,
            gauntlets=(
                _gauntlet(1, 77, None, promoted=True),
                _gauntlet(2, 75, -5.0, promoted=False),
                _gauntlet(3, 70, -80.0, promoted=False),
            ),
        ),
        # Nobody to play: no model, and its budget declares no bootstrap player.
        "square19_2p": ConfigurationHistory(
            key="square19_2p", generation=1, newest_games_hours=None, games=0, searched_positions=0, has_model=False
        ),
    }
)


def render_example() -> str:
    """The plans of the example as text, highest priority first."""
    return "\n\n".join(plan.explain() for plan in plan_selfplay(HISTORIES, BUDGETS).values())


if __name__ == "__main__":
    print(render_example())
