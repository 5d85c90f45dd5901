"""Hand-made positions: cells by coordinates, as the rules write their examples, and a game to ask and to play on."""

from typing import Any

from ringrift_engine import BoardConfig, Game
from tests.naive.boards import SHAPES

Point = tuple[int, int]
PHASES_BEFORE_ACTING = ("RP", "MV")


def cell(board: str, point: Point) -> int:
    """The number of a cell from (x, y), axial on hexagonal boards."""
    width, offset = SHAPES[board]
    return (point[1] + offset) * width + point[0] + offset


def scene_state(
    key: str, cells: dict[Point, str], phase: str = "MV", player: int = 1, **changes: Any
) -> dict[str, Any]:
    """The state dict of a position; `hand` and `eliminated` are lists by seat, other changes are keys of the dict.

    Territory is counted from the collapsed cells; from line processing on the player has acted, unless `ha=0` is given.
    """
    board, players = key.split("_")[0], int(key[-2])
    nothing = [0] * players
    hand, eliminated = changes.pop("hand", nothing), changes.pop("eliminated", nothing)
    territory = [sum(content == f"c{seat}" for content in cells.values()) for seat in range(1, players + 1)]
    state = {
        "b": {str(cell(board, point)): content for point, content in cells.items()},
        "cp": player,
        "ph": phase,
        "st": "a",
        "pl": [list(numbers) for numbers in zip(hand, eliminated, territory, strict=True)],
        "tn": 1,
        "lp": [0, 0, [], 0, 0, 0],
    }
    flags = {"ha": 0 if phase in PHASES_BEFORE_ACTING else 1} | changes
    return state | {name: value for name, value in flags.items() if value}


class Scene:
    """A game from a hand-made position."""

    def __init__(self, key: str, cells: dict[Point, str], phase: str = "MV", player: int = 1, **changes: Any) -> None:
        self.board = key.split("_")[0]
        self.game = Game.from_snapshot(BoardConfig.from_key(key), scene_state(key, cells, phase, player, **changes))

    def cells(self, *points: Point) -> tuple[int, ...]:
        """The numbers of the points, ascending."""
        return tuple(sorted(cell(self.board, point) for point in points))

    def number(self, point: Point) -> int:
        return cell(self.board, point)

    def legal(self, *codes: str) -> set[tuple]:
        """The legal tuples with one of the codes, refused recoveries included; all without codes."""
        moves = [move.to_tuple() for move in self.game.legal_moves(include_rejected=True)]
        assert len(moves) == len(set(moves))
        return {move for move in moves if not codes or move[0] in codes}

    def refused(self) -> set[tuple]:
        return self.legal() - {move.to_tuple() for move in self.game.legal_moves()}

    def play(self, *moves: tuple) -> None:
        for move in moves:
            self.game.apply(move)

    def at(self, point: Point) -> str | None:
        """What a cell holds, in the notation of the state dict; None if it is empty."""
        return self.game.snapshot()["b"].get(str(self.number(point)))

    def seat(self, player: int) -> list[int]:
        """Rings in hand, rings eliminated, territory."""
        return self.game.snapshot()["pl"][player - 1]

    def flag(self, name: str) -> Any:
        return self.game.snapshot().get(name)

    @property
    def phase(self) -> str:
        return self.game.snapshot()["ph"]
