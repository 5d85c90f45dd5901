"""One scan of the board, from which all components of the heuristic are made.

Everything that needs more than the game's own counters is gathered here in a single pass, because a board scan costs
more than playing the move that is being judged. Sums are per seat and named in `heuristic_tables`.
"""

from ringrift_engine.players.heuristic_tables import CLOSURE_MARKERS
from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.cells import is_marker, is_stack
from ringrift_engine.rules.movement import free_run
from ringrift_engine.rules.state import EMPTY, MARKER, OFF_BOARD, SEATS, STACK

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
    for index in range(int(board.cells)):
        cell = int(board.playable[index])
        code = int(game.cell[cell])
        if is_stack(code):
            scan_stack(game, board, constants, scan, cell, code - STACK)
        elif is_marker(code):
            scan_marker(game, board, constants, scan, cell, code - MARKER)


@rule
def scan_stack(game, board, constants, scan, cell, seat):
    """Add what the stack at `cell`, controlled by `seat`, contributes."""
    height = int(game.height[cell])
    cap = int(game.cap[cell])
    scan.heights[seat] += height if height <= _FULL_HEIGHT else _FULL_HEIGHT + 0.1 * (height - _FULL_HEIGHT)
    scan.caps[seat] += cap
    scan.center[seat] += int(constants.is_center[cell])
    scan_neighbours(game, board, scan, cell, seat, cap)
    scan_rays(game, board, scan, cell, seat, height, cap)
    for index in range(int(constants.ring_two_count[cell])):
        code = int(game.cell[int(constants.ring_two[cell, index])])
        if is_marker(code) and code != MARKER + seat:
            scan.safety[code - MARKER] -= 1.0


@rule
def scan_neighbours(game, board, scan, cell, seat, cap):
    """What stands beside a stack: room, allies, own markers, and anything of an opponent."""
    open_cells = 0
    touches_opponent = 0
    for direction in range(int(board.directions)):
        beside = cell + int(board.stride[direction]) if board.reach[cell, direction] > 0 else -1
        code = int(game.cell[beside]) if beside >= 0 else OFF_BOARD
        if code == EMPTY:
            open_cells += 1
        elif is_marker(code):
            open_cells += 1
            owner = code - MARKER
            if owner == seat:
                scan.beside_markers[seat] += 1.0
            else:
                touches_opponent = 1
                scan.safety[owner] -= 2.0
                scan.strikes[seat] += scan.eligible[owner]
        elif is_stack(code):
            other = int(game.cap[beside])
            open_cells += 1 if other <= cap else 0
            if code == STACK + seat:
                scan.allies[seat] += 1.0
            else:
                touches_opponent = 1
                scan.threats[seat] += other - cap
    scan.open_cells[seat] += open_cells
    scan.contacts[seat] += touches_opponent


@rule
def scan_rays(game, board, scan, cell, seat, height, cap):
    """Where a stack can slide, what it sees, and in how many directions it can capture an opponent's stack."""
    slides = 0
    attacks = 0
    can_capture = False
    for direction in range(int(board.directions)):
        free = free_run(game, board, cell, direction, 0)
        slides += max(0, free - height + 1)
        if free < board.reach[cell, direction]:
            seen = cell + (free + 1) * int(board.stride[direction])
            code = int(game.cell[seen])
            if is_stack(code):
                other = int(game.cap[seen])
                if code != STACK + seat:
                    if other > cap:
                        scan.exposed[seat] += other - cap
                    else:
                        scan.overtakes[seat] += cap - other
                if other <= cap:
                    behind = free_run(game, board, cell, direction, free + 1)
                    if behind > 0 and free + 1 + behind >= height:
                        can_capture = True
                        attacks += 1 if code != STACK + seat else 0
    scan.slides[seat] += slides
    scan.usable[seat] += 1 if slides > 0 or can_capture else 0
    scan.chains[seat] += max(0, attacks - 1)


@rule
def scan_marker(game, board, constants, scan, cell, seat):
    """Add what the marker at `cell` contributes: lines and links that begin at it, and its place for territory
    closure.
    """
    own = MARKER + seat
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
