"""Placing rings: where, how many, and when a player may leave it (RULES.md 4.2).

No dead placements: the stack must be able to act afterwards. Two or three rings are offered only where one ring is
legal, as in the original engine, and each count is tested by itself: more rings need longer runs, but a bigger cap
opens captures.
"""

from ringrift_engine.rules.backend import lowest_bit, rule
from ringrift_engine.rules.cells import lift_stack, put_stack
from ringrift_engine.rules.movement import can_act
from ringrift_engine.rules.moves import PLACE, make_move
from ringrift_engine.rules.rows import is_hex, rows_a_word, shift, word_of
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
    for y in range(0, size, rows_a_word(board)):
        word = word_of(board, game.stack_rows[0], y)
        while word != 0:
            if can_place_on_stack(game, board, y * size + lowest_bit(word), player):
                return True
            word &= word - 1
    return False


@rule
def list_placements(game, board, work, count):
    """All legal placements of the player to move, by cells in ascending order."""
    mark_placements(game, board, work)
    size = board.playable_rows.shape[0]
    for y in range(0, size, rows_a_word(board)):
        one = word_of(board, work.run_rows[0], y)
        two = word_of(board, work.run_rows[1], y)
        three = word_of(board, work.run_rows[2], y)
        while one != 0:
            bit = lowest_bit(one)
            one &= one - 1
            count = push_placements(board, work, count, y * size + bit, two >> bit & 1, three >> bit & 1)
    return count


@rule
def push_placements(board, work, count, cell, two, three):
    """A placement of one ring, and of two and three where these are 1.

    Nearly all moves of a list are placements. So where all fit, those that are not legal are written as well, and
    written over: nothing has to be decided.
    """
    if work.moves.shape[0] > MOST_PLACED * board.reach.shape[0]:
        work.moves[count] = make_move(PLACE, cell, 0, 0, 1)
        work.moves[count + 1] = make_move(PLACE, cell, 0, 0, 2)
        work.moves[count + 1 + two] = make_move(PLACE, cell, 0, 0, 3)
        return count + 1 + two + three
    count = push(work, count, make_move(PLACE, cell, 0, 0, 1))
    if two:
        count = push(work, count, make_move(PLACE, cell, 0, 0, 2))
    if three:
        count = push(work, count, make_move(PLACE, cell, 0, 0, 3))
    return count


@rule
def mark_placements(game, board, work):
    """Make `run_rows[k]` the cells where the player to move may place k + 1 rings.

    Mostly a free ray is long enough, or none is and nothing can be captured; then a stack's cap does not matter.
    """
    player = int(game.player)
    most = int(game.hand[player])
    mark_runs(game, board, work)
    for y in range(board.playable_rows.shape[0]):
        empty = int(game.open_rows[y] & ~game.marker_rows[0, y] & ~game.stack_rows[0, y])
        mark_stacks(game, board, work, y, player)
        work.run_rows[1, y] = work.run_rows[1, y] & empty if most > 1 else 0
        work.run_rows[2, y] = work.run_rows[2, y] & empty if most > 2 else 0
        mark_captures(game, board, work, y, empty & ~int(work.run_rows[0, y]), 1)
        empty &= int(work.run_rows[0, y])  # two or three rings only where one is legal
        if most > 1:
            mark_captures(game, board, work, y, empty & ~int(work.run_rows[1, y]), 2)
        if most > 2:
            mark_captures(game, board, work, y, empty & ~int(work.run_rows[2, y]), 3)


@rule
def mark_captures(game, board, work, y, row, rings):
    """Add those empty cells of a row from which so many rings could capture."""
    while row != 0:
        x = lowest_bit(row)
        row &= row - 1
        if can_act(game, board, y * board.playable_rows.shape[0] + x, rings, rings):
            work.run_rows[rings - 1, y] |= 1 << x


@rule
def mark_stacks(game, board, work, y, player):
    """Of a row of `run_rows[0]` keep the empty cells, and add the stacks that one more ring leaves mobile."""
    stacks = int(game.stack_rows[0, y])
    legal = int(work.run_rows[0, y] & game.open_rows[y] & ~game.marker_rows[0, y]) & ~stacks
    while stacks != 0:
        x = lowest_bit(stacks)
        stacks &= stacks - 1
        cell = y * board.playable_rows.shape[0] + x
        height = int(game.height[cell])
        roomy = height < MOST_PLACED and work.run_rows[height, y] >> x & 1 != 0
        if roomy or can_place_on_stack(game, board, cell, player):
            legal |= 1 << x
    work.run_rows[0, y] = legal


@rule
def mark_runs(game, board, work):
    """Fill `run_rows[k]` with the numbers from which some ray is free for k + 1 steps; not all of them are cells."""
    for y in range(board.playable_rows.shape[0]):
        work.passable_rows[y + MOST_PLACED] = game.open_rows[y] & ~game.stack_rows[0, y]
    for y in range(board.playable_rows.shape[0]):
        work.run_rows[0, y] = runs(board, work, y + MOST_PLACED, 1)
        work.run_rows[1, y] = runs(board, work, y + MOST_PLACED, 2)
        work.run_rows[2, y] = runs(board, work, y + MOST_PLACED, 3)


@rule
def runs(board, work, at, steps):
    """The numbers of one row from which some ray is free for so many steps."""
    found = run(work, at, 1, 0, steps) | run(work, at, -1, 0, steps)
    found |= run(work, at, 0, 1, steps) | run(work, at, 0, -1, steps)
    found |= run(work, at, -1, 1, steps) | run(work, at, 1, -1, steps)
    return found if is_hex(board) else found | run(work, at, 1, 1, steps) | run(work, at, -1, -1, steps)


@rule
def run(work, at, step_x, step_y, steps):
    """Those from which the ray in one direction is."""
    found = shift(work.passable_rows[at + step_y], step_x)
    if steps > 1:
        found &= shift(work.passable_rows[at + 2 * step_y], 2 * step_x)
    if steps > 2:
        found &= shift(work.passable_rows[at + 3 * step_y], 3 * step_x)
    return found


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
