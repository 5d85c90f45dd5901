"""The ladder of tiers: what a model has beaten, step by step, by opponents that never change.

Every model begins in the first tier. It takes the next one by beating the opponent of its own. All opponents are
defined without a network: one that loaded the newest model would move with what it measures, and a tier would mean
something else every week.
"""

from dataclasses import dataclass
from typing import Final

from ringrift_engine.errors import ConfigError
from ringrift_engine.records.shard_schema import Participant

LEAST_SCORE: Final = 0.55
"""Win rate against a tier's opponent that takes a model to the next one (`criteria` says what a win rate is)."""


@dataclass(frozen=True)
class Tier:
    """One step of the ladder.

    number       1 for the lowest
    opponent     the player to beat to leave it, as `ringrift evaluate` takes it; empty in the highest
    participant  the same player as the match log has it, None in the highest
    """

    number: int
    opponent: str
    participant: Participant | None

    @property
    def name(self) -> str:
        """`D1`, `D2`, ..."""
        return f"D{self.number}"


LADDER: Final = (
    Tier(1, "random", Participant("random")),
    Tier(2, "heuristic", Participant("heuristic(profile=default)")),
    *(
        Tier(number, f"teacher:{count}", Participant(f"teacher(simulations={count},rollouts=4)", None, count))
        for number, count in ((3, 16), (4, 64), (5, 256))
    ),
    Tier(6, "", None),
)


def tier(number: int) -> Tier:
    """The tier with this number; ConfigError if there is none."""
    if not 1 <= number <= len(LADDER):
        raise ConfigError(f"There is no tier D{number}; the ladder has D1 to D{len(LADDER)}.")
    return LADDER[number - 1]
