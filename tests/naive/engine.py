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
    _EFFECTS[move[0]](position, move)
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


def _to_movement(position: Position, move: tuple) -> None:
    position.phase = "MV"


def _slide(position: Position, move: tuple) -> None:
    movement.slide(position, move[1], move[2])
    turn.after_board_move(position, move[2], captured=False)


def _capture(position: Position, move: tuple) -> None:
    movement.capture(position, move[1], move[2], move[3])
    turn.after_board_move(position, move[3], captured=True)


def _recover(position: Position, move: tuple) -> None:
    recovery.recover(position, move)
    turn.enter_lines(position)


def _process_line(position: Position, move: tuple) -> None:
    lines.process_line(position, move[1])
    turn.after_line(position)


def _choose_line_option(position: Position, move: tuple) -> None:
    lines.choose_line_option(position, move[1], move[2])
    turn.after_line(position)


def _eliminate(position: Position, move: tuple) -> None:
    if move[1] == "line":
        lines.pay_for_line(position, move[2])
        return
    territory.pay_for_region(position, move[2])
    if not territory.regions(position):
        turn.end_turn(position)


def _forced(position: Position, move: tuple) -> None:
    territory.remove_cap(position, move[1])
    turn.end_turn(position, forced=True)


_EFFECTS: dict[str, Callable[[Position, tuple], None]] = {
    "P": lambda position, move: placement.place(position, move[1], move[2]),
    "SP": _to_movement,
    "NP": _to_movement,
    "SW": lambda position, move: None,
    "M": _slide,
    "C": _capture,
    "CC": _capture,
    "SC": lambda position, move: turn.skip_capture(position),
    "NM": lambda position, move: turn.enter_lines(position),
    "SR": lambda position, move: turn.enter_lines(position),
    "R": _recover,
    "L": _process_line,
    "LO": _choose_line_option,
    "NL": lambda position, move: turn.leave_lines(position),
    "E": _eliminate,
    "T": lambda position, move: territory.claim(position, set(move[1])),
    "ST": lambda position, move: turn.leave_territory(position),
    "NT": lambda position, move: turn.leave_territory(position),
    "F": _forced,
}
