"""Regions: discovery, claiming with its border, and the payment (RULES.md 4.7, 4.8)."""

from tests.naive.position import Position, cap_of
from tests.naive.recovery import extract


def components(position: Position, border: int | None) -> list[frozenset[int]]:
    """Connected parts of the board when collapsed cells and the markers of `border` separate."""
    walls = set(position.collapsed) | {cell for cell, owner in position.markers.items() if owner == border}
    left = set(position.board.cells) - walls
    found = []
    while left:
        part, waiting = set(), [left.pop()]
        while waiting:
            cell = waiting.pop()
            part.add(cell)
            fresh = [other for other in position.board.territory_adjacent[cell] if other in left]
            left.difference_update(fresh)
            waiting += fresh
        found.append(frozenset(part))
    return found


def regions(position: Position) -> set[frozenset[int]]:
    """The regions that the player to move may claim."""
    on_board = {owner for stack in position.stacks.values() for owner in stack}
    found: set[frozenset[int]] = set()
    for border in (None, *set(position.markers.values())):
        for part in components(position, border):
            controllers = {position.stacks[cell][0] for cell in part if cell in position.stacks}
            disconnected = len(controllers) < len(on_board) and (border is not None or len(controllers) == 1)
            if disconnected and _payable(position, part):
                found.add(part)
    return found


def _payable(position: Position, region: frozenset[int]) -> bool:
    if position.recovered:
        return any(cell not in region for cell in position.with_buried(position.player))
    return any(cell not in region for cell in position.controlled(position.player))


def claim(position: Position, cells: tuple[int, ...]) -> None:
    """Collapse the region with its border; every ring inside is eliminated."""
    board, region = position.board, set(cells)
    border = {
        other for cell in region for other in board.territory_adjacent[cell] if other in position.markers
    } - region
    waiting = list(border)
    while waiting:
        for other in board.spread_adjacent[waiting.pop()]:
            if other in position.markers and other not in region and other not in border:
                border.add(other)
                waiting.append(other)
    for cell in region & set(position.stacks):
        position.credit(len(position.stacks.pop(cell)))
    position.collapse(region | border)
    position.territory_debt = True


def territory_moves(position: Position) -> list[tuple]:
    """Without the bookkeeping move: the payments, or the regions with the right to skip them."""
    if position.territory_debt and position.recovered:
        return [("E", "recovery", cell, 1) for cell in position.with_buried(position.player)]
    if position.territory_debt:
        own = position.controlled(position.player)
        return [("E", "territory", cell, cap_of(position.stacks[cell])) for cell in own]
    found = [("T", tuple(sorted(region))) for region in regions(position)]
    return [*found, ("ST",)] if found else []


def pay_for_region(position: Position, cell: int) -> None:
    if position.recovered:
        extract(position, cell)
    else:
        remove_cap(position, cell)
    position.territory_debt = False


def remove_cap(position: Position, cell: int) -> None:
    """Also what a forced elimination does (4.10)."""
    cap = cap_of(position.stacks[cell])
    position.put_stack(cell, position.stacks[cell][cap:])
    position.credit(cap)
