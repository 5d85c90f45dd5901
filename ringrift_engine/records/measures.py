"""What quality is judged by, measured game by game on packed shards without replaying them.

Everything is counted per game, so that numbers of any part of the games, of one shard or of one player setting, are
sums over rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.records.index import OPENING_MOVES, hash_moves
from ringrift_engine.records.lengths import FEWEST
from ringrift_engine.records.move_phases import NOTHING_TO_DO, kinds_of, phases_of
from ringrift_engine.records.packed import PackedGame
from ringrift_engine.records.packing import shares_of
from ringrift_engine.records.shard import PackedShard
from ringrift_engine.rules.moves import KINDS
from ringrift_engine.rules.state import PHASE_NAMES

if TYPE_CHECKING:
    import polars

_CHOSEN_KINDS: Final = np.setdiff1d(np.arange(KINDS), NOTHING_TO_DO)


@dataclass(frozen=True, eq=False)
class GameMeasures:
    """One row a game, G of them.

    setting   str [G], who played: the names of the game's participants, each once, sorted, joined by " and "
    winner    int64 [G], winning seat, 0 for an unfinished game
    how       int64 [G], codes of `HOW_NAMES`
    lengths   int64 [G], moves, bookkeeping included
    kinds     int64 [G, 20], moves of each kind, bookkeeping left out
    phases    int64 [G, 8], moves in each phase, bookkeeping left out
    opening   uint64 [G], hash of the first moves, as in the index
    moves     uint64 [G], hash of all moves, as in the index
    decided   int64 [G], recorded decisions that are examples to learn from; cheap searches are none
    searched  int64 [G], those that a search made
    entropy   float64 [G], sum over the decisions of the policy's entropy over the logarithm of the choices
    """

    setting: NDArray[np.str_]
    winner: NDArray[np.int64]
    how: NDArray[np.int64]
    lengths: NDArray[np.int64]
    kinds: NDArray[np.int64]
    phases: NDArray[np.int64]
    opening: NDArray[np.uint64]
    moves: NDArray[np.uint64]
    decided: NDArray[np.int64]
    searched: NDArray[np.int64]
    entropy: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.winner)

    @classmethod
    def of(cls, shard: PackedShard) -> Self:
        """The measures of a shard's games, in their order."""
        return cls._of([who.name for who in shard.header.participants], shard.games)

    @classmethod
    def _of(cls, names: Sequence[str], games: Sequence[PackedGame]) -> Self:
        kinds, phases = _count_moves(games)
        decisions = [game.decisions for game in games]
        return cls(
            setting=np.array(
                [" and ".join(sorted({names[who] for who in game.seats})) for game in games], dtype=np.str_
            ),
            winner=np.array([game.winner for game in games], dtype=np.int64),
            how=np.array([game.how for game in games], dtype=np.int64),
            lengths=np.array([len(game.moves) for game in games], dtype=np.int64),
            kinds=kinds,
            phases=phases,
            opening=np.array([hash_moves(game.moves[:OPENING_MOVES]) for game in games], dtype=np.uint64),
            moves=np.array([hash_moves(game.moves) for game in games], dtype=np.uint64),
            decided=np.array([np.count_nonzero(part.taught) for part in decisions], dtype=np.int64),
            searched=np.array([np.count_nonzero(part.simulations[part.taught]) for part in decisions], dtype=np.int64),
            entropy=np.array([_summed_entropy(game) for game in games], dtype=np.float64),
        )

    @classmethod
    def join(cls, parts: "Sequence[GameMeasures]") -> Self:
        """All games, one part after the other."""
        whole = (cls._of((), ()), *parts)
        names = [field.name for field in fields(cls)]
        return cls(**{name: np.concatenate([getattr(part, name) for part in whole]) for name in names})

    def take(self, chosen: NDArray[np.bool_]) -> Self:
        """The games where `chosen` bool [G] is true."""
        return type(self)(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})


@dataclass(frozen=True, eq=False)
class EarlierGames:
    """The games of a configuration that were there before those that are judged.

    lengths  int64 [F], of the finished games, ascending
    moves    uint64 [G], hashes of the moves of all games, as in the index
    """

    lengths: NDArray[np.int64]
    moves: NDArray[np.uint64]

    @property
    def enough(self) -> bool:
        """Whether a length can be called unusual among them."""
        return len(self.lengths) >= FEWEST

    @classmethod
    def of(cls, index: "polars.DataFrame") -> Self:
        """From some rows of an index, as `records.index.read_index` gives it."""
        finished = ~index["truncated"].to_numpy().astype(np.bool_)
        lengths = np.sort(index["plies"].to_numpy().astype(np.int64)[finished])
        return cls(lengths, index["moves_hash"].to_numpy().astype(np.uint64))

    def place_of(self, length: float) -> float:
        """The share of these games that are shorter than `length`, equal ones counting half."""
        shorter, not_longer = (np.searchsorted(self.lengths, length, side) for side in ("left", "right"))
        return float(shorter + not_longer) / 2 / len(self.lengths)


def _count_moves(games: Sequence[PackedGame]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Moves of each kind int64 [G, 20] and in each phase int64 [G, 8], bookkeeping left out."""
    lengths = np.array([len(game.moves) for game in games], dtype=np.int64)
    kinds = kinds_of(np.concatenate([game.moves for game in games])) if games else np.zeros(0, dtype=np.uint8)
    owners = np.repeat(np.arange(len(games)), lengths)
    chosen = np.isin(kinds, _CHOSEN_KINDS)
    return _count(owners[chosen], kinds[chosen], (len(games), KINDS)), _count(
        owners[chosen], phases_of(kinds)[chosen], (len(games), len(PHASE_NAMES))
    )


def _count(owners: NDArray[np.int64], codes: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.int64]:
    """int64 [games, codes]: how often each game has each code."""
    games, size = shape
    return np.bincount(owners * size + codes, minlength=games * size).reshape(shape).astype(np.int64)


def _summed_entropy(game: PackedGame) -> float:
    """Sum over the decisions that are examples of entropy / log(choices), each from 0 (one move has it all) to 1 (all
    alike).
    """
    columns = game.decisions
    if not len(columns.plies):
        return 0.0
    shares = shares_of(columns.codes, columns.offsets).astype(np.float64)
    nats = -np.add.reduceat(shares * np.log(np.where(shares > 0, shares, 1)), columns.offsets[:-1])
    return float((nats / np.log(columns.choices))[columns.taught].sum())
