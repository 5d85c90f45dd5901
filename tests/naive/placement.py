"""Placing rings (RULES.md 4.2), and whether a player has a real action at all (5.4)."""

from tests.naive.movement import mobile, stack_is_mobile
from tests.naive.position import Position, cap_of


def counts(position: Position, cell: int, player: int) -> list[int]:
    """How many rings the player may place on the cell: a subset of 1, 2, 3."""
    if position.hand[player] == 0 or cell in position.collapsed or cell in position.markers:
        return []
    stack = position.stacks.get(cell)
    if stack is not None:
        cap = cap_of(stack) + 1 if stack[0] == player else 1
        return [1] if mobile(position, cell, len(stack) + 1, cap) else []
    if not mobile(position, cell, 1, 1):
        return []  # a cell where one ring would be dead is not offered at all, even if three could capture (trap T1)
    return [1, *(count for count in (2, 3) if count <= position.hand[player] and mobile(position, cell, count, count))]


def placements(position: Position) -> list[tuple]:
    board = sorted(position.board.cells)
    return [("P", cell, count) for cell in board for count in counts(position, cell, position.player)]


def place(position: Position, cell: int, count: int) -> None:
    position.hand[position.player] -= count
    position.put_stack(cell, (position.player,) * count + position.stacks.get(cell, ()))
    position.must_move = cell
    position.phase = "MV"


def may_skip_placement(position: Position, recovery_eligible: bool) -> bool:
    """Only asked of a player with rings in hand."""
    own = position.controlled(position.player)
    return any(stack_is_mobile(position, cell) for cell in own) or (not own and recovery_eligible)


def real_action(position: Position, player: int) -> bool:
    """A placement, slide or capture is available to the player, whoever's turn it is."""
    if any(stack_is_mobile(position, cell) for cell in position.controlled(player)):
        return True
    return any(counts(position, cell, player) for cell in position.board.cells)
