"""`Encoding`: what a network sees of a position and how it names moves, for one configuration."""

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards import BoardConfig, geometry_of
from ringrift_engine.encoding import position_planes
from ringrift_engine.encoding.action_planes import SPECIAL_KINDS, action_layout, describe_index
from ringrift_engine.encoding.cut_kernels import search_dtype
from ringrift_engine.encoding.kernels import encode_rows, factor_rows
from ringrift_engine.encoding.symmetries import Symmetries, symmetries_of
from ringrift_engine.errors import ConfigError
from ringrift_engine.rules.tables import board_table

if TYPE_CHECKING:
    from ringrift_engine.batch import LegalMoves

# Goes up when a plane, a number or an index changes its place or meaning; datasets and models carry it and refuse
# others.
ENCODER_VERSION: Final = 2


class Encoding:
    """Sizes and transformations of one configuration; holds tables only, so one instance serves all threads.

    C planes, G global numbers, A policy indices, P policy planes, S specials, W the width of the bounding box, K
    symmetries.
    """

    def __init__(self, config: BoardConfig) -> None:
        players = config.num_players
        self.config = config
        self.planes: int = position_planes.plane_count(players)
        self.globals: int = position_planes.global_count(players)
        self.plane_names: tuple[str, ...] = position_planes.plane_names(players)
        self.global_names: tuple[str, ...] = position_planes.global_names(players)
        self.plane_scale: NDArray[np.float32] = position_planes.plane_scale(config)
        self.playable: NDArray[np.bool_] = geometry_of(config.board).playable.reshape(config.size, config.size)
        self._layout = action_layout(config.board, players)
        self.policy_planes: int = self._layout.planes
        self.specials: int = len(SPECIAL_KINDS)
        self.policy_size: int = self._layout.size
        self.symmetry_tables: Symmetries = symmetries_of(config)
        self.symmetries: int = self.symmetry_tables.count
        self._table = board_table(config.board)
        self._search_dtype = search_dtype(config.board)

    def encode(self, games: NDArray[np.void]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        """Planes int8 [R, C, W, W] and numbers float32 [R, G] of R games, each seen by its player to move.

        Multiply the planes by `plane_scale` before the first convolution. ConfigError if the games are of another
        configuration.
        """
        records = self._checked(games)
        size = self.config.size
        planes = np.zeros((len(records), self.planes, size * size), dtype=np.int8)
        numbers = np.zeros((len(records), self.globals), dtype=np.float32)
        searches = np.empty(1, dtype=self._search_dtype)  # one a call: an instance serves all threads
        encode_rows(records, self._table, searches, self.config.rings_per_player, planes, numbers)
        return planes.reshape(len(records), self.planes, size, size), numbers

    def factors(self, games: NDArray[np.void], legal: "LegalMoves") -> NDArray[np.int32]:
        """int32 [M, 2]: the policy indices of every move; a move's logit is policy[first] + policy[second].

        Row r of `legal` belongs to games[r]. Second index A - 1, whose entry is 0, says that the first alone names the
        move. The pairs of one position are pairwise distinct. ConfigError if games and rows do not fit.
        """
        records = self._checked(games)
        if len(legal) != len(records):
            raise ConfigError(
                f"moves of {len(legal)} positions were given for {len(records)} games; give one row a game"
            )
        factors = np.empty((len(legal.moves), 2), dtype=np.int32)
        layout = self._layout
        factor_rows(
            records,
            legal.moves,
            legal.offsets,
            self._table,
            layout.starts,
            layout.special_index,
            layout.size - 1,
            factors,
        )
        return factors

    def describe(self, index: int) -> str:
        """What a policy index stands for, in words."""
        return describe_index(self.config, index)

    def transform_planes(self, planes: NDArray, symmetry: int | NDArray[np.int64]) -> NDArray:
        """Planes [R, C, W, W] after symmetry number k, or int64 [R] for one number a row; see `Symmetries`."""
        return self.symmetry_tables.transform_planes(planes, symmetry)

    def transform_factors(self, factors: NDArray[np.int32], symmetry: int | NDArray[np.int64]) -> NDArray[np.int32]:
        """Index pairs int32 [M, 2] after a symmetry, or int64 [M] for one a move; -1 where there is no image."""
        return self.symmetry_tables.transform_factors(factors, symmetry)

    def _checked(self, games: NDArray[np.void]) -> np.recarray:
        """The games as one block of records: the compiled loops trust sizes, so foreign records must not reach them."""
        if games.dtype.fields is None or games.dtype["cell"].shape != (self.config.box,):
            raise ConfigError(
                f"the records are not games on {self.config.board}; encode them with their own configuration"
            )
        if (games["num_players"] != self.config.num_players).any():
            found = sorted({int(count) for count in games["num_players"]})
            raise ConfigError(f"the games have {found} players, {self.config.key} has {self.config.num_players}")
        return np.ascontiguousarray(games).view(np.recarray)
