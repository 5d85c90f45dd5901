"""Overtaking captures: which segments exist, and what one of them does (RULES.md 4.1, 4.4).

Caps decide whether a target can be taken, the attacker's height how far it must land. Chains are in `turn`: this file
knows one segment.
"""

from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.cells import lift_stack, put_marker, put_stack
from ringrift_engine.rules.movement import capture_run, cross_markers, free_run, land
from ringrift_engine.rules.moves import make_move
from ringrift_engine.rules.work import push


@rule
def can_capture(game, board, cell):
    """Whether the stack at `cell` has a capture segment."""
    height = int(game.height[cell])
    cap = int(game.cap[cell])
    for direction in range(board.stride.shape[0]):
        free = free_run(game, board, cell, direction, 0)
        behind = capture_run(game, board, cell, direction, free, cap)
        if behind > 0 and free + 1 + behind >= height:
            return True
    return False


@rule
def list_captures(game, board, work, count, cell, kind):
    """All capture segments of the stack at `cell`, whose rays are measured, as moves of `kind`."""
    height = int(game.height[cell])
    cap = int(game.cap[cell])
    for direction in range(board.stride.shape[0]):
        stride = int(board.stride[direction])
        free = int(work.free_steps[direction])
        behind = capture_run(game, board, cell, direction, free, cap)
        target = cell + (free + 1) * stride
        for step in range(max(height, free + 2), free + 1 + behind + 1):
            count = push(work, count, make_move(kind, cell, cell + step * stride, target, 0))
    return count


@rule
def overtake(game, board, origin, target, landing):
    """Jump over `target`, taking its top ring under the attacker; the attacker's rings are counted before the
    landing."""
    player = int(game.player)
    rings = int(game.rings[origin])
    height = int(game.height[origin])
    target_rings = int(game.rings[target])
    target_height = int(game.height[target])
    lift_stack(game, board, origin)
    put_marker(game, board, origin, player)
    lift_stack(game, board, target)
    put_stack(game, board, target, target_rings >> 2, target_height - 1)
    cross_markers(game, board, player, origin, landing)  # the target's cell holds no marker, so it is passed untouched
    land(game, board, player, landing, rings | ((target_rings & 3) << (2 * height)), height + 1)
