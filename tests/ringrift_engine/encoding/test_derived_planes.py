"""Planes that tell what follows from a position: against the long way to them, and against the moves of the engine."""

import numpy as np
import pytest

from ringrift_engine.boards import CONFIGS
from ringrift_engine.encoding import Encoding
from ringrift_engine.game.snapshot import read_snapshot, write_snapshot
from ringrift_engine.rules import moves as m
from ringrift_engine.rules.state import MOVEMENT, NOWHERE
from tests.ringrift_engine.encoding.derived import derived_numbers, derived_planes
from tests.ringrift_engine.encoding.positions import legal_of
from tests.ringrift_engine.search.positions import random_positions

# Configuration, games, and decisions after which they are looked at.
STAGES = [
    ("hex8_2p", 4, (2, 20, 40, 70)), ("hex8_3p", 4, (20, 50)), ("hex8_4p", 4, (20, 50)),
    ("square8_2p", 4, (2, 20, 40, 70)), ("square8_3p", 4, (20, 50)), ("square8_4p", 4, (20, 50)),
    ("square19_2p", 1, (50, 200)), ("square19_4p", 1, (300,)), ("hexagonal_2p", 1, (50, 300)),
    ("hexagonal_3p", 1, (400,)),
]  # fmt: skip


def positions(key: str, count: int, stages: tuple[int, ...]) -> np.recarray:
    found = [random_positions(CONFIGS[key], count, decisions, seed=decisions)[0] for decisions in stages]
    return np.concatenate(found).view(np.recarray)


@pytest.mark.parametrize(("key", "count", "stages"), STAGES)
def test_planes_and_numbers_say_what_follows_from_a_random_position(key, count, stages):
    config, encoding = CONFIGS[key], Encoding(CONFIGS[key])
    games = positions(key, count, stages)
    planes, numbers = encoding.encode(games)
    for game, row, told in zip(games, planes, numbers, strict=True):
        expected = derived_planes(config, write_snapshot(config, game))
        for name, plane in expected.items():
            found = row[encoding.plane_names.index(name)].ravel()
            np.testing.assert_array_equal(found, plane, err_msg=name)
        for name, number in derived_numbers(config, expected).items():
            assert told[encoding.global_names.index(name)] == pytest.approx(number, abs=1e-6), name


@pytest.mark.parametrize(("key", "count", "stages"), STAGES)
def test_mobility_threats_and_landings_are_those_of_the_legal_moves(key, count, stages):
    """Each seat is given the move in turn, in the movement phase and with every stack free to act."""
    config, encoding = CONFIGS[key], Encoding(CONFIGS[key])
    games = positions(key, count, stages)
    players = config.num_players
    shape = (len(games), players, config.box)
    for relative in range(players):
        asked = games.copy()
        asked.player = (games.player - 1 + relative) % players + 1
        asked.phase = MOVEMENT
        asked.must_move = NOWHERE
        legal = legal_of(config.board, asked)
        mobility, landing, threats = (np.zeros(shape[::2], dtype=int) for _ in range(3))
        overtaken = set()
        for row in range(len(games)):
            for move in legal.moves[legal.offsets[row] : legal.offsets[row + 1]]:
                if m.kind_of(move) in (m.SLIDE, m.CAPTURE_MOVE):
                    mobility[row, m.first_of(move)] += 1
                    landing[row, m.second_of(move)] += 1
                if m.kind_of(move) == m.CAPTURE_MOVE:
                    overtaken.add((row, m.first_of(move), m.third_of(move)))
        for row, _, target in overtaken:
            threats[row, target] += 1
        planes = encoding.encode(games)[0].reshape(len(games), encoding.planes, config.box)
        wanted = {"mobility": np.minimum(mobility, 64), "landing": landing, "threat": threats}
        for name, plane in wanted.items():
            np.testing.assert_array_equal(planes[:, encoding.plane_names.index(f"{name}_{relative}")], plane, name)
        assert mobility.any()


def encoded(key: str, cells: dict[int, str], name: str) -> dict[int, int]:
    """Where a plane is not 0 in a position with these cells, seen by the first player."""
    config = CONFIGS[key]
    state = {"b": {str(cell): what for cell, what in cells.items()}, "cp": 1, "ph": "MV", "st": "a", "tn": 9}
    state |= {"pl": [[3, 0, 0]] * config.num_players, "lp": [0, 0, [], 0, 0, 0]}
    encoding = Encoding(config)
    plane = encoding.encode(read_snapshot(config, state))[0][0, encoding.plane_names.index(name)].ravel()
    return {int(cell): int(plane[cell]) for cell in np.flatnonzero(plane)}


def test_a_wall_with_a_gap_is_cut_where_it_is_open():
    """square8: markers in the row y = 2 but for x = 5, so 16 cells hang on three in a row."""
    wall = {2 * 8 + x: "m1" for x in range(8) if x != 5}
    assert encoded("square8_2p", wall, "cut_0") == {8 + 5: 15, 16 + 5: 16, 24 + 5: 17}
    assert encoded("square8_2p", wall, "cut_1") == {}
    closed = encoded("square8_2p", wall | {16 + 5: "c2"}, "enclosed_0")
    assert closed == dict.fromkeys(range(16), 16)


def test_a_fourth_marker_makes_a_line_wherever_the_gap_is():
    """hex8: markers at x = 2, 3 and 5 of the middle row, an opponent's stack on the gap."""
    row = {4 * 9 + x: "m1" for x in (2, 3, 5)} | {4 * 9 + 4: "s2"}
    runs = encoded("hex8_2p", row, "line_0")
    assert {cell - 36: run for cell, run in runs.items() if 36 <= cell < 45} == {1: 3, 2: 2, 3: 2, 4: 4, 6: 2}
    assert set(runs.values()) == {2, 3, 4}
