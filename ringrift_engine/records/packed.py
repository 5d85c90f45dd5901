"""A game as a shard holds it, between the record that people handle and the row that SQLite keeps.

A policy is stored along the choices of its position, so both ways lead through a replay: packing needs it to learn what
the choices were, unpacking to say whose share is whose.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import LegalMoves
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import DataError
from ringrift_engine.progress import Progress, silent
from ringrift_engine.records.game_record import Decision, GameRecord
from ringrift_engine.records.packing import (
    SURPRISE_OF_CODE,
    DecisionColumns,
    pack_decisions,
    pack_moves,
    share_codes,
    shares_of,
    surprise_codes,
    unpack_decisions,
    unpack_moves,
)
from ringrift_engine.records.replay import RecordedGames, check_results, replay
from ringrift_engine.records.shard_schema import ShardHeader, to_json
from ringrift_engine.records.share_kernel import place_shares
from ringrift_engine.rules.state import REASON_NAMES

_SUM_TOLERANCE: Final = 1e-4
_SEED_LIMIT: Final = 2**63  # SQLite's integers
_GAMES_AT_ONCE: Final = 64  # replayed together: what each choice of theirs is lies in memory


@dataclass(frozen=True, eq=False)
class PackedGame:
    """One row of `games`, its blobs unpacked: as `GameRecord`, but policies still lack the names of their moves.

    seats  for each seat, seat 1 first, the number of its participant in the header
    """

    game_id: str
    seed: int
    index: int
    swap_rule: bool
    seats: tuple[int, ...]
    opening_plies: int
    moves: NDArray[np.int64]
    decisions: DecisionColumns
    winner: int
    how: int
    scores: NDArray[np.int16]


def pack_records(header: ShardHeader, records: Sequence[GameRecord], progress: Progress = silent) -> list[PackedGame]:
    """Games as a shard holds them; DataError if a record contradicts itself, the header, or the rules."""
    numbers = {who.name: number for number, who in enumerate(header.participants)}
    for record in records:
        _check_record(record, header, numbers)
    packed: list[PackedGame] = []
    progress("pack games", 0, len(records), "games")
    for start in range(0, len(records), _GAMES_AT_ONCE):
        part = records[start : start + _GAMES_AT_ONCE]
        for record, decisions in zip(part, _columns_of(header, part), strict=True):
            packed.append(_packed(record, numbers, decisions))
            progress("pack games", len(packed), len(records), "games")
    return packed


def _packed(record: GameRecord, numbers: dict[str, int], decisions: DecisionColumns) -> PackedGame:
    return PackedGame(
        game_id=record.game_id,
        seed=record.seed,
        index=record.index,
        swap_rule=record.swap_rule,
        seats=tuple(numbers[name] for name in record.players),
        opening_plies=record.opening_plies,
        moves=record.moves,
        decisions=decisions,
        winner=record.winner,
        how=record.how,
        scores=record.scores,
    )


def _columns_of(header: ShardHeader, records: Sequence[GameRecord]) -> list[DecisionColumns]:
    """The decisions of each game, after a replay of all of them."""
    source = f"new shard of {header.config_key}"
    recorded = RecordedGames.of(
        [record.game_id for record in records],
        [record.swap_rule for record in records],
        [record.moves for record in records],
    )
    places = [
        np.array([decision.ply for decision in record.decisions], dtype=np.int64) + start
        for record, start in zip(records, recorded.offsets, strict=False)
    ]
    keep = np.zeros(len(recorded.moves), dtype=np.bool_)
    keep[np.concatenate(places)] = True
    replayed = replay(header.config, recorded, source, keep, positions=False)
    check_results(records, replayed.games, source)
    forced = np.setdiff1d(np.flatnonzero(keep), replayed.places)
    if len(forced):
        number = int(np.searchsorted(recorded.offsets, forced[0], side="right")) - 1
        raise DataError(
            f"{source}: game {records[number].game_id}, ply {forced[0] - recorded.offsets[number]}: a decision is "
            "recorded where nothing could be chosen."
        )
    codes = share_codes(_along_choices(records, replayed.choices, source))
    return _cut_columns(records, replayed.choices, codes)


def _check_record(record: GameRecord, header: ShardHeader, numbers: dict[str, int]) -> None:
    """What the rules cannot say about a record."""
    players = header.config.num_players
    unknown = [name for name in record.players if name not in numbers]
    plies = [decision.ply for decision in record.decisions]
    problem = ""
    if unknown:
        problem = f"player {unknown[0]!r} is not among the participants of the shard's header"
    elif len(record.players) != players or record.scores.shape != (players, 4):
        problem = f"{len(record.players)} players and scores of shape {record.scores.shape}, {players} players expected"
    elif not 0 <= record.seed < _SEED_LIMIT:
        problem = f"seed {record.seed} is not between 0 and 2**63"
    elif plies != sorted(set(plies)) or (plies and not 0 <= plies[0] <= plies[-1] < len(record.moves)):
        problem = "the plies of its decisions are not ascending numbers of its moves"
    elif record.swap_rule and players != 2:
        problem = f"the swap rule is for two players, {header.config_key} has {players}"
    if problem:
        raise DataError(f"Game {record.game_id} cannot be recorded: {problem}. Nothing was written.")


def _along_choices(records: Sequence[GameRecord], choices: LegalMoves, source: str) -> NDArray[np.float32]:
    """float32 [M]: the policies of all decisions with a share for every choice; DataError for one that is none."""
    decisions = [(record, decision) for record in records for decision in record.decisions]
    if not decisions:
        return np.zeros(0, dtype=np.float32)
    policy = np.concatenate([decision.policy for _, decision in decisions])
    lengths = [len(decision.policy) for _, decision in decisions]
    offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    shares = np.zeros(len(choices.moves), dtype=np.float32)
    policy_moves = np.concatenate([decision.policy_moves for _, decision in decisions]).astype(np.int64)
    wrong = place_shares(choices.moves, choices.offsets, policy_moves, policy.astype(np.float32), offsets, shares)
    if wrong >= 0:
        where = _place_of(*decisions[int(wrong)], source)
        raise DataError(f"{where}: the policy names a move that is no choice there, or one twice. Nothing was written.")
    totals = np.add.reduceat(shares.astype(np.float64), choices.offsets[:-1])
    least = np.minimum.reduceat(shares, choices.offsets[:-1])
    for row in np.flatnonzero(~((np.abs(totals - 1) <= _SUM_TOLERANCE) & (least >= 0))):
        raise DataError(
            f"{_place_of(*decisions[row], source)}: the policy's shares sum to {totals[row]:.6f} instead of 1, or one "
            "is negative. Nothing was written."
        )
    for record, decision in decisions:
        if decision.surprise is not None and not decision.surprise >= 0:
            raise DataError(
                f"{_place_of(record, decision, source)}: a surprise of {decision.surprise} nats, which is no "
                "divergence. Nothing was written."
            )
        if not np.all((decision.root_values >= 0) & (decision.root_values <= 1)):
            raise DataError(
                f"{_place_of(record, decision, source)}: root values {decision.root_values.tolist()} are no "
                "probabilities. Nothing was written."
            )
    return shares


def _place_of(record: GameRecord, decision: Decision, source: str) -> str:
    return f"{source}: game {record.game_id}, ply {decision.ply}"


def _cut_columns(records: Sequence[GameRecord], choices: LegalMoves, codes: NDArray[np.uint8]) -> list[DecisionColumns]:
    """The decisions of each game from the choices and codes uint8 [M] of all of them."""
    columns, row = [], 0
    for record in records:
        decisions, end = record.decisions, row + len(record.decisions)
        values = np.zeros((len(decisions), len(record.players)), dtype=np.float32)
        estimated = np.array([len(decision.root_values) > 0 for decision in decisions], dtype=np.bool_)
        if estimated.any():
            values[estimated] = [decision.root_values for decision in decisions if len(decision.root_values)]
        columns.append(
            DecisionColumns(
                plies=np.array([decision.ply for decision in decisions], dtype=np.int64),
                choices=choices.counts[row:end],
                simulations=np.array([decision.simulations for decision in decisions], dtype=np.int64),
                sampled=np.array([decision.sampled for decision in decisions], dtype=np.bool_),
                taught=np.array([decision.taught for decision in decisions], dtype=np.bool_),
                surprise=surprise_codes(np.array([decision.surprise for decision in decisions], dtype=np.float64)),
                estimated=estimated,
                root_values=values,
                codes=codes[choices.offsets[row] : choices.offsets[end]],
            )
        )
        row = end
    return columns


def pack_row(number: int, game: PackedGame) -> tuple[Any, ...]:
    """The row of table `games`, values in the order of `GAME_COLUMNS`; `number` is the game's place in the shard."""
    return (
        number, game.game_id, game.seed, game.index, int(game.swap_rule), to_json(list(game.seats)), game.opening_plies,
        len(game.moves), game.winner, game.how, REASON_NAMES[game.how], to_json(game.scores.tolist()),
        pack_moves(game.moves),
        pack_decisions(game.decisions),
    )  # fmt: skip


def unpack_row(row: dict[str, Any], config: BoardConfig, source: str) -> PackedGame:
    """The game in a row; DataError naming `source` if the row's parts do not fit together."""
    where = f"{source}: game {row['game_id']}"
    moves = unpack_moves(row["moves"], where)
    if len(moves) != row["plies"]:
        raise DataError(f"{where} has {len(moves)} moves, its row says {row['plies']}. The file is damaged; remove it.")
    decisions = unpack_decisions(row["decisions"], config.num_players, where)
    plies = decisions.plies
    if len(plies) and ((plies[1:] <= plies[:-1]).any() or plies[-1] >= len(moves)):
        raise DataError(f"{where}: a decision at ply {plies.max()} of {len(moves)}. The file is damaged; remove it.")
    return PackedGame(
        game_id=row["game_id"],
        seed=row["seed"],
        index=row["game_index"],
        swap_rule=bool(row["swap_rule"]),
        seats=tuple(json.loads(row["seats"])),
        opening_plies=row["opening_plies"],
        moves=moves,
        decisions=decisions,
        winner=row["winner"],
        how=row["how"],
        scores=np.array(json.loads(row["scores"]), dtype=np.int16),
    )


def to_record(config: BoardConfig, game: PackedGame, names: Sequence[str], source: str) -> GameRecord:
    """The record of a packed game, with the participants' names; DataError if it does not replay as recorded."""
    columns = game.decisions
    keep = np.zeros(len(game.moves), dtype=np.bool_)
    keep[columns.plies] = True
    recorded = RecordedGames.of([game.game_id], [game.swap_rule], [game.moves])
    replayed = replay(config, recorded, source, keep, positions=False)
    check_results([game], replayed.games, source)
    check_choices(game, replayed.counts[columns.plies], source)
    return GameRecord(
        game_id=game.game_id,
        seed=game.seed,
        index=game.index,
        swap_rule=game.swap_rule,
        players=tuple(names[number] for number in game.seats),
        opening_plies=game.opening_plies,
        moves=game.moves,
        decisions=_to_decisions(columns, replayed.choices),
        winner=game.winner,
        how=game.how,
        scores=game.scores,
    )


def _to_decisions(columns: DecisionColumns, choices: LegalMoves) -> tuple[Decision, ...]:
    offsets = columns.offsets
    shares = shares_of(columns.codes, offsets)
    decisions = []
    for row, ply in enumerate(columns.plies):
        part = slice(offsets[row], offsets[row + 1])
        possible = columns.codes[part] > 0
        decisions.append(
            Decision(
                ply=int(ply),
                policy_moves=choices.of(row)[possible],
                policy=shares[part][possible],
                root_values=columns.root_values[row] if columns.estimated[row] else np.zeros(0, dtype=np.float32),
                simulations=int(columns.simulations[row]),
                sampled=bool(columns.sampled[row]),
                surprise=float(SURPRISE_OF_CODE[code]) if (code := columns.surprise[row]) else None,
                taught=bool(columns.taught[row]),
            )
        )
    return tuple(decisions)


def check_choices(game: PackedGame, counts: NDArray[np.int32], source: str) -> None:
    """DataError unless each decision has two choices or more, and as many shares as its position has choices.

    counts  int32 [D]: the choices that a replay found at the game's decisions
    """
    wrong = np.flatnonzero((counts != game.decisions.choices) | (counts < 2))
    if len(wrong):
        ply, stored, found = (
            int(column[wrong[0]]) for column in (game.decisions.plies, game.decisions.choices, counts)
        )
        raise DataError(
            f"{source}: game {game.game_id}, ply {ply}: a policy over {stored} choices where there are {found}. The "
            "file is damaged; remove it, or fetch it again."
        )
