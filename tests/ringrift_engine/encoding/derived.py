"""What follows from a recorded position, found the long way: by steps from cell to cell, and by taking one cell away
after the other. Shares nothing with the engine but the sizes of a configuration.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import ndimage

from ringrift_engine import BoardConfig

HALF_OF_SQUARE = ((1, 0), (0, 1), (1, 1), (1, -1))
HALF_OF_HEX = ((1, 0), (0, 1), (1, -1))
CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])
HEX = np.array([[0, 1, 1], [1, 1, 1], [1, 1, 0]])  # rows are y

Cell = tuple[int, int]


class Board:
    """The cells of a recorded position by coordinates from the corner of the box, stacks as text from the top."""

    def __init__(self, config: BoardConfig, state: dict[str, Any]) -> None:
        self.config = config
        self.axes = HALF_OF_HEX if config.is_hex else HALF_OF_SQUARE
        self.directions = self.axes + tuple((-x, -y) for x, y in self.axes)
        at = {(int(cell) % config.size, int(cell) // config.size): what for cell, what in state["b"].items()}
        self.stacks = {cell: what[1:] for cell, what in at.items() if what[0] == "s"}
        self.markers = {cell: what[1:] for cell, what in at.items() if what[0] == "m"}
        radius = config.size // 2
        box = ((x, y) for y in range(config.size) for x in range(config.size))
        exist = [(x, y) for x, y in box if not config.is_hex or abs(x + y - 2 * radius) <= radius]
        self.open = {cell for cell in exist if cell not in at or at[cell][0] in "sm"}

    def number(self, cell: Cell) -> int:
        return cell[1] * self.config.size + cell[0]

    def landings(self, origin: Cell) -> Iterator[tuple[Cell, Cell | None]]:
        """Where the stack at `origin` can go, and what it overtakes on the way."""
        for dx, dy in self.directions:
            (x, y), steps, overtaken = origin, 0, None
            while True:
                x, y, steps = x + dx, y + dy, steps + 1
                if (x, y) not in self.open:
                    break
                if (x, y) in self.stacks:
                    if overtaken or cap(self.stacks[x, y]) > cap(self.stacks[origin]):
                        break
                    overtaken = (x, y)
                elif steps >= len(self.stacks[origin]):
                    yield (x, y), overtaken

    def run(self, cell: Cell, seat: str) -> int:
        """Cells of the longest run of the seat's markers through a cell, itself counted."""
        return 1 + max(
            self._follow(cell, step, seat) + self._follow(cell, (-step[0], -step[1]), seat) for step in self.axes
        )

    def _follow(self, cell: Cell, step: Cell, seat: str) -> int:
        count, (x, y) = 0, cell
        while self.markers.get((x + step[0], y + step[1])) == seat:
            count, x, y = count + 1, x + step[0], y + step[1]
        return count

    def grid(self, seat: str) -> np.ndarray:
        """bool [W, W]: cells that are no walls to a seat."""
        grid = np.zeros((self.config.size, self.config.size), dtype=bool)
        for x, y in self.open:
            grid[y, x] = self.markers.get((x, y)) != seat
        return grid

    def components(self, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which component each cell belongs to, 0 for walls, and the size of each (0 for walls)."""
        labels = np.zeros(grid.shape, dtype=np.int32)
        ndimage.label(grid, HEX if self.config.is_hex else CROSS, output=labels)
        sizes = np.bincount(labels.ravel())
        sizes[0] = 0
        return labels, sizes

    def cuts(self, seat: str) -> Iterator[tuple[int, int]]:
        """Cells whose loss would leave more than one part of their component, and the cells of all but the largest."""
        grid = self.grid(seat)
        labels, _ = self.components(grid)
        for y, x in np.argwhere(grid).tolist():
            rest = (labels == labels[y, x]) & grid
            rest[y, x] = False
            _, sizes = self.components(rest)
            if (sizes > 0).sum() > 1:
                yield self.number((x, y)), int(sizes.sum() - sizes.max())

    def enclosed(self, seat: str) -> np.ndarray:
        """int [B]: the size of a cell's component where it is not the largest, else 0."""
        labels, sizes = self.components(self.grid(seat))
        return np.where(sizes < sizes.max(), sizes, 0)[labels].ravel()


def cap(stack: str) -> int:
    return len(stack) - len(stack.lstrip(stack[0]))


def derived_planes(config: BoardConfig, state: dict[str, Any]) -> dict[str, np.ndarray]:
    """Every plane by name, int [B], that tells what follows from the position."""
    board, players = Board(config, state), config.num_players
    names = ("mobility", "threat", "landing", "line", "cut", "enclosed")
    planes = {f"{name}_{seat}": np.zeros(config.box, dtype=int) for name in names for seat in range(players)}
    for origin, stack in board.stacks.items():
        seat, ways = (int(stack[0]) - state["cp"]) % players, list(board.landings(origin))
        planes[f"mobility_{seat}"][board.number(origin)] = min(len(ways), 64)
        for landing, count in Counter(landing for landing, _ in ways).items():
            assert count == 1
            planes[f"landing_{seat}"][board.number(landing)] += 1
        for target in {overtaken for _, overtaken in ways if overtaken}:
            planes[f"threat_{seat}"][board.number(target)] += 1
    for player in range(1, players + 1):
        seat = (player - state["cp"]) % players
        for cell in board.open:
            run = min(board.run(cell, str(player)), config.detected_line_length + 1)
            planes[f"line_{seat}"][board.number(cell)] = run if run > 1 else 0
        for cell, size in board.cuts(str(player)):
            planes[f"cut_{seat}"][cell] = min(size, 32)
        planes[f"enclosed_{seat}"][:] = np.minimum(board.enclosed(str(player)), 32)
    return planes


def derived_numbers(config: BoardConfig, planes: dict[str, np.ndarray]) -> dict[str, float]:
    """Every global number by name that is told of those planes."""
    told: dict[str, float] = {}
    for seat in range(config.num_players):
        landings = planes[f"mobility_{seat}"]
        told[f"mobile_{seat}"] = np.count_nonzero(landings) / config.rings_per_player
        told[f"mobility_{seat}"] = landings.sum() / config.cells
        told[f"longest_run_{seat}"] = planes[f"line_{seat}"].max() / config.detected_line_length
    return told
