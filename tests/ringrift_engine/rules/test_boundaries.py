"""Both sides of boundaries that recorded games and random play rarely touch, each position made for one rule."""

import pytest

from tests.support.scenes import Point, Scene

APART = {(0, 7): "s1", (7, 7): "s2"}
CORNERS = APART | {(7, 0): "s3"}


def collapsed(**counts: int) -> dict[Point, str]:
    """Territory in the middle rows of square8: `one` cells of player 1, then `two`, then `three`."""
    owners = [
        f"c{seat}" for seat, name in enumerate(("one", "two", "three"), start=1) for _ in range(counts.get(name, 0))
    ]
    return {(number % 8, 1 + number // 8): owner for number, owner in enumerate(owners)}


def end_of_turn(scene: Scene) -> tuple[int | None, str | None]:
    """Winner and reason when the turn ends without another action."""
    while scene.phase in ("LP", "TP") and not scene.game.is_over:
        scene.play(("NL",) if scene.phase == "LP" else ("NT",) if ("NT",) in scene.legal() else ("ST",))
    return scene.game.winner, scene.game.how


@pytest.mark.parametrize(
    ("eliminated", "expected"),
    [
        pytest.param([17, 0], (None, None), id="one_ring_short"),
        pytest.param([18, 0], (1, "elimination_threshold"), id="exactly_the_threshold"),
        pytest.param([0, 18], (2, "elimination_threshold"), id="whoever_has_it"),
    ],
)
def test_rings_win_at_the_threshold(eliminated, expected):
    assert end_of_turn(Scene("square8_2p", APART, phase="LP", hand=[3, 3], eliminated=eliminated)) == expected


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        pytest.param({"one": 21}, (None, None), id="one_cell_short"),
        pytest.param({"one": 22}, (1, "territory_threshold"), id="exactly_the_minimum"),
        pytest.param({"one": 22, "two": 11, "three": 11}, (None, None), id="as_many_as_the_others_together"),
        pytest.param({"one": 23, "two": 11, "three": 11}, (1, "territory_threshold"), id="one_more_than_the_others"),
    ],
)
def test_territory_wins_with_the_minimum_and_more_than_all_others(counts, expected):
    scene = Scene("square8_3p", CORNERS | collapsed(**counts), phase="LP", hand=[3, 3, 3])
    assert end_of_turn(scene) == expected


def test_rings_are_counted_before_territory():
    scene = Scene("square8_3p", CORNERS | collapsed(one=22), phase="LP", hand=[3, 3, 3], eliminated=[0, 24, 0])
    assert end_of_turn(scene) == (2, "elimination_threshold")


@pytest.mark.parametrize(
    ("cells", "hand", "expected"),
    [
        pytest.param({(0, 7): "s11"}, [0, 0], (1, "early_lps"), id="nobody_else_has_a_ring"),
        pytest.param({(0, 7): "s11"}, [0, 1], (None, None), id="a_ring_in_hand_is_enough_to_stay"),
        pytest.param({(0, 7): "s12"}, [0, 0], (None, None), id="so_is_a_buried_ring"),
    ],
)
def test_the_last_player_with_rings_wins_at_once(cells, hand, expected):
    assert end_of_turn(Scene("square8_2p", cells, phase="LP", hand=hand)) == expected


def full_board(*free: Point) -> dict[Point, str]:
    """Collapsed everywhere but on the free cells, to both players in turn."""
    points = [(x, y) for y in range(8) for x in range(8) if (x, y) not in free]
    return {point: f"c{1 + number % 2}" for number, point in enumerate(points)}


@pytest.mark.parametrize(
    ("hand", "winner"),
    [pytest.param([0, 0], 2, id="eliminated_rings_alone"), pytest.param([3, 0], 1, id="with_the_rings_in_hand")],
)
def test_on_a_bare_board_rings_in_hand_count_as_eliminated(hand, winner):
    """The stack stands alone in its pocket, so its forced elimination leaves a board where no ring could live."""
    cells = full_board((0, 0), (7, 7)) | {(0, 0): "s2", (7, 7): "m1"}
    scene = Scene("square8_2p", cells, phase="FE", player=2, hand=hand, eliminated=[5, 6], ha=0)
    scene.play(("F", 0, 1))
    assert (scene.game.winner, scene.game.how) == (winner, "stalemate_elimination")
    assert scene.seat(1) == [hand[0], 5, 31]  # compared so, not converted


def test_a_bare_board_with_a_ring_to_place_goes_on():
    cells = full_board((0, 0), (1, 0)) | {(0, 0): "s2"}
    scene = Scene("square8_2p", cells, phase="FE", player=2, hand=[3, 0], eliminated=[5, 6], ha=0)
    scene.play(("F", 0, 1))
    assert not scene.game.is_over
    assert scene.legal() == {("P", 0, 1), ("P", 1, 1)}


@pytest.mark.parametrize(
    ("stack", "target", "legal"),
    [
        pytest.param("s11", "s222", True, id="an_own_cap_grows_by_the_ring"),
        pytest.param("s11", "s2222", False, id="but_by_no_more"),
        pytest.param("s22", "s22", False, id="on_a_foreign_stack_the_cap_is_one"),
        pytest.param("s22", "s21", True, id="which_takes_a_cap_of_one"),
    ],
)
def test_a_ring_on_a_stack_is_judged_by_its_new_cap(stack, target, legal):
    """The corner is closed but for the row, where the target stands: only a capture gives the stack life."""
    cells = {(0, 0): stack, (1, 0): target, (0, 1): "c1", (1, 1): "c1"}
    scene = Scene("square8_2p", cells, phase="RP", hand=[1, 1])
    assert (("P", 0, 1) in scene.legal()) is legal


@pytest.mark.parametrize(("length", "legal"), [(3, False), (4, True)])
def test_a_slide_is_at_least_as_long_as_the_stack_is_high(length, legal):
    scene = Scene("square8_2p", {(0, 0): "s1111", (7, 7): "s2"})
    assert (("M", 0, length) in scene.legal()) is legal


def test_the_null_move_on_a_longer_line_forgets_an_open_payment():
    line = {(x, 3): "m1" for x in range(5)}
    scene = Scene("square8_2p", APART | line, phase="LP", pe=1)
    cells = scene.cells(*line)
    scene.play(("L", cells))
    assert scene.flag("pe") is None
    assert scene.at((0, 3)) == "m1"
    assert not scene.legal("E")


@pytest.mark.parametrize(
    ("real", "rounds"),
    [
        pytest.param([0, 0, 1], [1, 3], id="another_exclusive_player_begins_at_one"),
        pytest.param([1, 0, 0], [3, 1], id="the_same_one_counts_on"),
        pytest.param([1, 0, 1], [0, 0], id="two_who_could_act_end_the_row"),
    ],
)
def test_exclusive_rounds_belong_to_one_player(real, rounds):
    """The round of player 2 is complete when that player's next turn begins; two rounds of player 1 came before."""
    tracker = [5, 2, [[seat, could_act] for seat, could_act in enumerate(real, start=1)], 1, 2, 1]
    scene = Scene("square8_3p", CORNERS, phase="TP", hand=[3, 3, 3], lp=tracker)
    scene.play(("NT",) if ("NT",) in scene.legal() else ("ST",))
    assert scene.game.current_player == 2
    assert scene.flag("lp")[4:] == rounds
    assert scene.flag("lp")[:2] == [6, 2]
