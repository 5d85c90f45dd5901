"""One scan of the board, from which all components of the heuristic are made.

Everything that needs more than the game's own counters is gathered here in a single pass, because a board scan costs
more than playing the move that is being judged; what stacks see is taken from the position before the move wherever
that is the same (`heuristic_changes`). Sums are per seat and named in `heuristic_tables`.
"""

from ringrift_engine.players.heuristic_changes import is_marked
from ringrift_engine.players.heuristic_markers import scan_markers
from ringrift_engine.players.heuristic_views import (
    ALLIES,
    ATTACKS,
    CAPTURES,
    EXPOSED,
    OPPONENTS,
    OVERTAKES,
    THREATS,
    around_stack,
    markers_beside,
    markers_beyond,
    markers_of,
    markers_of_others,
    view_along,
)
from ringrift_engine.rules.backend import lowest_bit, rule
from ringrift_engine.rules.rows import rows_a_word, word_of
from ringrift_engine.rules.state import SEATS, STACK

_FULL_HEIGHT = 5  # rings above this count a tenth


@rule
def clear(scan):
    """Set the sums that a scan adds to back to zero."""
    for seat in range(SEATS):
        scan.heights[seat] = 0.0
        scan.caps[seat] = 0.0
        scan.center[seat] = 0.0
        scan.open_cells[seat] = 0.0
        scan.usable[seat] = 0.0
        scan.slides[seat] = 0.0
        scan.chains[seat] = 0.0
        scan.threats[seat] = 0.0
        scan.exposed[seat] = 0.0
        scan.overtakes[seat] = 0.0
        scan.allies[seat] = 0.0
        scan.contacts[seat] = 0.0
        scan.near_markers[seat] = 0
        scan.far_markers[seat] = 0


@rule
def scan_board(game, board, constants, scan):
    """Fill the sums of `scan` from the cells of `game`; `scan.eligible` must be set already, and `scan` must know what
    has changed since it was told to remember a position.
    """
    clear(scan)
    size = board.playable_rows.shape[0]
    for y in range(0, size, rows_a_word(board)):
        stacks = word_of(board, game.stack_rows[0], y)
        while stacks != 0:
            scan_stack(game, board, constants, scan, y * size + lowest_bit(stacks))
            stacks &= stacks - 1
    for seat in range(1, int(game.num_players) + 1):
        add_markers(game, scan, seat)
        scan_markers(game, board, scan, seat)


@rule
def scan_stack(game, board, constants, scan, cell):
    """Add what the stack at `cell` contributes."""
    seat = int(game.cell[cell]) - STACK
    height = int(game.height[cell])
    scan.heights[seat] += height if height <= _FULL_HEIGHT else _FULL_HEIGHT + 0.1 * (height - _FULL_HEIGHT)
    scan.caps[seat] += int(game.cap[cell])
    scan.center[seat] += int(constants.is_center[cell])
    view = 0
    for axis in range(board.lane.shape[1]):
        if scan.changed_lanes[board.lane[cell, axis]]:
            view += view_along(game, board, cell, axis)
        else:
            view += int(scan.views[cell, axis])
    add_view(scan, seat, view)
    around = int(scan.around[cell])
    if is_marked(constants, scan.near_change, cell):
        around = around_stack(game, board, constants, cell)
    beside = int(scan.beside[cell])
    beyond = int(scan.beyond[cell])
    if is_marked(constants, scan.near_marker, cell):
        beside = markers_beside(game, board, constants, cell)
        beyond = markers_beyond(game, constants, cell)
    add_surroundings(scan, seat, around, beside, beyond)


@rule
def add_view(scan, seat, view):
    """Add what a stack sees in all directions."""
    slides = view & 0xFFFF
    captures = (view >> CAPTURES) & 0xFF
    scan.slides[seat] += slides
    scan.usable[seat] += 1 if slides > 0 or captures > 0 else 0
    scan.chains[seat] += max(0, ((view >> ATTACKS) & 0xFF) - 1)
    scan.exposed[seat] += (view >> EXPOSED) & 0xFFFF
    scan.overtakes[seat] += view >> OVERTAKES


@rule
def add_surroundings(scan, seat, around, beside, beyond):
    """Add what stands one and two steps from a stack of `seat`; the markers are told apart by `add_markers`."""
    scan.open_cells[seat] += around & 0xFF
    scan.allies[seat] += (around >> ALLIES) & 0xFF
    scan.threats[seat] += around >> THREATS
    opponents = (around >> OPPONENTS) & 0xFF
    scan.contacts[seat] += 1 if opponents | markers_of_others(beside, seat) != 0 else 0
    scan.near_markers[seat] += beside
    scan.far_markers[seat] += beyond


@rule
def add_markers(game, scan, seat):
    """Fill what follows for `seat` from the markers near all stacks."""
    near = int(scan.near_markers[seat])
    scan.beside_markers[seat] = markers_of(near, seat)
    scan.strikes[seat] = 0.0
    scan.safety[seat] = 0.0
    for other in range(1, int(game.num_players) + 1):
        if other != seat:
            scan.strikes[seat] += markers_of(near, other) * scan.eligible[other]
            scan.safety[seat] -= 2 * markers_of(int(scan.near_markers[other]), seat)
            scan.safety[seat] -= markers_of(int(scan.far_markers[other]), seat)
