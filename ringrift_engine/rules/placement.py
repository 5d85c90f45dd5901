"""Placing rings: where, how many, and when a player may leave it (RULES.md 4.2).

No dead placements: the stack must be able to act afterwards. Two or three rings are offered only where one ring is
legal, as in the original engine, and each count is tested by itself: more rings need longer runs, but a bigger cap
opens captures.
"""

from ringrift_engine.rules.backend import lowest_bit, rule
from ringrift_engine.rules.cells import is_stack, lift_stack, put_stack
from ringrift_engine.rules.movement import can_act
from ringrift_engine.rules.moves import PLACE, make_move
from ringrift_engine.rules.state import EMPTY, STACK
from ringrift_engine.rules.work import MOST_PLACED, push


@rule
def can_place_on_stack(game, board, cell, player):
    """Whether one ring on the stack at `cell` leaves a stack that can act."""
    cap = int(game.cap[cell]) + 1 if game.cell[cell] == STACK + player else 1
    return can_act(game, board, cell, int(game.height[cell]) + 1, cap)


@rule
def can_place_on_empty(game, board):
    """Whether a single ring of anyone could be placed on some empty cell, rings in hand or not."""
    for index in range(int(board.cells)):
        cell = int(board.playable[index])
        if game.cell[cell] == EMPTY and can_act(game, board, cell, 1, 1):
            return True
    return False


@rule
def can_place(game, board, player):
    """Whether the player has a legal placement."""
    if game.hand[player] == 0:
        return False
    if can_place_on_empty(game, board):
        return True
    for index in range(int(board.cells)):
        cell = int(board.playable[index])
        if is_stack(game.cell[cell]) and can_place_on_stack(game, board, cell, player):
            return True
    return False


@rule
def list_placements(game, board, work):
    """All legal placements of the player to move, by cells in ascending order."""
    player = int(game.player)
    most = min(MOST_PLACED, int(game.hand[player]))
    mark_runs(game, board, work, most)
    for y in range(board.playable_rows.shape[0]):
        row = int(game.open_rows[y] & ~game.marker_rows[0, y])
        while row != 0:
            x = lowest_bit(row)
            row &= row - 1
            cell = y * board.playable_rows.shape[0] + x
            if game.height[cell] == 0:
                list_on_empty(game, board, work, y, x, most)
            elif can_place_on_stack(game, board, cell, player):
                push(work, make_move(PLACE, cell, 0, 0, 1))


@rule
def list_on_empty(game, board, work, y, x, most):
    """One to `most` rings on an empty cell. Nearly always a free ray is enough, which `mark_runs` has found."""
    cell = y * board.playable_rows.shape[0] + x
    for count in range(1, most + 1):
        if (work.run_rows[count - 1, y] >> x) & 1 != 0 or can_act(game, board, cell, count, count):
            push(work, make_move(PLACE, cell, 0, 0, count))
        elif count == 1:
            return


@rule
def mark_runs(game, board, work, most):
    """Fill `run_rows[k]` with the cells from which some ray is free for k + 1 steps, k below `most`; all rays of a
    direction at once.
    """
    size = board.playable_rows.shape[0]
    for y in range(size):
        work.free_rows[y] = game.open_rows[y] & ~game.stack_rows[0, y]
        for steps in range(most):
            work.run_rows[steps, y] = 0
    for direction in range(int(board.directions)):
        for y in range(size):
            work.ray_rows[y] = work.free_rows[y]
        for steps in range(most):
            step_back(board, work.ray_rows, int(board.step_x[direction]), int(board.step_y[direction]))
            for y in range(size):
                work.run_rows[steps, y] |= work.ray_rows[y]
                work.ray_rows[y] &= work.free_rows[y]


@rule
def step_back(board, rows, step_x, step_y):
    """Replace a set of cells by those from which one step leads into it; some may be no cells of the board."""
    size = board.playable_rows.shape[0]
    if step_y > 0:
        for y in range(size - 1):
            rows[y] = rows[y + 1]
        rows[size - 1] = 0
    elif step_y < 0:
        for y in range(size - 1, 0, -1):
            rows[y] = rows[y - 1]
        rows[0] = 0
    if step_x > 0:
        for y in range(size):
            rows[y] >>= 1
    elif step_x < 0:
        for y in range(size):
            rows[y] <<= 1


@rule
def place(game, cell, count):
    """Put `count` rings of the player to move on top of what stands at `cell`; the stack must act next."""
    player = int(game.player)
    rings = int(game.rings[cell])
    height = int(game.height[cell])
    if height > 0:
        lift_stack(game, cell)
    for _ in range(count):
        rings = (rings << 2) | (player - 1)
    put_stack(game, cell, rings, height + count)
    game.hand[player] -= count
    game.on_board[player] += count
    game.must_move = cell
