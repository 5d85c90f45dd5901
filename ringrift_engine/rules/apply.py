"""One move, played on the game it is legal in; legality is `legal`'s business, so that search does not pay for it
twice."""

from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.capture import overtake
from ringrift_engine.rules.elimination import eliminate_cap, pay
from ringrift_engine.rules.lines import collapse_line, collapse_segment, process_line
from ringrift_engine.rules.movement import slide
from ringrift_engine.rules.moves import (
    CAPTURE_MOVE,
    CHAIN,
    CLAIM_REGION,
    COLLAPSE_ALL,
    COLLAPSE_SEGMENT,
    ELIMINATE,
    FORCED,
    NO_LINE,
    NO_MOVEMENT,
    NO_PLACEMENT,
    NO_TERRITORY,
    PLACE,
    PROCESS_LINE,
    RECOVER,
    SKIP_CAPTURE,
    SKIP_PLACEMENT,
    SKIP_RECOVERY,
    SKIP_TERRITORY,
    SLIDE,
    detail_of,
    first_of,
    kind_of,
    second_of,
    third_of,
)
from ringrift_engine.rules.placement import place
from ringrift_engine.rules.recovery import recover
from ringrift_engine.rules.state import TERRITORY_PROCESSING
from ringrift_engine.rules.territory import claim_region
from ringrift_engine.rules.turn import (
    after_capture,
    after_line,
    after_slide,
    after_territory_payment,
    end_turn,
    enter_lines,
    enter_movement,
    leave_lines,
    leave_territory,
    skip_capture,
)


@rule
def is_action(kind):
    """Whether a move of this kind counts as having acted in the turn (RULES.md 3.3)."""
    skipped = kind in (SKIP_PLACEMENT, SKIP_CAPTURE, SKIP_RECOVERY, SKIP_TERRITORY)
    return not (skipped or kind in (NO_PLACEMENT, NO_MOVEMENT, NO_LINE, NO_TERRITORY))


@rule
def apply_move(game, board, work, move):
    """Play a legal move; the game changes in place, `work` is scratch and loses its list of moves."""
    kind = kind_of(move)
    if is_action(kind):
        game.acted = 1
    if game.player == 2:
        game.swap_open = 0
    if kind <= SKIP_RECOVERY:
        apply_to_stacks(game, board, kind, move)
    elif kind <= NO_LINE:
        apply_to_markers(game, board, work, kind, move)
    else:
        apply_to_territory(game, board, work, kind, move)


@rule
def apply_to_stacks(game, board, kind, move):
    """Moves of placement, movement and capture. Swapping sides changes who sits where, not the position."""
    if kind == PLACE:
        place(game, board, first_of(move), detail_of(move))
        enter_movement(game)
    elif kind in (SKIP_PLACEMENT, NO_PLACEMENT):
        enter_movement(game)
    elif kind == SLIDE:
        slide(game, board, first_of(move), second_of(move))
        after_slide(game, board, first_of(move), second_of(move))
    elif kind in (CAPTURE_MOVE, CHAIN):
        overtake(game, board, first_of(move), third_of(move), second_of(move))
        after_capture(game, board, first_of(move), second_of(move))
    elif kind == SKIP_CAPTURE:
        skip_capture(game)
    elif kind in (NO_MOVEMENT, SKIP_RECOVERY):
        enter_lines(game)


@rule
def apply_to_markers(game, board, work, kind, move):
    """Recovery slides and moves of line processing, payments apart."""
    if kind == RECOVER:
        recover(game, board, move)
        enter_lines(game)
    elif kind == NO_LINE:
        leave_lines(game, board, work)
    else:
        if kind == PROCESS_LINE:
            process_line(game, board, first_of(move), detail_of(move))
        elif kind == COLLAPSE_ALL:
            collapse_line(game, board, first_of(move), detail_of(move))
        elif kind == COLLAPSE_SEGMENT:
            collapse_segment(game, board, first_of(move), detail_of(move))
        after_line(game, board, work)


@rule
def apply_to_territory(game, board, work, kind, move):
    """Payments, regions and forced elimination."""
    if kind == ELIMINATE:
        pay(game, board, first_of(move))
        if game.phase == TERRITORY_PROCESSING:
            after_territory_payment(game, board, work)
    elif kind == CLAIM_REGION:
        claim_region(game, board, work, move)
    elif kind in (SKIP_TERRITORY, NO_TERRITORY):
        leave_territory(game, board)
    elif kind == FORCED:
        eliminate_cap(game, board, first_of(move))
        end_turn(game, board, True)
