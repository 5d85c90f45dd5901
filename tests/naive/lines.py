"""Lines of markers: detection, what may be done with one, and the ring that it costs (RULES.md 4.5, 4.6)."""

from tests.naive.boards import Board
from tests.naive.position import Position


def run_through(board: Board, markers: set[int], cell: int, axis: tuple[int, int]) -> list[int]:
    """The maximal run of `markers` along the axis that contains `cell`, from its negative end."""
    run = [cell]
    for sign in (1, -1):
        following = board.step(cell, sign * axis[0], sign * axis[1])
        while following in markers:
            assert following is not None
            run.insert(len(run) if sign == 1 else 0, following)
            following = board.step(following, sign * axis[0], sign * axis[1])
    return run


def detected(position: Position) -> list[list[int]]:
    """Every line of the player to move, cells in order along the axis."""
    own = position.own_markers(position.player)
    least = max(position.rules.need, position.rules.base)
    found = {tuple(run_through(position.board, own, cell, axis)) for cell in own for axis in position.board.axes}
    return [list(run) for run in sorted(found) if len(run) >= least]


def windows(run: list[int], length: int) -> list[list[int]]:
    """Every stretch of `length` consecutive cells."""
    return [run[start : start + length] for start in range(len(run) - length + 1)]


def line_moves(position: Position) -> list[tuple]:
    moves: list[tuple] = []
    need = position.rules.need
    for run in detected(position):
        cells = tuple(sorted(run))
        moves += [("L", cells), ("LO", cells, cells)]
        if len(run) > need:
            moves += [("LO", cells, tuple(sorted(window))) for window in windows(run, need)]
    if position.line_debt:
        moves += [("E", "line", cell, 1) for cell in position.controlled(position.player)]
    return moves


def process_line(position: Position, cells: tuple[int, ...]) -> None:
    """Collapse an exact line; on an overlength one the original engine does nothing but forget the debt (trap T3)."""
    position.line_debt = False
    if len(cells) == position.rules.need:
        choose_line_option(position, cells, cells)


def choose_line_option(position: Position, cells: tuple[int, ...], chosen: tuple[int, ...]) -> None:
    """Collapse all of the line and owe a ring, or only the required length for nothing."""
    position.collapse(set(chosen))
    position.line_debt = chosen == cells and bool(position.controlled(position.player))


def pay_for_line(position: Position, cell: int) -> None:
    position.put_stack(cell, position.stacks[cell][1:])
    position.credit(1)
    position.line_debt = False
