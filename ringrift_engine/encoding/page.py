"""Writes docs/encoding.md from the tables, so that the page cannot fall behind them; a test compares the two.

`python -m ringrift_engine.encoding.page > docs/encoding.md` renews it.
"""

from fractions import Fraction

from ringrift_engine.boards import CONFIG_KEYS, BoardConfig
from ringrift_engine.encoding import action_planes, position_planes
from ringrift_engine.encoding.encoding import ENCODER_VERSION, Encoding
from ringrift_engine.rules.moves import KIND_NAMES
from ringrift_engine.rules.state import PHASE_NAMES

_INTRODUCTION = """# What a network sees and answers

For people who train networks or read datasets. Encoder version {version}; datasets and models carry it. Made by
`python -m ringrift_engine.encoding.page` from the tables of `ringrift_engine/encoding`.

A position is seen by the player to move: seat 0 is that player, seat 1 the next in turn order, and so on. n is the
number of players, W the width of the bounding box (cell `y * W + x`), D the movement directions, X the line axes.
"""
_PLANES = """Multiply by `plane_scale`. From `mobility` on they tell what follows from the position, which would take
a network many layers to find out: of every seat as if it were to move, with each of its stacks free to act. `cut` and
`enclosed` are about components by the neighbours of territory; walls are collapsed cells and the seat's markers.
"""
_FACTORS = """A move is a pair of indices (first, second); its logit is `policy[first] + policy[second]`. Index of
plane p at cell c: `p * W * W + c`; then come the specials, and last a constant 0, which is the second index of every
move that one index names. Within a position no two legal moves share a pair.
"""
_SYMMETRIES = """Squares have 8 maps, hexagonal 12, hex8 only 4: identity, (x,y) -> (-x,-y), (y,x), (-y,-x), in axial
coordinates from the centre. An index has no image where it names a region by its lowest cell (`claim`), or a whole
line by its first cell and the map turns the axis around; rows with such a move are not augmented.
"""
_COPIES = {
    action_planes.ONCE: "1",
    action_planes.RINGS: "3, for 1 to 3 rings",
    action_planes.DIRECTIONS: "D",
    action_planes.AXES: "X",
    action_planes.BORDERS: "n + 1, no colour and each relative seat",
}


def render_page() -> str:
    """The whole page as Markdown."""
    parts = [
        _INTRODUCTION.format(version=ENCODER_VERSION),
        _sizes(),
        f"## Input planes (int8)\n\n{_PLANES}",
        _table(("plane", "how often", "scale", "holds"), _plane_rows()),
        "## Global numbers (float32)\n",
        _table(("number", "how often", "holds"), _number_rows()),
        f"## Policy\n\n{_FACTORS}",
        _table(("planes", "how many", "cell", "moves, and as which factor"), _action_rows()),
        f"Specials, in this order: {', '.join(KIND_NAMES[kind] for kind in action_planes.SPECIAL_KINDS)}.\n",
        f"## Symmetries\n\n{_SYMMETRIES}",
    ]
    return "\n".join(parts)


def _sizes() -> str:
    rows = []
    for key in CONFIG_KEYS:
        encoding = Encoding(BoardConfig.from_key(key))
        sizes = (encoding.planes, encoding.globals, encoding.policy_planes, encoding.policy_size, encoding.symmetries)
        rows.append((key, *map(str, sizes)))
    return _table(("configuration", "planes", "numbers", "policy planes", "policy size", "symmetries"), rows)


def _plane_rows() -> list[tuple[str, ...]]:
    own = [
        (f"`{name}_0` ...", "once a seat", str(Fraction(scale)) if scale else "1 / length of a line", text)
        for name, text, scale in position_planes.SEAT_PLANES
    ]
    return [*own, *((f"`{name}`", "once", "1", text) for name, text in position_planes.SHARED_PLANES)]


def _number_rows() -> list[tuple[str, ...]]:
    phases = ", ".join(PHASE_NAMES[: position_planes.PHASES])
    shared = [("`phase_...`", f"{position_planes.PHASES}", f"1 for the phase: {phases}")]
    shared += [(f"`{name}`", "once", text) for name, text in position_planes.FLAGS]
    return [*shared, *((f"`{name}_0` ...", "once a seat", text) for name, text in position_planes.SEAT_NUMBERS)]


def _action_rows() -> list[tuple[str, ...]]:
    return [(f"`{group.name}`", _COPIES[group.copies], group.cell, group.moves) for group in action_planes.GROUPS]


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    print(render_page(), end="")
