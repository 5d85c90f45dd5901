"""Recorded games played again: the proof that a shard tells the truth, and the source of every exported position.

Nothing in a file is believed: a game that is read is replayed from the start, every move against its legal set, and
its end is compared with the recorded result. That costs a microsecond a move on small boards, so readers need no other
mode.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import LegalMoves
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import DataError
from ringrift_engine.records.replay_kernel import ILLEGAL, replay_rows
from ringrift_engine.rules.moves import KIND_NAMES, first_of, kind_of, second_of
from ringrift_engine.rules.setup import new_games
from ringrift_engine.rules.state import HOW_NAMES, PHASE_NAMES, game_dtype
from ringrift_engine.rules.tables import board_table
from ringrift_engine.rules.work import make_work

_CHOICES_A_POSITION: Final = 128  # room at first; where games need more, they are played once more


@dataclass(frozen=True, eq=False)
class RecordedGames:
    """What a replay needs of G games with K moves in all.

    names      of the games, for messages
    swap_rule  bool [G]
    moves      int64 [K], game g has moves[offsets[g] : offsets[g + 1]]
    offsets    int64 [G + 1]
    """

    names: Sequence[str]
    swap_rule: NDArray[np.bool_]
    moves: NDArray[np.int64]
    offsets: NDArray[np.int64]

    @classmethod
    def of(cls, names: Sequence[str], swap_rule: Sequence[bool], moves: Sequence[NDArray[np.int64]]) -> "RecordedGames":
        """The same from one array of moves a game."""
        lengths = [len(part) for part in moves]
        offsets = np.concatenate(([0], np.cumsum(lengths, dtype=np.int64))).astype(np.int64)
        flat = np.concatenate(moves).astype(np.int64) if moves else np.zeros(0, dtype=np.int64)
        return cls(names, np.array(swap_rule, dtype=np.bool_), flat, offsets)


@dataclass(frozen=True, eq=False)
class Replay:
    """What a replay found.

    games    recarray [G], the last position of each game
    counts   int32 [K], how many choices there were before each move; 0 if a legal move was none of them
    places   int64 [S], the indices of the moves asked for that were made of two choices or more, ascending
    states   recarray [S], the positions before them; empty if they were not asked for
    choices  what could be chosen there, in the fixed order of `rules.legal`
    """

    games: np.recarray
    counts: NDArray[np.int32]
    places: NDArray[np.int64]
    states: np.recarray
    choices: LegalMoves


def replay(
    config: BoardConfig,
    recorded: RecordedGames,
    source: str,
    keep: NDArray[np.bool_] | None = None,
    skipped: NDArray[np.int64] | None = None,
    *,
    positions: bool = True,
) -> Replay:
    """Play the games again; DataError names `source`, game, ply and move of the first one that is not legal.

    keep       bool [K]: of which moves the choices are wanted; None for none
    skipped    int64 [G]: how many decisions, moves made of two choices or more, to leave out of each game; None for 0
    positions  whether the positions are wanted too
    """
    wanted = np.zeros(len(recorded.moves), dtype=np.uint8) if keep is None else keep.astype(np.uint8)
    left_out = np.zeros(len(recorded.names), dtype=np.int64) if skipped is None else skipped
    room = max(int(np.count_nonzero(wanted)), 1)
    choices = np.empty(_CHOICES_A_POSITION * room, dtype=np.int64)
    counts = np.zeros(len(recorded.moves), dtype=np.int32)
    states = np.empty(room if positions else 0, dtype=game_dtype(config.board)).view(np.recarray)
    places, ends = np.zeros(room, dtype=np.int64), np.zeros(room, dtype=np.int64)
    works, table = make_work(config.board), board_table(config.board)
    while True:
        games = _starts(config, recorded)
        kept = replay_rows(
            games,
            recorded.offsets,
            recorded.moves,
            wanted,
            left_out,
            table,
            works,
            counts,
            states,
            places,
            choices,
            ends,
        )
        needed = int(ends[kept - 1]) if kept else 0
        if needed <= len(choices):
            break
        choices = np.empty(needed, dtype=np.int64)
    faults = np.flatnonzero(counts == ILLEGAL)
    if len(faults):
        raise DataError(_describe_fault(recorded, games, int(faults[0]), source))
    legal = LegalMoves(choices[:needed], np.concatenate(([0], ends[:kept])))
    return Replay(games, counts, places[:kept], states[:kept].view(np.recarray), legal)


def _starts(config: BoardConfig, recorded: RecordedGames) -> np.recarray:
    """recarray [G], all games before their first move."""
    games = new_games(config, len(recorded.names))
    if config.num_players == 2:
        games.swap_open = recorded.swap_rule
    return games


def final_scores(games: np.recarray, num_players: int) -> NDArray[np.int16]:
    """int16 [G, n, 4]: eliminated, territory, markers and hand of every seat, seat 1 first."""
    seats = slice(1, num_players + 1)
    columns = [games.eliminated[:, seats], games.territory[:, seats], games.markers[:, seats], games.hand[:, seats]]
    return np.stack(columns, axis=2)


class Outcome(Protocol):
    """A game with what is recorded of its end; `scores` int16 [n, 4]."""

    @property
    def game_id(self) -> str: ...
    @property
    def winner(self) -> int: ...
    @property
    def how(self) -> int: ...
    @property
    def scores(self) -> NDArray[np.int16]: ...


def check_results(recorded: Sequence[Outcome], ends: np.recarray, source: str) -> None:
    """DataError if one of the replayed games, whose last positions are `ends`, ends otherwise than it was recorded."""
    if not len(recorded):
        return
    winners, ways = ends.winner.tolist(), ends.how.tolist()
    for number, (game, scores) in enumerate(zip(recorded, final_scores(ends, int(ends.num_players[0])), strict=True)):
        as_recorded = winners[number] == game.winner and ways[number] == game.how
        if not (as_recorded and np.array_equal(scores, game.scores)):
            check_result(game.game_id, ends[number], game.winner, game.how, game.scores, source)


def check_result(name: str, game: np.record, winner: int, how: int, scores: NDArray[np.int16], source: str) -> None:
    """DataError if a replayed game ends otherwise than it was recorded; `scores` int16 [n, 4]."""
    found = final_scores(np.array([game]).view(np.recarray), len(scores))[0]
    if int(game.winner) != winner or int(game.how) != how:
        raise DataError(
            f"{source}: game {name} was recorded as {_outcome(winner, how)}, its moves lead to "
            f"{_outcome(int(game.winner), int(game.how))}. The file is damaged or was made under other rules; "
            "remove it, or fetch it again."
        )
    if not np.array_equal(found, scores):
        raise DataError(
            f"{source}: game {name} was recorded with final scores {scores.tolist()}, its moves lead to "
            f"{found.tolist()} (eliminated, territory, markers, hand of each seat). The file is damaged; remove it, or "
            "fetch it again."
        )


def _describe_fault(recorded: RecordedGames, games: np.recarray, index: int, source: str) -> str:
    number = int(np.searchsorted(recorded.offsets, index, side="right")) - 1
    game, move, ply = games[number], int(recorded.moves[index]), index - int(recorded.offsets[number])
    kind = kind_of(move)
    name = KIND_NAMES[kind] if kind < len(KIND_NAMES) else f"kind {kind}"
    where = f"{source}: game {recorded.names[number]}, ply {ply}: {name} {first_of(move)} {second_of(move)} ({move})"
    if int(game.winner) != 0:
        return f"{where} is played after the game is over. The file is damaged or was made under other rules."
    return (
        f"{where} is not legal for player {int(game.player)} in {PHASE_NAMES[int(game.phase)]}. The file is damaged "
        "or was made under other rules; remove it, or fetch it again."
    )


def _outcome(winner: int, how: int) -> str:
    if winner == 0:
        return "unfinished"
    return f"won by seat {winner} ({HOW_NAMES[how] if 0 <= how < len(HOW_NAMES) else how})"
