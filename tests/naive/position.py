"""A position as sets and dicts, made from the state dict of a recorded game and turned back into one."""

from dataclasses import dataclass, field
from typing import Any

from tests.naive.boards import Board, Rules


@dataclass
class LastPlayer:
    """The last-player-standing tracker (RULES.md 5.4), with the two diagnostics that recordings carry."""

    first: int = 0
    mask: dict[int, bool] = field(default_factory=dict)
    rounds: int = 0
    player: int = 0
    round_index: int = 0
    exclusive: int = 0


@dataclass
class Position:
    """Everything that decides the future (RULES.md 2.1). Stacks are tuples of owners, top first."""

    rules: Rules
    stacks: dict[int, tuple[int, ...]]
    markers: dict[int, int]
    collapsed: dict[int, int]
    player: int
    phase: str
    hand: dict[int, int]
    eliminated: dict[int, int]
    territory: dict[int, int]
    turn: int = 1
    winner: int = 0
    how: str = ""
    must_move: int | None = None
    chain_cell: int | None = None
    capture_origin: int | None = None
    line_debt: bool = False
    territory_debt: bool = False
    recovered: bool = False
    acted: bool = False
    swap_offered: bool = False
    last_player: LastPlayer = field(default_factory=LastPlayer)

    @property
    def board(self) -> Board:
        return self.rules.board

    def blocked(self, cell: int) -> bool:
        """Whether a ray ends here; markers never block."""
        return cell in self.stacks or cell in self.collapsed

    def controlled(self, player: int) -> list[int]:
        return [cell for cell, stack in self.stacks.items() if stack[0] == player]

    def with_buried(self, player: int) -> list[int]:
        """Stacks that hold a ring of the player below the top."""
        return [cell for cell, stack in self.stacks.items() if player in stack[1:]]

    def own_markers(self, player: int) -> set[int]:
        return {cell for cell, owner in self.markers.items() if owner == player}

    def has_ring_anywhere(self, player: int) -> bool:
        return self.hand[player] > 0 or any(player in stack for stack in self.stacks.values())

    def put_stack(self, cell: int, stack: tuple[int, ...]) -> None:
        """Leave `stack` at the cell; without rings the cell is empty."""
        self.stacks.pop(cell, None)
        if stack:
            self.stacks[cell] = stack

    def collapse(self, cells: set[int]) -> None:
        """The cells become territory of the player to move; markers on them vanish."""
        for cell in cells:
            self.markers.pop(cell, None)
            self.collapsed[cell] = self.player
        self.territory[self.player] += len(cells)

    def credit(self, rings: int) -> None:
        """Eliminated rings count for the player to move, whatever their colour."""
        self.eliminated[self.player] += rings


def cap_of(stack: tuple[int, ...]) -> int:
    """Length of the run of equal owners from the top."""
    cap = 1
    while cap < len(stack) and stack[cap] == stack[0]:
        cap += 1
    return cap


def parse(state: dict[str, Any], rules: Rules) -> Position:
    """The position that a state dict describes."""
    stacks, markers, collapsed = {}, {}, {}
    for text, content in state["b"].items():
        cell, kind, owners = int(text), content[0], tuple(int(digit) for digit in content[1:])
        if kind == "s":
            stacks[cell] = owners
        else:
            (markers if kind == "m" else collapsed)[cell] = owners[0]
    index, first, mask, exclusive, rounds, player = state.get("lp") or (0, 0, [], 0, 0, 0)
    seats = dict(enumerate(state["pl"], start=1))
    return Position(
        rules,
        stacks,
        markers,
        collapsed,
        player=state["cp"],
        phase=state["ph"],
        hand={seat: numbers[0] for seat, numbers in seats.items()},
        eliminated={seat: numbers[1] for seat, numbers in seats.items()},
        territory={seat: numbers[2] for seat, numbers in seats.items()},
        turn=state.get("tn", 1),
        winner=state.get("w", 0),
        must_move=state.get("mm"),
        chain_cell=state.get("ch"),
        capture_origin=state.get("ca"),
        line_debt=bool(state.get("pe")),
        territory_debt=bool(state.get("pt")),
        recovered=bool(state.get("rc")),
        acted=bool(state.get("ha")),
        swap_offered=bool(state.get("sw")),
        last_player=LastPlayer(first, {seat: bool(real) for seat, real in mask}, rounds, player, index, exclusive),
    )


def unparse(position: Position) -> dict[str, Any]:
    """The state dict of a position; what is not set is absent."""
    board = {str(cell): "s" + "".join(map(str, stack)) for cell, stack in position.stacks.items()}
    board |= {str(cell): f"m{owner}" for cell, owner in position.markers.items()}
    board |= {str(cell): f"c{owner}" for cell, owner in position.collapsed.items()}
    state: dict[str, Any] = {
        "b": board,
        "cp": position.player,
        "ph": position.phase,
        "st": "c" if position.winner else "a",
        "pl": [
            [position.hand[seat], position.eliminated[seat], position.territory[seat]] for seat in position.rules.seats
        ],
        "tn": position.turn,
    }
    if position.winner:
        return state | {"w": position.winner}
    for name, cell in (("mm", position.must_move), ("ch", position.chain_cell), ("ca", position.capture_origin)):
        if cell is not None:
            state[name] = cell
    flags = {"pe": position.line_debt, "pt": position.territory_debt, "rc": position.recovered, "ha": position.acted}
    state |= {name: 1 for name, raised in (flags | {"sw": position.swap_offered}).items() if raised}
    tracker = position.last_player
    mask = [[seat, int(real)] for seat, real in sorted(tracker.mask.items())]
    state["lp"] = [tracker.round_index, tracker.first, mask, tracker.exclusive, tracker.rounds, tracker.player]
    return state
