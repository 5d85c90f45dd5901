"""Every legal move has a pair of policy indices of its own, and the pair says what the move is.

Distinctness is tried on all positions of recorded games (large boards: every fifth), against the recorded number of
moves. What an index means is tried against the tuples of recorded games, translated here by coordinates.
"""

from dataclasses import replace

import numpy as np
import pytest

from ringrift_engine import BoardConfig
from ringrift_engine.batch import LegalMoves
from ringrift_engine.encoding import Encoding
from ringrift_engine.errors import ConfigError
from ringrift_engine.rules.setup import new_games
from tests.ringrift_engine.encoding.positions import (
    Position,
    legal_of,
    next_seat,
    positions_of,
    records_of,
    sample,
)
from tests.support.traces import GAME_FILES, games_of

CONSTANT = "constant 0"
LARGE_BOARDS = ("square19", "hexagonal")
SQUARE_AXES = {(1, 0), (0, 1), (1, 1), (1, -1)}
HEX_AXES = {(1, 0), (1, -1), (0, -1)}


@pytest.mark.slow
@pytest.mark.parametrize("path", GAME_FILES, ids=lambda path: path.name.removesuffix(".jsonl.gz"))
def test_no_two_legal_moves_of_a_recorded_position_share_their_indices(path):
    for game in games_of(path):
        # Reading a position of a large board takes a millisecond, so of those only every fifth is tried.
        positions = list(positions_of(game))[:: 5 if game.header["board"] in LARGE_BOARDS else 1]
        config = positions[0].config
        encoding, records = Encoding(config), records_of(positions)
        legal = legal_of(config.board, records)
        factors = encoding.factors(records, legal)
        for row, position in enumerate(positions):
            own = factors[legal.offsets[row] : legal.offsets[row + 1]]
            assert len(np.unique(own, axis=0)) == position.legal_count, (game.game_id, row)


@pytest.mark.parametrize(
    ("key", "a_kind"),
    [("square8_2p", 12), ("hex8_3p", 12), ("square8_4p", 12), ("square19_2p", 3), ("hexagonal_2p", 3)],
)
def test_the_indices_of_a_move_describe_it(key, a_kind):
    positions = sample(key, a_kind)
    kinds = set()
    for position in positions:
        encoding, game = Encoding(position.config), position.game()
        legal = legal_of(position.config.board, game.record)
        described = {
            tuple(encoding.describe(index) for index in pair) for pair in encoding.factors(game.record, legal).tolist()
        }
        moves = [move.to_tuple() for move in game.legal_moves(include_rejected=True)]
        assert described == {expected for move in moves for expected in _described(position, move, described)}
        kinds |= {move[0] for move in moves}
    assert {"P", "M", "C", "CC", "L", "LO", "E", "T", "ST", "NL"} <= kinds


def _described(position: Position, move: tuple, found: set) -> list[tuple[str, str]]:
    """The words expected for a recorded move. Border colours of a claim are the engine's own: any is accepted here."""
    code, size = move[0], position.config.size

    def at(name: str, what: str, cell: int) -> str:
        return f"{name} @ {what} {cell} (x {cell % size}, y {cell // size})"

    if code == "T":
        lowest = min(move[1])
        borders = ["no border colour", *(f"border of relative seat {seat}" for seat in range(4))]
        words = [at(f"claim {border}", "lowest cell of the region", lowest) for border in borders]
        return [pair for word in words if (pair := (word, CONSTANT)) in found]
    if code in ("M", "C", "CC"):
        name = "slide" if code == "M" else "capture"
        origin, target = move[1], move[-1]
        way = _direction(size, origin, target)
        return [(at(f"{name}_to {way}", "landing cell", target), at(f"{name}_from {way}", "origin", origin))]
    if code == "R":
        return [_described_recovery(position, move, at)]
    single = {
        "P": lambda: at(f"place {move[-1]}", "cell placed on", move[1]),
        "E": lambda: at("eliminate", "stack eliminated from", move[2]),
        "F": lambda: at("eliminate", "stack eliminated from", move[1]),
        "L": lambda: at(*_line(position, "process_line", move[1])),
        "LO": lambda: at(*_line(position, "collapse_line" if move[1] == move[2] else "collapse_segment", move[2])),
    }
    specials = {
        "SP": "skip_placement", "NP": "no_placement_action", "SW": "swap_sides", "SC": "skip_capture",
        "NM": "no_movement_action", "SR": "skip_recovery", "NL": "no_line_action", "ST": "skip_territory_processing",
        "NT": "no_territory_action",
    }  # fmt: skip
    return [(specials[code] if code in specials else single[code](), CONSTANT)]


def _described_recovery(position, move, at):
    _, _, origin, target, option, extraction, cells = move
    way = _direction(position.config.size, origin, target)
    step = at(f"recover_from {way}", "the marker's origin", origin)
    if option == 1:
        return step, at("extraction", "stack that gives up a ring", extraction)
    return step, at(*_line(position, "recovery_segment", cells))


def _direction(size: int, origin: int, target: int) -> tuple[int, int]:
    dx, dy = target % size - origin % size, target // size - origin // size
    steps = max(abs(dx), abs(dy))
    return dx // steps, dy // steps


def _line(position: Position, name: str, cells: tuple[int, ...]) -> tuple[str, str, int]:
    """Name, meaning of the cell, and the cell: the end from which the axis leads over the line."""
    axes = HEX_AXES if position.config.is_hex else SQUARE_AXES
    forward = _direction(position.config.size, cells[0], cells[-1])
    what = "first cell of the line" if name in ("process_line", "collapse_line") else "first cell of the segment"
    if forward in axes:
        return f"{name} {forward}", what, cells[0]
    return f"{name} {(-forward[0], -forward[1])}", what, cells[-1]


@pytest.mark.parametrize("key", ["square8_3p", "hex8_4p"])
def test_a_move_has_the_same_indices_from_every_seat(key):
    claims = 0
    for position in sample(key, 10):
        if "sw" in position.snapshot:
            continue
        turned = replace(position, snapshot=next_seat(position.snapshot, position.config.num_players))
        pairs, same = (_pairs(one) for one in (position, turned))
        assert pairs == same
        claims += sum("border of relative seat" in Encoding(position.config).describe(first) for first, _ in pairs)
    assert claims > 10


def _pairs(position: Position) -> set[tuple[int, int]]:
    game, encoding = position.game(), Encoding(position.config)
    factors = encoding.factors(game.record, legal_of(position.config.board, game.record))
    return {(first, second) for first, second in factors.tolist()}


def test_the_last_index_is_the_constant_and_no_move_has_it_as_first():
    config = BoardConfig.from_key("hex8_2p")
    encoding, games = Encoding(config), new_games(config, 1)
    factors = encoding.factors(games, legal_of("hex8", games))
    assert encoding.describe(encoding.policy_size - 1) == CONSTANT
    assert factors[:, 0].max() < encoding.policy_size - 1
    assert (factors[:, 1] == encoding.policy_size - 1).all()  # placements need one index only


def test_the_layout_adds_up():
    for key, planes in (("square8_2p", 64), ("hex8_2p", 50), ("hexagonal_4p", 52)):
        encoding = Encoding(BoardConfig.from_key(key))
        assert encoding.policy_planes == planes
        assert encoding.policy_size == planes * encoding.config.box + encoding.specials + 1


def test_an_index_outside_the_policy_is_refused():
    encoding = Encoding(BoardConfig.from_key("hex8_2p"))
    with pytest.raises(IndexError, match="no policy index of hex8_2p"):
        encoding.describe(encoding.policy_size)


def test_moves_of_another_number_of_positions_are_refused():
    config = BoardConfig.from_key("hex8_2p")
    games = new_games(config, 2)
    legal = LegalMoves(np.zeros(0, dtype=np.int64), np.zeros(2, dtype=np.int64))
    with pytest.raises(ConfigError, match="moves of 1 positions were given for 2 games"):
        Encoding(config).factors(games, legal)
