"""What a typed line means."""

import pytest

from ringrift_engine.cli.play.prompt import COMMANDS, Command, Misunderstood, filter_moves, find_move, read_entry
from ringrift_engine.game.move import Move

MOVES = [
    Move(parts)
    for parts in [
        ("P", 4, 1), ("P", 4, 2), ("P", 40, 1), ("SP",), ("M", 40, 4), ("M", 40, 41), ("C", 40, 41, 42),
        ("LO", (12, 13, 14, 15), (12, 13, 14, 15)), ("LO", (12, 13, 14, 15, 16), (12, 13, 14, 15)), ("T", (4, 5)),
        ("E", "line", 40, 1), ("E", "line", 41, 1),
    ]
]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "index"),
    [
        pytest.param("1", 0, id="the_first_number"),
        pytest.param("12", 11, id="the_last_number"),
        pytest.param("P 4 2", 1, id="notation"),
        pytest.param("  p   4  2 ", 1, id="in_small_letters_and_with_spaces"),
        pytest.param("P 40", 2, id="a_unique_beginning"),
        pytest.param("SP", 3, id="without_numbers"),
        pytest.param("C", 6, id="a_code_that_only_one_move_has"),
        pytest.param("M 40 4", 4, id="whole_numbers_count_not_digits"),
        pytest.param("T 4+5", 9, id="a_list_of_cells"),
        pytest.param("t", 9, id="the_beginning_of_one_with_a_list"),
        pytest.param("LO 12+13+14+15+16", 8, id="the_beginning_of_a_list"),
        pytest.param("E LINE 41", 11, id="a_word_in_capitals"),
    ],
)
def test_a_move_is_found_by_number_notation_or_beginning(line, index):
    assert read_entry(line, MOVES) == MOVES[index]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0", r"No move has the number 0: they have the numbers 1 to 12"),
        ("13", r"No move has the number 13"),
        ("P 4", r"2 moves begin so: P 4 1, P 4 2. Type more"),
        ("P", r"3 moves begin so: P 4 1, P 4 2, P 40 1. Type more"),
        ("LO 12+13+14+15", r"2 moves begin so"),
        ("M 40 42", r"'M 40 42' is neither a command nor the beginning of a move. Such as M 40 4, M 40 41."),
        ("X", r"'X' is neither a command nor the beginning of a move. `moves` lists them"),
        ("hnit", r"`hint`\?"),
        ("hint please", r"`hint` takes nothing more, not 'please'"),
        ("-1", r"'-1' is neither"),
    ],
)
def test_what_means_nothing_says_what_would(line, message):
    with pytest.raises(Misunderstood, match=message):
        read_entry(line, MOVES)


def test_without_moves_only_commands_mean_something():
    assert read_entry("undo", []) == Command("undo")
    for line in ("1", "P 4 1"):
        with pytest.raises(Misunderstood, match=r"there are no moves|nothing to play any more"):
            read_entry(line, [])


def test_every_command_is_known_whatever_its_letters():
    for name in COMMANDS:
        assert read_entry(f" {name.upper()} ", MOVES) == Command(name)


def test_arguments_keep_their_letters_and_spaces():
    assert read_entry("save My game.json ", MOVES) == Command("save", "My game.json")
    assert read_entry("moves M 40", MOVES) == Command("moves", "M 40")


@pytest.mark.parametrize("line", ["", "   ", "\t"])
def test_an_empty_line_means_nothing(line):
    assert read_entry(line, MOVES) is None


@pytest.mark.parametrize(
    ("words", "indices"),
    [
        pytest.param("", list(range(12)), id="all"),
        pytest.param("P", [0, 1, 2], id="a_code"),
        pytest.param("place", [0, 1, 2, 3], id="a_part_of_the_name"),
        pytest.param("capture", [6], id="of_a_long_name"),
        pytest.param("4", [0, 1, 4, 9], id="a_cell"),
        pytest.param("m 40", [4, 5], id="both"),
        pytest.param("13", [7, 8], id="a_cell_of_a_list"),
        pytest.param("1", [], id="rings_are_no_cell"),
        pytest.param("e 41", [11], id="with_a_word_between"),
    ],
)
def test_moves_are_filtered_by_kind_and_cell(words, indices):
    assert filter_moves(words, MOVES) == [MOVES[index] for index in indices]


def test_a_code_is_not_found_in_names():
    assert find_move("sp", MOVES).code == "SP"
    assert filter_moves("p", MOVES) == MOVES[:3]
