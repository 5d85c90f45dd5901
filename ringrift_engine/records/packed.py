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
from ringrift_engine.records.game_record import Decision, GameRecord
from ringrift_engine.records.packing import (
    DecisionColumns,
    pack_decisions,
    pack_moves,
    share_codes,
    shares_of,
    unpack_decisions,
    unpack_moves,
)
from ringrift_engine.records.replay import RecordedGames, Replay, check_result, choices_of, replay
from ringrift_engine.records.shard_schema import ShardHeader, to_json
from ringrift_engine.rules.state import REASON_NAMES

_SUM_TOLERANCE: Final = 1e-4
_SEED_LIMIT: Final = 2**63  # SQLite's integers


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


def pack_record(header: ShardHeader, record: GameRecord) -> PackedGame:
    """A game as a shard holds it; DataError if the record contradicts itself, the header, or the rules."""
    numbers = {who.name: number for number, who in enumerate(header.participants)}
    source = f"new shard of {header.config_key}"
    _check_record(record, header, numbers)
    plies = np.array([decision.ply for decision in record.decisions], dtype=np.int64)
    replayed = _replay_one(header.config, record.game_id, record.swap_rule, record.moves, plies, source)
    if len(replayed.places) != len(plies):
        ply = next(ply for ply in plies if ply not in replayed.places)
        raise DataError(
            f"{source}: game {record.game_id}, ply {ply}: a decision is recorded where nothing could be chosen."
        )
    check_result(record.game_id, replayed.games[0], record.winner, record.how, record.scores, source)
    choices = choices_of(header.config, replayed.states)
    return PackedGame(
        game_id=record.game_id,
        seed=record.seed,
        index=record.index,
        swap_rule=record.swap_rule,
        seats=tuple(numbers[name] for name in record.players),
        opening_plies=record.opening_plies,
        moves=record.moves,
        decisions=_to_columns(record, plies, choices, source),
        winner=record.winner,
        how=record.how,
        scores=record.scores,
    )


def _replay_one(
    config: BoardConfig, game_id: str, swap_rule: bool, moves: NDArray[np.int64], plies: NDArray[np.int64], source: str
) -> Replay:
    """A replay of one game, with its positions at `plies` int64 [D]."""
    keep = np.zeros(len(moves), dtype=np.bool_)
    keep[plies] = True
    return replay(config, RecordedGames.of([game_id], [swap_rule], [moves]), source, keep)


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


def _to_columns(record: GameRecord, plies: NDArray[np.int64], choices: LegalMoves, source: str) -> DecisionColumns:
    decisions = record.decisions
    values = np.zeros((len(decisions), len(record.players)), dtype=np.float32)
    codes = [np.zeros(0, dtype=np.uint8)]
    for row, decision in enumerate(decisions):
        if len(decision.root_values):
            values[row] = decision.root_values
        codes.append(share_codes(_along_choices(record.game_id, decision, choices.of(row), source)))
    return DecisionColumns(
        plies=plies,
        choices=choices.counts,
        simulations=np.array([decision.simulations for decision in decisions], dtype=np.int64),
        sampled=np.array([decision.sampled for decision in decisions], dtype=np.bool_),
        estimated=np.array([len(decision.root_values) > 0 for decision in decisions], dtype=np.bool_),
        root_values=values,
        codes=np.concatenate(codes),
    )


def _along_choices(game_id: str, decision: Decision, choices: NDArray[np.int64], source: str) -> NDArray[np.float32]:
    """float32 [choices]: the policy with a share for every choice."""
    order = np.argsort(choices)
    found = order[np.searchsorted(choices, decision.policy_moves, sorter=order).clip(max=len(choices) - 1)]
    where = f"{source}: game {game_id}, ply {decision.ply}"
    if not np.array_equal(choices[found], decision.policy_moves) or len(np.unique(found)) != len(found):
        raise DataError(f"{where}: the policy names a move that is no choice there, or one twice. Nothing was written.")
    total = float(decision.policy.sum(dtype=np.float64))
    if not abs(total - 1) <= _SUM_TOLERANCE or not np.all(decision.policy >= 0):
        raise DataError(
            f"{where}: the policy's shares sum to {total:.6f} instead of 1, or one is negative. Nothing was written."
        )
    if not np.all((decision.root_values >= 0) & (decision.root_values <= 1)):
        raise DataError(
            f"{where}: root values {decision.root_values.tolist()} are no probabilities. Nothing was written."
        )
    shares = np.zeros(len(choices), dtype=np.float32)
    shares[found] = decision.policy
    return shares


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
    if len(decisions.plies) and (np.any(np.diff(decisions.plies) <= 0) or decisions.plies[-1] >= len(moves)):
        raise DataError(
            f"{where}: a decision at ply {decisions.plies.max()} of {len(moves)}. The file is damaged; remove it."
        )
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
    replayed = _replay_one(config, game.game_id, game.swap_rule, game.moves, columns.plies, source)
    check_result(game.game_id, replayed.games[0], game.winner, game.how, game.scores, source)
    check_choices(game, replayed.counts[columns.plies], source)
    return GameRecord(
        game_id=game.game_id,
        seed=game.seed,
        index=game.index,
        swap_rule=game.swap_rule,
        players=tuple(names[number] for number in game.seats),
        opening_plies=game.opening_plies,
        moves=game.moves,
        decisions=_to_decisions(columns, choices_of(config, replayed.states)),
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
