"""One shard to one NPZ: positions replayed, encoded in pieces, written as rows in the order of games and plies.

A shard never changes and neither does its export; which rows are used, and how much each counts, is decided when
exports are combined. The planes go straight to the file, so memory does not grow with the shard.
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
from ringrift_engine.datasets.npz import writing_npz
from ringrift_engine.datasets.quality import game_qualities
from ringrift_engine.datasets.rows import (
    GameRows,
    decision_column,
    encode_words,
    game_numbers,
    is_held_out,
    is_random,
    kind_columns,
    outcome_columns,
    ownership_of,
    policies_of,
    rows_of,
    score_fractions,
    sitting_participants,
)
from ringrift_engine.datasets.validate import require_valid
from ringrift_engine.errors import DataError
from ringrift_engine.files import publishing, sha256_of
from ringrift_engine.progress import Progress, silent
from ringrift_engine.records.discovery import check_name
from ringrift_engine.records.lengths import LengthDistribution
from ringrift_engine.records.move_phases import kinds_of
from ringrift_engine.records.replay import RecordedGames, Replay, choices_of, replay
from ringrift_engine.records.shard import PackedShard, read_packed, replay_packed
from ringrift_engine.rules.moves import KIND_NAMES
from ringrift_engine.rules.state import HOW_NAMES, PHASE_NAMES, game_dtype

if TYPE_CHECKING:
    from ringrift_engine.encoding import Encoding

_PIECE_BYTES: Final = 1 << 25  # of game records and planes in memory at once


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
    replayed = replay_packed(packed)
    rows = _rows_of_all(packed, replayed)
    total = sum(len(part.plies) for part in rows)
    if total == 0:
        raise DataError(f"{shard}: none of its {len(packed.games)} games has a decision to learn from. Leave it out.")
    encoding = Encoding(config)
    columns = _game_columns(config, rows, replayed.games) | _scalars(encoding, source)
    gathered: list[dict[str, NDArray[Any]]] = []
    with publishing(out) as partial:
        with writing_npz(partial, deflate=True) as archive:
            shape = (total, encoding.planes, config.size, config.size)
            planes = _encode_pieces(packed, rows, encoding, gathered, progress)
            archive.add_chunks("features", np.dtype(np.int8), shape, planes)
            columns |= _row_columns(gathered, columns.pop("winners"))
            for name in sorted(columns):
                archive.add(name, columns[name])
        require_valid(partial, config, combined=False)
    return _report(out, source, packed, columns)


def rows_to_learn_from(packed: PackedShard) -> int:
    """How many rows the export of a shard would have; DataError if a game does not replay as it was recorded."""
    return sum(len(part.plies) for part in _rows_of_all(packed, replay_packed(packed)))


def _rows_of_all(packed: PackedShard, replayed: Replay) -> list[GameRows]:
    rows, start = [], 0
    for game in packed.games:
        rows.append(rows_of(game, replayed.counts[start : start + len(game.moves)]))
        start += len(game.moves)
    return rows


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


def _game_columns(config: BoardConfig, rows: Sequence[GameRows], ends: np.recarray) -> dict[str, NDArray[Any]]:
    """What follows from games and plies alone, for every row; `winners` int64 [N] is for `_row_columns` only."""
    games = [part.game for part in rows]
    counts = np.array([len(part.plies) for part in rows], dtype=np.int64)
    numbers = game_numbers([game.game_id for game in games])
    how = np.array([game.how for game in games], dtype=np.uint8)
    lengths = np.array([len(game.moves) for game in games], dtype=np.int32)
    simulations = [decision_column(part, part.game.decisions.simulations) for part in rows]
    searched = np.array([np.mean(column > 0) if len(column) else 0.0 for column in simulations])
    quality = game_qualities(how, lengths, searched, LengthDistribution.of(lengths))
    of_games = {
        "winners": np.array([game.winner for game in games], dtype=np.int64),
        "game_id": numbers,
        "held_out": is_held_out(numbers),
        "ownership": ownership_of(config, ends),
        "final_scores": score_fractions(config, np.stack([game.scores for game in games])),
        "total_game_moves": lengths,
        "quality_score": quality,
        "victory_types": how,
    }
    columns = {name: np.repeat(column, counts, axis=0) for name, column in of_games.items()}
    columns["simulations"] = np.concatenate(simulations).astype(np.int32)
    columns["move_numbers"] = np.concatenate([part.plies for part in rows]).astype(np.int32)
    columns["num_players"] = np.full(counts.sum(), config.num_players, dtype=np.int32)
    return columns


def _encode_pieces(
    packed: PackedShard,
    rows: Sequence[GameRows],
    encoding: "Encoding",
    gathered: list[dict[str, NDArray[Any]]],
    progress: Progress,
) -> Iterator[NDArray[np.int8]]:
    """The planes of some games at a time; what else their positions give is appended to `gathered`."""
    kinds = [who.kind for who in packed.header.participants]
    done = 0
    progress("export", 0, len(rows), "games")
    for piece in _pieces(encoding, rows):
        states, places, recorded = _positions(packed, piece)
        choices = choices_of(encoding.config, states)
        planes, numbers = encoding.encode(states)
        sitting = np.concatenate([sitting_participants(part) for part in piece])
        own, others = kind_columns(sitting, np.asarray(states.player), kinds)
        played = recorded.moves[places]
        gathered.append(
            {
                "globals": numbers,
                "seat": np.asarray(states.player).astype(np.int8),
                "phases": np.asarray(states.phase).astype(np.uint8),
                "move_types": kinds_of(played),
                "engine_modes": own,
                "opponent_types": others,
                "policy_factors": encoding.factors(states, choices),
                "policy_values": policies_of(piece, choices, played, is_random(own)),
                "policy_counts": choices.counts,
            }
        )
        done += len(piece)
        progress("export", done, len(rows), "games")
        yield planes


def _pieces(encoding: "Encoding", rows: Sequence[GameRows]) -> Iterator[list[GameRows]]:
    """Games in order, so many at a time that their positions and planes fit a piece of memory."""
    row_bytes = game_dtype(encoding.config.board).itemsize + encoding.planes * encoding.config.box
    piece: list[GameRows] = []
    for part in rows:
        if piece and (sum(len(other.plies) for other in piece) + len(part.plies)) * row_bytes > _PIECE_BYTES:
            yield piece
            piece = []
        if len(part.plies):
            piece.append(part)
    if piece:
        yield piece


def _positions(packed: PackedShard, piece: Sequence[GameRows]) -> tuple[np.recarray, NDArray[np.int64], RecordedGames]:
    """The positions of a piece's rows, and where among the piece's moves they are."""
    recorded = RecordedGames.of(
        [part.game.game_id for part in piece],
        [part.game.swap_rule for part in piece],
        [part.game.moves for part in piece],
    )
    keep = np.zeros(len(recorded.moves), dtype=np.bool_)
    for part, start in zip(piece, recorded.offsets, strict=False):
        keep[start + part.plies] = True
    replayed = replay(packed.header.config, recorded, packed.source, keep)
    return replayed.states, replayed.places, recorded


def _row_columns(gathered: Sequence[Mapping[str, NDArray[Any]]], winners: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """The pieces joined, words coded, and what needs the mover."""
    columns = {name: np.concatenate([piece[name] for piece in gathered]) for name in gathered[0]}
    counts = columns.pop("policy_counts")
    columns["policy_offsets"] = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    for name in ("engine_modes", "opponent_types"):
        columns[name], columns[f"{name}_names"] = encode_words(columns[name])
    for name, table in (("phases", PHASE_NAMES), ("move_types", KIND_NAMES), ("victory_types", HOW_NAMES)):
        columns[f"{name}_names"] = np.array(table, dtype=np.str_)
    return columns | outcome_columns(winners, columns["seat"])


def _report(out: Path, source: str, packed: PackedShard, columns: Mapping[str, NDArray[Any]]) -> ExportReport:
    shares = columns["policy_values"].astype(np.float64)
    entropies = -shares * np.log(np.where(shares > 0, shares, 1))
    return ExportReport(
        path=out,
        sha256=sha256_of(out),
        source=source,
        rows=len(columns["seat"]),
        held_out_rows=int(columns["held_out"].sum()),
        games=len(packed.games),
        unfinished_games=sum(game.winner == 0 for game in packed.games),
        policy_entries=len(shares),
        searched_rows=int((columns["simulations"] > 0).sum()),
        mean_policy_entropy=float(entropies.sum() / len(columns["seat"])),
        mean_quality=float(columns["quality_score"].mean()),
    )
