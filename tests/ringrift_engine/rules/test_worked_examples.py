"""The worked examples of RULES.md 10, E1 to E15: positions and results as the text gives them.

Where a stack of an example is higher than its board allows (E12), it has the highest legal height: just as immobile.
"""

import pytest

from tests.support.scenes import Scene


def row(y: int, xs: range, content: str = "m1") -> dict[tuple[int, int], str]:
    """The same content on several cells of a row."""
    return {(x, y): content for x in xs}


def test_e1_a_slide_turns_markers_collapses_own_ones_and_pays_for_landing_on_one():
    scene = Scene("square8_2p", {(0, 0): "s11", (1, 0): "m1", (2, 0): "m2", (3, 0): "m2", (7, 7): "s2"})
    scene.play(("M", scene.number((0, 0)), scene.number((3, 0))))
    assert [scene.at((x, 0)) for x in range(4)] == ["m1", "c1", "m1", "s1"]
    assert scene.seat(1) == [0, 1, 1]


def test_e2_a_capture_must_land_at_least_the_height_away_and_the_chain_is_mandatory():
    scene = Scene("square8_2p", {(0, 0): "s111", (1, 0): "s2", (6, 0): "s2"})
    captures = {move for move in scene.legal("C") if move[2] == scene.number((1, 0))}
    assert captures == {("C", 0, 1, 3), ("C", 0, 1, 4), ("C", 0, 1, 5)}
    scene.play(("C", 0, 1, 3))
    assert (scene.at((3, 0)), scene.at((1, 0)), scene.at((0, 0))) == ("s1112", None, "m1")
    assert scene.legal() == {("CC", 3, 6, 7)}


@pytest.mark.parametrize(
    ("cells", "counts"),
    [
        pytest.param({(1, 0): "s22", (0, 1): "s22", (1, 1): "c2"}, set(), id="one_ring_dead_so_not_offered"),
        pytest.param({(1, 0): "s222", (1, 1): "c2", (0, 2): "s2222"}, {1, 3}, id="one_and_three_without_two"),
    ],
)
def test_e3_counts_of_a_placement_are_alive_one_by_one(cells, counts):
    scene = Scene("square8_2p", cells, phase="RP", hand=[3, 3])
    assert {move[2] for move in scene.legal("P") if move[1] == 0} == counts


def test_e4_landing_on_a_marker_may_flip_control_and_end_the_capture():
    scene = Scene("square8_2p", {(0, 0): "s1", (0, 1): "m1", (0, 2): "s21", (0, 3): "m1", (7, 7): "s2"})
    scene.play(("C", *(scene.number((0, y)) for y in (0, 2, 3))))
    assert [scene.at((0, y)) for y in range(4)] == ["m1", "c1", "s1", "s2"]
    assert scene.seat(1) == [0, 1, 1]
    assert scene.phase == "LP"


def test_e5_a_chain_may_reverse_onto_its_own_departure_marker():
    scene = Scene("square8_2p", {(0, 0): "s11", (0, 2): "s12", (7, 7): "s2"})
    origin, target, landing = (scene.number((0, y)) for y in (0, 2, 3))
    scene.play(("C", origin, target, landing))
    assert (scene.at((0, 3)), scene.at((0, 2))) == ("s111", "s2")
    assert scene.legal() == {("CC", landing, target, origin)}
    scene.play(("CC", landing, target, origin))
    assert (scene.at((0, 0)), scene.at((0, 2)), scene.at((0, 3))) == ("s112", None, "m1")


def test_e6_two_exact_lines_cost_one_ring():
    cells = {(0, 0): "s11", (7, 7): "s2"} | row(3, range(2, 6)) | row(5, range(2, 6))
    scene = Scene("square8_2p", cells, phase="LP")
    first, second = (scene.cells(*((x, y) for x in range(2, 6))) for y in (3, 5))
    scene.play(("L", first))
    assert scene.flag("pe") == 1
    assert scene.legal() == {("L", second), ("LO", second, second), ("E", "line", 0, 1)}
    scene.play(("L", second))
    assert (scene.flag("pe"), scene.seat(1)[2]) == (1, 8)
    assert scene.legal() == {("E", "line", 0, 1)}
    scene.play(("E", "line", 0, 1))
    assert (scene.at((0, 0)), scene.phase, scene.legal()) == ("s1", "LP", {("NL",)})


def test_e6_the_minimum_of_a_longer_second_line_cancels_the_debt():
    cells = {(0, 0): "s11", (7, 7): "s2"} | row(3, range(2, 6)) | row(5, range(2, 7))
    scene = Scene("square8_2p", cells, phase="LP")
    line = scene.cells(*((x, 5) for x in range(2, 7)))
    scene.play(("L", scene.cells(*((x, 3) for x in range(2, 6)))), ("LO", line, line[:4]))
    assert (scene.flag("pe"), scene.phase) == (None, "TP")
    assert (scene.at((0, 0)), scene.seat(1)) == ("s11", [0, 0, 8])


def test_e7_on_hex8_with_three_players_three_markers_are_no_line_and_four_are_overlength():
    stacks = {(-4, 4): "s1", (4, -4): "s2", (0, 4): "s3"}
    assert Scene("hex8_3p", stacks | row(0, range(3)), phase="LP").legal() == {("NL",)}
    scene = Scene("hex8_3p", stacks | row(0, range(-1, 3)), phase="LP")
    line = scene.cells(*((x, 0) for x in range(-1, 3)))
    assert scene.legal() == {("L", line), *(("LO", line, part) for part in (line, line[:3], line[1:]))}
    before = scene.game.snapshot()
    scene.play(("L", line))
    assert scene.game.snapshot() == before
    scene.play(("LO", line, line[:3]))
    assert [scene.at((x, 0)) for x in range(-1, 3)] == ["c1", "c1", "c1", "m1"]


def test_e8_the_border_takes_whole_chains_of_markers_of_all_colours():
    markers = {(1, 0): "m2", (0, 1): "m2", (2, 1): "m1", (3, 2): "m2"}
    scene = Scene("square8_2p", markers | {(7, 7): "s12", (6, 3): "s2"}, phase="TP", hand=[1, 1])
    assert scene.legal() == {("T", (0,)), ("ST",)}
    scene.play(("T", (0,)))
    assert all(scene.at(point) == "c1" for point in ((0, 0), *markers))
    assert scene.seat(1)[2] == 5
    payment = ("E", "territory", scene.number((7, 7)), 1)
    assert scene.legal() == {payment}
    scene.play(payment)
    assert (scene.at((7, 7)), scene.game.current_player, scene.phase) == ("s2", 2, "RP")


@pytest.mark.parametrize(
    ("key", "corner", "gone"),
    [
        pytest.param("hex8_2p", 4, [(-2, -1), (-3, -2), (-2, 1)], id="hex8_spreads_by_king_steps"),
        pytest.param("hexagonal_2p", 12, [], id="hexagonal_stops_at_the_direct_border"),
    ],
)
def test_e8_on_hexagonal_boards_the_border_is_another(key, corner, gone):
    border = {(corner - 1, 0): "m2", (corner, -1): "m2", (corner - 1, 1): "m2"}
    others = [(corner + dx, dy) for dx, dy in ((-2, -1), (-3, -2), (-2, 1))]
    stacks = {(-corner, corner): "s12", (-corner, 0): "s2"}
    scene = Scene(key, border | dict.fromkeys(others, "m1") | stacks, phase="TP")
    region = scene.cells((corner, 0))
    scene.play(("T", region))
    collapsed = {int(number) for number, content in scene.game.snapshot()["b"].items() if content == "c1"}
    assert collapsed == {*region, *scene.cells(*border), *scene.cells(*((corner + dx, dy) for dx, dy in gone))}


def test_e9_with_a_buried_opponent_every_component_is_disconnected():
    cells = {(4, 4): "s12", (0, 0): "s1", (1, 0): "c1", (0, 1): "c1", (7, 7): "m2"}
    scene = Scene("square8_2p", cells, phase="TP")
    rest = set(range(64)) - {0, 1, 8}
    assert scene.legal() == {("T", (0,)), ("T", tuple(sorted(rest - {63}))), ("T", tuple(sorted(rest))), ("ST",)}


@pytest.mark.parametrize(
    ("more", "offered"),
    [
        pytest.param({(4, 4): "m1", (4, 5): "m2"}, True, id="a_colour_pass_finds_the_pocket"),
        pytest.param({}, False, id="without_markers_pass_0_ignores_an_empty_pocket"),
        pytest.param({(0, 0): "s2"}, True, id="pass_0_finds_it_with_one_controller_inside"),
    ],
)
def test_e10_a_pocket_behind_collapsed_cells(more, offered):
    cells = {(7, 7): "s12", (6, 3): "s2", (1, 0): "c1", (0, 1): "c1"} | more
    assert (("T", (0,)) in Scene("square8_2p", cells, phase="TP").legal()) is offered


def test_e11a_the_first_axis_that_is_long_enough_decides_which_line_is_formed():
    points = [(2, 3), (4, 3), (3, 4), (3, 5), (3, 6), (4, 2)]
    scene = Scene("square8_2p", {(7, 7): "s21"} | dict.fromkeys(points, "m1"))
    target, stack = scene.number((3, 3)), scene.number((7, 7))
    refused = ("R", "line", scene.number((4, 2)), target, 1, stack, None)
    played = ("R", "line", scene.number((2, 3)), target, 1, stack, None)
    assert refused in scene.refused()
    assert played in scene.legal() - scene.refused()
    scene.play(played)
    assert [scene.at((3, y)) for y in range(3, 7)] == ["c1"] * 4
    assert (scene.at((7, 7)), scene.seat(1)) == ("s2", [0, 1, 4])


def test_e11b_a_segment_must_contain_the_destination_and_costs_nothing():
    scene = Scene("square8_2p", {(7, 7): "s21", (5, 4): "m1"} | row(3, range(4)))
    origin, target = scene.number((5, 4)), scene.number((4, 3))
    segment = scene.cells(*((x, 3) for x in range(1, 5)))
    moves = {move for move in scene.legal("R") if move[2:4] == (origin, target)}
    free = ("R", "line", origin, target, 2, None, segment)
    assert moves == {("R", "line", origin, target, 1, scene.number((7, 7)), None), free}
    scene.play(free)
    assert (scene.seat(1), scene.at((7, 7)), scene.at((0, 3))) == ([0, 0, 4], "s21", "m1")


def test_e11c_without_a_line_a_marker_steps_or_strikes_and_the_struck_stack_may_pay():
    scene = Scene("square8_2p", {(0, 0): "m1", (7, 7): "s21"})
    stack = scene.number((7, 7))
    steps = {("R", "fallback", 0, scene.number(point), 1, stack, None) for point in ((1, 0), (1, 1), (0, 1))}
    assert scene.legal() == {("SR",), *steps}
    scene = Scene("square8_2p", {(0, 0): "m1", (1, 1): "s211", (7, 7): "s2"})
    struck = scene.number((1, 1))
    scene.play(("R", "strike", 0, struck, 1, struck, None))
    assert (scene.at((1, 1)), scene.at((0, 0)), scene.seat(1)) == ("s1", None, [0, 2, 0])


def test_e12_a_player_who_cannot_act_loses_a_cap_without_visiting_territory():
    scene = Scene("square8_2p", {(3, 3): "s12222222", (0, 7): "s2"}, phase="RP")
    scene.play(("NP",), ("NM",), ("NL",))
    assert scene.phase == "FE"
    scene.play(("F", scene.number((3, 3)), 1))
    assert (scene.at((3, 3)), scene.seat(1), scene.phase) == ("s2222222", [0, 1, 0], "RP")
    assert scene.game.current_player == 2


def play_quietly(scene: Scene) -> None:
    """One move, rather a skip than a slide and rather a slide than anything that captures or claims."""
    codes = ["SC", "ST", "F", "M", "NP", "NM", "NL", "NT"]
    scene.play(min(scene.legal(), key=lambda move: (codes.index(move[0]), str(move)) if move[0] in codes else (9, "")))


def test_e13_after_three_exclusive_rounds_the_player_wins_at_the_start_of_a_turn():
    centre = [(3, 3), (4, 4), (3, 4), (4, 3), (3, 5)]
    scene = Scene("square8_3p", {(0, 0): "s1112"} | dict.fromkeys(centre, "s31111111"), phase="RP")
    rounds = []
    while scene.flag("tn") < 13:
        turn = scene.flag("tn")
        play_quietly(scene)
        if scene.flag("tn") > turn and scene.game.current_player == 2:
            rounds.append(tuple(scene.flag("lp")[4:]))
    assert rounds == [(0, 0), (1, 1), (2, 1), (3, 1)]
    # Turn 13 is player 1's fifth: the round that was not tracked, three exclusive ones, and the start that wins.
    assert (scene.game.winner, scene.game.how, scene.phase) == (1, "lps_rounds", "GO")


@pytest.mark.parametrize(
    ("markers", "how"),
    [
        pytest.param({}, "stalemate_markers", id="more_markers"),
        pytest.param({(5, 5): "m1"}, "stalemate_last_actor", id="equal_so_the_mover"),
    ],
)
def test_e14_the_ladder_of_a_bare_board(markers, how):
    cells = {(0, 0): "s2", (3, 0): "m1"} | markers
    scene = Scene("square8_2p", cells, player=2, eliminated=[6, 5])
    scene.play(("M", 0, 3), ("NL",), ("NT",))
    assert (scene.game.winner, scene.game.how, scene.game.reason) == (2, how, "last_player_standing")
    assert scene.seat(2) == [0, 6, 0]


def test_e15_after_a_recovery_territory_is_paid_with_buried_rings():
    cells = {(4, 4): "s211", (7, 7): "s21", (6, 2): "s21", (3, 3): "m1", (1, 0): "m1", (0, 1): "m1"}
    scene = Scene("square8_2p", cells)
    strike = ("R", "strike", scene.number((3, 3)), scene.number((4, 4)), 1, scene.number((7, 7)), None)
    scene.play(strike, ("NL",))
    assert scene.at((4, 4)) == "s11"
    assert ("T", (0,)) in scene.legal()
    scene.play(("T", (0,)))
    assert scene.legal() == {("E", "recovery", scene.number(point), 1) for point in ((4, 4), (6, 2))}
