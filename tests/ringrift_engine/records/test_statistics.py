"""Statistics of games whose numbers were worked out by hand."""

import polars as pl
import pytest

from ringrift_engine.boards import BoardConfig
from ringrift_engine.records.statistics import game_statistics

CONFIG = BoardConfig.from_key("hex8_3p")

# winner, how, moves, decisions, searched, entropy, opening, moves hash
GAMES = [
    (1, "elimination_threshold", 100, 40, 40, 1.0, 1, 11),
    (1, "territory_threshold", 200, 60, 0, 2.0, 1, 12),
    (3, "elimination_threshold", 300, 100, 50, 0.5, 2, 13),
    (3, "elimination_threshold", 300, 100, 50, 0.5, 2, 13),
    (0, "", 400, 0, 0, None, 3, 14),
]


def frame(games: list[tuple]) -> pl.DataFrame:
    names = ["winner", "how", "plies", "decisions", "searched_decisions", "mean_entropy", "opening_hash", "moves_hash"]
    types = [pl.Int8, pl.String, pl.Int32, pl.Int32, pl.Int32, pl.Float32, pl.UInt64, pl.UInt64]
    table = pl.DataFrame(games, schema=dict(zip(names, types, strict=True)), orient="row")
    return table.with_columns(truncated=pl.col("winner") == 0, shard=pl.lit("a" * 64))


def test_hand_worked_games():
    found = game_statistics(frame(GAMES), CONFIG)
    assert (found.games, found.shards, found.moves, found.decisions) == (5, 1, 1_300, 300)
    assert (found.truncated_games, found.duplicate_games) == (1, 1)
    assert found.win_share == (0.5, 0.0, 0.5)
    assert found.length_quantiles == pytest.approx((100, 130, 250, 300, 300))
    assert found.how_counts == {"elimination_threshold": 3, "territory_threshold": 1}
    assert list(found.how_counts) == ["elimination_threshold", "territory_threshold"]
    assert found.searched_share == pytest.approx(140 / 300)
    assert found.mean_entropy == pytest.approx((40 * 1.0 + 60 * 2.0 + 200 * 0.5) / 300)
    assert found.distinct_openings == pytest.approx(3 / 5)


def test_shares_of_nothing_are_nothing():
    found = game_statistics(frame([]), CONFIG)
    assert (found.games, found.moves, found.how_counts) == (0, 0, {})
    for name in ("win_share", "length_quantiles", "searched_share", "mean_entropy", "distinct_openings"):
        assert getattr(found, name) is None


def test_games_without_an_end_count_for_no_seat():
    found = game_statistics(frame(GAMES[4:]), CONFIG)
    assert (found.games, found.truncated_games, found.win_share) == (1, 1, None)
