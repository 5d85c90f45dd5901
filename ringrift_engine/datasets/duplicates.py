"""Positions that occur more than once, and the one row that each of them becomes.

Without this the first positions of the game would make up a large part of every dataset. Two rows are the same
position if the network sees the same: equal planes and equal numbers. The newest of them stays, with its own search's
list of choices, next move, final owners and final scores; its policy, its outcome and what its search stated become the
weighted mean over the rows it stands for, because one game's result says little about a position that a hundred games
went through. Its surprise is the plain mean over those that were searched.

A held-out row whose position is also in a training game is dropped: measured on it, a network would show memory.
Nothing of a held-out game ever enters a training row.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.datasets.contract import SEAT_COLUMNS
from ringrift_engine.datasets.positions import position_order
from ringrift_engine.datasets.row_kernels import merge_groups

# Merged outcomes are whole numbers of this fraction, so that their float32 sums are exactly 1.
_PARTS: Final = 4_096

Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Groups:
    """Rows by position. Row numbers are ordered newest first, so the first row of a group is the one that stays.

    kept     int64 [K], the rows that stay, ascending
    members  rows of positions with several rows on the same side: kept row -> int64 [m], m >= 2, ascending
    leaking  held-out rows that were dropped because training has the position
    """

    kept: NDArray[np.int64]
    members: Mapping[int, NDArray[np.int64]]
    leaking: int


def group_positions(digests: NDArray[np.uint64], held_out: NDArray[np.bool_]) -> Groups:
    """Groups of N rows, N >= 1, newest first, by their position's hash uint64 [N, 2]."""
    by_position, begins = position_order(digests)
    position = np.empty(len(by_position), dtype=np.int64)
    position[by_position] = np.cumsum(begins) - 1
    in_training = np.zeros(position.max() + 1, dtype=np.bool_)
    in_training[position[~held_out]] = True
    leaking = held_out & in_training[position]
    order = by_position[~leaking[by_position]]
    starts = np.flatnonzero(np.concatenate(([True], np.diff(position[order]) != 0)))
    ends = np.append(starts[1:], len(order))
    several = np.flatnonzero(ends - starts > 1)
    members = {int(order[starts[group]]): order[starts[group] : ends[group]] for group in several}
    return Groups(np.sort(order[starts]), members, int(leaking.sum()))


def merge_rows(columns: Columns, groups: Groups, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Write means into the kept rows' `policy_values`, `values`, `values_mp` and `search_values`.

    columns  arrays of all N rows; those four are changed in place
    weights  float64 [N], how much each row counts in a mean
    Returns  float64 [N]: weights, with the mean of each group in its kept row
    """
    merged = weights.copy()
    if not groups.members:
        return merged
    offsets = columns["policy_offsets"]
    merge_groups(
        np.concatenate(list(groups.members.values())),
        np.concatenate(([0], np.cumsum([len(rows) for rows in groups.members.values()]))).astype(np.int64),
        weights,
        (offsets, columns["policy_factors"], columns["policy_values"]),
        (columns["values_mp"], columns["values"], columns["search_values"], columns["seat"]),
        int(columns["num_players"][0]),
        _PARTS,
        np.empty(max(int(np.diff(offsets).max()), SEAT_COLUMNS), dtype=np.float64),
        merged,
    )
    return merged


def merge_surprise(surprise: NDArray[np.float32], groups: Groups) -> None:
    """Write means over the searched rows of each group into the kept rows of `surprise` float32 [N], 0 without one."""
    if not groups.members:
        return
    lengths = [len(rows) for rows in groups.members.values()]
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1])).astype(np.int64)
    found = surprise[np.concatenate(list(groups.members.values()))].astype(np.float64)
    searched = np.add.reduceat((found > 0).astype(np.int64), starts)
    surprise[list(groups.members)] = np.add.reduceat(found, starts) / np.maximum(searched, 1)
