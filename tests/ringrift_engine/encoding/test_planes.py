"""What a network is told of a position, against a reading of the recorded dict that shares nothing with the engine."""

import numpy as np
import pytest

from ringrift_engine import BoardConfig, Game
from ringrift_engine.encoding import Encoding
from ringrift_engine.errors import ConfigError
from ringrift_engine.rules.setup import new_games
from tests.ringrift_engine.encoding.derived import derived_numbers, derived_planes
from tests.ringrift_engine.encoding.positions import Position, next_seat, records_of, sample

PHASES = {
    "RP": "ring_placement", "MV": "movement", "CA": "capture", "CH": "chain_capture", "LP": "line_processing",
    "TP": "territory_processing", "FE": "forced_elimination",
}  # fmt: skip
SAMPLES = [("square8_2p", 20), ("hex8_4p", 20), ("square8_3p", 20), ("square19_3p", 6), ("hexagonal_4p", 6)]


def planes_read_from(position: Position) -> dict[str, np.ndarray]:
    """Every plane by name, from the dict of the recording."""
    config, state = position.config, position.snapshot
    players, mover = config.num_players, state["cp"]
    cells = {name: np.zeros(config.box, dtype=int) for name in Encoding(config).plane_names}
    radius = config.size // 2
    for cell in range(config.box):
        x, y = cell % config.size - radius, cell // config.size - radius
        cells["playable"][cell] = not config.is_hex or abs(x + y) <= radius
    for text, content in state["b"].items():
        cell, kind = int(text), content[0]
        seats = [(int(owner) - mover) % players for owner in content[1:]]
        if kind == "s":
            cells[f"height_{seats[0]}"][cell] = len(seats)
            cap = next((depth for depth, seat in enumerate(seats) if seat != seats[0]), len(seats))
            cells[f"cap_{seats[0]}"][cell] = cap
            for seat in seats[1:]:
                cells[f"buried_{seat}"][cell] += 1
        else:
            cells[f"{'marker' if kind == 'm' else 'territory'}_{seats[0]}"][cell] = 1
    active = {"MV": "mm", "CA": "ca", "CH": "ch"}.get(state["ph"], "")
    if active in state:
        cells["active"][state[active]] = 1
    return cells | derived_planes(config, state)


def numbers_read_from(position: Position, planes: dict[str, np.ndarray]) -> dict[str, float]:
    """Every global number by name, from the dict of the recording and the planes read from it."""
    config, state = position.config, position.snapshot
    players, mover = config.num_players, state["cp"]
    numbers = dict.fromkeys(Encoding(config).global_names, 0.0)
    numbers[f"phase_{PHASES[state['ph']]}"] = 1
    flags = {
        "line_payment_due": "pe",
        "territory_payment_due": "pt",
        "acted": "ha",
        "recovered": "rc",
        "swap_on_offer": "sw",
    }
    numbers |= {name: float(key in state) for name, key in flags.items()}
    _, first, mask, _, rounds, exclusive = state["lp"]
    contents = list(state["b"].values())
    for seat in range(1, players + 1):
        hand, eliminated, territory = state["pl"][seat - 1]
        rings = sum(content.count(str(seat)) for content in contents if content[0] == "s")
        told = {
            "hand": hand / config.rings_per_player,
            "eliminated": eliminated / config.ring_victory_threshold,
            "territory": territory / config.territory_victory_minimum,
            "on_board": rings / config.rings_per_player,
            "stacks": sum(content.startswith(f"s{seat}") for content in contents) / config.rings_per_player,
            "markers": contents.count(f"m{seat}") / (config.cells / 4),
            "alive": float(hand + rings > 0),
            "exclusive_rounds": rounds / 3 if exclusive == seat else 0.0,
            "could_act": float([seat, 1] in mask),
            "opens_round": float(first == seat),
        }
        numbers |= {f"{name}_{(seat - mover) % players}": value for name, value in told.items()}
    return numbers | derived_numbers(config, planes)


@pytest.mark.parametrize(("key", "a_kind"), SAMPLES)
def test_planes_and_numbers_say_what_the_recorded_position_says(key, a_kind):
    positions = sample(key, a_kind)
    for position in positions:
        encoding, game = Encoding(position.config), position.game()
        planes, numbers = encoding.encode(game.record)
        expected = planes_read_from(position)
        for number, name in enumerate(encoding.plane_names):
            np.testing.assert_array_equal(planes[0, number].ravel(), expected[name], err_msg=name)
        told = dict(zip(encoding.global_names, numbers[0].tolist(), strict=True))
        assert told == pytest.approx(numbers_read_from(position, expected), abs=1e-6)
    assert len({position.snapshot["ph"] for position in positions}) >= 6


@pytest.mark.parametrize("key", ["hex8_3p", "square8_4p"])
def test_a_position_looks_the_same_from_a_kind_seat(key):
    positions = [position for position in sample(key, 10) if "sw" not in position.snapshot]
    for position in positions:
        players = position.config.num_players
        turned = next_seat(position.snapshot, players)
        before = Encoding(position.config).encode(position.game().record)
        after = Encoding(position.config).encode(Game.from_snapshot(position.config, turned).record)
        for array, same in zip(before, after, strict=True):
            np.testing.assert_array_equal(array, same)


def test_many_games_are_encoded_like_each_alone():
    positions = list(sample("hex8_2p", 5))
    encoding, records = Encoding(positions[0].config), records_of(positions)
    planes, numbers = encoding.encode(records)
    every_second = encoding.encode(records[::2])  # not contiguous
    assert planes.dtype == np.int8
    assert numbers.dtype == np.float32
    np.testing.assert_array_equal(every_second[0], planes[::2])
    for row in range(len(records)):
        alone = encoding.encode(records[row : row + 1])
        np.testing.assert_array_equal(alone[0][0], planes[row])
        np.testing.assert_array_equal(alone[1][0], numbers[row])


def test_a_finished_game_is_in_no_phase():
    config = BoardConfig.from_key("hex8_2p")
    state = {"b": {"40": "s1"}, "cp": 1, "ph": "GO", "st": "c", "w": 1, "pl": [[0, 18, 0], [0, 0, 0]], "tn": 30}
    encoding = Encoding(config)
    _, numbers = encoding.encode(Game.from_snapshot(config, state).record)
    told = dict(zip(encoding.global_names, numbers[0], strict=True))
    assert not [name for name, value in told.items() if name.startswith("phase_") and value]


def test_the_swap_is_on_offer_to_the_second_player_only_and_only_before_it_moves():
    config = BoardConfig.from_key("hex8_2p")
    encoding, game = Encoding(config), Game(config, swap_rule=True)
    at = encoding.global_names.index("swap_on_offer")
    offered = []
    for _ in range(8):  # the first turn, and the second player's beginning
        offered.append((game.current_player, game.phase, bool(encoding.encode(game.record)[1][0, at])))
        game.apply(game.legal_moves()[0])
    assert (2, "ring_placement", True) in offered
    assert [entry for entry in offered if entry[2]] == [(2, "ring_placement", True)]


def test_scaled_planes_of_small_boards_stay_near_one():
    encoding = Encoding(BoardConfig.from_key("square8_2p"))
    records = records_of(list(sample("square8_2p", 50)))
    scaled = encoding.encode(records)[0] * encoding.plane_scale[:, None, None]
    assert 1 <= scaled.max() <= 4  # what is cut off, 32 cells


def test_games_of_another_board_or_number_of_players_are_refused():
    hex8, square8, three = (BoardConfig.from_key(key) for key in ("hex8_2p", "square8_2p", "hex8_3p"))
    with pytest.raises(ConfigError, match="not games on hex8"):
        Encoding(hex8).encode(new_games(square8, 1))
    with pytest.raises(ConfigError, match=r"games have \[3\] players, hex8_2p has 2"):
        Encoding(hex8).encode(new_games(three, 1))
