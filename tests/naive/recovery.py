"""Recovery slides: moving a marker while no stack is controlled, paid with a buried ring (RULES.md 4.9)."""

from tests.naive.lines import run_through, windows
from tests.naive.position import Position


def eligible(position: Position) -> bool:
    player = position.player
    return not position.controlled(player) and bool(position.own_markers(player)) and bool(position.with_buried(player))


def recovery_moves(position: Position) -> list[tuple]:
    """Every recovery slide, those included which the original engine lists and then refuses."""
    own = position.own_markers(position.player)
    stacks = position.with_buried(position.player)
    pairs = [(origin, to) for origin in sorted(own) for to in position.board.adjacent[origin]]
    lines = [move for origin, to in pairs if _empty(position, to) for move in _line_moves(position, origin, to, stacks)]
    if lines:
        return lines
    return [
        ("R", "strike" if to in position.stacks else "fallback", origin, to, 1, stack, None)
        for origin, to in pairs
        if to not in position.markers and to not in position.collapsed
        for stack in stacks
    ]


def _empty(position: Position, cell: int) -> bool:
    return not position.blocked(cell) and cell not in position.markers


def _runs(position: Position, origin: int, to: int) -> list[list[int]]:
    """The runs through `to` after the marker moved there, one an axis, in the order of recovery."""
    markers = position.own_markers(position.player) - {origin} | {to}
    return [run_through(position.board, markers, to, axis) for axis in position.board.axes]


def _line_moves(position: Position, origin: int, to: int, stacks: list[int]) -> list[tuple]:
    need = position.rules.need
    best = max(_runs(position, origin, to), key=len)  # the first of the longest
    if len(best) < need:
        return []
    moves: list[tuple] = [("R", "line", origin, to, 1, stack, None) for stack in stacks]
    if len(best) > need:
        chosen = [tuple(sorted(window)) for window in windows(best, need) if to in window]
        moves += [("R", "line", origin, to, 2, None, cells) for cells in chosen]
    return moves


def _formed(position: Position, origin: int, to: int) -> list[int]:
    """The line that the slide really makes: on the first axis that is long enough for the built-in length."""
    return next((run for run in _runs(position, origin, to) if len(run) >= position.rules.base), [])


def is_rejected(position: Position, move: tuple) -> bool:
    """Listed, but the formed line is shorter than a line has to be."""
    return move[:2] == ("R", "line") and len(_formed(position, move[2], move[3])) < position.rules.need


def recover(
    position: Position, mode: str, origin: int, to: int, option: int, stack: int | None, cells: tuple[int, ...] | None
) -> None:
    """Play a slide with its payment; the arguments are those of the move tuple."""
    formed = _formed(position, origin, to) if mode == "line" else []
    del position.markers[origin]
    if mode == "strike":
        position.put_stack(to, position.stacks[to][1:])
        position.credit(1)
    else:
        position.markers[to] = position.player
    if mode == "line":
        chosen = cells if option == 2 and len(formed) > position.rules.need else None
        position.collapse(set(chosen or formed))
    if stack is not None:
        extract(position, stack)
    position.recovered = True


def extract(position: Position, cell: int) -> None:
    """Remove the player's lowest ring of a stack; after a strike it may be the top one, or gone."""
    stack = list(position.stacks.get(cell, ()))
    if position.player not in stack:
        return
    lowest = max(place for place, owner in enumerate(stack) if owner == position.player)
    del stack[lowest]
    position.put_stack(cell, tuple(stack))
    position.credit(1)
