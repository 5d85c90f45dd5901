"""From the engine's integers to the tuples of recorded games: what the integers leave to the position is read off
it."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards import BoardConfig, Geometry, geometry_of
from ringrift_engine.game.kernels import region_cells
from ringrift_engine.game.move import MoveTuple
from ringrift_engine.rules import moves as m
from ringrift_engine.rules.state import LINE_PROCESSING, MARKER
from ringrift_engine.rules.tables import board_table
from ringrift_engine.rules.work import make_work


class Notation:
    """Writes the moves of one game as tuples."""

    def __init__(self, config: BoardConfig, games: np.recarray) -> None:
        self._games = games
        self._game = games[0]
        self._geometry: Geometry = geometry_of(config.board)
        self._need = config.line_length
        self._table = board_table(config.board)
        self._works = make_work(config.board)
        self._simple = {kind: (m.KIND_CODES[kind],) for kind in range(m.KINDS)}

    def tuples(self, moves: NDArray[np.int64]) -> list[MoveTuple]:
        """The tuples of legal moves of the position that the game is in."""
        columns = [
            (moves >> shift & mask).tolist() for shift, mask in ((0, 31), (5, 1023), (15, 1023), (25, 1023), (35, 7))
        ]
        return [self._tuple(*numbers) for numbers in zip(moves.tolist(), *columns, strict=True)]

    def _tuple(self, move: int, kind: int, a: int, b: int, c: int, d: int) -> MoveTuple:
        if kind == m.PLACE:
            return ("P", a, d)
        if kind == m.SLIDE:
            return ("M", a, b)
        if kind in (m.CAPTURE_MOVE, m.CHAIN):
            return (m.KIND_CODES[kind], a, c, b)
        if kind == m.RECOVER:
            return self._recovery(a, b, c, d)
        if kind in (m.PROCESS_LINE, m.COLLAPSE_ALL, m.COLLAPSE_SEGMENT):
            return self._line(kind, a, d)
        if kind == m.ELIMINATE:
            return ("E", *self._payment(a))
        if kind == m.FORCED:
            return ("F", a, int(self._game.cap[a]))
        if kind == m.CLAIM_REGION:
            cells = np.empty(self._games.dtype["cell"].shape[0], dtype=np.int64)
            count = region_cells(self._games, self._table, self._works, move, cells)
            return ("T", tuple(cells[:count].tolist()))
        return self._simple[kind]

    def _recovery(self, origin: int, target: int, third: int, detail: int) -> MoveTuple:
        if detail >= m.RECOVER_SEGMENT:
            stride = self._stride(detail - m.RECOVER_SEGMENT)
            cells = tuple(sorted(third + k * stride for k in range(self._need)))
            return ("R", "line", origin, target, 2, None, cells)
        mode = ("line", "fallback", "strike")[detail]
        return ("R", mode, origin, target, 1, third, None)

    def _stride(self, axis: int) -> int:
        return int(self._geometry.stride[self._geometry.axes[axis]])

    def _line(self, kind: int, first: int, axis: int) -> MoveTuple:
        stride = self._stride(axis)
        if kind == m.COLLAPSE_SEGMENT:
            segment = tuple(sorted(first + k * stride for k in range(self._need)))
            return ("LO", self._run(self._line_start(first, axis), axis), segment)
        cells = self._run(first, axis)
        return ("L", cells) if kind == m.PROCESS_LINE else ("LO", cells, cells)

    def _line_start(self, cell: int, axis: int) -> int:
        direction = self._geometry.opposite[self._geometry.axes[axis]]
        return cell + (len(self._ray(cell, direction)) - 1) * int(self._geometry.stride[direction])

    def _run(self, first: int, axis: int) -> tuple[int, ...]:
        return tuple(sorted(self._ray(first, self._geometry.axes[axis])))

    def _ray(self, cell: int, direction: int) -> list[int]:
        """`cell` and the markers of the mover that follow it."""
        own = MARKER + int(self._game.player)
        stride = int(self._geometry.stride[direction])
        cells = [cell]
        for _ in range(int(self._geometry.reach[cell, direction])):
            if self._game.cell[cells[-1] + stride] != own:
                break
            cells.append(cells[-1] + stride)
        return cells

    def _payment(self, cell: int) -> tuple[Any, ...]:
        if self._game.phase == LINE_PROCESSING:
            return ("line", cell, 1)
        if self._game.recovered:
            return ("recovery", cell, 1)
        return ("territory", cell, int(self._game.cap[cell]))
