"""The twelve configurations: board, number of players, and every threshold that follows from them (RULES.md 1.2).

Geometry (cells, rays, neighbours) is in `geometry`. A configuration is data: changing `rings_per_player` with
`dataclasses.replace` gives a variant whose thresholds follow, as some recorded games need.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ringrift_engine.errors import unknown_name

BOARD_NAMES: Final = ("hex8", "square8", "square19", "hexagonal")
PLAYER_COUNTS: Final = (2, 3, 4)

# board -> (width of the bounding box, playable cells, rings per player, built-in line length of the original engine)
_BOARDS: Final[Mapping[str, tuple[int, int, int, int]]] = MappingProxyType(
    {
        "hex8": (9, 61, 18, 4),
        "square8": (8, 64, 18, 3),
        "square19": (19, 361, 72, 4),
        "hexagonal": (25, 469, 96, 4),
    }
)


@dataclass(frozen=True)
class BoardConfig:
    """One board with one number of players.

    `size` is the width W of the bounding box; cells are numbered `y * W + x` over the whole box, so on hexagonal boards
    some numbers are no cells. `cells` counts the playable ones.
    """

    key: str
    board: str
    num_players: int
    size: int
    cells: int
    rings_per_player: int
    line_length: int
    built_in_line_length: int

    @classmethod
    def from_key(cls, key: str) -> "BoardConfig":
        """The configuration called `key`, such as `hex8_2p`; ConfigError names the nearest one if there is none."""
        if key not in CONFIGS:
            raise unknown_name("configuration", key, CONFIG_KEYS)
        return CONFIGS[key]

    @property
    def box(self) -> int:
        """Cells of the bounding box, W * W."""
        return self.size * self.size

    @property
    def is_hex(self) -> bool:
        return self.board in ("hex8", "hexagonal")

    @property
    def family(self) -> tuple[str, ...]:
        """The boards with the same directions, this one among them: networks can be transferred between them."""
        return tuple(board for board in BOARD_NAMES if board.startswith("hex") == self.is_hex)

    @property
    def detected_line_length(self) -> int:
        """Shorter runs of markers are not seen as lines; on hex8 with 3 or 4 players this exceeds `line_length`."""
        return max(self.line_length, self.built_in_line_length)

    @property
    def ring_victory_threshold(self) -> int:
        """Credited rings that win: two thirds of the own rings plus one third of each opponent's."""
        return round(self.rings_per_player * (self.num_players + 1) / 3)

    @property
    def territory_victory_minimum(self) -> int:
        """Collapsed cells that win, if they are also more than those of all opponents together."""
        return self.cells // self.num_players + 1

    @property
    def max_height(self) -> int:
        """A stack of height H needs a run of H cells: one more than the longest ray."""
        return self.size

    @property
    def max_moves(self) -> int:
        """Plies after which a game counts as overflowed; never reached in proper play (RULES.md 2.2)."""
        return 2_500 if self.cells < 100 else 12_000


def _config(board: str, num_players: int) -> BoardConfig:
    size, cells, rings, built_in = _BOARDS[board]
    need = 3 if board in ("square8", "hex8") and num_players > 2 else 4
    return BoardConfig(f"{board}_{num_players}p", board, num_players, size, cells, rings, need, built_in)


CONFIGS: Final[Mapping[str, BoardConfig]] = MappingProxyType(
    {f"{board}_{n}p": _config(board, n) for board in BOARD_NAMES for n in PLAYER_COUNTS}
)
CONFIG_KEYS: Final = tuple(CONFIGS)
