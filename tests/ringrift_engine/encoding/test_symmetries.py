"""Symmetries, against games whose cells were moved by coordinates here, without the tables that are judged."""

import numpy as np
import pytest

from ringrift_engine import BoardConfig, Game
from ringrift_engine.encoding import Encoding
from ringrift_engine.encoding.symmetries import NO_IMAGE, matrices
from tests.ringrift_engine.encoding.positions import Position, legal_of, records_of, sample

COUNTS = {"square8": 8, "square19": 8, "hex8": 4, "hexagonal": 12}
SAMPLES = [("square8_2p", 8), ("hex8_2p", 8), ("hex8_3p", 8), ("square19_2p", 2), ("hexagonal_2p", 2)]
SQUARE_MAPS = (
    lambda x, y: (x, y), lambda x, y: (-x, y), lambda x, y: (x, -y), lambda x, y: (-x, -y),
    lambda x, y: (y, x), lambda x, y: (-y, x), lambda x, y: (y, -x), lambda x, y: (-y, -x),
)  # fmt: skip
HEX8_MAPS = SQUARE_MAPS[:1] + SQUARE_MAPS[3:5] + SQUARE_MAPS[7:]
# In cube coordinates (x, y, z), x + y + z = 0: all exchanges, with and without a change of sign.
CUBE_MAPS = tuple(
    lambda x, y, order=order, sign=sign: tuple(sign * (x, y, -x - y)[index] for index in order[:2])
    for order in ((0, 1, 2), (1, 2, 0), (2, 0, 1), (1, 0, 2), (0, 2, 1), (2, 1, 0))
    for sign in (1, -1)
)


def maps_of(board: str):
    return {"hex8": HEX8_MAPS, "hexagonal": CUBE_MAPS}.get(board, SQUARE_MAPS)


def number_of(board: str, move) -> int:
    """The engine's number of a map: the one whose matrix takes the unit vectors to the same places."""
    columns = (move(1, 0), move(0, 1))
    (found,) = [k for k, matrix in enumerate(matrices(board)) if tuple(zip(*matrix, strict=True)) == columns]
    return found


def moved_cell(config: BoardConfig, move, cell: int) -> int:
    """Where a map takes a cell; coordinates from the centre are doubled, since square8 has no central cell."""
    last = config.size - 1
    x, y = move(2 * (cell % config.size) - last, 2 * (cell // config.size) - last)
    return (y + last) // 2 * config.size + (x + last) // 2


def moved_game(position: Position, move) -> Game:
    state = dict(position.snapshot)
    state["b"] = {str(moved_cell(position.config, move, int(cell))): what for cell, what in state["b"].items()}
    for key in ("mm", "ch", "ca"):
        if key in state:
            state[key] = moved_cell(position.config, move, state[key])
    return Game.from_snapshot(position.config, state, swap_rule=position.swap_rule)


@pytest.mark.parametrize("board", COUNTS)
def test_each_board_has_its_maps_and_each_once(board):
    tables = Encoding(BoardConfig.from_key(f"{board}_2p")).symmetry_tables
    assert tables.count == COUNTS[board] == len(np.unique(tables.cell_source, axis=0))
    assert sorted(number_of(board, move) for move in maps_of(board)) == list(range(COUNTS[board]))
    np.testing.assert_array_equal(tables.cell_source[0], np.arange(tables.cell_source.shape[1]))


@pytest.mark.parametrize(("key", "a_kind"), SAMPLES)
def test_the_encoding_of_a_moved_game_is_the_moved_encoding(key, a_kind):
    for position in sample(key, a_kind):
        encoding = Encoding(position.config)
        planes, numbers = encoding.encode(position.game().record)
        for move in maps_of(position.config.board):
            k = number_of(position.config.board, move)
            moved_planes, moved_numbers = encoding.encode(moved_game(position, move).record)
            np.testing.assert_array_equal(encoding.transform_planes(planes, k), moved_planes)
            np.testing.assert_array_equal(numbers, moved_numbers)


@pytest.mark.parametrize(("key", "a_kind"), SAMPLES)
def test_the_legal_moves_of_a_moved_game_are_the_moved_indices(key, a_kind):
    mapped = 0
    for position in sample(key, a_kind):
        if _depends_on_the_order_of_axes(position):
            continue
        encoding, board = Encoding(position.config), position.config.board
        factors = _pairs(encoding, position.game())
        for move in maps_of(board):
            images = encoding.transform_factors(np.array(sorted(factors), dtype=np.int32), number_of(board, move))
            found = _pairs(encoding, moved_game(position, move))
            kept = {tuple(pair) for pair in images.tolist() if NO_IMAGE not in pair}
            assert len(found) == len(factors)
            assert kept <= found
            mapped += len(kept)
            lost = [pair for pair, image in zip(sorted(factors), images.tolist(), strict=True) if NO_IMAGE in image]
            assert all(_may_lack_an_image(encoding.describe(first)) for first, _ in lost)
    assert mapped > 1_000


def _pairs(encoding: Encoding, game: Game) -> set[tuple[int, int]]:
    legal = legal_of(encoding.config.board, game.record)
    return {(first, second) for first, second in encoding.factors(game.record, legal).tolist()}


def _depends_on_the_order_of_axes(position: Position) -> bool:
    """Whether a recovery slide collapses a segment: of two equally long runs the first axis has it (RULES.md 7)."""
    return any(move.to_tuple()[0] == "R" and move.to_tuple()[4] == 2 for move in position.game().legal_moves(True))


def _may_lack_an_image(words: str) -> bool:
    return words.startswith(("claim", "process_line", "collapse_line"))


@pytest.mark.parametrize("key", ["square8_3p", "hex8_3p", "hexagonal_2p"])
def test_a_map_and_its_inverse_lead_back(key):
    encoding = Encoding(BoardConfig.from_key(key))
    tables = encoding.symmetry_tables
    planes = np.arange(2 * 3 * encoding.config.box, dtype=np.int32).reshape(2, 3, encoding.config.size, -1)
    indices = np.arange(encoding.policy_size, dtype=np.int32)[:, None]
    for k in range(tables.count):
        opposite = np.linalg.inv(np.array(matrices(key.split("_")[0])[k])).round().astype(int)
        inverse = matrices(key.split("_")[0]).index(tuple(map(tuple, opposite.tolist())))
        there = encoding.transform_planes(planes, k)
        np.testing.assert_array_equal(encoding.transform_planes(there, inverse), planes)
        image = encoding.transform_factors(indices, k)[:, 0]
        has_image = image != NO_IMAGE
        back = encoding.transform_factors(image[has_image, None], inverse)[:, 0]
        np.testing.assert_array_equal(back, indices[has_image, 0])
        assert len(np.unique(image[has_image])) == has_image.sum()


def test_one_map_a_row_is_each_row_with_its_own_map():
    positions = list(sample("square8_2p", 5))
    encoding, records = Encoding(positions[0].config), records_of(positions)
    legal = legal_of("square8", records)
    planes, factors = encoding.encode(records)[0], encoding.factors(records, legal)
    wished = np.arange(len(records)) % encoding.symmetries
    moved = encoding.transform_planes(planes, wished)
    moved_factors = encoding.transform_factors(factors, np.repeat(wished, legal.counts))
    for row, k in enumerate(wished):
        np.testing.assert_array_equal(moved[row], encoding.transform_planes(planes[row : row + 1], int(k))[0])
        own = slice(legal.offsets[row], legal.offsets[row + 1])
        np.testing.assert_array_equal(moved_factors[own], encoding.transform_factors(factors[own], int(k)))
