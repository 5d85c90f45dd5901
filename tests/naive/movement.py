"""Slides and capture segments: where they may land and what they leave behind (RULES.md 4.1, 4.3, 4.4)."""

from collections.abc import Iterator

from tests.naive.position import Position, cap_of


def slides(position: Position, cell: int) -> Iterator[int]:
    """Landing cells of the stack at `cell`."""
    height = len(position.stacks[cell])
    for ray in position.board.rays[cell]:
        for distance, landing in enumerate(ray, start=1):
            if position.blocked(landing):
                break
            if distance >= height:
                yield landing


def segments(position: Position, cell: int, height: int = 0, cap: int = 0) -> Iterator[tuple[int, int]]:
    """Pairs (target, landing) for the stack at `cell`, or for one of the given height and cap if it stood there."""
    height = height or len(position.stacks[cell])
    cap = cap or cap_of(position.stacks[cell])
    for ray in position.board.rays[cell]:
        target = next((other for other in ray if position.blocked(other)), None)
        if target is None or target in position.collapsed or cap_of(position.stacks[target]) > cap:
            continue
        for distance in range(ray.index(target) + 1, len(ray)):
            if position.blocked(ray[distance]):
                break
            if distance + 1 >= height:
                yield target, ray[distance]


def mobile(position: Position, cell: int, height: int, cap: int) -> bool:
    """Whether a stack of that height and cap at `cell` would have a slide or a capture."""
    for ray in position.board.rays[cell]:
        if len(ray) >= height and not any(position.blocked(other) for other in ray[:height]):
            return True
    return any(True for _ in segments(position, cell, height, cap))


def stack_is_mobile(position: Position, cell: int) -> bool:
    return mobile(position, cell, len(position.stacks[cell]), cap_of(position.stacks[cell]))


def slide(position: Position, origin: int, landing: int) -> None:
    """Move a stack that captures nothing."""
    stack = position.stacks.pop(origin)
    _leave_trail(position, origin, landing, target=None)
    _land(position, landing, stack)


def capture(position: Position, origin: int, target: int, landing: int) -> None:
    """Jump over the target, taking its top ring to the bottom of the jumping stack."""
    stack = position.stacks.pop(origin)
    _leave_trail(position, origin, landing, target)
    victim = position.stacks[target]
    position.put_stack(target, victim[1:])
    _land(position, landing, (*stack, victim[0]))


def _leave_trail(position: Position, origin: int, landing: int, target: int | None) -> None:
    ray = next(ray for ray in position.board.rays[origin] if landing in ray)
    for cell in ray[: ray.index(landing)]:
        if cell == target or cell not in position.markers:
            continue
        if position.markers[cell] == position.player:
            position.collapse({cell})
        else:
            position.markers[cell] = position.player
    position.markers[origin] = position.player


def _land(position: Position, landing: int, stack: tuple[int, ...]) -> None:
    if landing in position.markers:
        del position.markers[landing]
        stack = stack[1:]
        position.credit(1)
    position.put_stack(landing, stack)
