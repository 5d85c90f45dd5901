"""The policy's layout, in one table: which planes exist, what their cells mean, and which moves use which of them.

A move is named by a pair of indices, and its logit is the sum of two entries of the policy vector. So a board move
has a part for where it goes and one for where it comes from, and the vector stays a stack of planes that a
convolution can make: a row for every (from, to) would be thousands of outputs with few examples each. Moves that one
index names take as second index the last entry, which is 0 by definition.

Within a position no two legal moves share a pair. For board moves that is a theorem: into a landing cell, along one
direction, only the nearest stack can slide and only the second nearest can capture (RULES.md 2.2).

Index of plane p at cell c: `p * W * W + c`. Specials follow the planes, the constant comes last.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards import BoardConfig, geometry_of
from ringrift_engine.rules import moves as m

# How often a group of planes exists.
ONCE: Final = "once"
RINGS: Final = "rings"  # 1, 2, 3 rings placed
DIRECTIONS: Final = "directions"
AXES: Final = "axes"
BORDERS: Final = "borders"  # no border colour, then each relative seat

MAX_PLACED: Final = 3


@dataclass(frozen=True)
class PlaneGroup:
    """Planes of one meaning."""

    name: str
    copies: str
    cell: str
    """What the cell of an index is."""
    moves: str
    """The moves that use the group, and as which factor."""


# The numbers are positions in GROUPS; compiled code knows a group by its number.
PLACE: Final = 0
SLIDE_TO: Final = 1
SLIDE_FROM: Final = 2
CAPTURE_TO: Final = 3
CAPTURE_FROM: Final = 4
RECOVER_FROM: Final = 5
EXTRACTION: Final = 6
RECOVERY_SEGMENT: Final = 7
PROCESS_LINE: Final = 8
COLLAPSE_LINE: Final = 9
COLLAPSE_SEGMENT: Final = 10
ELIMINATE: Final = 11
CLAIM: Final = 12

GROUPS: Final = (
    PlaneGroup("place", RINGS, "cell placed on", "place_ring"),
    PlaneGroup("slide_to", DIRECTIONS, "landing cell", "move_stack, first"),
    PlaneGroup("slide_from", DIRECTIONS, "origin", "move_stack, second"),
    PlaneGroup("capture_to", DIRECTIONS, "landing cell", "overtaking_capture and continue_capture_segment, first"),
    PlaneGroup("capture_from", DIRECTIONS, "origin", "overtaking_capture and continue_capture_segment, second"),
    PlaneGroup("recover_from", DIRECTIONS, "the marker's origin", "recovery_slide, first"),
    PlaneGroup("extraction", ONCE, "stack that gives up a ring", "recovery_slide paid with a ring, second"),
    PlaneGroup(
        "recovery_segment", AXES, "first cell of the segment", "recovery_slide that collapses a segment, second"
    ),
    PlaneGroup("process_line", AXES, "first cell of the line", "process_line"),
    PlaneGroup("collapse_line", AXES, "first cell of the line", "choose_line_option, the whole line"),
    PlaneGroup("collapse_segment", AXES, "first cell of the segment", "choose_line_option, a segment"),
    PlaneGroup("eliminate", ONCE, "stack eliminated from", "eliminate_rings_from_stack and forced_elimination"),
    PlaneGroup("claim", BORDERS, "lowest cell of the region", "choose_territory_option, by the border's colour"),
)
SPECIAL_KINDS: Final = (
    m.SKIP_PLACEMENT, m.NO_PLACEMENT, m.SWAP_SIDES, m.SKIP_CAPTURE, m.NO_MOVEMENT, m.SKIP_RECOVERY, m.NO_LINE,
    m.SKIP_TERRITORY, m.NO_TERRITORY,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class ActionLayout:
    """Where the groups begin for one configuration; P planes, S specials, A indices."""

    box: int
    """B = W * W, the cells of a plane."""
    counts: tuple[int, ...]
    """Planes of each group."""
    starts: NDArray[np.int64]
    """int64 [groups]: the first plane of each group."""
    special_index: NDArray[np.int64]
    """int64 [kinds]: the policy index of a move kind that is a special, -1 for the others."""

    @property
    def planes(self) -> int:
        """P."""
        return sum(self.counts)

    @property
    def size(self) -> int:
        """A: all planes, all specials and the constant, which is index A - 1."""
        return self.planes * self.box + len(SPECIAL_KINDS) + 1

    def locate(self, index: int) -> tuple[int, int, int]:
        """Group number, copy within the group and cell of an index that lies on a plane."""
        plane, cell = divmod(index, self.box)
        group = int(np.searchsorted(self.starts, plane, side="right")) - 1
        return group, plane - int(self.starts[group]), cell


@cache
def action_layout(board: str, players: int) -> ActionLayout:
    """The layout for a board and a number of players; nothing else of a configuration changes it."""
    geometry = geometry_of(board)
    copies = {
        ONCE: 1,
        RINGS: MAX_PLACED,
        DIRECTIONS: len(geometry.directions),
        AXES: len(geometry.axes),
        BORDERS: players + 1,
    }
    counts = tuple(copies[group.copies] for group in GROUPS)
    starts = np.concatenate(([0], np.cumsum(counts)[:-1])).astype(np.int64)
    box = geometry.size * geometry.size
    special_index = np.full(m.KINDS, -1, dtype=np.int64)
    special_index[list(SPECIAL_KINDS)] = sum(counts) * box + np.arange(len(SPECIAL_KINDS))
    for table in (starts, special_index):
        table.setflags(write=False)
    return ActionLayout(box, counts, starts, special_index)


def output_names(config: BoardConfig) -> tuple[str, ...]:
    """Names of the P policy planes, then of the S specials, such as `slide_to (1, 0)`; on every board and for every
    number of players the same name means the same. `claim_1` is about the seat after the player to move.
    """
    layout = action_layout(config.board, config.num_players)
    planes = [
        f"{group.name}_{copy - 1}" if group.copies == BORDERS and copy else _joined(config, number, copy)
        for number, group in enumerate(GROUPS)
        for copy in range(layout.counts[number])
    ]
    return (*planes, *(m.KIND_NAMES[kind] for kind in SPECIAL_KINDS))


def _joined(config: BoardConfig, group: int, copy: int) -> str:
    return " ".join(part for part in (GROUPS[group].name, _copy_text(config, group, copy)) if part)


def describe_index(config: BoardConfig, index: int) -> str:
    """What a policy index stands for, in words; IndexError outside 0..A-1."""
    layout = action_layout(config.board, config.num_players)
    if not 0 <= index < layout.size:
        raise IndexError(f"{index} is no policy index of {config.key}: there are {layout.size}")
    if index == layout.size - 1:
        return "constant 0"
    if index >= layout.planes * layout.box:
        return m.KIND_NAMES[SPECIAL_KINDS[index - layout.planes * layout.box]]
    group, copy, cell = layout.locate(index)
    y, x = divmod(cell, config.size)
    where = f"{GROUPS[group].cell} {cell} (x {x}, y {y})"
    return " ".join(part for part in (GROUPS[group].name, _copy_text(config, group, copy), "@", where) if part)


def _copy_text(config: BoardConfig, group: int, copy: int) -> str:
    geometry = geometry_of(config.board)
    kind = GROUPS[group].copies
    if kind == RINGS:
        return f"{copy + 1}"
    if kind == DIRECTIONS:
        return str(geometry.directions[copy])
    if kind == AXES:
        return str(geometry.directions[geometry.axes[copy]])
    if kind == BORDERS:
        return "no border colour" if copy == 0 else f"border of relative seat {copy - 1}"
    return ""
