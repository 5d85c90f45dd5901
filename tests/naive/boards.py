"""The four boards from coordinates, and the numbers of the twelve configurations (RULES.md 1).

Everything is computed from (x, y) by the text's definitions: no table is shared with the engine.
"""

from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

SHAPES = {"square8": (8, 0), "square19": (19, 0), "hex8": (9, 4), "hexagonal": (25, 12)}  # width, offset of the middle
RINGS = {"square8": 18, "square19": 72, "hex8": 18, "hexagonal": 96}
SQUARE_STEPS = ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))
HEX_STEPS = ((1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1))


class Board:
    """Cells and their neighbourhoods; a cell is `(y + offset) * width + x + offset`."""

    def __init__(self, name: str) -> None:
        self.width, self.offset = SHAPES[name]
        self.hexagonal = name.startswith("hex")
        self.steps = HEX_STEPS if self.hexagonal else SQUARE_STEPS
        # In the order of recovery: it decides which of several lines is formed (4.9).
        self.axes = ((1, 0), (1, -1), (0, -1)) if self.hexagonal else ((1, 0), (0, 1), (1, 1), (1, -1))
        self.cells = frozenset(cell for cell in range(self.width**2) if self.holds(*self.coordinates(cell)))
        self.rays = {cell: [self.ray(cell, *step) for step in self.steps] for cell in self.cells}
        around = {
            "square8": SQUARE_STEPS,
            "square19": SQUARE_STEPS,
            "hex8": (*HEX_STEPS, (1, 1), (-1, -1)),
            "hexagonal": (),
        }
        beside = self.steps if self.hexagonal else ((1, 0), (0, 1), (-1, 0), (0, -1))
        self.adjacent = self.neighbours(self.steps)
        self.territory_adjacent = self.neighbours(beside)
        self.spread_adjacent = self.neighbours(around[name])

    def coordinates(self, cell: int) -> tuple[int, int]:
        y, x = divmod(cell, self.width)
        return x - self.offset, y - self.offset

    def holds(self, x: int, y: int) -> bool:
        if self.hexagonal:
            return max(abs(x), abs(y), abs(x + y)) <= self.offset
        return 0 <= x < self.width and 0 <= y < self.width

    def step(self, cell: int, dx: int, dy: int) -> int | None:
        """The next cell in a direction, or None at the edge."""
        x, y = self.coordinates(cell)
        if not self.holds(x + dx, y + dy):
            return None
        return (y + dy + self.offset) * self.width + x + dx + self.offset

    def ray(self, cell: int, dx: int, dy: int) -> list[int]:
        """The cells from `cell`, itself excluded, to the edge."""
        found: list[int] = []
        following = self.step(cell, dx, dy)
        while following is not None:
            found.append(following)
            following = self.step(following, dx, dy)
        return found

    def neighbours(self, steps: tuple[tuple[int, int], ...]) -> dict[int, list[int]]:
        reached = {cell: [self.step(cell, *step) for step in steps] for cell in self.cells}
        return {cell: [other for other in others if other is not None] for cell, others in reached.items()}


@cache
def board_of(name: str) -> Board:
    return Board(name)


@dataclass(frozen=True)
class Rules:
    """One configuration: a board, a number of players, and the options that recorded games use."""

    board_name: str
    players: int
    rings: int
    swap_rule: bool = False

    @classmethod
    def of(cls, key: str, swap_rule: bool = False) -> "Rules":
        """The rules of a configuration key such as `hex8_2p`."""
        name, players = key.split("_")
        return cls(name, int(players[0]), RINGS[name], swap_rule)

    @cached_property
    def board(self) -> Board:
        return board_of(self.board_name)

    @property
    def seats(self) -> range:
        return range(1, self.players + 1)

    @property
    def need(self) -> int:
        """Required length of a line."""
        return 3 if self.board_name in ("square8", "hex8") and self.players > 2 else 4

    @property
    def base(self) -> int:
        """The length built into the original engine's detection."""
        return 3 if self.board_name == "square8" else 4

    @property
    def elimination_victory(self) -> int:
        return round(self.rings * (self.players + 1) / 3)

    @property
    def territory_victory(self) -> int:
        return len(self.board.cells) // self.players + 1


def start_state(rules: Rules) -> dict[str, Any]:
    """The state dict of the empty board."""
    seats = [[rules.rings, 0, 0] for _ in rules.seats]
    return {"b": {}, "cp": 1, "ph": "RP", "st": "a", "pl": seats, "tn": 1, "lp": [0, 0, [], 0, 0, 0]}
