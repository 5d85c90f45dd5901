"""A combined dataset in memory: read, checked against the configuration, and handed out as batches.

Everything is checked before the first step (keys, types, shapes, versions, finite numbers, policies that sum to 1,
indices in range), because a bad row found in the middle of a training has cost the training. Rows hold absolute
seats, as games do; batches hold relative ones, as the network does: relative seat r of a row is the r-th to move from
its mover.
"""

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine import RULES_VERSION
from ringrift_engine.errors import DataError
from ringrift_engine.nets.encoding import PositionLayout
from ringrift_engine.rules.state import MAX_PLAYERS

NOT_A_CELL: Final = -1  # owner of a number of the box that is no cell

_REMAKE: Final = "materialise combined_npz again"
_POLICY_TOLERANCE: Final = 1e-3
_LARGEST_SCORE: Final = 2.0  # a final score is clipped here: what lies beyond a threshold wins nothing more

# key -> dtype, shape; N rows, M legal moves of all rows, and the layout's C, W, G.
_KEYS: Final[Mapping[str, tuple[str, tuple[str | int, ...]]]] = {
    "features": ("int8", ("N", "C", "W", "W")),
    "globals": ("float32", ("N", "G")),
    "values_mp": ("float32", ("N", MAX_PLAYERS)),
    "seat": ("int8", ("N",)),
    "game_id": ("uint64", ("N",)),
    "policy_offsets": ("int64", ("N+1",)),
    "policy_factors": ("int32", ("M", 2)),
    "policy_values": ("float32", ("M",)),
    "ownership": ("int8", ("N", "W", "W")),
    "final_scores": ("float32", ("N", MAX_PLAYERS, 2)),
    "move_numbers": ("int32", ("N",)),
    "total_game_moves": ("int32", ("N",)),
    "sample_weights": ("float32", ("N",)),
    "held_out": ("bool", ("N",)),
}
_SCALARS: Final = ("config_key", "rules_version", "encoder_version")


@dataclass(frozen=True)
class Samples:
    """Rows ready for the network. R rows, L the longest legal set among them, n seats."""

    planes: NDArray[np.int8]
    """int8 [R, C, W, W]"""
    scalars: NDArray[np.float32]
    """float32 [R, G]"""
    factors: NDArray[np.int64]
    """int64 [R, L, 2]: policy entries of each legal move; the constant entry where there is none"""
    legal: NDArray[np.bool_]
    """bool [R, L]: which of the L are moves"""
    policy: NDArray[np.float32]
    """float32 [R, L]: target, rows sum to 1, 0 where no move is"""
    winner: NDArray[np.float32]
    """float32 [R, n]: 1 for the relative seat that won"""
    owners: NDArray[np.int64]
    """int64 [R, W, W]: final owner of each cell as relative seat, n for nobody, -1 where no cell is"""
    scores: NDArray[np.float32]
    """float32 [R, n, 2]: final scores of relative seats"""
    length: NDArray[np.float32]
    """float32 [R]: log(1 + plies to the end)"""
    weights: NDArray[np.float32]
    """float32 [R]: weight of each row, mean 1 over the dataset"""


class Dataset:
    """The rows of one combined NPZ. Reading raises DataError that names the file, what is wrong and what to do."""

    def __init__(self, path: Path, layout: PositionLayout, encoder_version: int) -> None:
        self.path: Path = path
        self.config_key: str = layout.config.key
        self._layout = layout
        self._seats = layout.config.num_players
        arrays = _read(path)
        _check_versions(path, arrays, layout.config.key, encoder_version)
        _check_shapes(path, arrays, layout)
        _check_values(path, arrays, layout)
        self._arrays = arrays
        self.training_rows: NDArray[np.int64] = np.flatnonzero(~arrays["held_out"])
        self.held_out_rows: NDArray[np.int64] = np.flatnonzero(arrays["held_out"])
        _check_split(path, arrays["game_id"], self.training_rows, self.held_out_rows)

    def games(self, rows: NDArray[np.int64]) -> int:
        """How many different games `rows` come from."""
        return len(np.unique(self._arrays["game_id"][rows]))

    def weights(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """float32 [R]: weights of rows."""
        return self._arrays["sample_weights"][rows]

    def winners(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """float32 [R, n]: 1 for the relative seat that won."""
        return np.take_along_axis(self._arrays["values_mp"][rows], self._seat_order(rows), axis=1)

    def samples(self, rows: NDArray[np.int64]) -> Samples:
        """The given rows, int64 [R], in their order."""
        arrays = self._arrays
        factors, legal, policy = self._policies(rows)
        order = self._seat_order(rows)
        left = arrays["total_game_moves"][rows] - arrays["move_numbers"][rows]
        scores = np.take_along_axis(arrays["final_scores"][rows], order[:, :, None], axis=1)
        return Samples(
            planes=arrays["features"][rows],
            scalars=arrays["globals"][rows],
            factors=factors,
            legal=legal,
            policy=policy,
            winner=self.winners(rows),
            owners=self._relative_owners(rows),
            scores=np.minimum(scores, _LARGEST_SCORE),
            length=np.log1p(np.maximum(left, 0)).astype(np.float32),
            weights=arrays["sample_weights"][rows],
        )

    def _seat_order(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """int64 [R, n]: column of absolute seats for each relative seat."""
        movers = self._arrays["seat"][rows].astype(np.int64)[:, None] - 1
        return (movers + np.arange(self._seats)) % self._seats

    def _relative_owners(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        owners = self._arrays["ownership"][rows].astype(np.int64)
        movers = self._arrays["seat"][rows].astype(np.int64)[:, None, None]
        relative = np.where(owners > 0, (owners - movers) % self._seats, self._seats)
        return np.where(owners == NOT_A_CELL, NOT_A_CELL, relative)

    def _policies(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.float32]]:
        """Factors, legal and policy of `Samples`: the rows' lists side by side, padded to the longest."""
        arrays = self._arrays
        starts, ends = arrays["policy_offsets"][rows], arrays["policy_offsets"][rows + 1]
        column = np.arange((ends - starts).max(initial=1))
        legal = column[None, :] < (ends - starts)[:, None]
        entry = np.where(legal, starts[:, None] + column[None, :], 0)
        factors = np.where(legal[:, :, None], arrays["policy_factors"][entry], self._layout.policy_size - 1)
        policy = np.where(legal, arrays["policy_values"][entry], np.float32(0))
        return factors.astype(np.int64), legal, policy


def _read(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            if missing := sorted((set(_KEYS) | set(_SCALARS)) - set(archive.files)):
                raise DataError(f"dataset {path}: keys {', '.join(missing)} are missing; {_REMAKE}")
            return {key: archive[key] for key in (*_KEYS, *_SCALARS)}
    except FileNotFoundError as error:
        raise DataError(f"dataset {path}: no such file; materialise combined_npz first") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"dataset {path}: torn or no NPZ ({error}); {_REMAKE}") from error


def _check_versions(path: Path, arrays: Mapping[str, NDArray[Any]], config_key: str, encoder_version: int) -> None:
    wanted = {"config_key": config_key, "rules_version": RULES_VERSION, "encoder_version": encoder_version}
    for name, value in wanted.items():
        if (found := arrays[name].item() if arrays[name].ndim == 0 else None) != value:
            raise DataError(
                f"dataset {path}: {name} is {found!r}, this training needs {value!r}; {_REMAKE} for {config_key} "
                "with this version"
            )


def _check_shapes(path: Path, arrays: Mapping[str, NDArray[Any]], layout: PositionLayout) -> None:
    rows, moves = len(arrays["seat"]), len(arrays["policy_values"])
    sizes = {
        "N": rows, "N+1": rows + 1, "M": moves, "C": layout.planes, "W": layout.config.size, "G": layout.globals,
    }  # fmt: skip
    for key, (dtype, axes) in _KEYS.items():
        shape = tuple(sizes[axis] if isinstance(axis, str) else axis for axis in axes)
        found = arrays[key]
        if found.dtype != np.dtype(dtype) or found.shape != shape:
            raise DataError(
                f"dataset {path}: {key} is {found.dtype} {list(found.shape)}, not {dtype} {list(shape)}; {_REMAKE}"
            )


def _check_values(path: Path, arrays: Mapping[str, NDArray[Any]], layout: PositionLayout) -> None:
    seats = layout.config.num_players
    offsets, factors = arrays["policy_offsets"], arrays["policy_factors"]
    finite = ("globals", "values_mp", "policy_values", "final_scores", "sample_weights")
    faults = {f"{key} has entries that are not finite": not np.isfinite(arrays[key]).all() for key in finite}
    faults |= {
        "seat is not a seat": bool(((arrays["seat"] < 1) | (arrays["seat"] > seats)).any()),
        "values_mp does not name one winner a row": bool(
            (arrays["values_mp"][:, :seats].sum(axis=1) != 1).any() or (arrays["values_mp"] < 0).any()
        ),
        "ownership names no seat": bool(((arrays["ownership"] < NOT_A_CELL) | (arrays["ownership"] > seats)).any()),
        "policy_factors are out of range": bool(((factors < 0) | (factors >= layout.policy_size)).any()),
        "sample_weights are negative": bool((arrays["sample_weights"] < 0).any()),
        "policy_offsets do not cover the policy": bool(
            offsets[0] != 0 or offsets[-1] != len(factors) or (np.diff(offsets) < 1).any()
        ),
    }
    if not any(faults.values()) and len(factors):
        sums = np.add.reduceat(arrays["policy_values"], offsets[:-1])
        faults["policies do not sum to 1"] = bool((np.abs(sums - 1) > _POLICY_TOLERANCE).any())
        faults["policy_values are negative"] = bool((arrays["policy_values"] < 0).any())
    if found := [fault for fault, present in faults.items() if present]:
        raise DataError(f"dataset {path}: {'; '.join(found)}; {_REMAKE}")


def _check_split(
    path: Path, games: NDArray[np.uint64], training: NDArray[np.int64], held_out: NDArray[np.int64]
) -> None:
    if len(both := np.intersect1d(games[training], games[held_out])):
        raise DataError(
            f"dataset {path}: {len(both)} games are on both sides of the split, such as {both[0]}; {_REMAKE}"
        )
