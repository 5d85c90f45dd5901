"""Rays, slides, and whether a stack can act at all (RULES.md 4.1, 4.3).

Markers never block. "Can act" is one predicate that placement, skipping, forced elimination and last-player-standing
share; it lists nothing. Captures are in `capture`.
"""

from ringrift_engine.rules.backend import highest_bit, lowest_bit, rule
from ringrift_engine.rules.cells import (
    collapse,
    credit,
    is_marker,
    is_stack,
    lift_marker,
    lift_stack,
    put_marker,
    put_stack,
)
from ringrift_engine.rules.moves import SLIDE, make_move
from ringrift_engine.rules.rows import rows_a_word, word_of
from ringrift_engine.rules.state import MARKER
from ringrift_engine.rules.work import push


@rule
def free_run(game, board, cell, direction, start):
    """Steps that a ray stays free beyond its step `start`, up to the first stack, collapsed cell or edge."""
    half = board.lane.shape[1]
    if direction < half:
        return lowest_bit(int(game.lanes[board.lane[cell, direction]]) >> int(board.place[cell, direction]) + start + 1)
    place = int(board.place[cell, direction - half]) - start
    before = int(game.lanes[board.lane[cell, direction - half]]) & (1 << place) - 1
    return place - 1 - highest_bit(before)


@rule
def capture_run(game, board, cell, direction, free, cap):
    """Free cells behind the stack that stops a ray after `free` steps; 0 if none stands there or its cap is too big."""
    if free >= board.reach[cell, direction]:
        return 0
    target = cell + (free + 1) * int(board.stride[direction])
    if not is_stack(game.cell[target]) or game.cap[target] > cap:
        return 0
    return free_run(game, board, cell, direction, free + 1)


@rule
def can_act_along(game, board, cell, direction, height, cap):
    """Whether a stack of `height` rings with this cap could slide or capture from `cell` in a direction."""
    free = free_run(game, board, cell, direction, 0)
    if free >= height:
        return True
    behind = capture_run(game, board, cell, direction, free, cap)
    return behind > 0 and free + 1 + behind >= height


@rule
def can_act(game, board, cell, height, cap):
    """Whether a stack of `height` rings with this cap could act from `cell`, which need not hold it."""
    for direction in range(board.stride.shape[0]):
        if can_act_along(game, board, cell, direction, height, cap):
            return True
    return False


@rule
def has_mobile_stack(game, board, player):
    """Whether some stack that the player controls can act."""
    size = board.playable_rows.shape[0]
    for y in range(0, size, rows_a_word(board)):
        word = word_of(board, game.stack_rows[player], y)
        while word != 0:
            cell = y * size + lowest_bit(word)
            word &= word - 1
            if can_act(game, board, cell, int(game.height[cell]), int(game.cap[cell])):
                return True
    return False


@rule
def measure_rays(game, board, work, cell):
    """Fill `work.free_steps` with how far each ray of a cell is free, for lists of slides and captures."""
    for direction in range(board.stride.shape[0]):
        work.free_steps[direction] = free_run(game, board, cell, direction, 0)


@rule
def list_slides(game, board, work, count, cell):
    """All slides of the stack at `cell`, whose rays are measured: at least as many steps as it is high."""
    height = int(game.height[cell])
    for direction in range(board.stride.shape[0]):
        stride = int(board.stride[direction])
        for step in range(height, int(work.free_steps[direction]) + 1):
            count = push(work, count, make_move(SLIDE, cell, cell + step * stride, 0, 0))
    return count


@rule
def sign(number):
    return 1 if number > 0 else -1 if number < 0 else 0


@rule
def stride_between(board, origin, target):
    """What one step from `origin` towards `target`, another cell of a common ray, adds to a cell's number."""
    size = board.playable_rows.shape[0]
    rows = target // size - origin // size
    return sign(rows) * size + sign(target - origin - rows * size)


@rule
def direction_between(board, origin, target):
    """The direction in which `target` lies from `origin`, on a common ray."""
    stride = stride_between(board, origin, target)
    for direction in range(board.stride.shape[0]):
        if board.stride[direction] == stride:
            return direction
    return -1


@rule
def cross_markers(game, board, player, origin, target):
    """The path effect: markers passed over turn, own ones collapse. The end cells are not touched."""
    stride = stride_between(board, origin, target)
    cell = origin + stride
    while cell != target:
        code = int(game.cell[cell])
        if is_marker(code):
            if code == MARKER + player:
                collapse(game, board, cell, player)
            else:
                lift_marker(game, board, cell)
                put_marker(game, board, cell, player)
        cell += stride


@rule
def land(game, board, player, cell, rings, height):
    """The landing effect: a marker under the stack vanishes and costs the arriving stack its top ring."""
    if is_marker(game.cell[cell]):
        lift_marker(game, board, cell)
        credit(game, player, (rings & 3) + 1)
        rings >>= 2
        height -= 1
    put_stack(game, board, cell, rings, height)


@rule
def slide(game, board, origin, target):
    """Move the stack at `origin` to `target`, leaving a marker behind."""
    player = int(game.player)
    rings = int(game.rings[origin])
    height = int(game.height[origin])
    lift_stack(game, board, origin)
    put_marker(game, board, origin, player)
    cross_markers(game, board, player, origin, target)
    land(game, board, player, target, rings, height)
