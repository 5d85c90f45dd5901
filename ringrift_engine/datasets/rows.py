"""How positions, decisions and results become the columns of a dataset: arrays in, arrays out.

Which decisions become rows: every position with two choices or more after the random opening of a finished game. Its
policy is what the player recorded; a player that records none gives its own policy all the same, which is even for
random play and the played move for the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import LegalMoves
from ringrift_engine.boards import BoardConfig
from ringrift_engine.datasets.contract import HELD_OUT_ONE_IN, SEAT_COLUMNS
from ringrift_engine.records.packed import PackedGame
from ringrift_engine.records.packing import shares_of
from ringrift_engine.rules.moves import SWAP_SIDES
from ringrift_engine.rules.state import COLLAPSED, OFF_BOARD

_RANDOM_KIND: Final = "random"


@dataclass(frozen=True, eq=False)
class GameRows:
    """Which moves of one packed game are rows.

    game   the game
    plies  int64 [r], ascending
    """

    game: PackedGame
    plies: NDArray[np.int64]


def rows_of(game: PackedGame, counts: NDArray[np.int32]) -> GameRows:
    """The rows of a game from `counts` int32 [T], the choices before each of its moves; none if it is unfinished."""
    chosen = np.flatnonzero(counts >= 2)
    return GameRows(game, chosen[game.opening_plies :] if game.winner else chosen[:0])


def game_numbers(game_ids: Sequence[str]) -> NDArray[np.uint64]:
    """uint64: the first 16 hex digits of each name."""
    return np.array([int(name[:16], 16) for name in game_ids], dtype=np.uint64)


def is_held_out(numbers: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which games are for measuring: one in twenty, by a number that is itself a hash, so the answer never changes."""
    return numbers % np.uint64(HELD_OUT_ONE_IN) == 0


def ownership_of(config: BoardConfig, ends: np.recarray) -> NDArray[np.int8]:
    """int8 [G, W, W] from final positions: the seat of the marker, stack or territory, 0 for nobody, -1 for no cell."""
    cells = np.asarray(ends.cell)
    owners = np.where((cells > 0) & (cells <= COLLAPSED + SEAT_COLUMNS), (cells - 1) % SEAT_COLUMNS + 1, 0)
    return np.where(cells == OFF_BOARD, -1, owners).astype(np.int8).reshape(-1, config.size, config.size)


def score_fractions(config: BoardConfig, scores: NDArray[np.int16]) -> NDArray[np.float32]:
    """float32 [G, 4, 2] from final scores int16 [G, n, 4]: eliminated and territory as parts of what wins; 0 for no
    seat.
    """
    fractions = np.zeros((len(scores), SEAT_COLUMNS, 2), dtype=np.float32)
    fractions[:, : config.num_players, 0] = scores[:, :, 0] / config.ring_victory_threshold
    fractions[:, : config.num_players, 1] = scores[:, :, 1] / config.territory_victory_minimum
    return fractions


def outcome_columns(winners: NDArray[np.integer], seats: NDArray[np.integer]) -> dict[str, NDArray[Any]]:
    """`values` and `values_mp` of N rows from the winning seat and the mover, int [N] each."""
    columns = np.zeros((len(winners), SEAT_COLUMNS), dtype=np.float32)
    columns[np.arange(len(winners)), winners - 1] = 1
    return {"values": np.where(winners == seats, 1, -1).astype(np.float32), "values_mp": columns}


def policies_of(
    rows: Sequence[GameRows], choices: LegalMoves, played: NDArray[np.int64], random_rows: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """float32 [M] along the choices of all rows, each row's part summing to 1.

    played       int64 [N], the move made in each row
    random_rows  bool [N], rows of a player that plays at random
    """
    counts = choices.counts
    shares = (choices.moves == np.repeat(played, counts)).astype(np.float32)
    even = np.repeat(random_rows, counts)
    shares[even] = (1 / np.repeat(counts, counts)[even]).astype(np.float32)
    start = 0
    for part in rows:
        _put_recorded(part, shares, choices.offsets[start : start + len(part.plies) + 1])
        start += len(part.plies)
    return shares


def _put_recorded(part: GameRows, shares: NDArray[np.float32], offsets: NDArray[np.int64]) -> None:
    """Overwrite the shares of a game's rows that have a recorded policy; offsets int64 [r + 1] are the rows' places."""
    columns = part.game.decisions
    known = np.isin(columns.plies, part.plies)
    rows = np.searchsorted(part.plies, columns.plies[known])
    recorded, starts = shares_of(columns.codes, columns.offsets), columns.offsets[:-1][known]
    for row, start, count in zip(rows, starts, columns.choices[known], strict=True):
        shares[offsets[row] : offsets[row + 1]] = recorded[start : start + count]


def decision_column(part: GameRows, column: NDArray[np.int64]) -> NDArray[np.int64]:
    """A column int64 [D] over the recorded decisions of a game as int64 [r] over its rows, 0 where nothing was
    recorded.
    """
    values = np.zeros(len(part.game.moves), dtype=np.int64)
    values[part.game.decisions.plies] = column
    return values[part.plies]


def sitting_participants(part: GameRows) -> NDArray[np.int64]:
    """int64 [r, n]: who sat in each seat when the row's decision was made; a swap exchanges the two players' seats."""
    seats = np.array(part.game.seats, dtype=np.int64)
    swaps = np.flatnonzero(part.game.moves == SWAP_SIDES)
    swapped = np.searchsorted(swaps, part.plies) % 2 == 1
    return np.where(swapped[:, None], seats[::-1], seats)


def kind_columns(
    sitting: NDArray[np.int64], movers: NDArray[np.integer], kinds: Sequence[str]
) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    """Kinds of mover and of opponents, str [N] each; opponents of several kinds are joined by +.

    sitting  int64 [N, n], participants by seat
    movers   int [N], seats
    kinds    of each participant
    """
    names = np.array(kinds, dtype=np.str_)
    pairs, inverse = np.unique(np.column_stack([sitting, movers]), axis=0, return_inverse=True)
    own = names[pairs[np.arange(len(pairs)), pairs[:, -1] - 1]]
    others = [
        "+".join(sorted({str(names[who]) for seat, who in enumerate(pair[:-1], start=1) if seat != pair[-1]}))
        for pair in pairs
    ]
    return own[inverse.reshape(-1)], np.array(others, dtype=np.str_)[inverse.reshape(-1)]


def is_random(kinds: NDArray[np.str_]) -> NDArray[np.bool_]:
    """Which kinds choose evenly among all moves."""
    return kinds == _RANDOM_KIND


def encode_words(words: NDArray[np.str_]) -> tuple[NDArray[np.uint8], NDArray[np.str_]]:
    """Codes uint8 [N] and the sorted table of names that they index."""
    names, codes = np.unique(words, return_inverse=True)
    return codes.reshape(-1).astype(np.uint8), names
