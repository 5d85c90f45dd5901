"""`Game`: one game, move by move, with errors for people. Legal moves are `Move`s; the rules are those of the
batches."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ringrift_engine.batch import list_moves_of
from ringrift_engine.batch.kernels import apply_rows, empty_log, mark_rejected
from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import IllegalMoveError
from ringrift_engine.game.move import Move, MoveTuple
from ringrift_engine.game.notation import Notation
from ringrift_engine.game.snapshot import read_snapshot, write_snapshot
from ringrift_engine.game.text import draw
from ringrift_engine.rules import state as s
from ringrift_engine.rules.setup import new_games
from ringrift_engine.rules.tables import board_table
from ringrift_engine.rules.work import make_work

_ONLY_ROW = np.zeros(1, dtype=np.int64)


class Game:
    """One game of a configuration, from the start or from a recorded position."""

    def __init__(self, config: BoardConfig, swap_rule: bool = False) -> None:
        self._take(config, new_games(config, 1, swap_rule))

    @classmethod
    def from_snapshot(cls, config: BoardConfig, state: Mapping[str, Any], swap_rule: bool = False) -> "Game":
        """The game that continues from `state`, the dict that `snapshot` writes; SnapshotError if no board can hold
        it."""
        game = cls.__new__(cls)
        game._take(config, read_snapshot(config, state, swap_rule))
        return game

    def _take(self, config: BoardConfig, games: np.recarray) -> None:
        self.config = config
        self._games = games
        self._table = board_table(config.board)
        self._works = make_work(config.board)
        self._notation = Notation(config, games)
        self._legal: tuple[dict[MoveTuple, int], frozenset[MoveTuple]] | None = None

    @property
    def record(self) -> np.recarray:
        """recarray [1]: the engine's record of this game, to be read only."""
        return self._games

    @property
    def phase(self) -> str:
        """The phase's name, such as `ring_placement`."""
        return s.PHASE_NAMES[self._games[0].phase]

    @property
    def current_player(self) -> int:
        """The seat to move, from 1."""
        return int(self._games[0].player)

    @property
    def is_over(self) -> bool:
        return bool(self._games[0].winner)

    @property
    def winner(self) -> int | None:
        """The seat that won, None while the game goes on."""
        return int(self._games[0].winner) or None

    @property
    def reason(self) -> str | None:
        """The original engine's reason: ring_elimination, territory_control or last_player_standing."""
        return s.REASON_NAMES[self._games[0].how] or None

    @property
    def how(self) -> str | None:
        """The reason in full, tie-breaks told apart."""
        return s.HOW_NAMES[self._games[0].how] or None

    def legal_moves(self, include_rejected: bool = False) -> list[Move]:
        """The complete legal set, bookkeeping moves included.

        `include_rejected` adds recovery slides that the original engine lists and then refuses.
        """
        codes, rejected = self._legal_set()
        return [Move(parts) for parts in codes if include_rejected or parts not in rejected]

    def rejected_moves(self) -> list[Move]:
        """The recovery slides that are listed but cannot be played."""
        return [Move(parts) for parts in self._legal_set()[1]]

    def apply(self, move: Move | Sequence[Any]) -> None:
        """Play a legal move, given as Move or as its tuple; IllegalMoveError names the move, the phase and the
        player."""
        parts = (move if isinstance(move, Move) else Move.from_tuple(self.config, move)).to_tuple()
        codes, rejected = self._legal_set()
        if parts not in codes or parts in rejected:
            raise IllegalMoveError(self._why_illegal(parts, parts in rejected))
        log, length = empty_log(1, 1)
        code = np.array([codes[parts]], dtype=np.int64)
        apply_rows(self._games, _ONLY_ROW, code, self._table, self._works, 0, log, length)
        self._legal = None

    def snapshot(self) -> dict[str, Any]:
        """The position as the dict of recorded games."""
        return write_snapshot(self.config, self._games[0])

    def copy(self) -> "Game":
        """An independent game in the same position."""
        game = Game.__new__(Game)
        game._take(self.config, self._games.copy())
        return game

    def __str__(self) -> str:
        return draw(self.config, self._games[0])

    def _legal_set(self) -> tuple[dict[MoveTuple, int], frozenset[MoveTuple]]:
        """Tuples of the complete legal set with their integers, and those among them that cannot be played."""
        if self._legal is None:
            moves = list_moves_of(self._games, _ONLY_ROW, self._table, self._works, complete=True).moves
            tuples = self._notation.tuples(moves)
            refused = np.zeros(len(moves), dtype=np.bool_)
            mark_rejected(self._games, 0, moves, self._table, refused)
            rejected = frozenset(tuples[k] for k in np.flatnonzero(refused))
            self._legal = dict(zip(tuples, moves.tolist(), strict=True)), rejected
        return self._legal

    def _why_illegal(self, parts: MoveTuple, is_rejected: bool) -> str:
        if self.is_over:
            return f"{Move(parts)} cannot be played: the game is over, player {self.winner} won"
        text = f"{Move(parts)} is not legal for player {self.current_player} in {self.phase}"
        if is_rejected:
            return f"{text}: the slide is listed, but the line it forms is shorter than {self.config.line_length}"
        same_kind = [str(Move(legal)) for legal in self._legal_set()[0] if legal[0] == parts[0]]
        hint = f"; legal {parts[0]}: {', '.join(same_kind[:6])}" if same_kind else ""
        return f"{text} ({len(self._legal_set()[0])} legal moves{hint})"
