"""The two questions of the second opinion: what is legal, and what does a move lead to."""

from collections.abc import Callable
from typing import Any

from tests.naive import lines, movement, placement, recovery, territory, turn
from tests.naive.boards import Rules
from tests.naive.position import Position, cap_of, parse, unparse

NO_ACTION = {"NP", "NM", "NL", "NT", "SP", "SC", "SR", "ST"}


def legal_moves(state: dict[str, Any], rules: Rules) -> tuple[list[tuple], set[tuple]]:
    """The complete legal set, and those of its members which the original engine lists and then refuses."""
    position = parse(state, rules)
    if position.winner:
        return [], set()
    moves = _LISTS[position.phase](position)
    return moves, {move for move in moves if recovery.is_rejected(position, move)}


def apply(state: dict[str, Any], move: tuple, rules: Rules) -> dict[str, Any]:
    """The state after a legal move."""
    return play(state, move, rules)[0]


def play(state: dict[str, Any], move: tuple, rules: Rules) -> tuple[dict[str, Any], str]:
    """The state after a legal move, and how the game was won; "" while it goes on."""
    position = parse(state, rules)
    if move[0] not in NO_ACTION:
        position.acted = True
    position.swap_offered = False
    _EFFECTS[move[0]](position, *move[1:])
    return unparse(position), position.how


def _in_placement(position: Position) -> list[tuple]:
    moves = placement.placements(position)
    if position.hand[position.player] and placement.may_skip_placement(position, recovery.eligible(position)):
        moves.append(("SP",))
    if not moves:
        moves.append(("NP",))
    return [*moves, ("SW",)] if position.swap_offered else moves


def _in_movement(position: Position) -> list[tuple]:
    own = position.controlled(position.player)
    moves: list[tuple] = []
    for cell in own if position.must_move is None else [position.must_move]:
        moves += [("M", cell, landing) for landing in movement.slides(position, cell)]
        moves += [("C", cell, *segment) for segment in movement.segments(position, cell)]
    if recovery.eligible(position):
        moves += [("SR",), *recovery.recovery_moves(position)]
    return moves or [("NM",)]


def _in_capture(position: Position) -> list[tuple]:
    origin = position.capture_origin
    assert origin is not None
    return [("SC",), *(("C", origin, *segment) for segment in movement.segments(position, origin))]


def _in_chain(position: Position) -> list[tuple]:
    cell = position.chain_cell
    assert cell is not None
    return [("CC", cell, *segment) for segment in movement.segments(position, cell)]


def _in_forced_elimination(position: Position) -> list[tuple]:
    return [("F", cell, cap_of(position.stacks[cell])) for cell in position.controlled(position.player)]


_LISTS: dict[str, Callable[[Position], list[tuple]]] = {
    "RP": _in_placement,
    "MV": _in_movement,
    "CA": _in_capture,
    "CH": _in_chain,
    "LP": lambda position: lines.line_moves(position) or [("NL",)],
    "TP": lambda position: territory.territory_moves(position) or [("NT",)],
    "FE": _in_forced_elimination,
}


def _to_movement(position: Position) -> None:
    position.phase = "MV"


def _swap_sides(_position: Position) -> None:
    """Who sits behind a seat changes, nothing of the position (4.12)."""


def _slide(position: Position, origin: int, landing: int) -> None:
    movement.slide(position, origin, landing)
    turn.after_board_move(position, landing, captured=False)


def _capture(position: Position, origin: int, target: int, landing: int) -> None:
    movement.capture(position, origin, target, landing)
    turn.after_board_move(position, landing, captured=True)


def _recover(position: Position, *details: Any) -> None:
    recovery.recover(position, *details)
    turn.enter_lines(position)


def _process_line(position: Position, cells: tuple[int, ...]) -> None:
    lines.process_line(position, cells)
    turn.after_line(position)


def _choose_line_option(position: Position, cells: tuple[int, ...], chosen: tuple[int, ...]) -> None:
    lines.choose_line_option(position, cells, chosen)
    turn.after_line(position)


def _eliminate(position: Position, context: str, cell: int, _count: int) -> None:
    if context == "line":
        lines.pay_for_line(position, cell)
        return
    territory.pay_for_region(position, cell)
    if not territory.regions(position):
        turn.end_turn(position)


def _force(position: Position, cell: int, _count: int) -> None:
    territory.remove_cap(position, cell)
    turn.end_turn(position, forced=True)


# What a move does; called with the position and what follows the code in the tuple.
_EFFECTS: dict[str, Callable[..., None]] = {
    "P": placement.place,
    "SP": _to_movement,
    "NP": _to_movement,
    "SW": _swap_sides,
    "M": _slide,
    "C": _capture,
    "CC": _capture,
    "SC": turn.skip_capture,
    "NM": turn.enter_lines,
    "SR": turn.enter_lines,
    "R": _recover,
    "L": _process_line,
    "LO": _choose_line_option,
    "NL": turn.leave_lines,
    "E": _eliminate,
    "T": territory.claim,
    "ST": turn.leave_territory,
    "NT": turn.leave_territory,
    "F": _force,
}
