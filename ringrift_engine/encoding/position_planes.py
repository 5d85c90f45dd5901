"""Input planes and global numbers of a position: order, names and scales. What they hold is filled in by `kernels`.

Everything is told per *relative* seat: 0 is the player to move, 1 the next in turn order, and so on, so that one
network serves all seats and no two opponents are mixed up. Planes are small integers (int8), because they are stored
and moved far more often than they are multiplied; `plane_scale` turns them into numbers that a first convolution
likes.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ringrift_engine.boards import BoardConfig
from ringrift_engine.rules.state import GAME_OVER, PHASE_NAMES

# Planes that exist once a seat: plane number = group * players + relative seat.
HEIGHT: Final = 0
CAP: Final = 1
BURIED: Final = 2
MARKERS: Final = 3
TERRITORY: Final = 4
MOBILITY: Final = 5
THREAT: Final = 6
LANDING: Final = 7
LINE: Final = 8
CUT: Final = 9
ENCLOSED: Final = 10
MOST_LANDINGS: Final = 64
MOST_CUT: Final = 32

# In recorded games 65 to 81 % of the stacks of a board are at most three high, and at most 2.5 % exceed eight.
_RINGS: Final = 1 / 4
_OF_THE_LINE: Final = 0.0  # stands for 1 / the length of a line that is seen

# Names, texts and scales. The first five groups say what lies there; the others what follows from that, which would
# take a network many layers to find out: rays end anywhere, and whether a wall closes a region is seen only around it.
SEAT_PLANES: Final = (
    ("height", "rings in the stack that the seat controls here, else 0", _RINGS),
    ("cap", "cap of the stack that the seat controls here, else 0", _RINGS),
    ("buried", "rings of the seat's colour below the top of the stack here, whoever controls it", _RINGS),
    ("marker", "1 where the seat's marker lies", 1.0),
    ("territory", "1 where the cell is collapsed to the seat", 1.0),
    (
        "mobility",
        f"cells that the stack which the seat controls here could reach, by slides and captures, {MOST_LANDINGS} at "
        "most",
        1 / 16,
    ),
    ("threat", "stacks of the seat that could overtake the stack here, its own ones too", 1 / 4),
    ("landing", "stacks of the seat that could land here, by slides and captures", 1 / 4),
    (
        "line",
        "longest run of the seat's markers through the cell if its marker lay here, 0 beside none; one more than a "
        "line at most",
        _OF_THE_LINE,
    ),
    (
        "cut",
        f"cells that a marker of the seat here would cut off from the largest part of what is joined, {MOST_CUT} at "
        "most",
        1 / 8,
    ),
    (
        "enclosed",
        f"where the seat's markers and collapsed cells part the cell from the largest component: the size of its own, "
        f"{MOST_CUT} at most",
        1 / 8,
    ),
)
SEAT_PLANE_GROUPS: Final = len(SEAT_PLANES)
# Planes that exist once, after those.
PLAYABLE: Final = 0
ACTIVE: Final = 1
SHARED_PLANES: Final = (
    ("playable", "1 where the number of the box is a cell"),
    (
        "active",
        "1 where the stack stands that alone may act: after a placement, a slide or a capture segment of this turn",
    ),
)

# Numbers that exist once: the phase, then the flags.
FLAGS: Final = (
    ("line_payment_due", "1 if a ring is owed for a line"),
    ("territory_payment_due", "1 if the price of a region is owed"),
    ("acted", "1 if the player did more than skip since the turn began"),
    ("recovered", "1 if a recovery slide was among it: regions are paid with buried rings"),
    ("swap_on_offer", "1 if the player may swap sides now"),
)
PHASES: Final = GAME_OVER  # the seven phases in which somebody moves; a finished game has none of them
SEAT_NUMBERS_START: Final = PHASES + len(FLAGS)

# Numbers that exist once a seat: number = SEAT_NUMBERS_START + group * players + relative seat.
SEAT_NUMBERS: Final = (
    ("hand", "rings in hand / rings per player"),
    ("eliminated", "rings credited / rings that win"),
    ("territory", "collapsed cells / cells that win"),
    ("on_board", "rings of the colour on the board, buried ones too / rings per player"),
    ("stacks", "stacks controlled / rings per player"),
    ("markers", "markers on the board / a quarter of the cells"),
    ("alive", "1 if the seat has a ring in hand or on the board: it will have turns"),
    ("exclusive_rounds", "consecutive rounds in which only this seat could act / 3 (three win)"),
    ("could_act", "1 if the seat had a real action at its turn start in the running round"),
    ("opens_round", "1 if the running round was opened by this seat: its turn start completes the round"),
    ("mobile", "stacks that could act now, if each seat were to move / rings per player"),
    ("mobility", "sum of the seat's mobility plane / cells"),
    ("longest_run", "highest number of the seat's line plane / length of a line"),
)
MARKER_SHARE: Final = 0.25


def plane_count(players: int) -> int:
    """C, the number of input planes."""
    return SEAT_PLANE_GROUPS * players + len(SHARED_PLANES)


def global_count(players: int) -> int:
    """G, the number of global numbers."""
    return SEAT_NUMBERS_START + len(SEAT_NUMBERS) * players


def plane_names(players: int) -> tuple[str, ...]:
    """Names of the C planes, such as `cap_1`: 1 is the seat after the player to move."""
    own = [f"{name}_{seat}" for name, _, _ in SEAT_PLANES for seat in range(players)]
    return (*own, *(name for name, _ in SHARED_PLANES))


def global_names(players: int) -> tuple[str, ...]:
    """Names of the G global numbers."""
    shared = [f"phase_{name}" for name in PHASE_NAMES[:PHASES]] + [name for name, _ in FLAGS]
    return (*shared, *(f"{name}_{seat}" for name, _ in SEAT_NUMBERS for seat in range(players)))


def plane_scale(config: BoardConfig) -> NDArray[np.float32]:
    """float32 [C]: factors that bring counts to about [0, 1]; planes of zeros and ones stay as they are."""
    own = [scale or 1 / config.detected_line_length for _, _, scale in SEAT_PLANES for _ in range(config.num_players)]
    return np.array([*own, *(1 for _ in SHARED_PLANES)], dtype=np.float32)
