"""Placing rings: where, how many, and when a player may leave it (RULES.md 4.2).

No dead placements: the stack must be able to act afterwards. Two or three rings are offered only where one ring is
legal, as in the original engine, and each count is tested by itself: more rings need longer runs, but a bigger cap
opens captures.
"""

from ringrift_engine.rules.backend import lowest_bit, rule
from ringrift_engine.rules.cells import is_hex, lift_stack, put_stack
from ringrift_engine.rules.movement import can_act
from ringrift_engine.rules.moves import PLACE, make_move
from ringrift_engine.rules.state import STACK
from ringrift_engine.rules.work import MOST_PLACED, push


@rule
def can_place_on_stack(game, board, cell, player):
    """Whether one ring on the stack at `cell` leaves a stack that can act."""
    cap = int(game.cap[cell]) + 1 if game.cell[cell] == STACK + player else 1
    return can_act(game, board, cell, int(game.height[cell]) + 1, cap)


@rule
def can_place_on_empty(game, board):
    """Whether a single ring of anyone could be placed on some empty cell, rings in hand or not."""
    size = board.playable_rows.shape[0]
    for y in range(size):
        row = int(game.open_rows[y] & ~game.marker_rows[0, y] & ~game.stack_rows[0, y])
        while row != 0:
            if can_act(game, board, y * size + lowest_bit(row), 1, 1):
                return True
            row &= row - 1
    return False


@rule
def can_place(game, board, player):
    """Whether the player has a legal placement."""
    if game.hand[player] == 0:
        return False
    if can_place_on_empty(game, board):
        return True
    size = board.playable_rows.shape[0]
    for y in range(size):
        row = int(game.stack_rows[0, y])
        while row != 0:
            if can_place_on_stack(game, board, y * size + lowest_bit(row), player):
                return True
            row &= row - 1
    return False


@rule
def list_placements(game, board, work, count):
    """All legal placements of the player to move, by cells in ascending order."""
    most = min(MOST_PLACED, int(game.hand[game.player]))
    mark_runs(game, board, work)
    size = board.playable_rows.shape[0]
    for y in range(size):
        row = int(game.open_rows[y] & ~game.marker_rows[0, y])
        stacks = int(game.stack_rows[0, y])
        roomy = int(work.run_rows[most - 1, y]) & ~stacks
        while row != 0:
            x = lowest_bit(row)
            row &= row - 1
            cell = y * size + x
            if roomy >> x & 1:
                for rings in range(1, most + 1):
                    count = push(work, count, make_move(PLACE, cell, 0, 0, rings))
            elif stacks >> x & 1:
                count = list_on_stack(game, board, work, count, y, x)
            else:
                count = list_on_empty(game, board, work, count, y, x, most)
    return count


@rule
def list_on_stack(game, board, work, count, y, x):
    """One ring on a stack. If a ray is free as far as the stack gets high, its cap does not matter."""
    cell = y * board.playable_rows.shape[0] + x
    height = int(game.height[cell])
    roomy = height < MOST_PLACED and work.run_rows[height, y] >> x & 1 != 0
    if roomy or can_place_on_stack(game, board, cell, int(game.player)):
        return push(work, count, make_move(PLACE, cell, 0, 0, 1))
    return count


@rule
def list_on_empty(game, board, work, count, y, x, most):
    """One to `most` rings on an empty cell without room for `most` on any ray: a capture may do instead."""
    cell = y * board.playable_rows.shape[0] + x
    for rings in range(1, most + 1):
        if work.run_rows[rings - 1, y] >> x & 1 != 0 or can_act(game, board, cell, rings, rings):
            count = push(work, count, make_move(PLACE, cell, 0, 0, rings))
        elif rings == 1:
            return count
    return count


@rule
def mark_runs(game, board, work):
    """Fill `run_rows[k]` with the numbers from which some ray is free for k + 1 steps; not all of them are cells."""
    for y in range(board.playable_rows.shape[0]):
        work.passable_rows[y + MOST_PLACED] = game.open_rows[y] & ~game.stack_rows[0, y]
        for steps in range(MOST_PLACED):
            work.run_rows[steps, y] = 0
    mark_runs_along(work, 1, 0)
    mark_runs_along(work, -1, 0)
    mark_runs_along(work, 0, 1)
    mark_runs_along(work, 0, -1)
    mark_runs_along(work, -1, 1)
    mark_runs_along(work, 1, -1)
    if not is_hex(board):
        mark_runs_along(work, 1, 1)
        mark_runs_along(work, -1, -1)


@rule
def mark_runs_along(work, step_x, step_y):
    """The same for the rays of one direction, all at once."""
    for y in range(work.run_rows.shape[1]):
        at = y + MOST_PLACED
        run = shift(work.passable_rows[at + step_y], step_x)
        work.run_rows[0, y] |= run
        run &= shift(work.passable_rows[at + 2 * step_y], 2 * step_x)
        work.run_rows[1, y] |= run
        run &= shift(work.passable_rows[at + 3 * step_y], 3 * step_x)
        work.run_rows[2, y] |= run


@rule
def shift(row, steps):
    """The row whose bit x is bit `x + steps` of the given one."""
    return row >> steps if steps >= 0 else row << -steps


@rule
def place(game, board, cell, count):
    """Put `count` rings of the player to move on top of what stands at `cell`; the stack must act next."""
    player = int(game.player)
    rings = int(game.rings[cell])
    height = int(game.height[cell])
    if height > 0:
        lift_stack(game, board, cell)
    for _ in range(count):
        rings = (rings << 2) | (player - 1)
    put_stack(game, board, cell, rings, height + count)
    game.hand[player] -= count
    game.on_board[player] += count
    game.must_move = cell
