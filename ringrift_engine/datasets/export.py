"""One shard to one NPZ: positions replayed, encoded in pieces, written as rows in the order of games and plies.

A shard never changes and neither does its export; which rows are used, and how much each counts, is decided when
exports are combined. Each game is played again once, which proves it and gives its rows. Planes are deflated as they
come, so memory hardly grows with the shard.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine import RULES_VERSION
from ringrift_engine.boards import BoardConfig
from ringrift_engine.datasets.contract import FORMAT_VERSION
from ringrift_engine.datasets.npz_writer import writing_npz
from ringrift_engine.datasets.quality import game_qualities
from ringrift_engine.datasets.rows import (
    Rows,
    game_numbers,
    is_held_out,
    kind_columns,
    moves_at_random,
    next_moves_of,
    outcome_columns,
    ownership_of,
    policies_of,
    score_fractions,
    search_values_of,
    simulations_of,
    sitting_participants,
    surprise_of,
)
from ringrift_engine.datasets.validate import require_valid_arrays
from ringrift_engine.errors import DataError
from ringrift_engine.files import publishing
from ringrift_engine.progress import Progress, silent
from ringrift_engine.records.discovery import check_name
from ringrift_engine.records.lengths import LengthDistribution
from ringrift_engine.records.move_phases import kinds_of
from ringrift_engine.records.packed import PackedGame
from ringrift_engine.records.shard import PackedShard, read_packed
from ringrift_engine.rules.moves import KIND_NAMES
from ringrift_engine.rules.state import HOW_NAMES, PHASE_NAMES, game_dtype

if TYPE_CHECKING:
    from ringrift_engine.encoding import Encoding

_PIECE_BYTES: Final = 1 << 23  # of game records and planes in memory at once

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class ExportReport:
    """What an export holds.

    mean_policy_entropy  nats, over all rows; 0 means that every policy is one move
    searched_rows        rows whose policy a search made
    unfinished_games     games without a winner, which give no rows
    """

    path: Path
    sha256: str
    source: str
    rows: int
    held_out_rows: int
    games: int
    unfinished_games: int
    policy_entries: int
    searched_rows: int
    mean_policy_entropy: float
    mean_quality: float


def export_shard(shard: Path, out: Path, config: BoardConfig, progress: Progress = silent) -> ExportReport:
    """Write the decisions of `shard` to the NPZ `out`, complete and validated before it appears.

    DataError if the shard is damaged or of another configuration, or has no decision to learn from.
    """
    from ringrift_engine.encoding import Encoding

    source = check_name(shard)
    packed = read_packed(shard, config.key)
    encoding = Encoding(config)
    of_rows: list[Columns] = []
    of_games: list[Columns] = []
    with publishing(out) as partial, writing_npz(partial, deflate=True) as archive:
        row_shape = (encoding.planes, config.size, config.size)
        planes = _encode_pieces(packed, encoding, of_rows, of_games, progress)
        archive.add_chunks("features", np.dtype(np.int8), (None, *row_shape), planes)
        if not of_rows:
            raise DataError(
                f"{shard}: none of its {len(packed.games)} games has a decision to learn from. Leave it out."
            )
        columns = _columns(packed, of_rows, of_games) | _scalars(encoding, source)
        header = ((len(columns["seat"]), *row_shape), np.dtype(np.int8))
        require_valid_arrays(columns, header, None, out, config)
        for name in sorted(columns):
            archive.add(name, columns[name])
    return _report(out, archive.sha256, source, packed, columns)


def rows_to_learn_from(packed: PackedShard) -> int:
    """How many rows the export of a shard would have; DataError if a game does not replay as it was recorded."""
    config = packed.header.config
    pieces = _pieces(packed.games, game_dtype(config.board).itemsize)
    return sum(len(Rows.of(config, piece, packed.source, positions=False)) for piece in pieces)


def _scalars(encoding: "Encoding", source: str) -> dict[str, NDArray[Any]]:
    from ringrift_engine.encoding import ENCODER_VERSION

    return {
        "config_key": np.array(encoding.config.key),
        "format_version": np.array(FORMAT_VERSION, dtype=np.int64),
        "rules_version": np.array(RULES_VERSION, dtype=np.int64),
        "encoder_version": np.array(ENCODER_VERSION, dtype=np.int64),
        "policy_size": np.array(encoding.policy_size, dtype=np.int64),
        "sources": np.array([source], dtype="<U64"),
    }


def _encode_pieces(
    packed: PackedShard, encoding: "Encoding", of_rows: list[Columns], of_games: list[Columns], progress: Progress
) -> Iterator[NDArray[np.int8]]:
    """The planes of some games' rows at a time; what else is known of rows and games is appended to the lists."""
    config, total, done = encoding.config, len(packed.games), 0
    kinds = [who.kind for who in packed.header.participants]
    progress("export", 0, total, "games")
    for piece in _pieces(packed.games, game_dtype(config.board).itemsize + encoding.planes * config.box):
        rows = Rows.of(config, piece, packed.source)
        counts = np.bincount(rows.owners, minlength=len(piece))
        of_games.append({"rows": counts, "ownership": ownership_of(config, rows.replayed.games)})
        if len(rows):
            planes, numbers = encoding.encode(rows.replayed.states)
            of_rows.append({"globals": numbers, **_row_columns(rows, encoding, kinds, packed.source)})
            yield planes
        done += len(piece)
        progress("export", done, total, "games")


def _pieces(games: Sequence[PackedGame], ply_bytes: int) -> Iterator[list[PackedGame]]:
    """Games in order, so many at a time that their positions, as if every ply were a row, fit a piece of memory."""
    piece: list[PackedGame] = []
    plies = 0
    for game in games:
        if piece and (plies + len(game.moves)) * ply_bytes > _PIECE_BYTES:
            yield piece
            piece, plies = [], 0
        piece.append(game)
        plies += len(game.moves)
    if piece:
        yield piece


def _row_columns(rows: Rows, encoding: "Encoding", kinds: Sequence[str], source: str) -> Columns:
    """What follows from the rows of a piece; `sitting` int64 [R, n] and `policy_counts` int64 [R] are for `_columns`
    only.
    """
    states, choices = rows.replayed.states, rows.replayed.choices
    seats = np.asarray(states.player).astype(np.int8)
    sitting = sitting_participants(rows)
    return {
        "seat": seats,
        "phases": np.asarray(states.phase).astype(np.uint8),
        "move_types": kinds_of(rows.played),
        "move_numbers": rows.plies.astype(np.int32),
        "simulations": simulations_of(rows),
        "search_values": search_values_of(rows),
        "next_move": next_moves_of(rows, encoding, source),
        "surprise": surprise_of(rows),
        "policy_factors": encoding.factors(states, choices),
        "policy_values": policies_of(rows, moves_at_random(sitting, seats, kinds)),
        "policy_counts": choices.counts,
        "sitting": sitting,
    }


def _columns(packed: PackedShard, of_rows: Sequence[Columns], of_games: Sequence[Columns]) -> Columns:
    """The pieces joined, words coded, and what is known of whole games."""
    columns = {name: np.concatenate([piece[name] for piece in of_rows]) for name in of_rows[0]}
    counts, sitting = columns.pop("policy_counts"), columns.pop("sitting")
    columns["policy_offsets"] = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    columns |= kind_columns(sitting, columns["seat"], [who.kind for who in packed.header.participants])
    for name, table in (("phases", PHASE_NAMES), ("move_types", KIND_NAMES), ("victory_types", HOW_NAMES)):
        columns[f"{name}_names"] = np.array(table, dtype=np.str_)
    rows = np.concatenate([piece["rows"] for piece in of_games])
    ownership = np.concatenate([piece["ownership"] for piece in of_games])
    columns |= _game_columns(packed, rows, ownership, columns["simulations"] > 0)
    return columns | outcome_columns(columns.pop("winners"), columns["seat"])


def _game_columns(
    packed: PackedShard, rows: NDArray[np.int64], ownership: NDArray[np.int8], searched: NDArray[np.bool_]
) -> Columns:
    """What games are, for each of their rows; `winners` int64 [N] is for `_columns` only.

    rows       int64 [G], of each game
    ownership  int8 [G, W, W]
    searched   bool [N], whether a search made the row's policy
    """
    config, games = packed.header.config, packed.games
    numbers = game_numbers([game.game_id for game in games])
    how = np.array([game.how for game in games], dtype=np.uint8)
    lengths = np.array([len(game.moves) for game in games], dtype=np.int32)
    shares = np.bincount(np.repeat(np.arange(len(games)), rows), searched, len(games)) / np.maximum(rows, 1)
    of_games = {
        "winners": np.array([game.winner for game in games], dtype=np.int64),
        "game_id": numbers,
        "held_out": is_held_out(numbers),
        "ownership": ownership,
        "final_scores": score_fractions(config, np.stack([game.scores for game in games])),
        "total_game_moves": lengths,
        "quality_score": game_qualities(how, lengths, shares, LengthDistribution.of(lengths)),
        "victory_types": how,
        "num_players": np.full(len(games), config.num_players, dtype=np.int32),
    }
    return {name: np.repeat(column, rows, axis=0) for name, column in of_games.items()}


def _report(
    out: Path, sha256: str, source: str, packed: PackedShard, columns: Mapping[str, NDArray[Any]]
) -> ExportReport:
    shares = columns["policy_values"]
    logarithms = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
    return ExportReport(
        path=out,
        sha256=sha256,
        source=source,
        rows=len(columns["seat"]),
        held_out_rows=int(columns["held_out"].sum()),
        games=len(packed.games),
        unfinished_games=sum(game.winner == 0 for game in packed.games),
        policy_entries=len(shares),
        searched_rows=int((columns["simulations"] > 0).sum()),
        mean_policy_entropy=-float((shares * logarithms).sum(dtype=np.float64)) / len(columns["seat"]),
        mean_quality=float(columns["quality_score"].mean()),
    )
