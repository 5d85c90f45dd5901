"""`Game` and `Move` as people meet them: what they accept, what they refuse and in which words, what they print.

That the rules behind them are right is the business of tests/ringrift_engine/rules.
"""

import random
import subprocess
import sys

import pytest

import ringrift_engine
from ringrift_engine import CONFIGS, BoardConfig, Game, IllegalMoveError, Move
from ringrift_engine.errors import RingRiftError, SnapshotError
from tests.support.scenes import Scene, scene_state
from tests.support.walks import draw_move, walk_of

HEX8 = BoardConfig.from_key("hex8_2p")


def test_a_new_game_waits_for_the_first_placement():
    game = Game(HEX8)
    assert (game.phase, game.current_player, game.is_over) == ("ring_placement", 1, False)
    assert (game.winner, game.reason, game.how) == (None, None, None)
    assert len(game.legal_moves()) == 183


@pytest.mark.parametrize("key", CONFIGS)
def test_the_first_snapshot_is_the_empty_board(key):
    config = CONFIGS[key]
    seats = [[config.rings_per_player, 0, 0]] * config.num_players
    start = {"b": {}, "cp": 1, "ph": "RP", "st": "a", "pl": seats, "tn": 1, "lp": [0, 0, [], 0, 0, 0]}
    assert Game(config).snapshot() == start


def test_a_finished_game_names_winner_and_reason_and_refuses_moves():
    walk = walk_of("hex8_2p", 0)
    game = Game.from_snapshot(walk.config, walk.steps[-1].before)
    game.apply(walk.steps[-1].move)
    assert (game.is_over, game.legal_moves(), game.phase) == (True, [], "game_over")
    assert (game.winner, game.reason, game.how) == (2, "ring_elimination", "elimination_threshold")
    with pytest.raises(IllegalMoveError, match="the game is over, player 2 won"):
        game.apply(("NP",))


def test_moves_may_be_given_as_move_tuple_or_list():
    games = [Game(HEX8) for _ in range(3)]
    for game, move in zip(games, (Move.from_tuple(HEX8, ("P", 40, 2)), ("P", 40, 2), ["P", 40, 2]), strict=True):
        game.apply(move)
    assert games[0].snapshot() == games[1].snapshot() == games[2].snapshot()
    assert games[0].snapshot()["b"] == {"40": "s11"}


def test_a_refused_move_is_named_with_phase_and_player_and_changes_nothing():
    game = Game(HEX8)
    before = game.snapshot()
    with pytest.raises(
        IllegalMoveError, match=r"M 40 41 is not legal for player 1 in ring_placement \(183 legal moves"
    ):
        game.apply(("M", 40, 41))
    assert game.snapshot() == before


def test_a_listed_but_refused_recovery_says_why():
    markers = dict.fromkeys([(2, 3), (4, 3), (3, 4), (3, 5), (3, 6), (4, 2)], "m1")
    scene = Scene("square8_2p", {(7, 7): "s21"} | markers)
    (refused,) = {
        move for move in scene.refused() if move[2] == scene.number((4, 2)) and move[3] == scene.number((3, 3))
    }
    with pytest.raises(IllegalMoveError, match="the line it forms is shorter than 4"):
        scene.play(refused)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        pytest.param((), "unknown move code None", id="nothing"),
        pytest.param(("X", 1), "unknown move code 'X'", id="unknown_code"),
        pytest.param(("M", 40), "M takes 2 values", id="too_few_values"),
        pytest.param(("P", "40", 1), "'40' is not a number", id="text_for_a_cell"),
        pytest.param(("M", 40, 0), "0 is no cell of hex8", id="beside_the_board"),
        pytest.param(("M", 40, 81), "81 is no cell of hex8", id="outside_the_box"),
        pytest.param(("T", None), "None is no list of cells", id="no_cells"),
        pytest.param(("L", [40, 0]), "0 is no cell of hex8", id="a_line_beside_the_board"),
    ],
)
def test_a_tuple_that_is_no_move_is_refused(parts, words):
    with pytest.raises(IllegalMoveError, match=words):
        Move.from_tuple(HEX8, parts)


@pytest.mark.parametrize("key", ["hex8_3p", "square8_4p"])
def test_every_legal_move_survives_its_tuple(key):
    walk = walk_of(key, 1)
    for move in {move for step in walk.steps for move in step.legal}:
        again = Move.from_tuple(walk.config, move)
        assert again.to_tuple() == move
        assert hash(again) == hash(Move(move))


def test_cells_of_a_tuple_may_come_in_any_order():
    assert Move.from_tuple(HEX8, ["T", [41, 40]]).to_tuple() == ("T", (40, 41))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"b": {"0": "m1"}}, "0 is no cell of hex8", id="beside_the_board"),
        pytest.param({"b": {"40": "m3"}}, "cell 40 holds 'm3'", id="a_player_who_is_not_there"),
        pytest.param({"b": {"40": "x1"}}, "cell 40 holds 'x1'", id="unknown_content"),
        pytest.param({"b": {"40": "s"}}, "cell 40 holds 's'", id="a_stack_without_rings"),
        pytest.param({"b": {"40": "s1111111111"}}, "10 rings, hex8 stacks hold 9", id="a_stack_too_high"),
        pytest.param({"pl": [[18, 0, 0]]}, "1 players, hex8_2p has 2", id="too_few_players"),
    ],
)
def test_a_position_that_no_board_can_hold_is_refused(change, words):
    with pytest.raises(SnapshotError, match=words):
        Game.from_snapshot(HEX8, Game(HEX8).snapshot() | change)


def test_errors_of_games_are_errors_a_person_can_put_right():
    assert issubclass(IllegalMoveError, RingRiftError)
    assert issubclass(SnapshotError, RingRiftError)


def test_a_copy_goes_its_own_way():
    game = Game(HEX8)
    game.apply(("P", 40, 1))
    copy = game.copy()
    before = game.snapshot()
    copy.apply(copy.legal_moves()[0])
    assert game.snapshot() == before != copy.snapshot()


def test_the_swap_rule_is_an_option_of_two_player_games():
    def second_turn(key: str, swap_rule: bool) -> set[str]:
        game, source = Game(CONFIGS[key], swap_rule=swap_rule), random.Random(0)
        while game.current_player == 1:
            game.apply(draw_move([move.to_tuple() for move in game.legal_moves()], source))
        again = Game.from_snapshot(CONFIGS[key], game.snapshot(), swap_rule=swap_rule)
        assert {move.code for move in again.legal_moves()} == {move.code for move in game.legal_moves()}
        return {move.code for move in game.legal_moves()}

    assert "SW" in second_turn("hex8_2p", True)
    assert "SW" not in second_turn("hex8_2p", False)
    assert "SW" not in second_turn("hex8_3p", True)


def test_the_printed_board_shows_stacks_markers_territory_and_players():
    cells = {(0, 0): "s112", (1, 0): "m2", (2, 0): "c1", (3, 1): "s22", (7, 7): "s21"}
    state = scene_state("square8_2p", cells, phase="MV", hand=[5, 6], eliminated=[1, 2])
    text = str(Game.from_snapshot(BoardConfig.from_key("square8_2p"), state))
    lines = text.splitlines()
    assert lines[0] == "square8_2p  turn 1: player 1 in movement"
    assert lines[3].split() == ["0", "1:3", "x2", "#1", ".", ".", ".", ".", "."]
    assert lines[4].split() == ["8", ".", ".", ".", "2:2", ".", ".", ".", "."]
    assert "> player 1: 5 in hand, 1/18 eliminated, 1/33 territory, 1 stacks, 0 markers" in text
    assert lines[-1].strip() == "mixed stacks, top ring first: 0 is 112, 63 is 21"


def test_a_printed_hexagonal_board_has_a_row_for_every_y():
    rows = [line for line in str(Game(HEX8)).splitlines() if "." in line]
    assert [row.count(".") for row in rows] == [5, 6, 7, 8, 9, 8, 7, 6, 5]


def test_a_printed_row_begins_with_the_number_of_its_first_cell():
    game, shown = Game(HEX8), 0
    game.apply(("P", 13, 2))
    for line in str(game).splitlines():
        if "." in line:
            first, *cells = line.split()
            shown += len(cells)
            assert ("1:2" in cells) == (int(first) == 12)
            assert "1:2" not in cells or cells.index("1:2") == 1
    assert shown == HEX8.cells


def test_a_move_knows_the_cells_it_names():
    moves = {("P", 40, 2): (40,), ("C", 40, 41, 43): (40, 41, 43), ("E", "line", 40, 1): (40,), ("SP",): ()}
    moves |= {("LO", (40, 41), (40,)): (40, 41, 40), ("R", "line", 4, 5, 1, 6, None): (4, 5, 6)}
    moves[("R", "line", 4, 5, 2, None, (5, 6))] = (4, 5, 5, 6)
    assert {parts: Move.from_tuple(HEX8, parts).cells for parts in moves} == moves


def test_the_public_names_are_there_and_nothing_heavy_is_imported_with_the_boards():
    assert ringrift_engine.Game is Game
    assert {"BoardConfig", "CONFIGS", "Game", "Move", "IllegalMoveError", "__version__", "RULES_VERSION"} <= set(
        ringrift_engine.__all__
    )
    with pytest.raises(AttributeError, match="Gmae"):
        _ = ringrift_engine.Gmae
    program = (
        "import sys, ringrift_engine.boards as b; print(sorted({'numba', 'torch', 'polars'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
