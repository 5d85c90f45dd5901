"""How good games are to learn from: of a shard, of several, of each player setting among them.

Every number is measured on the games themselves; what cannot be measured is None and worth nothing, never a default.
`criteria` says what is worth how much, `quality_score` how the parts become one score.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from ringrift_engine.records.measures import EarlierGames, GameMeasures
from ringrift_engine.records.quality_parts import measure_all
from ringrift_engine.records.quality_score import PRIOR_GAMES, Quality, judge
from ringrift_engine.records.shard import PackedShard, read_packed

if TYPE_CHECKING:
    import polars


@dataclass(frozen=True, kw_only=True)
class GamesQuality(Quality):
    """What was measured of some games, and the judgement; None where there is nothing to measure.

    decisive_share    games won by a victory condition
    truncated_share   games without an end
    median_length     moves of the finished games, bookkeeping included
    length_place      share of the configuration's earlier games that are shorter than that
    length_normality  mean over the finished games of `LengthDistribution.normality` among the earlier ones
    phase_balance     entropy of the phases of all moves but bookkeeping, over log 7
    move_balance      entropy of their kinds, over log 16
    distinct_openings different first moves (24, as in the index), as a share of the games
    duplicate_share   games whose moves are those of another one before them, here or among the earlier games
    seat_deviation    largest difference of a seat's share of wins from fair
    seat_errors       the same in binomial standard errors
    searched_share    of the recorded decisions that are examples, those that a search made
    policy_entropy    mean entropy of the recorded policies, each over the logarithm of its choices
    """

    decisive_share: float | None
    truncated_share: float | None
    median_length: float | None
    length_place: float | None
    length_normality: float | None
    phase_balance: float | None
    move_balance: float | None
    distinct_openings: float | None
    duplicate_share: float | None
    seat_deviation: float | None
    seat_errors: float | None
    searched_share: float | None
    policy_entropy: float | None


@dataclass(frozen=True)
class SettingsQuality:
    """The quality of the games of each player setting, by its name (`GameMeasures.setting`).

    A game belongs to one setting: the names of all its participants together.
    """

    by_setting: Mapping[str, GamesQuality]

    @property
    def worst(self) -> str | None:
        """The setting that made the worst games; None without games.

        The means are compared, each drawn towards that of all games as scores are towards the middle: few games blame
        nobody by chance. Games that cannot be judged are the worst.
        """
        return min(self.by_setting, key=lambda name: (self._drawn(self.by_setting[name]), name), default=None)

    def _drawn(self, quality: GamesQuality) -> float:
        if quality.mean is None:
            return -1.0
        known = [(other.games, other.mean) for other in self.by_setting.values() if other.mean is not None]
        of_all = sum(games * mean for games, mean in known) / sum(games for games, _ in known)
        return (quality.games * quality.mean + PRIOR_GAMES * of_all) / (quality.games + PRIOR_GAMES)


def shard_quality(shard: PackedShard | Path, earlier: EarlierGames | None) -> GamesQuality:
    """The quality of a shard's games; `earlier` are the configuration's games before it, None for none.

    DataError for a file that is no shard.
    """
    packed = read_packed(shard) if isinstance(shard, Path) else shard
    return quality_of(GameMeasures.of(packed), packed.header.config.num_players, earlier)


def games_quality(paths: Sequence[Path], index: "polars.DataFrame") -> GamesQuality:
    """The quality of the games of at least one shard, together; what else the `index` holds are the earlier games."""
    measured, players = read_measures(paths)
    return quality_of(measured, players, earlier_games(index, paths))


def quality_by_player(paths: Sequence[Path], index: "polars.DataFrame") -> SettingsQuality:
    """The quality of those games by who played them; arguments as of `games_quality`."""
    measured, players = read_measures(paths)
    return split_by_setting(measured, players, earlier_games(index, paths))


def read_measures(paths: Sequence[Path]) -> tuple[GameMeasures, int]:
    """The measures of the games of at least one shard of one configuration, and the number of its players."""
    shards = [read_packed(path) for path in paths]
    return GameMeasures.join([GameMeasures.of(shard) for shard in shards]), shards[0].header.config.num_players


def earlier_games(index: "polars.DataFrame", paths: Sequence[Path]) -> EarlierGames:
    """The games of an index that are in none of the shards at `paths`."""
    from ringrift_engine.records.discovery import shard_name

    names = {path.name for path in paths}
    outside = [shard_name(sha256) not in names for sha256 in index["shard"].to_list()]
    return EarlierGames.of(index.filter(outside))


def split_by_setting(measured: GameMeasures, players: int, earlier: EarlierGames | None) -> SettingsQuality:
    """The quality of the games of each player setting."""
    names = [str(name) for name in np.unique(measured.setting)]
    return SettingsQuality(
        {name: quality_of(measured.take(measured.setting == name), players, earlier) for name in names}
    )


def quality_of(measured: GameMeasures, players: int, earlier: EarlierGames | None) -> GamesQuality:
    """The quality of measured games of `players` seats."""
    found = measure_all(measured, players, earlier) if len(measured) else []
    numbers: dict[str, Any] = dict.fromkeys(_NUMBERS)
    for measured_numbers, _ in found:
        numbers |= measured_numbers
    subscores = tuple(part for _, parts in found for part in parts)
    mean, score, grade = judge(subscores, len(measured))
    return GamesQuality(games=len(measured), mean=mean, score=score, grade=grade, subscores=subscores, **numbers)


_NUMBERS: Final = tuple({field.name for field in fields(GamesQuality)} - {field.name for field in fields(Quality)})
