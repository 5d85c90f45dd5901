"""One scan of the board, from which all components of the heuristic are made.

Everything that needs more than the game's own counters is gathered here, because a board scan costs more than playing
the move that is being judged. Sums are per seat and named in `heuristic_tables`.

What stands on the next cell cannot be guessed, and a processor that guesses wrong loses more time than it takes to
count every case. So the loops ask few questions: comparisons are added as the numbers 0 and 1, lists grow by them, and
cells beyond the edge are looked up as the cell itself, whose share is then taken out.
"""

from ringrift_engine.players.heuristic_lines import add_view, are_tabled, mark_lines, view_along_axis
from ringrift_engine.players.heuristic_tables import CLOSURE_MARKERS
from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.cells import is_marker, is_stack
from ringrift_engine.rules.state import FIRST_BLOCKING, MARKER, SEATS, STACK

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
        scan.beside_markers[seat] = 0.0
        scan.contacts[seat] = 0.0
        scan.strikes[seat] = 0.0
        scan.safety[seat] = 0.0
        scan.lines[seat] = 0.0
        scan.links[seat] = 0.0
        scan.marker_count[seat] = 0


@rule
def scan_board(game, board, constants, scan):
    """Fill the sums of `scan` from the cells of `game`; `scan.eligible` must be set already."""
    clear(scan)
    stacks, markers = list_cells(game, board, constants, scan)
    for index in range(stacks):
        scan_stack(game, board, constants, scan, int(scan.stack_cells[index]))
    for index in range(markers):
        scan_marker(game, board, constants, scan, int(scan.marker_cells[index]))


@rule
def list_cells(game, board, constants, scan):
    """List the cells with stacks and with markers in ascending order, and mark the lines; how many there are of both.

    A list's end is written for every cell and moves on only for those that belong to it.
    """
    stacks = 0
    markers = 0
    blocked = 0
    for index in range(int(board.cells)):
        cell = int(board.playable[index])
        code = int(game.cell[cell])
        scan.stack_cells[stacks] = cell
        scan.marker_cells[markers] = cell
        scan.blocked_cells[blocked] = cell
        stacks += int(is_stack(code))
        markers += int(is_marker(code))
        blocked += int(code >= FIRST_BLOCKING)
    if are_tabled(constants):
        mark_lines(board, constants, scan, blocked)
    return stacks, markers


@rule
def scan_stack(game, board, constants, scan, cell):
    """Add what the stack at `cell` contributes."""
    seat = int(game.cell[cell]) - STACK
    height = int(game.height[cell])
    scan.heights[seat] += height if height <= _FULL_HEIGHT else _FULL_HEIGHT + 0.1 * (height - _FULL_HEIGHT)
    scan.caps[seat] += int(game.cap[cell])
    scan.center[seat] += int(constants.is_center[cell])
    view = 0
    for axis in range(int(board.axes)):
        view += view_along_axis(game, board, constants, scan, cell, axis, seat)
    add_view(scan, seat, view)
    scan_surroundings(game, board, constants, scan, cell, seat)


@rule
def scan_surroundings(game, board, constants, scan, cell, seat):
    """What stands around a stack, one and two steps away: room, allies, and what it does to markers."""
    cap = int(game.cap[cell])
    missing = int(constants.missing[cell])
    open_cells = -missing
    allies = -missing
    opponents = 0
    threats = 0
    near = 0
    for direction in range(int(board.directions)):
        beside = constants.beside[cell, direction]
        code = int(game.cell[beside])
        more = int(game.cap[beside]) - cap
        stands = is_stack(code)
        is_opponent = int(stands & (code != STACK + seat))
        open_cells += int((code < FIRST_BLOCKING) | (stands & (more <= 0)))
        allies += int(code == STACK + seat)
        opponents += is_opponent
        threats += is_opponent * more
        near += int(constants.marker_field[code])
    far = 0
    for index in range(constants.ring_two.shape[1]):
        far += int(constants.marker_field[game.cell[constants.ring_two[cell, index]]])
    scan.open_cells[seat] += open_cells
    scan.allies[seat] += allies
    scan.threats[seat] += threats
    add_markers_around(game, scan, seat, near, far, opponents)


@rule
def add_markers_around(game, scan, seat, near, far, opponents):
    """Add the markers around a stack of `seat`: `near` and `far` have those of seat s in bits 8 s and up, one and two
    steps away; beside the stack stand `opponents` stacks of opponents.
    """
    touched = opponents
    for owner in range(1, int(game.num_players) + 1):
        beside = (near >> (8 * owner)) & 0xFF
        if owner == seat:
            scan.beside_markers[seat] += beside
        else:
            touched += beside
            scan.safety[owner] -= 2 * beside + ((far >> (8 * owner)) & 0xFF)
            scan.strikes[seat] += beside * scan.eligible[owner]
    scan.contacts[seat] += int(touched > 0)


@rule
def scan_marker(game, board, constants, scan, cell):
    """Add what the marker at `cell` contributes: lines and links that begin at it, and its place for territory
    closure.
    """
    own = int(game.cell[cell])
    seat = own - MARKER
    count = int(scan.marker_count[seat])
    if count < CLOSURE_MARKERS:
        scan.marker_column[seat, count] = int(constants.column[cell])
        scan.marker_row[seat, count] = int(constants.row[cell])
        scan.marker_count[seat] = count + 1
    for axis in range(int(board.axes)):
        direction = int(board.axis_direction[axis])
        stride = int(board.stride[direction])
        limit = int(board.reach[cell, direction])
        if limit > 0:
            if game.cell[cell + stride] == own:
                scan.links[seat] += 1.0
                scan.lines[seat] += line_points(game, own, cell, stride, limit)
            elif limit > 1 and game.cell[cell + stride] <= STACK and game.cell[cell + 2 * stride] == own:
                scan.links[seat] += 0.5


@rule
def line_points(game, own, cell, stride, limit):
    """1 for two markers in a row from `cell`, 3 for three, 8 for four or more; the second one is known to be there."""
    if limit < 2 or game.cell[cell + 2 * stride] != own:
        return 1.0
    if limit < 3 or game.cell[cell + 3 * stride] != own:
        return 3.0
    return 8.0
