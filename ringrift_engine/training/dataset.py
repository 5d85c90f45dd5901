"""A dataset in memory, checked before the first step, and handed out as batches.

Rows hold absolute seats, as games do; batches hold relative ones, as the network does: relative seat r of a row is
the r-th to move from its mover. Planes and owners of a combined dataset stay in the file, which is mapped: on the
largest board they would not fit into memory. What a valid file is, `ringrift_engine.datasets` says.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards import BoardConfig
from ringrift_engine.datasets.npz_reader import map_rows, read_npz
from ringrift_engine.datasets.validate import require_valid
from ringrift_engine.encoding import Encoding
from ringrift_engine.training.sample_kernel import fill_samples

SCORES: Final = 2  # a seat: eliminated and territory
_LARGEST_SCORE: Final = np.float32(2)  # a final score is clipped here: what lies beyond a threshold wins nothing more
_LARGE: Final = ("features", "ownership")
_SMALL: Final = (
    "globals", "values_mp", "search_values", "seat", "game_id", "policy_offsets", "policy_factors", "policy_values",
    "next_move", "final_scores", "move_numbers", "total_game_moves", "held_out",
)  # fmt: skip
_COPIED: Final = ("policy_offsets", "policy_factors", "policy_values", "values_mp", "search_values", "final_scores")


@dataclass(frozen=True)
class Samples:
    """Rows ready for the network. R rows, L the longest legal set among them, n seats."""

    planes: NDArray[np.int8]
    """int8 [R, C, W, W]"""
    scalars: NDArray[np.float32]
    """float32 [R, G]"""
    factors: NDArray[np.int32]
    """int32 [R, L, 2]: policy entries of each legal move; the constant entry where there is none"""
    legal: NDArray[np.bool_]
    """bool [R, L]: which of the L are moves"""
    policy: NDArray[np.float32]
    """float32 [R, L]: target, rows sum to 1, 0 where no move is"""
    winner: NDArray[np.float32]
    """float32 [R, n]: 1 for the relative seat that won; shares where equal positions were merged"""
    search_value: NDArray[np.float32]
    """float32 [R, n]: win probability of each relative seat as the row's search stated it; `winner` where none did"""
    owners: NDArray[np.int64]
    """int64 [R, W, W]: final owner of each cell as relative seat, n for nobody, -1 where no cell is"""
    scores: NDArray[np.float32]
    """float32 [R, n, 2]: final scores of relative seats"""
    length: NDArray[np.float32]
    """float32 [R]: log(1 + plies to the end)"""
    next_move: NDArray[np.int64]
    """int64 [R]: first policy index of the game's next decision; NO_NEXT_MOVE where there is none"""
    weights: NDArray[np.float32]
    """float32 [R]: weight of each row, mean 1 over the dataset"""


class Dataset:
    """The rows of one NPZ of `config`; DataError that says what to do if it is missing, torn, foreign or inconsistent.

    A combined dataset by default; with `export` a single export, whose rows all weigh 1.
    """

    def __init__(self, path: Path, config: BoardConfig, *, export: bool = False) -> None:
        require_valid(path, config, combined=not export)
        self.path: Path = path
        self.config_key: str = config.key
        self._seats = config.num_players
        self._constant_entry = Encoding(config).policy_size - 1
        if export:
            self._arrays = read_npz(path, (*_SMALL, *_LARGE))
            self._arrays["sample_weights"] = np.ones(len(self._arrays["seat"]), np.float32)
        else:
            self._arrays = read_npz(path, (*_SMALL, "sample_weights"))
            self._arrays |= {name: map_rows(path, name) for name in _LARGE}
        arrays = self._arrays
        self._inputs = (_flat(arrays["features"]), arrays["globals"], _flat(arrays["ownership"]), arrays["seat"])
        self._columns = tuple(arrays[name] for name in _COPIED)
        held_out = arrays["held_out"]
        self.training_rows: NDArray[np.int64] = np.flatnonzero(~held_out)
        self.held_out_rows: NDArray[np.int64] = np.flatnonzero(held_out)

    def games(self, rows: NDArray[np.int64]) -> int:
        """How many different games `rows` come from."""
        return len(np.unique(self._arrays["game_id"][rows]))

    def game_numbers(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64 [R]: a number for each row, equal for rows of one game."""
        return np.unique(self._arrays["game_id"][rows], return_inverse=True)[1].astype(np.int64)

    def weights(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """float32 [R]: weights of rows."""
        return self._arrays["sample_weights"][rows]

    def winners(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """float32 [R, n]: `Samples.winner` of rows."""
        return np.take_along_axis(self._arrays["values_mp"][rows], self._seat_order(rows), axis=1)

    def samples(self, rows: NDArray[np.int64]) -> Samples:
        """The given rows, int64 [R], in their order."""
        arrays, seats = self._arrays, self._seats
        choices = arrays["policy_offsets"][rows + 1] - arrays["policy_offsets"][rows]
        count, longest = len(rows), int(choices.max(initial=1))
        left = arrays["total_game_moves"][rows] - arrays["move_numbers"][rows]
        shape = arrays["features"].shape[1:]
        samples = Samples(
            planes=np.empty((count, *shape), np.int8),
            scalars=np.empty((count, arrays["globals"].shape[1]), np.float32),
            factors=np.empty((count, longest, 2), np.int32),
            legal=np.empty((count, longest), np.bool_),
            policy=np.empty((count, longest), np.float32),
            winner=np.empty((count, seats), np.float32),
            search_value=np.empty((count, seats), np.float32),
            owners=np.empty((count, *shape[1:]), np.int64),
            scores=np.empty((count, seats, SCORES), np.float32),
            length=np.log1p(np.maximum(left, 0)).astype(np.float32),
            next_move=arrays["next_move"][rows].astype(np.int64),
            weights=arrays["sample_weights"][rows],
        )
        fill_samples(
            rows,
            self._inputs,
            self._columns,
            self._constant_entry,
            _LARGEST_SCORE,
            (_flat(samples.planes), samples.scalars, samples.factors, samples.legal, samples.policy),
            (samples.winner, samples.search_value, _flat(samples.owners), samples.scores),
        )
        return samples

    def _seat_order(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64 [R, n]: column of absolute seats for each relative seat."""
        movers = self._arrays["seat"][rows].astype(np.int64)[:, None] - 1
        return (movers + np.arange(self._seats)) % self._seats


def _flat(array: NDArray[Any]) -> NDArray[Any]:
    """A view [N, values of a row]."""
    return np.asarray(array).reshape(len(array), -1)
