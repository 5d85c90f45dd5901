"""The record of one game: everything that determines its future, and the few diagnostics that recorded games carry.

One numpy structured dtype per board; copying a game is copying one record. Seats count from 1, so arrays over seats
have five entries and entry 0 stays 0. A cell's code says what stands there *and* whose it is, ordered so that "blocks
a ray" is one comparison. A stack's rings are two bits each in one word, the top ring lowest: stacks are at most 25
high, so 50 bits hold one (measured against a column of bytes a cell in docs/engine.md).
"""

from functools import cache
from typing import Final

import numpy as np

from ringrift_engine.boards import BoardConfig
from ringrift_engine.boards.lanes import lanes_of

MAX_PLAYERS: Final = 4
SEATS: Final = MAX_PLAYERS + 1  # entry 0 is nobody
NOWHERE: Final = -1
NOBODY: Final = 0

# Cell codes: kind + owner. Everything from STACK on blocks a ray.
EMPTY: Final = 0
MARKER: Final = 0  # 1..4
STACK: Final = 4  # 5..8, owner is the controller
COLLAPSED: Final = 8  # 9..12
OFF_BOARD: Final = 13
FIRST_BLOCKING: Final = STACK + 1

RING_PLACEMENT: Final = 0
MOVEMENT: Final = 1
CAPTURE: Final = 2
CHAIN_CAPTURE: Final = 3
LINE_PROCESSING: Final = 4
TERRITORY_PROCESSING: Final = 5
FORCED_ELIMINATION: Final = 6
GAME_OVER: Final = 7
PHASE_CODES: Final = ("RP", "MV", "CA", "CH", "LP", "TP", "FE", "GO")
PHASE_NAMES: Final = (
    "ring_placement", "movement", "capture", "chain_capture", "line_processing", "territory_processing",
    "forced_elimination", "game_over",
)  # fmt: skip

# How a game was won. The original engine reports only three reasons; `how` tells its tie-breaks apart.
NOT_OVER: Final = 0
BY_ELIMINATION: Final = 1
BY_TERRITORY: Final = 2
BY_EARLY_LAST_PLAYER: Final = 3
BY_STALEMATE_TERRITORY: Final = 4
BY_STALEMATE_ELIMINATION: Final = 5
BY_STALEMATE_MARKERS: Final = 6
BY_STALEMATE_LAST_ACTOR: Final = 7
BY_LAST_PLAYER_ROUNDS: Final = 8
HOW_NAMES: Final = (
    "", "elimination_threshold", "territory_threshold", "early_lps", "stalemate_territory", "stalemate_elimination",
    "stalemate_markers", "stalemate_last_actor", "lps_rounds",
)  # fmt: skip
REASON_NAMES: Final = (
    "", "ring_elimination", "territory_control", "last_player_standing", "territory_control", "ring_elimination",
    "last_player_standing", "last_player_standing", "last_player_standing",
)  # fmt: skip

UNCOUNTED: Final = -1  # in `pieces`: a move may have cut a piece in two, or joined two; counted again before it matters

# Rows of bits end with some that are always empty, so that nobody who looks at the rows below or above (index -1) has
# to ask where the board ends. As many as a line of four has beyond its first.
ROWS_BEYOND: Final = 3

LPS_ROUNDS_REQUIRED: Final = 3
UNSET: Final = -1  # in `lps_mask`: this seat has not started a turn in the current round


@cache
def game_dtype(board: str) -> np.dtype:
    """The structured dtype of a game on `board`; B = W * W cells of the bounding box."""
    config = BoardConfig.from_key(f"{board}_2p")
    box, rows = config.box, config.size + ROWS_BEYOND
    fields: list[tuple[str, type] | tuple[str, type, tuple[int, ...]]] = [
        # --- the board
        ("rings", np.int64, (box,)),  # two bits a ring (owner - 1), top ring lowest; 0 without a stack
        ("cell", np.int8, (box,)),  # code of the cell, see above
        ("height", np.int8, (box,)),
        ("cap", np.int8, (box,)),  # run of equal owners from the top
        # --- the same by rows of bits, bit x of row y for the cell y * W + x: what is looked for among many cells
        ("marker_rows", np.int32, (SEATS, rows)),  # by owner; entry 0 holds all
        ("stack_rows", np.int32, (SEATS, rows)),  # by controller; entry 0 holds all
        ("open_rows", np.int32, (rows,)),  # cells that are not collapsed
        ("lanes", np.int32, lanes_of(board).empty.shape),  # what blocks rays along each lane, see `boards.lanes`
        ("pieces", np.int16, (SEATS,)),  # by colour whose markers are walls, 0 for none: see `pieces`
        # --- per seat
        ("hand", np.int16, (SEATS,)),
        ("eliminated", np.int16, (SEATS,)),  # rings credited to the seat, of any colour
        ("territory", np.int16, (SEATS,)),  # cells collapsed to the seat
        ("on_board", np.int16, (SEATS,)),  # rings of the colour on the board, tops and buried
        ("stacks", np.int16, (SEATS,)),  # stacks the seat controls
        ("markers", np.int16, (SEATS,)),
        # --- the turn
        ("must_move", np.int16),  # the only stack that may act in movement, or NOWHERE
        ("chain_cell", np.int16),  # where the capturing stack stands in CHAIN_CAPTURE, else NOWHERE
        ("capture_origin", np.int16),  # landing cell of the slide before CAPTURE, else NOWHERE
        ("turn", np.int16),  # counts from 1
        ("player", np.int8),
        ("phase", np.int8),
        ("line_payment_due", np.int8),
        ("territory_payment_due", np.int8),
        ("acted", np.int8),  # a move outside the no-action set since the turn came to this player
        ("recovered", np.int8),  # a recovery slide since then: territory is paid with buried rings
        ("swap_open", np.int8),  # the swap rule is on and may still be used
        # --- last player standing
        ("lps_mask", np.int8, (SEATS,)),
        ("lps_first", np.int8),
        ("lps_rounds", np.int8),
        ("lps_player", np.int8),
        ("lps_round_index", np.int16),  # diagnostic: rounds opened
        ("lps_exclusive", np.int8),  # diagnostic: exclusive player of the last completed round
        # --- the result
        ("winner", np.int8),
        ("how", np.int8),
        # --- the configuration: fields, not types, so that one compilation serves 2 to 4 players
        ("num_players", np.int8),
        ("line_length", np.int8),
        ("detected_line_length", np.int8),
        ("built_in_line_length", np.int8),
        ("ring_threshold", np.int16),
        ("territory_minimum", np.int16),
    ]
    return np.dtype(fields, align=True)
