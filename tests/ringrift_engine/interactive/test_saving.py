"""Saved games: what comes back is what was saved, and whatever is not a game is refused with its reason."""

import json

import pytest

from ringrift_engine.errors import DataError
from ringrift_engine.interactive import saving
from ringrift_engine.interactive.saving import changed_players, read_game, resume_game, save_game
from ringrift_engine.interactive.session import Session
from ringrift_engine.players.random import RandomPlayer
from tests.ringrift_engine.interactive.scripted import (
    HEX8,
    Leaning,
    decided,
    person_against_random,
    play_on,
)

SEATS = ["human", "random"]


@pytest.fixture
def session():
    return play_on(Session(HEX8, [None, RandomPlayer()], seed=3, opening=2, temperature=0.5), 8)


@pytest.fixture
def path(session, tmp_path):
    save_game(tmp_path / "folder" / "my.game.json", session, SEATS)
    return tmp_path / "folder" / "my.game.json"


def resumed(path, *players):
    return resume_game(path, read_game(path), players or [None, RandomPlayer()])


def changed(path, **changes):
    facts = json.loads(path.read_text())
    path.write_text(json.dumps(facts | changes))


def test_a_resumed_game_is_the_game_that_was_saved_and_goes_on_like_it(session, path):
    again = resumed(path)
    assert again.played == session.played
    assert again.snapshot() == session.snapshot()
    assert decided(again) == decided(session)
    assert (again.seed, again.opening, again.temperature) == (3, 2, 0.5)
    assert play_on(again, 10, seed=4).played == play_on(session, 10, seed=4).played


def test_the_file_is_small_and_has_the_moves_in_notation(session, path):
    facts = json.loads(path.read_text())
    assert facts["moves"] == [str(played.move) for played in session.played]
    assert (facts["config_key"], facts["seats"], facts["players"]) == ("hex8_2p", SEATS, SEATS)
    assert path.stat().st_size < 4_000


def test_a_resignation_is_kept(session, path):
    session.resign()
    save_game(path, session, SEATS)
    assert (resumed(path).resigned, resumed(path).winner) == (1, 2)


def test_a_game_that_is_over_comes_back_over(tmp_path):
    session = person_against_random(10_000)
    save_game(tmp_path / "a.json", session, SEATS)
    again = resumed(tmp_path / "a.json")
    assert (again.is_over, again.winner, again.how) == (True, session.winner, session.how)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.99])
def test_a_torn_file_is_refused(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match="torn, or no saved game"):
        read_game(path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": 2}, "version of another number than 1"),
        ({"rules": 0}, "rules of another number than 1"),
        ({"kind": "chess game"}, "no saved game"),
        ({"seed": "3"}, "'seed' is not as it must be"),
        ({"seed": True}, "'seed' is not as it must be"),
        ({"moves": [1]}, "'moves' is not as it must be"),
        ({"moves": "P 40 1"}, "'moves' is not as it must be"),
        ({"komi": 6.5}, "'komi' is not as it must be"),
        ({"resigned": 3}, "its seats are not those of hex8_2p"),
        ({"seats": ["human"]}, "its seats are not those of hex8_2p"),
        ({"config_key": "hex8_3p"}, "its seats are not those of hex8_3p"),
        ({"config_key": "hex9_2p"}, "unknown configuration 'hex9_2p'"),
    ],
)
def test_a_file_of_something_else_is_refused_and_says_why(path, changes, message):
    changed(path, **changes)
    with pytest.raises(DataError, match=message) as refused:
        read_game(path)
    assert str(path) in str(refused.value)


def test_a_missing_part_is_named(path):
    facts = json.loads(path.read_text())
    del facts["opening"]
    path.write_text(json.dumps(facts))
    with pytest.raises(DataError, match="'opening' is not as it must be"):
        read_game(path)


@pytest.mark.parametrize("text", ["[]", "1", "null", '"kind"'])
def test_json_that_is_no_game_is_refused(path, text):
    path.write_text(text)
    with pytest.raises(DataError, match="no saved game"):
        read_game(path)


def test_an_illegal_move_is_named_with_its_number(path):
    moves = json.loads(path.read_text())["moves"]
    changed(path, moves=[*moves[:4], "M 4 4", *moves[5:]])
    with pytest.raises(DataError, match=r"my\.game\.json: move 4, 'M 4 4', is not legal for player \d in \w+"):
        resumed(path)


def test_moves_after_the_end_are_refused(tmp_path):
    save_game(tmp_path / "a.json", person_against_random(10_000), SEATS)
    moves = json.loads((tmp_path / "a.json").read_text())["moves"]
    changed(tmp_path / "a.json", moves=[*moves, "NT"])
    with pytest.raises(DataError, match=rf"move {len(moves)}, 'NT', comes after the end"):
        resumed(tmp_path / "a.json")


def test_a_file_that_is_no_game_is_not_written_over(session, tmp_path):
    precious = tmp_path / "thesis.txt"
    precious.write_text("to be")
    with pytest.raises(DataError, match=r"thesis\.txt: torn, or no saved game"):
        save_game(precious, session, SEATS)
    assert precious.read_text() == "to be"


def test_a_place_that_cannot_be_written_is_an_error_that_names_it(session, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        save_game(tmp_path / "file" / "below.json", session, SEATS)
    with pytest.raises(DataError, match="cannot be read"):
        save_game(tmp_path, session, SEATS)


def test_a_game_whose_saving_fails_midway_is_still_the_one_before(session, path, monkeypatch):
    before = path.read_bytes()
    play_on(session, 1)

    def fail(value, **_):  # noqa: ARG001
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saving.json, "dumps", fail)
    with pytest.raises(DataError, match="No space left"):
        save_game(path, session, SEATS)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_another_player_in_a_seat_is_told(path):
    saved = read_game(path)
    assert changed_players(saved, resumed(path)) == []
    assert changed_players(saved, resumed(path, None, Leaning())) == [(2, "random", "leaning")]
    assert changed_players(saved, resumed(path, None, None)) == []


def test_what_follows_a_changed_player_is_its_own(path):
    session = resumed(path, None, Leaning())
    play_on(session, 3)
    assert [played.win_chance for played in session.played if played.win_chance] != []
