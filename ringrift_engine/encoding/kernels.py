"""The compiled loops: positions to planes, moves to pairs of indices. `position_planes` and `action_planes` say what
is what.

The arrays to be written come zeroed from the caller, so only what is not zero costs time.
"""

from ringrift_engine.encoding import action_planes as a
from ringrift_engine.encoding import position_planes as p
from ringrift_engine.encoding.cut_kernels import encode_cuts
from ringrift_engine.encoding.line_kernels import encode_runs
from ringrift_engine.encoding.reach_kernels import encode_reach
from ringrift_engine.encoding.seats import relative_seat
from ringrift_engine.rules import moves as m
from ringrift_engine.rules.backend import kernel, rule
from ringrift_engine.rules.cells import is_marker, is_stack
from ringrift_engine.rules.movement import direction_between
from ringrift_engine.rules.state import (
    CAPTURE,
    CHAIN_CAPTURE,
    COLLAPSED,
    EMPTY,
    LPS_ROUNDS_REQUIRED,
    MARKER,
    MOVEMENT,
    NOWHERE,
    RING_PLACEMENT,
    STACK,
)


@rule
def active_cell(game):
    """The stack that alone may act now, or NOWHERE.

    Read by phase: after a skipped capture the record keeps `must_move` through line processing, where it has no effect.
    """
    if game.phase == MOVEMENT:
        return int(game.must_move)
    if game.phase == CAPTURE:
        return int(game.capture_origin)
    if game.phase == CHAIN_CAPTURE:
        return int(game.chain_cell)
    return NOWHERE


@rule
def encode_stack(game, cell, row, planes):
    players = int(game.num_players)
    seat = relative_seat(game, int(game.cell[cell]) - STACK)
    height = int(game.height[cell])
    planes[row, p.HEIGHT * players + seat, cell] = height
    planes[row, p.CAP * players + seat, cell] = int(game.cap[cell])
    rings = int(game.rings[cell])
    for _ in range(height - 1):
        rings >>= 2
        planes[row, p.BURIED * players + relative_seat(game, (rings & 3) + 1), cell] += 1


@rule
def encode_cell(game, cell, row, planes):
    """Write what stands on one cell."""
    players = int(game.num_players)
    code = int(game.cell[cell])
    if is_stack(code):
        encode_stack(game, cell, row, planes)
    elif is_marker(code):
        planes[row, p.MARKERS * players + relative_seat(game, code - MARKER), cell] = 1
    elif code != EMPTY:
        planes[row, p.TERRITORY * players + relative_seat(game, code - COLLAPSED), cell] = 1


@rule
def encode_board(game, board, search, row, planes):
    """Write the planes of one position; planes int8 [R, C, B], zero before."""
    shared = p.SEAT_PLANE_GROUPS * int(game.num_players)
    for index in range(int(board.cells)):
        cell = int(board.playable[index])
        planes[row, shared + p.PLAYABLE, cell] = 1
        encode_cell(game, cell, row, planes)
        encode_reach(game, board, cell, row, planes)
    cell = active_cell(game)
    if cell != NOWHERE:
        planes[row, shared + p.ACTIVE, cell] = 1
    for seat in range(1, int(game.num_players) + 1):
        encode_runs(game, board, seat, row, planes)
        encode_cuts(game, board, search, seat, row, planes)


@rule
def encode_shared_numbers(game, row, numbers):
    """Phase and flags."""
    if game.phase < p.PHASES:
        numbers[row, int(game.phase)] = 1
    numbers[row, p.PHASES] = int(game.line_payment_due)
    numbers[row, p.PHASES + 1] = int(game.territory_payment_due)
    numbers[row, p.PHASES + 2] = int(game.acted)
    numbers[row, p.PHASES + 3] = int(game.recovered)
    if game.swap_open and game.player == 2 and game.phase == RING_PLACEMENT:
        numbers[row, p.PHASES + 4] = 1


@rule
def encode_seat_numbers(game, board, rings_per_player, seat, row, numbers):
    """What is told of one seat, in the order of SEAT_NUMBERS, but for what its planes tell."""
    players = int(game.num_players)
    at = p.SEAT_NUMBERS_START + relative_seat(game, seat)
    hand = int(game.hand[seat])
    on_board = int(game.on_board[seat])
    numbers[row, at] = hand / rings_per_player
    numbers[row, at + players] = int(game.eliminated[seat]) / int(game.ring_threshold)
    numbers[row, at + 2 * players] = int(game.territory[seat]) / int(game.territory_minimum)
    numbers[row, at + 3 * players] = on_board / rings_per_player
    numbers[row, at + 4 * players] = int(game.stacks[seat]) / rings_per_player
    numbers[row, at + 5 * players] = int(game.markers[seat]) / (p.MARKER_SHARE * int(board.cells))
    numbers[row, at + 6 * players] = 1 if hand + on_board > 0 else 0
    numbers[row, at + 7 * players] = int(game.lps_rounds) / LPS_ROUNDS_REQUIRED if game.lps_player == seat else 0
    numbers[row, at + 8 * players] = 1 if game.lps_mask[seat] == 1 else 0
    numbers[row, at + 9 * players] = 1 if game.lps_first == seat else 0


@rule
def encode_plane_numbers(game, board, rings_per_player, seat, row, planes, numbers):
    """What the planes of one seat, which are written, come to."""
    players = int(game.num_players)
    relative = relative_seat(game, seat)
    at = p.SEAT_NUMBERS_START + 10 * players + relative
    mobile = 0
    mobility = 0
    longest = 0
    for cell in range(planes.shape[2]):
        landings = int(planes[row, p.MOBILITY * players + relative, cell])
        mobile += 1 if landings > 0 else 0
        mobility += landings
        longest = max(longest, int(planes[row, p.LINE * players + relative, cell]))
    numbers[row, at] = mobile / rings_per_player
    numbers[row, at + players] = mobility / int(board.cells)
    numbers[row, at + 2 * players] = longest / int(game.detected_line_length)


@kernel
def encode_rows(games, table, searches, rings_per_player, planes, numbers):
    """Encode every game: planes int8 [R, C, B] and numbers float32 [R, G], both zero before; `searches` is a record
    [1] of scratch memory.
    """
    board = table[0]
    for row in range(games.shape[0]):
        game = games[row]
        encode_board(game, board, searches[0], row, planes)
        encode_shared_numbers(game, row, numbers)
        for seat in range(1, int(game.num_players) + 1):
            encode_seat_numbers(game, board, rings_per_player, seat, row, numbers)
            encode_plane_numbers(game, board, rings_per_player, seat, row, planes, numbers)


@rule
def index_at(board, starts, group, copy, cell):
    """The policy index of a cell on a plane."""
    return (int(starts[group]) + copy) * int(board.box) + cell


@rule
def stack_move_factors(board, starts, move, landing, origin):
    """A slide or a capture: where it lands and where it starts, on the planes of its direction."""
    direction = direction_between(board, m.first_of(move), m.second_of(move))
    first = index_at(board, starts, landing, direction, m.second_of(move))
    return first, index_at(board, starts, origin, direction, m.first_of(move))


@rule
def recovery_factors(board, starts, move):
    """A recovery slide: the marker's step, and what pays for it."""
    direction = direction_between(board, m.first_of(move), m.second_of(move))
    first = index_at(board, starts, a.RECOVER_FROM, direction, m.first_of(move))
    detail = m.detail_of(move)
    if detail >= m.RECOVER_SEGMENT:
        return first, index_at(board, starts, a.RECOVERY_SEGMENT, detail - m.RECOVER_SEGMENT, m.third_of(move))
    return first, index_at(board, starts, a.EXTRACTION, 0, m.third_of(move))


@rule
def line_group(kind):
    """The planes of a line move."""
    if kind == m.PROCESS_LINE:
        return a.PROCESS_LINE
    return a.COLLAPSE_LINE if kind == m.COLLAPSE_ALL else a.COLLAPSE_SEGMENT


@rule
def single_factor(game, board, starts, move):
    """The index of a move on a plane that one index names."""
    kind = m.kind_of(move)
    cell = m.first_of(move)
    detail = m.detail_of(move)
    if kind == m.PLACE:
        return index_at(board, starts, a.PLACE, detail - 1, cell)
    if kind == m.CLAIM_REGION:
        border = 0 if detail == 0 else 1 + relative_seat(game, detail)
        return index_at(board, starts, a.CLAIM, border, cell)
    if kind in (m.ELIMINATE, m.FORCED):
        return index_at(board, starts, a.ELIMINATE, 0, cell)
    return index_at(board, starts, line_group(kind), detail, cell)


@rule
def factors_of(game, board, starts, special_index, constant, move):
    """The two policy indices of a move that is legal in `game`."""
    kind = m.kind_of(move)
    if special_index[kind] >= 0:
        return int(special_index[kind]), constant
    if kind == m.SLIDE:
        return stack_move_factors(board, starts, move, a.SLIDE_TO, a.SLIDE_FROM)
    if kind in (m.CAPTURE_MOVE, m.CHAIN):
        return stack_move_factors(board, starts, move, a.CAPTURE_TO, a.CAPTURE_FROM)
    if kind == m.RECOVER:
        return recovery_factors(board, starts, move)
    return single_factor(game, board, starts, move), constant


@kernel
def factor_rows(games, moves, offsets, table, starts, special_index, constant, factors):
    """Write factors int32 [M, 2] for the moves int64 [M] of R games, row r being moves[offsets[r] : offsets[r + 1]]."""
    board = table[0]
    for row in range(games.shape[0]):
        for index in range(offsets[row], offsets[row + 1]):
            first, second = factors_of(games[row], board, starts, special_index, constant, moves[index])
            factors[index, 0] = first
            factors[index, 1] = second
