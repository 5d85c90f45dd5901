"""What a game keeps beside its cells so as not to look at them, rows, lanes, counters, pieces, says what they say.

Rows, lanes and counters are compared with those of a game read from the snapshot, which sets them cell by cell; pieces
with the components that the naive engine finds.
"""

import numpy as np
import pytest

from ringrift_engine import Game, Move
from ringrift_engine.boards import BOARD_NAMES, CONFIG_KEYS, BoardConfig
from ringrift_engine.boards.lanes import lanes_of
from ringrift_engine.game.snapshot import read_snapshot
from ringrift_engine.rules.state import RING_PLACEMENT, UNCOUNTED
from tests.naive.boards import board_of
from tests.naive.position import parse
from tests.naive.territory import components
from tests.support.walks import naive_rules, walk_of

KEPT = (
    "cell",
    "rings",
    "height",
    "cap",
    "marker_rows",
    "stack_rows",
    "open_rows",
    "lanes",
    "on_board",
    "stacks",
    "markers",
)
STEPS_COMPARED = 60


def differences(config: BoardConfig, game: Game, state: dict) -> list[str]:
    """Which fields of the game's record are not those of the same position read from its snapshot."""
    read, kept = read_snapshot(config, state)[0], game.record[0]
    return [name for name in KEPT if not np.array_equal(read[name], kept[name])]


def wrong_pieces(config: BoardConfig, game: Game, state: dict) -> list[int]:
    """The colours whose pieces are counted wrong; not counting them is not wrong within a turn."""
    position, pieces = parse(state, naive_rules(config)), game.record[0].pieces
    found = {colour: len(components(position, colour or None)) for colour in range(config.num_players + 1)}
    must_know = game.record[0].phase == RING_PLACEMENT
    return [
        colour
        for colour, count in found.items()
        if pieces[colour] != count and (must_know or pieces[colour] != UNCOUNTED)
    ]


@pytest.mark.parametrize("key", CONFIG_KEYS)
def test_everything_kept_beside_the_cells_says_what_they_say(key):
    walk = walk_of(key, 1)
    game = Game(walk.config)
    compared = range(0, len(walk.steps), max(1, len(walk.steps) // STEPS_COMPARED))
    for number, step in enumerate(walk.steps):
        game.apply(Move.from_tuple(walk.config, step.move))
        if number in compared:
            assert differences(walk.config, game, step.after) == [], f"after move {number}, {step.move}"
            assert wrong_pieces(walk.config, game, step.after) == [], f"after move {number}, {step.move}"


@pytest.mark.parametrize("board", BOARD_NAMES)
def test_along_a_ray_the_place_in_a_lane_changes_by_one_and_beyond_its_end_the_lane_blocks(board):
    lanes, cells = lanes_of(board), board_of(board)
    axes = lanes.lane.shape[1]
    for cell, rays in cells.rays.items():
        for direction, ray in enumerate(rays):
            axis, step = direction % axes, 1 if direction < axes else -1
            path = [cell, *ray]
            assert {lanes.lane[other, axis] for other in path} == {lanes.lane[cell, axis]}
            places = [int(lanes.place[other, axis]) for other in path]
            assert places == list(range(places[0], places[0] + step * len(path), step))
            word = int(lanes.empty[lanes.lane[cell, axis]])
            assert not any(word >> place & 1 for place in places)
            assert word >> places[-1] + step & 1
