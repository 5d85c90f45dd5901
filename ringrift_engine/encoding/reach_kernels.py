"""What stacks can reach now: how far each moves, which it could overtake, where it could land (RULES.md 4.3, 4.4).

Every number is told of a cell by the rays that leave it, so a thread of a GPU can have a cell to itself. Of all seats
alike: as if each were to move, with every stack free to act.
"""

from ringrift_engine.encoding import position_planes as p
from ringrift_engine.encoding.seats import relative_seat
from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.cells import is_collapsed, is_stack
from ringrift_engine.rules.movement import capture_run, free_run
from ringrift_engine.rules.state import STACK


@rule
def encode_reach(game, board, cell, row, planes):
    """Write mobility and threats where a stack stands, landings where one could."""
    code = int(game.cell[cell])
    if is_stack(code):
        encode_stack_reach(game, board, cell, row, planes)
    elif not is_collapsed(code):
        for direction in range(board.stride.shape[0]):
            encode_landings(game, board, cell, direction, row, planes)


@rule
def encode_stack_reach(game, board, cell, row, planes):
    players = int(game.num_players)
    half = board.lane.shape[1]
    landings = 0
    for direction in range(half):
        ahead = free_run(game, board, cell, direction, 0)
        behind = free_run(game, board, cell, direction + half, 0)
        landings += landings_along(game, board, cell, direction, ahead)
        landings += landings_along(game, board, cell, direction + half, behind)
        encode_threat(game, board, cell, direction, ahead, behind, row, planes)
        encode_threat(game, board, cell, direction + half, behind, ahead, row, planes)
    seat = relative_seat(game, int(game.cell[cell]) - STACK)
    planes[row, p.MOBILITY * players + seat, cell] = min(landings, p.MOST_LANDINGS)


@rule
def landings_along(game, board, cell, direction, free):
    """Cells of a ray, free for `free` steps, on which the stack at `cell` could land: slides and capture segments."""
    height = int(game.height[cell])
    beyond = capture_run(game, board, cell, direction, free, int(game.cap[cell]))
    return max(free - height + 1, 0) + min(max(free + beyond + 2 - height, 0), beyond)


@rule
def encode_threat(game, board, cell, direction, free, behind, row, planes):
    """Count the stack that a ray meets after `free` steps, if it could overtake the one at `cell` and land within the
    `behind` free cells on the other side.
    """
    if behind > 0 and free < board.reach[cell, direction]:
        attacker = cell + (free + 1) * int(board.stride[direction])
        code = int(game.cell[attacker])
        if is_stack(code) and game.cap[attacker] >= game.cap[cell] and free + 1 + behind >= game.height[attacker]:
            players = int(game.num_players)
            planes[row, p.THREAT * players + relative_seat(game, code - STACK), cell] += 1


@rule
def encode_landings(game, board, cell, direction, row, planes):
    """Count the stacks that could land on `cell` out of a direction: the first can slide, the second overtake it."""
    free = free_run(game, board, cell, direction, 0)
    if free < board.reach[cell, direction]:
        players = int(game.num_players)
        first = cell + (free + 1) * int(board.stride[direction])
        code = int(game.cell[first])
        if is_stack(code):
            if game.height[first] <= free + 1:
                planes[row, p.LANDING * players + relative_seat(game, code - STACK), cell] += 1
            steps = free + 2 + free_run(game, board, cell, direction, free + 1)
            if steps <= board.reach[cell, direction]:
                second = cell + steps * int(board.stride[direction])
                code = int(game.cell[second])
                if is_stack(code) and game.cap[second] >= game.cap[first] and game.height[second] <= steps:
                    planes[row, p.LANDING * players + relative_seat(game, code - STACK), cell] += 1
