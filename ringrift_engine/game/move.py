"""A move as recorded games write it: a short code followed by cells and numbers (TRACES.md 3).

    ("P", to, rings)  ("M", from, to)  ("C", from, target, to)  ("CC", from, target, to)  ("F", at, rings)
    ("R", mode, from, to, option, extraction cell or None, collapsed cells or None)
    ("L", cells)  ("LO", line cells, collapsed cells)  ("E", context, at, rings)  ("T", cells)
    ("SP",) ("NP",) ("SW",) ("SC",) ("NM",) ("SR",) ("NL",) ("ST",) ("NT",)

A cell is its number in the bounding box. A Move need not be legal anywhere: that is for a Game to say.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from ringrift_engine.boards import BoardConfig, geometry_of
from ringrift_engine.errors import IllegalMoveError

MoveTuple = tuple[Any, ...]

# What follows the code: c cell, n number, s word, S cells, ? may be None.
_SHAPES: Final = {
    "P": "cn", "M": "cc", "C": "ccc", "CC": "ccc", "F": "cn", "R": "sccn??", "L": "S", "LO": "SS", "E": "scn", "T": "S",
    "SP": "", "NP": "", "SW": "", "SC": "", "NM": "", "SR": "", "NL": "", "ST": "", "NT": "",
}  # fmt: skip
NAMES: Final = {
    "P": "place_ring", "SP": "skip_placement", "NP": "no_placement_action", "SW": "swap_sides", "M": "move_stack",
    "C": "overtaking_capture", "CC": "continue_capture_segment", "SC": "skip_capture", "NM": "no_movement_action",
    "SR": "skip_recovery", "R": "recovery_slide", "L": "process_line", "LO": "choose_line_option",
    "NL": "no_line_action", "E": "eliminate_rings_from_stack", "T": "choose_territory_option",
    "ST": "skip_territory_processing", "NT": "no_territory_action", "F": "forced_elimination",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Move:
    """One move; `parts` is its tuple, with tuples of cells in ascending order."""

    parts: MoveTuple

    @classmethod
    def from_tuple(cls, config: BoardConfig, parts: Sequence[Any]) -> "Move":
        """The move that a tuple (or a JSON list) names; IllegalMoveError if no game of `config` can have it."""
        code = parts[0] if parts else None
        if code not in _SHAPES:
            raise IllegalMoveError(f"unknown move code {code!r} in {list(parts)}; known: {', '.join(_SHAPES)}")
        shape = _SHAPES[code]
        if len(parts) != len(shape) + 1:
            raise IllegalMoveError(f"{code} takes {len(shape)} values, got {list(parts)}")
        values = tuple(_checked(config, kind, value, parts) for kind, value in zip(shape, parts[1:], strict=True))
        return cls((code, *values))

    @property
    def code(self) -> str:
        """The short code, such as `M`."""
        return str(self.parts[0])

    @property
    def name(self) -> str:
        """The original engine's name, such as `move_stack`."""
        return NAMES[self.code]

    @property
    def cells(self) -> tuple[int, ...]:
        """The cells that the move names, in the order of its tuple."""
        pairs = zip(_SHAPES[self.code], self.parts[1:], strict=True)
        named = [part for kind, part in pairs if kind in "c?S" and part is not None]
        return tuple(cell for part in named for cell in (part if isinstance(part, tuple) else (part,)))

    def to_tuple(self) -> MoveTuple:
        """The tuple of recorded games; `json.dumps` of it is the recorded text."""
        return self.parts

    def __str__(self) -> str:
        return " ".join(_text(part) for part in self.parts if part is not None)


def _checked(config: BoardConfig, kind: str, value: Any, parts: Sequence[Any]) -> Any:
    if kind == "?" and value is None:
        return None
    if kind == "S" and not isinstance(value, list | tuple):
        raise IllegalMoveError(f"{value!r} is no list of cells in {list(parts)}")
    if isinstance(value, list | tuple):
        return tuple(sorted(_checked(config, "c", cell, parts) for cell in value))
    if kind == "s":
        return str(value)
    if not isinstance(value, int):
        raise IllegalMoveError(f"{value!r} is not a number in {list(parts)}")
    if kind in "c?" and not (0 <= value < config.box and geometry_of(config.board).playable[value]):
        raise IllegalMoveError(f"{value} is no cell of {config.board} in {list(parts)}")
    return value


def _text(part: Any) -> str:
    return "+".join(map(str, part)) if isinstance(part, tuple) else str(part)
