"""Symmetries of RULES.md 7: a game turned or mirrored stays the same game, and so does one with seats shifted.

Known exception: which line a recovery forms depends on the order of the axes, so positions with line recoveries are
left out, and a game is followed only up to the first one that is played. On hex8 only four of the twelve maps hold,
because the border of a claimed region spreads along two directions that are no neighbours.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringrift_engine import BoardConfig, Game
from tests.naive.boards import SHAPES
from tests.support.scenes import cell, scene_state
from tests.support.traces import State
from tests.support.walks import Walk, walks

Point = tuple[int, int]
Map = Callable[[int, int], Point]

SQUARE_KEYS = tuple(f"{board}_{n}p" for board in ("square8", "square19") for n in (2, 3, 4))
HEX8_KEYS = tuple(f"hex8_{n}p" for n in (2, 3, 4))
HEXAGONAL_KEYS = tuple(f"hexagonal_{n}p" for n in (2, 3, 4))

HEX8_MAPS: list[Map] = [
    lambda x, y: (x, y),
    lambda x, y: (-x, -y),
    lambda x, y: (y, x),
    lambda x, y: (-y, -x),
]


def hexagonal_maps() -> list[Map]:
    """Rotations by 60 degrees take cube (x, y, z) to (-y, -z, -x); reflections swap x and y."""

    def rotated(times: int, mirror: bool) -> Map:
        def apply(x: int, y: int) -> Point:
            x, y = (y, x) if mirror else (x, y)
            for _ in range(times):
                x, y = -y, x + y
            return x, y

        return apply

    return [rotated(times, mirror) for mirror in (False, True) for times in range(6)]


def square_maps(board: str) -> list[Map]:
    last = SHAPES[board][0] - 1

    def turned(flip_x: bool, flip_y: bool, swap: bool) -> Map:
        def apply(x: int, y: int) -> Point:
            x, y = (last - x if flip_x else x), (last - y if flip_y else y)
            return (y, x) if swap else (x, y)

        return apply

    return [turned(a, b, c) for a in (False, True) for b in (False, True) for c in (False, True)]


class Turned:
    """Cells, moves and states of a board under one of its maps."""

    def __init__(self, board: str, map_: Map) -> None:
        self.width, self.offset = SHAPES[board]
        self.map = map_

    def cell(self, number: int) -> int:
        y, x = divmod(number, self.width)
        x, y = self.map(x - self.offset, y - self.offset)
        return (y + self.offset) * self.width + x + self.offset

    def cells(self, numbers: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(sorted(map(self.cell, numbers)))

    def move(self, move: tuple) -> tuple:
        code = move[0]
        if code in ("P", "F"):
            return (code, self.cell(move[1]), move[2])
        if code == "E":
            return (code, move[1], self.cell(move[2]), move[3])
        if code == "R":
            stack, cells = move[5:]
            turned = (None if stack is None else self.cell(stack), cells and self.cells(cells))
            return (code, move[1], self.cell(move[2]), self.cell(move[3]), move[4], *turned)
        return (code, *(self.cells(part) if isinstance(part, tuple) else self.cell(part) for part in move[1:]))

    def state(self, state: State) -> State:
        turned = {name: self.cell(state[name]) for name in ("mm", "ch", "ca") if name in state}
        return state | turned | {"b": {str(self.cell(int(cell))): content for cell, content in state["b"].items()}}


def assert_turned_game_is_the_same(walk: Walk, turned: Turned) -> None:
    game = Game(walk.config)
    for step in walk.steps:
        assert game.snapshot() == turned.state(step.before)
        if not any(move[:2] == ("R", "line") for move in step.legal):
            legal = {move.to_tuple() for move in game.legal_moves(include_rejected=True)}
            assert legal == {turned.move(move) for move in step.legal}
        elif step.move[:2] == ("R", "line"):
            return
        game.apply(turned.move(step.move))
    assert game.snapshot() == turned.state(walk.steps[-1].after)
    assert game.how == walk.how


@settings(max_examples=12)
@given(walk=walks(SQUARE_KEYS), number=st.integers(1, 7))
def test_a_square_game_is_the_same_under_all_eight_maps(walk, number):
    assert_turned_game_is_the_same(walk, Turned(walk.config.board, square_maps(walk.config.board)[number]))


@settings(max_examples=10)
@given(walk=walks(HEX8_KEYS), number=st.integers(1, 3))
def test_a_hex8_game_is_the_same_under_four_maps(walk, number):
    assert_turned_game_is_the_same(walk, Turned("hex8", HEX8_MAPS[number]))


@settings(max_examples=8)
@given(walk=walks(HEXAGONAL_KEYS), number=st.integers(1, 11))
def test_a_hexagonal_game_is_the_same_under_all_twelve_maps(walk, number):
    assert_turned_game_is_the_same(walk, Turned("hexagonal", hexagonal_maps()[number]))


@pytest.mark.parametrize(("number", "same"), [(0, True), (1, False), (3, True), (6, True), (7, False), (9, True)])
def test_on_hex8_a_turn_by_60_degrees_changes_what_a_claim_takes(number, same):
    """Example E8: the chain of markers from the border uses a link that the turned board does not have."""
    border = {(3, 0): "m2", (4, -1): "m2", (3, 1): "m2", (2, -1): "m1", (1, -2): "m1", (2, 1): "m1"}
    state = scene_state("hex8_2p", border | {(-4, 4): "s12", (-4, 0): "s2"}, phase="TP")
    turned = Turned("hex8", hexagonal_maps()[number])
    corner = cell("hex8", (4, 0))
    assert (claimed(turned.state(state), turned.cell(corner)) == turned.state(claimed(state, corner))) is same


def claimed(state: State, corner: int) -> State:
    """The state after the region of one cell is claimed."""
    game = Game.from_snapshot(BoardConfig.from_key("hex8_2p"), state)
    game.apply(("T", (corner,)))
    return game.snapshot()


@st.composite
def walks_from_somewhere(draw: Any) -> tuple[Walk, int]:
    walk = draw(walks())
    return walk, draw(st.integers(0, len(walk.steps) - 1))


def shifted(state: State, players: int) -> State:
    """The state with every seat one further: who was player 1 is player 2, the last one player 1."""

    def seat(number: int) -> int:
        return number % players + 1 if number else 0

    def content(text: str) -> str:
        return text[0] + "".join(str(seat(int(owner))) for owner in text[1:])

    changed = {
        "b": {cell: content(text) for cell, text in state["b"].items()},
        "cp": seat(state["cp"]),
        "pl": [state["pl"][-1], *state["pl"][:-1]],
    }
    if "w" in state:
        changed["w"] = seat(state["w"])
    if "lp" in state:
        index, first, mask, exclusive, rounds, player = state["lp"]
        shifted_mask = sorted([seat(number), real] for number, real in mask)
        changed["lp"] = [index, seat(first), shifted_mask, seat(exclusive), rounds, seat(player)]
    return state | changed


@settings(max_examples=20)
@given(start=walks_from_somewhere())
def test_no_rule_knows_a_seat_by_its_number(start):
    """Moves name no seats, so the same tuples lead on from a position whose seats are shifted."""
    walk, number = start
    players = walk.config.num_players
    game = Game.from_snapshot(walk.config, shifted(walk.steps[number].before, players))
    for step in walk.steps[number : number + 150]:
        assert {move.to_tuple() for move in game.legal_moves(include_rejected=True)} == set(step.legal)
        game.apply(step.move)
        assert game.snapshot() == shifted(step.after, players)
