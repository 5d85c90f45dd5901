"""Moves as 64-bit integers: a kind and up to four small numbers.

    bits  0..4   kind              bits 25..34  c: third cell
    bits  5..14  a: first cell     bits 35..37  d: what else distinguishes the move
    bits 15..24  b: second cell

The numbers of each kind:

    PLACE                a cell            d rings placed, 1 to 3
    SLIDE                a from   b to
    CAPTURE_MOVE, CHAIN  a from   b to     c target
    RECOVER              a from   b to     c extraction stack, or first cell of the segment   d see RECOVER_*
    PROCESS_LINE         a first cell      d axis
    COLLAPSE_ALL         a first cell      d axis                          (line option 1)
    COLLAPSE_SEGMENT     a first cell of the segment   d axis              (line option 2)
    ELIMINATE            a cell            context and count follow from the position
    CLAIM_REGION         a lowest cell of the region   d colour of its border markers, 0 for none
    FORCED               a cell

Equal integers are equal moves within one position; that is all `legal` promises.
"""

from typing import Final

from ringrift_engine.rules.backend import rule

PLACE: Final = 0
SKIP_PLACEMENT: Final = 1
NO_PLACEMENT: Final = 2
SWAP_SIDES: Final = 3
SLIDE: Final = 4
CAPTURE_MOVE: Final = 5
CHAIN: Final = 6
SKIP_CAPTURE: Final = 7
NO_MOVEMENT: Final = 8
SKIP_RECOVERY: Final = 9
RECOVER: Final = 10
PROCESS_LINE: Final = 11
COLLAPSE_ALL: Final = 12
COLLAPSE_SEGMENT: Final = 13
NO_LINE: Final = 14
ELIMINATE: Final = 15
CLAIM_REGION: Final = 16
SKIP_TERRITORY: Final = 17
NO_TERRITORY: Final = 18
FORCED: Final = 19
KINDS: Final = 20

KIND_CODES: Final = (
    "P", "SP", "NP", "SW", "M", "C", "CC", "SC", "NM", "SR", "R", "L", "LO", "LO", "NL", "E", "T", "ST", "NT", "F",
)  # fmt: skip
KIND_NAMES: Final = (
    "place_ring", "skip_placement", "no_placement_action", "swap_sides", "move_stack", "overtaking_capture",
    "continue_capture_segment", "skip_capture", "no_movement_action", "skip_recovery", "recovery_slide", "process_line",
    "choose_line_option", "choose_line_option", "no_line_action", "eliminate_rings_from_stack",
    "choose_territory_option", "skip_territory_processing", "no_territory_action", "forced_elimination",
)  # fmt: skip

# d of RECOVER: how the slide is paid. From RECOVER_SEGMENT on, `d - RECOVER_SEGMENT` is the axis of the segment.
RECOVER_LINE: Final = 0
RECOVER_FALLBACK: Final = 1
RECOVER_STRIKE: Final = 2
RECOVER_SEGMENT: Final = 3

_CELL_MASK: Final = 1023


@rule
def make_move(kind, a, b, c, d):
    """The move as an int64."""
    return kind | (a << 5) | (b << 15) | (c << 25) | (d << 35)


@rule
def kind_of(move):
    return move & 31


@rule
def first_of(move):
    """The first number, `a`."""
    return (move >> 5) & _CELL_MASK


@rule
def second_of(move):
    """The second number, `b`."""
    return (move >> 15) & _CELL_MASK


@rule
def third_of(move):
    """The third number, `c`."""
    return (move >> 25) & _CELL_MASK


@rule
def detail_of(move):
    """The small number, `d`."""
    return (move >> 35) & 7
