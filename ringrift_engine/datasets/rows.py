"""How positions, decisions and results become the columns of a dataset: arrays in, arrays out.

Which decisions become rows: every position with two choices or more after the random opening of a finished game, but
for those that were searched cheaply, only to move the game on. Its policy is what the player recorded; a player that
records none gives its own policy all the same, which is even for random play and the played move for the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.batch import LegalMoves
from ringrift_engine.boards import BoardConfig
from ringrift_engine.datasets.contract import HELD_OUT_ONE_IN, NO_NEXT_MOVE, SEAT_COLUMNS
from ringrift_engine.datasets.row_kernels import fill_policies
from ringrift_engine.records.packed import PackedGame, check_choices
from ringrift_engine.records.packing import SHARE_OF_CODE, SURPRISE_OF_CODE
from ringrift_engine.records.replay import RecordedGames, Replay, check_results, replay
from ringrift_engine.rules.moves import SWAP_SIDES
from ringrift_engine.rules.state import COLLAPSED, OFF_BOARD

if TYPE_CHECKING:
    from ringrift_engine.encoding import Encoding

_RANDOM_KIND: Final = "random"


@dataclass(frozen=True, eq=False)
class Rows:
    """The rows of some packed games of one configuration, R of them, and what a replay found of them.

    games     in the order of their moves in `recorded`
    recorded  their moves
    replayed  the games again; of the rows, choices and positions
    """

    games: Sequence[PackedGame]
    recorded: RecordedGames
    replayed: Replay

    @classmethod
    def of(cls, config: BoardConfig, games: Sequence[PackedGame], source: str, *, positions: bool = True) -> "Rows":
        """The rows of games, `positions` of them included; DataError, naming `source`, if one is not as recorded."""
        recorded = RecordedGames.of(
            [game.game_id for game in games], [game.swap_rule for game in games], [game.moves for game in games]
        )
        finished = np.array([game.winner != 0 for game in games])
        opening = np.array([game.opening_plies for game in games], dtype=np.int64)
        keep = np.repeat(finished, np.diff(recorded.offsets))
        for game, start in zip(games, recorded.offsets, strict=False):
            keep[start + game.decisions.plies[~game.decisions.taught]] = False
        replayed = replay(config, recorded, source, keep, opening, positions=positions)
        check_results(games, replayed.games, source)
        for game, start in zip(games, recorded.offsets, strict=False):
            check_choices(game, replayed.counts[start + game.decisions.plies], source)
        return cls(games, recorded, replayed)

    def __len__(self) -> int:
        return len(self.replayed.places)

    @property
    def owners(self) -> NDArray[np.int64]:
        """int64 [R]: which of the games each row is of."""
        return np.searchsorted(self.recorded.offsets, self.replayed.places, side="right") - 1

    @property
    def plies(self) -> NDArray[np.int64]:
        """int64 [R]: the index of the row's move in its game."""
        return self.replayed.places - self.recorded.offsets[self.owners]

    @property
    def played(self) -> NDArray[np.int64]:
        """int64 [R]: the row's move."""
        return self.recorded.moves[self.replayed.places]

    @property
    def decisions(self) -> NDArray[np.int64]:
        """int64 [R]: the number of the row's decision among the recorded ones of all the games; -1 without one."""
        numbers = np.full(len(self.recorded.moves), -1, dtype=np.int64)
        places = [start + game.decisions.plies for game, start in zip(self.games, self.recorded.offsets, strict=False)]
        recorded = np.concatenate(places)
        numbers[recorded] = np.arange(len(recorded))
        return numbers[self.replayed.places]


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


def policies_of(rows: Rows, random_rows: NDArray[np.bool_]) -> NDArray[np.float32]:
    """float32 [M] along the choices of all rows, each row's part summing to 1; `random_rows` bool [R] are those of a
    player that plays at random.
    """
    choices = rows.replayed.choices
    columns = [game.decisions for game in rows.games]
    codes = np.concatenate([column.codes for column in columns])
    counts = np.concatenate([column.choices for column in columns])
    code_offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    shares = np.empty(len(choices.moves), dtype=np.float32)
    fill_policies(
        choices.moves,
        choices.offsets,
        rows.played,
        random_rows,
        rows.decisions,
        codes,
        code_offsets,
        SHARE_OF_CODE,
        shares,
    )
    return shares


def next_moves_of(rows: Rows, encoding: "Encoding", source: str) -> NDArray[np.int32]:
    """int32 [R]: the first policy index of what was played in the next decision of the row's game, as who moves there
    names it; NO_NEXT_MOVE where there is none.

    The next decision need not be a row, so its position comes from one more replay, which names `source` as `Rows.of`.
    """
    recorded, places = rows.recorded, rows.replayed.places
    decided = np.append(np.flatnonzero(rows.replayed.counts > 1), len(recorded.moves))
    following = decided[np.searchsorted(decided, places, side="right")]
    exists = following < recorded.offsets[rows.owners + 1]
    keep = np.zeros(len(recorded.moves), dtype=np.bool_)
    keep[following[exists]] = True
    again = replay(encoding.config, recorded, source, keep)
    played = LegalMoves(recorded.moves[again.places], np.arange(len(again.places) + 1))
    found = np.full(len(rows), NO_NEXT_MOVE, dtype=np.int32)
    found[exists] = encoding.factors(again.states, played)[np.searchsorted(again.places, following[exists]), 0]
    return found


def search_values_of(rows: Rows) -> NDArray[np.float32]:
    """float32 [R, 4]: win probability of each seat as the search of the row's decision stated it; where none did, 1 for
    the winner.
    """
    winners = np.array([game.winner for game in rows.games])[rows.owners]
    values = outcome_columns(winners, winners)["values_mp"]
    players = len(rows.games[0].seats)
    none = np.zeros((1, players), dtype=np.float32)
    said = np.concatenate([*(game.decisions.root_values for game in rows.games), none])[rows.decisions]
    stated = said.any(axis=1)
    values[stated, :players] = said[stated]
    return values


def simulations_of(rows: Rows) -> NDArray[np.int32]:
    """int32 [R]: simulations of each row's decision, 0 where nothing was recorded."""
    spent = np.concatenate([*(game.decisions.simulations for game in rows.games), [0]])
    return spent[rows.decisions].astype(np.int32)


def surprise_of(rows: Rows) -> NDArray[np.float32]:
    """float32 [R]: nats by which a search changed the policy of each row, 0 where nothing was recorded."""
    codes = np.concatenate([*(game.decisions.surprise for game in rows.games), [0]])
    return SURPRISE_OF_CODE[codes[rows.decisions].astype(np.uint8)].astype(np.float32)


def sitting_participants(rows: Rows) -> NDArray[np.int64]:
    """int64 [R, n]: who sat in each seat when the row's decision was made; a swap exchanges the two players' seats."""
    seats = np.array([game.seats for game in rows.games], dtype=np.int64)[rows.owners]
    if seats.shape[1] != 2:
        return seats
    swaps = np.concatenate(([0], np.cumsum(rows.recorded.moves == SWAP_SIDES)))
    before = swaps[rows.replayed.places] - swaps[rows.recorded.offsets[rows.owners]]
    return np.where((before % 2 == 1)[:, None], seats[:, ::-1], seats)


def kind_columns(
    sitting: NDArray[np.int64], movers: NDArray[np.integer], kinds: Sequence[str]
) -> dict[str, NDArray[Any]]:
    """Kinds of mover and of opponents as codes uint8 [N], and the sorted tables of names that they index.

    sitting  int64 [N, n], participants by seat
    movers   int [N], seats
    kinds    of each participant; opponents of several kinds are joined by +
    """
    pairs = np.column_stack([sitting, movers])
    span = max(len(kinds), SEAT_COLUMNS + 1)
    _, first, inverse = np.unique(pairs @ span ** np.arange(pairs.shape[1]), return_index=True, return_inverse=True)
    different = pairs[first].tolist()
    own = [kinds[pair[pair[-1] - 1]] for pair in different]
    others = [
        "+".join(sorted({kinds[int(who)] for seat, who in enumerate(pair[:-1], start=1) if seat != pair[-1]}))
        for pair in different
    ]
    columns = {}
    for name, words in (("engine_modes", own), ("opponent_types", others)):
        names, codes = np.unique(np.array(words, dtype=np.str_), return_inverse=True)
        columns[name] = codes.astype(np.uint8)[inverse]
        columns[f"{name}_names"] = names
    return columns


def moves_at_random(sitting: NDArray[np.int64], movers: NDArray[np.integer], kinds: Sequence[str]) -> NDArray[np.bool_]:
    """bool [N]: whether the mover is of a kind that chooses evenly among all moves; arguments as `kind_columns`."""
    random = np.array([kind == _RANDOM_KIND for kind in kinds])
    return random[sitting[np.arange(len(movers)), movers.astype(np.int64) - 1]]
