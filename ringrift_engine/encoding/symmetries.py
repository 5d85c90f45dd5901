"""Which maps of a board keep the game, and what they do to cells, directions, axes and policy indices (RULES.md 7).

Squares have the 8 maps of the square, hexagonal the 12 of the hexagon. hex8 has only 4: there the border of a claimed
region also spreads along (1,1) and (-1,-1), which the other eight do not keep.

A map is a matrix in centred coordinates. Everything else is an index table, so that training augments by gathers alone.
Three kinds of index have no fixed image, and are -1: a claim is named by the lowest cell of its region, a whole line
by its first cell, which is the other end when the map turns the axis around; where that end is depends on the
position. Rows with such a move are not augmented (`training.symmetry`). Segments do have images: their length is the
configuration's `line_length`.

One thing the maps do not keep: a recovery slide that forms runs on two axes collapses the one that comes first in the
order of the axes. It is rare, and such rows are treated like all others: their planes and indices are still those of
a real position.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards import BoardConfig, Geometry, geometry_of
from ringrift_engine.encoding import action_planes as a

Matrix = tuple[tuple[int, int], tuple[int, int]]

NO_IMAGE: Final = -1
IDENTITY: Final = 0

_SQUARE: Final[tuple[Matrix, ...]] = tuple(
    matrix for s in (1, -1) for t in (1, -1) for matrix in (((s, 0), (0, t)), ((0, s), (t, 0)))
)
_HEX8: Final[tuple[Matrix, ...]] = (((1, 0), (0, 1)), ((-1, 0), (0, -1)), ((0, 1), (1, 0)), ((0, -1), (-1, 0)))


def _hexagonal() -> tuple[Matrix, ...]:
    """Six turns by 60 degrees, (x, y) -> (-y, x + y), each also after the exchange of x and y."""
    turn, mirror = np.array([[0, -1], [1, 1]]), np.array([[0, 1], [1, 0]])
    turned = [np.linalg.matrix_power(turn, count) for count in range(6)]
    return tuple(_as_matrix(matrix) for matrix in (*turned, *(matrix @ mirror for matrix in turned)))


def _as_matrix(array: NDArray[np.int64]) -> Matrix:
    (first, second), (third, fourth) = array.tolist()
    return (first, second), (third, fourth)


def matrices(board: str) -> tuple[Matrix, ...]:
    """The K maps of a board as matrices on centred coordinates (x, y); number 0 is the identity."""
    return {"hex8": _HEX8, "hexagonal": _hexagonal()}.get(board, _SQUARE)


@dataclass(frozen=True, eq=False)
class Symmetries:
    """Index tables of one configuration; K maps, B = W * W cells, A policy indices.

    "Image" is where the map takes something; "source" is what it takes there, which is what a gather needs. Numbers
    of the box that are no cells stay where they are.
    """

    cell_source: NDArray[np.int32]
    """int32 [K, B]: transformed[..., c] = planes[..., cell_source[k, c]]"""
    policy_image: NDArray[np.int32]
    """int32 [K, A]: NO_IMAGE where the index has no fixed image"""

    @property
    def count(self) -> int:
        """K."""
        return len(self.cell_source)

    def transform_planes(self, planes: NDArray, symmetry: int | NDArray[np.int64]) -> NDArray:
        """Planes [R, C, W, W] of any dtype after one map, or after one map for each row (int64 [R])."""
        rows, channels, size, _ = planes.shape
        source = np.broadcast_to(self.cell_source[symmetry], (rows, size * size))
        flat = planes.reshape(rows, channels, size * size)
        return np.take_along_axis(flat, source[:, None, :], axis=2).reshape(planes.shape)

    def transform_factors(self, factors: NDArray[np.int32], symmetry: int | NDArray[np.int64]) -> NDArray[np.int32]:
        """Index pairs int32 [M, 2] after one map, or one for each move (int64 [M]); NO_IMAGE where there is none."""
        return self.policy_image[np.expand_dims(symmetry, -1), factors]


@cache
def symmetries_of(config: BoardConfig) -> Symmetries:
    """The tables of a configuration; of its fields only board, players and line length matter."""
    maps = np.array(matrices(config.board), dtype=np.int64)
    geometry = geometry_of(config.board)
    cells = np.stack([_cell_image(geometry, matrix) for matrix in maps])
    directions = np.stack([_direction_image(geometry, matrix) for matrix in maps])
    axes, flips = _axis_images(geometry, directions)
    policy = np.stack([_policy_image(config, cells[k], directions[k], axes[k], flips[k]) for k in range(len(maps))])
    policy[IDENTITY] = np.arange(policy.shape[1])
    source = np.argsort(cells, axis=1).astype(np.int32)
    for table in (source, policy):
        table.setflags(write=False)
    return Symmetries(source, policy)


def _cell_image(geometry: Geometry, matrix: NDArray[np.int64]) -> NDArray[np.int32]:
    """int32 [B]. Coordinates are doubled, because the centre of an even board lies between cells."""
    size = geometry.size
    cells = np.arange(size * size)
    centred = 2 * np.stack((cells % size, cells // size)) - (size - 1)
    x, y = (matrix @ centred + (size - 1)) // 2
    return np.where(geometry.playable, y * size + x, cells).astype(np.int32)


def _direction_image(geometry: Geometry, matrix: NDArray[np.int64]) -> NDArray[np.int8]:
    images = (matrix @ np.array(geometry.directions).T).T
    return np.array([geometry.directions.index((int(x), int(y))) for x, y in images], dtype=np.int8)


def _axis_images(geometry: Geometry, directions: NDArray[np.int8]) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """int8 [K, X] and bool [K, X] from the images of the directions [K, D] that lead along the axes."""
    forward = directions[:, list(geometry.axes)]
    axis_of = {direction: axis for axis, direction in enumerate(geometry.axes)}
    axis_of |= {geometry.opposite[direction]: axis for direction, axis in axis_of.items()}
    axes = np.vectorize(axis_of.__getitem__, otypes=[np.int8])(forward)
    return axes, forward != np.array(geometry.axes)[axes]


def _policy_image(
    config: BoardConfig,
    cells: NDArray[np.int32],
    directions: NDArray[np.int8],
    axes: NDArray[np.int8],
    flips: NDArray[np.bool_],
) -> NDArray[np.int32]:
    """int32 [A]: the image of every policy index under one map other than the identity."""
    layout = a.action_layout(config.board, config.num_players)
    image = np.arange(layout.size, dtype=np.int32)

    def put(group: int, copies: NDArray[np.int8], cell_image: Callable[[int], NDArray[np.int32]]) -> None:
        for copy in range(layout.counts[group]):
            start, target = (int(layout.starts[group] + number) * layout.box for number in (copy, copies[copy]))
            moved = cell_image(copy)
            image[start : start + layout.box] = np.where(moved == NO_IMAGE, NO_IMAGE, target + moved)

    nowhere = np.full_like(cells, NO_IMAGE)
    for group, definition in enumerate(a.GROUPS):
        if group in (a.RECOVERY_SEGMENT, a.COLLAPSE_SEGMENT):
            put(group, axes, lambda axis: _segment_image(config, cells, axis, bool(flips[axis])))
        elif group in (a.PROCESS_LINE, a.COLLAPSE_LINE):
            put(group, axes, lambda axis: nowhere if flips[axis] else cells)
        elif group == a.CLAIM:
            put(group, np.arange(layout.counts[group], dtype=np.int8), lambda _: nowhere)
        elif definition.copies == a.DIRECTIONS:
            put(group, directions, lambda _: cells)
        else:
            put(group, np.arange(layout.counts[group], dtype=np.int8), lambda _: cells)
    return image


def _segment_image(config: BoardConfig, cells: NDArray[np.int32], axis: int, flips: bool) -> NDArray[np.int32]:
    """int32 [B]: the first cell of the image of the segment that starts at a cell; NO_IMAGE where none fits."""
    geometry = geometry_of(config.board)
    direction = geometry.axes[axis]
    steps = config.line_length - 1
    first = np.arange(len(cells))
    fits = geometry.reach[:, direction] >= steps
    end = first + (steps * int(geometry.stride[direction]) if flips else 0)
    return np.where(fits, cells[np.where(fits, end, first)], NO_IMAGE).astype(np.int32)
