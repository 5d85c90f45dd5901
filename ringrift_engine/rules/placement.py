"""Placing rings: where, how many, and when a player may leave it (RULES.md 4.2).

No dead placements: the stack must be able to act afterwards. Two or three rings are offered only where one ring is
legal, as in the original engine, and each count is tested by itself: more rings need longer runs, but a bigger cap
opens captures.
"""

from ringrift_engine.rules.backend import rule
from ringrift_engine.rules.cells import is_stack, lift_stack, put_stack
from ringrift_engine.rules.movement import can_act
from ringrift_engine.rules.moves import PLACE, make_move
from ringrift_engine.rules.state import EMPTY, STACK
from ringrift_engine.rules.work import push


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
    """All legal placements of the player to move."""
    player = int(game.player)
    most = min(3, int(game.hand[player]))
    for index in range(int(board.cells)):
        cell = int(board.playable[index])
        code = int(game.cell[cell])
        if code == EMPTY:
            if can_act(game, board, cell, 1, 1):
                push(work, make_move(PLACE, cell, 0, 0, 1))
                for count in range(2, most + 1):
                    if can_act(game, board, cell, count, count):
                        push(work, make_move(PLACE, cell, 0, 0, count))
        elif is_stack(code) and can_place_on_stack(game, board, cell, player):
            push(work, make_move(PLACE, cell, 0, 0, 1))


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
