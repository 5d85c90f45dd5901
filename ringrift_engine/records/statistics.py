"""What the games of a configuration look like as numbers: for `ringrift games stats`, for metadata and for gates."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ringrift_engine.boards import BoardConfig

if TYPE_CHECKING:
    import polars

QUANTILES: Final = (0.0, 0.1, 0.5, 0.9, 1.0)


@dataclass(frozen=True)
class GameStatistics:
    """Counts and shares over finished games, unless said otherwise. Shares and means of nothing are None, never 0.

    games, shards, moves, decisions   of all games, finished or not; decisions that are examples to learn from
    truncated_games    games without a result
    duplicate_games    games whose moves are those of an earlier one
    win_share          per seat, seat 1 first; sums to 1
    length_quantiles   moves a game at QUANTILES
    how_counts         how games were won, most frequent first
    searched_share     of all decisions, those that a search made
    mean_entropy       of the policies of all decisions, nats
    distinct_openings  different first moves among the games, as a share of the games
    """

    games: int
    shards: int
    moves: int
    decisions: int
    truncated_games: int
    duplicate_games: int
    win_share: tuple[float, ...] | None
    length_quantiles: tuple[float, ...] | None
    how_counts: dict[str, int]
    searched_share: float | None
    mean_entropy: float | None
    distinct_openings: float | None


def game_statistics(index: "polars.DataFrame", config: BoardConfig) -> GameStatistics:
    """The statistics of an index as `records.index.read_index` gives it."""
    import polars as pl

    finished = index.filter(~pl.col("truncated"))
    decisions = int(index["decisions"].sum())
    counts = finished.group_by("how").len().sort(["len", "how"], descending=[True, False])
    lengths = finished["plies"].cast(pl.Float64)
    wins = [int((finished["winner"] == seat).sum()) for seat in range(1, config.num_players + 1)]
    entropy = (index["mean_entropy"].cast(pl.Float64) * index["decisions"]).sum()
    return GameStatistics(
        games=index.height,
        shards=index["shard"].n_unique(),
        moves=int(index["plies"].sum()),
        decisions=decisions,
        truncated_games=index.height - finished.height,
        duplicate_games=index.height - index["moves_hash"].n_unique(),
        win_share=tuple(count / finished.height for count in wins) if finished.height else None,
        length_quantiles=tuple(_quantile(lengths, share) for share in QUANTILES) if finished.height else None,
        how_counts=dict(zip(counts["how"].to_list(), counts["len"].to_list(), strict=True)),
        searched_share=int(index["searched_decisions"].sum()) / decisions if decisions else None,
        mean_entropy=float(entropy) / decisions if decisions else None,
        distinct_openings=index["opening_hash"].n_unique() / index.height if index.height else None,
    )


def _quantile(values: "polars.Series", share: float) -> float:
    found = values.quantile(share, interpolation="linear")
    assert found is not None, "asked only of games that there are"
    return float(found)
