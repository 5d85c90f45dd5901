"""How far the ratings of two logs are apart, participant by participant.

Ratings are a function of the games, so drift means that the logs hold different games: one has some that the other
lacks, or the two have different outcomes of one game. A participant that only one log knows has no difference; how many
those are is told beside it. Where nobody is in both logs nothing was compared, and the record says so instead of 0.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.ratings.reconcile.pool import Pool, names_of
from ringrift_engine.ratings.reconcile.settings import ReconcileSettings

COUNTED_ELO: Final = 1.0
"""Smaller differences are not counted: two fits of nearly the same games."""
_LARGEST_SHOWN: Final = 5


@dataclass(frozen=True, kw_only=True)
class DriftRecord:
    """One measurement of one configuration.

    source, target          names of the two logs; the differences are source minus target
    checked_at              seconds since 1970
    participants_differing  of those rated in both, how many differ by more than `COUNTED_ELO`
    max_rating_diff, mean_rating_diff   absolute differences over those in both, Elo; None where there are none
    largest                 names with their signed differences, the largest first
    aligned                 whether the scales were shifted onto each other: a pool without anchor has no fixed point
    before_import           whether games were imported right afterwards: then this is no state that lasted
    fitted                  whether a fit was needed: stored ratings were missing or not current
    """

    config_key: str
    source: str
    target: str
    checked_at: float
    participants_in_source: int
    participants_in_target: int
    participants_in_both: int
    participants_differing: int
    games_in_source: int
    games_in_target: int
    max_rating_diff: float | None
    mean_rating_diff: float | None
    is_significant: bool
    largest: tuple[tuple[str, float], ...]
    aligned: bool
    fitted: bool
    before_import: bool = False

    @property
    def key(self) -> str:
        """Names the history that this belongs to: configuration and target."""
        return drift_key(self.config_key, self.target)

    @property
    def board_type(self) -> str:
        """The board of the configuration."""
        return self.config_key.rpartition("_")[0]

    @property
    def num_players(self) -> int:
        """The players of the configuration."""
        return int(self.config_key.rpartition("_")[2][:-1])

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {**asdict(self), "largest": [list(pair) for pair in self.largest]}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """The record that `to_json` stored."""
        return cls(**{**stored, "largest": tuple((name, diff) for name, diff in stored["largest"])})


def drift_key(config_key: str, target: str) -> str:
    """The name of a history, such as `hex8_2p@rack1`."""
    return f"{config_key}@{target}"


def drift_of(
    pools: tuple[Pool, Pool],
    names: tuple[str, str],
    log: MatchLog,
    settings: ReconcileSettings,
    checked_at: float,
) -> DriftRecord:
    """The drift from the first pool to the second; `log` is that of the first and knows its participants' names."""
    source, target = pools
    left, right = _in_both(source, target)
    difference = source.elo[left] - target.elo[right]
    aligned = not (source.anchored and target.anchored) and len(difference) > 0
    if aligned:
        difference = difference - np.median(difference)
    size = np.abs(difference)
    worst = _worst(size)
    who = names_of(log, [int(source.numbers[left[index]]) for index in worst])
    largest, mean = (float(size.max()), float(size.mean())) if len(size) else (None, None)
    return DriftRecord(
        config_key=source.config_key,
        source=names[0],
        target=names[1],
        checked_at=checked_at,
        participants_in_source=len(source.identities),
        participants_in_target=len(target.identities),
        participants_in_both=len(size),
        participants_differing=int((size > COUNTED_ELO).sum()),
        games_in_source=source.games,
        games_in_target=target.games,
        max_rating_diff=largest,
        mean_rating_diff=mean,
        is_significant=largest is not None
        and mean is not None
        and (largest > settings.significant_max_elo or mean > settings.significant_mean_elo),
        largest=tuple((one.name, float(difference[index])) for one, index in zip(who, worst, strict=True)),
        aligned=aligned,
        fitted=not (source.stored and target.stored),
    )


def _worst(size: NDArray[np.float64]) -> list[int]:
    """Places of the largest differences that count, the largest first."""
    among = np.argpartition(-size, _LARGEST_SHOWN)[:_LARGEST_SHOWN] if len(size) > _LARGEST_SHOWN else range(len(size))
    return sorted((int(place) for place in among if size[place] > COUNTED_ELO), key=lambda place: -size[place])


def _in_both(source: Pool, target: Pool) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places in the two pools of those that are rated in both."""
    _, left, right = np.intersect1d(source.identities, target.identities, assume_unique=True, return_indices=True)
    rated = ~(np.isnan(source.elo[left]) | np.isnan(target.elo[right]))
    return left[rated], right[rated]
