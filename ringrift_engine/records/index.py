"""games.parquet: one row a game of a configuration, which statistics and gates read instead of the shards.

It holds nothing that the shards do not say, so it can be made again at any time, and making it from scratch or adding
new shards to an old one gives the same bytes: rows are ordered by shard and place, and no clock or path is in them.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine import RULES_VERSION
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import DataError
from ringrift_engine.files import publishing, sha256_of
from ringrift_engine.progress import Progress, silent
from ringrift_engine.records.discovery import check_name, shard_name
from ringrift_engine.records.packed import PackedGame
from ringrift_engine.records.packing import shares_of
from ringrift_engine.records.shard import PackedShard, read_packed
from ringrift_engine.rules.state import HOW_NAMES, REASON_NAMES

if TYPE_CHECKING:
    import polars
    import pyarrow

INDEX_NAME: Final = "games.parquet"
_INDEX_VERSION: Final = 1
OPENING_MOVES: Final = 24  # bookkeeping included: about ten choices, by when random games of any board differ
_ROWS_A_GROUP: Final = 1 << 16

# name, Arrow type, meaning; docs/data.md prints this table.
COLUMNS: Final = (
    ("shard", "string", "SHA-256 of the shard"),
    ("position", "int32", "place of the game in it"),
    ("game_id", "string", "name of the game"),
    ("seed", "int64", "of the run that played it"),
    ("game_index", "int64", "number of the game in that run"),
    ("players", "list<string>", "names, seat 1 first"),
    ("models", "list<string>", "content hashes of their models, null without one"),
    ("swap_rule", "bool", "whether seat 2 could swap"),
    ("opening_plies", "int32", "random decisions at the start"),
    ("winner", "int8", "winning seat, 0 if the game is unfinished"),
    ("how", "string", "how it was won, a name of `HOW_NAMES`"),
    ("reason", "string", "the original engine's word for it"),
    ("truncated", "bool", "the game has no end and no result"),
    ("plies", "int32", "moves, bookkeeping included"),
    ("decisions", "int32", "recorded decisions that are examples to learn from"),
    ("searched_decisions", "int32", "those that a search made"),
    ("mean_entropy", "float32", "of the policies of these decisions, nats; null without any"),
    ("eliminated", "list<int16>", "rings credited to each seat at the end"),
    ("territory", "list<int16>", "cells of each seat at the end"),
    ("markers", "list<int16>", "markers of each seat at the end"),
    ("hand", "list<int16>", "rings each seat still had in hand"),
    ("opening_hash", "uint64", f"of the first {OPENING_MOVES} moves"),
    ("moves_hash", "uint64", "of all moves: equal games have equal ones"),
)


@dataclass(frozen=True)
class IndexReport:
    """What an index holds, and how many of its shards were read for it rather than taken from the old one."""

    path: Path
    sha256: str
    games: int
    shards: int
    shards_read: int


def update_index(shards: Sequence[Path], out: Path, config: BoardConfig, progress: Progress = silent) -> IndexReport:
    """Make `out` the index of exactly these shards; rows of an index already there are used again.

    DataError for a shard that is damaged or of another configuration. An index that cannot be read is made anew.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    known = _previous(out, config)
    if known is None:
        known = _arrow_schema(config).empty_table()
    owners = [shard_name(sha256) for sha256 in known["shard"].to_pylist()]
    names, wanted = set(owners), {path.name for path in shards}
    tables = [known.filter(pa.array([owner in wanted for owner in owners], type=pa.bool_()))]
    new = sorted((path for path in shards if path.name not in names), key=lambda path: path.name)
    for number, path in enumerate(new):
        progress("index shards", number, len(new), "shards")
        tables.append(_table_of(path, config))
    progress("index shards", len(new), len(new), "shards")
    table = pa.concat_tables(tables).sort_by([("shard", "ascending"), ("position", "ascending")])
    with publishing(out) as partial:
        pq.write_table(table.combine_chunks(), partial, compression="zstd", row_group_size=_ROWS_A_GROUP)
    return IndexReport(out, sha256_of(out), table.num_rows, len(shards), len(new))


def read_index(path: Path, config: BoardConfig) -> "polars.DataFrame":
    """The index as a frame with COLUMNS; DataError if it is missing, torn, or of another configuration or rules."""
    import polars as pl

    table = _previous(path, config)
    if table is None:
        raise DataError(
            f"{path}: no index of games of {config.key} under rules version {RULES_VERSION}, or a torn one. "
            "Materialise "
            "synced_games; it makes the index from the shards."
        )
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


def _previous(path: Path, config: BoardConfig) -> "pyarrow.Table | None":
    """The table in `path` if it is an index as this module writes it, of this configuration and rules version."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        return None
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError):  # torn or foreign: everything in it can be had from the shards
        return None
    return table if table.schema.equals(_arrow_schema(config), check_metadata=True) else None


def _arrow_schema(config: BoardConfig) -> "pyarrow.Schema":
    import pyarrow as pa

    simple = {
        "string": pa.string(), "bool": pa.bool_(), "int8": pa.int8(), "int16": pa.int16(), "int32": pa.int32(),
        "int64": pa.int64(), "uint64": pa.uint64(), "float32": pa.float32(),
    }  # fmt: skip
    # Parquet calls the items of a list `element`; so must the schema, or no file would have it.
    types = simple | {f"list<{name}>": pa.list_(pa.field("element", kind)) for name, kind in simple.items()}
    metadata = {"config_key": config.key, "rules_version": str(RULES_VERSION), "index_version": str(_INDEX_VERSION)}
    return pa.schema([(name, types[kind]) for name, kind, _ in COLUMNS], metadata=metadata)


def _table_of(path: Path, config: BoardConfig) -> "pyarrow.Table":
    import pyarrow as pa

    sha256 = check_name(path)
    shard = read_packed(path, config.key)
    rows = [_row(shard, sha256, position, game) for position, game in enumerate(shard.games)]
    return pa.Table.from_pylist(rows, schema=_arrow_schema(config))


def _row(shard: PackedShard, sha256: str, position: int, game: PackedGame) -> dict[str, Any]:
    participants = [shard.header.participants[number] for number in game.seats]
    scores, taught = game.scores.tolist(), game.decisions.taught
    return {
        "shard": sha256,
        "position": position,
        "game_id": game.game_id,
        "seed": game.seed,
        "game_index": game.index,
        "players": [who.name for who in participants],
        "models": [who.model for who in participants],
        "swap_rule": game.swap_rule,
        "opening_plies": game.opening_plies,
        "winner": game.winner,
        "how": HOW_NAMES[game.how],
        "reason": REASON_NAMES[game.how],
        "truncated": game.winner == 0,
        "plies": len(game.moves),
        "decisions": int(np.count_nonzero(taught)),
        "searched_decisions": int(np.count_nonzero(game.decisions.simulations[taught])),
        "mean_entropy": _mean_entropy(game),
        "eliminated": [seat[0] for seat in scores],
        "territory": [seat[1] for seat in scores],
        "markers": [seat[2] for seat in scores],
        "hand": [seat[3] for seat in scores],
        "opening_hash": hash_moves(game.moves[:OPENING_MOVES]),
        "moves_hash": hash_moves(game.moves),
    }


def _mean_entropy(game: PackedGame) -> float | None:
    columns = game.decisions
    if not columns.taught.any():
        return None
    shares = shares_of(columns.codes, columns.offsets)[np.repeat(columns.taught, columns.choices)].astype(np.float64)
    return float(-(shares * np.log(np.where(shares > 0, shares, 1))).sum() / np.count_nonzero(columns.taught))


def hash_moves(moves: NDArray[np.int64]) -> int:
    """A number below 2**64 that tells sequences of moves int64 [T] apart."""
    return int.from_bytes(hashlib.blake2b(moves.astype("<i8").tobytes(), digest_size=8).digest(), "little")
