"""What is shown: nothing left out, numbers that are right, words for everything."""

import re

from ringrift_engine.boards import CONFIGS
from ringrift_engine.cli.play import text
from ringrift_engine.game.move import NAMES, Move
from ringrift_engine.interactive.session import Session
from ringrift_engine.rules.moves import KIND_CODES
from ringrift_engine.rules.state import HOW_NAMES, PHASE_NAMES
from tests.ringrift_engine.interactive.scripted import HEX8, Leaning, person_against_random, play_on


def told_moves(lines):
    """Number -> move, as a person reads them off grouped lines such as `7-9 M 40 41|42|49` and `5,7 P 40 1|3`."""
    found = {}
    for line in lines:
        for entry in re.split(r"\s{2,}", line.strip()):
            if not (match := re.fullmatch(r"([\d,-]+) (.+)", entry)):
                assert re.fullmatch(r"\w+: \d+", entry), entry
                continue
            numbers, moves = match.groups()
            first, _, last = numbers.partition("-")
            every = range(int(first), int(last) + 1) if last else map(int, numbers.split(","))
            head, *others = moves.split("|")
            stem = head.rpartition(" ")[0]
            for number, move in zip(every, [head, *(f"{stem} {other}" for other in others)], strict=True):
                found[number] = move
    return found


def placements(cells):
    return [Move(("P", cell, rings)) for cell in range(cells) for rings in (1, 2, 3)]


def test_the_grouped_list_has_every_move_with_its_number():
    lines = text.move_lines(placements(469), placements(469), most=10_000)
    assert told_moves(lines) == dict(enumerate(map(str, placements(469)), start=1))
    assert max(map(len, lines)) <= 100


def test_the_grouped_list_is_right_all_through_a_game():
    session, codes = Session(HEX8, [None, Leaning()]), set()
    for turn in range(25):
        play_on(session, 1, seed=turn)
        if not (moves := session.choices()):
            break
        shown = [move for move in moves if len(moves) > 12]
        if shown:
            assert told_moves(text.move_lines(moves, shown, 10_000)) == dict(enumerate(map(str, moves), start=1))
            codes |= {move.code for move in shown}
    assert codes >= {"P", "M", "SP"}


def test_moves_of_one_entry_need_not_follow_each_other():
    shown = [move for move in placements(9) if move.parts[2] != 2]
    assert "4,6 P 1 1|3" in text.move_lines(placements(9), shown)[1]


def test_few_moves_are_listed_one_by_one_with_their_numbers_among_all():
    moves = Session(HEX8, [None, None]).choices()
    assert text.move_lines(moves, moves[90:92]) == ["    91  P 40 1  (place_ring)", "    92  P 40 2  (place_ring)"]
    assert text.move_lines(moves, []) == ["  no such moves"]


def test_a_long_list_is_cut_and_says_so():
    lines = text.move_lines(placements(469), placements(469))
    assert len(lines) == 24
    assert lines[-1] == "  and more, 1407 in all: `moves` lists them, `moves 40` those with cell 40"


def test_there_are_words_for_every_phase_ending_and_kind():
    assert set(text.PHASES) == set(PHASE_NAMES)
    assert set(text.REASONS) == set(HOW_NAMES) - {""}
    assert set(NAMES) == set(KIND_CODES)
    for code in NAMES:
        assert f"{' '.join((code, text.ARGUMENTS.get(code, ''))).strip()}:" in " ".join(text.help_text().split())


def test_a_person_who_plays_alone_is_you():
    alone, two = Session(HEX8, [None, Leaning()]), Session(HEX8, [None, None])
    assert [text.seat_name(alone, seat) for seat in (1, 2)] == ["you (player 1)", "player 2"]
    assert [text.seat_name(two, seat) for seat in (1, 2)] == ["player 1", "player 2"]
    assert text.question(alone).startswith("Turn 1, you (player 1): place one to three rings")


def test_results_name_winner_and_reason():
    session = person_against_random(10_000)
    won = text.result_text(session)
    assert won.startswith("You (player 1) won" if session.winner == 1 else "Player 2 won")
    assert f"after {len(session.played)} moves: {text.REASONS[session.how]} ({session.how})." in won


def test_resignations_name_the_winner_of_two_and_nobody_of_three():
    session = person_against_random(1)
    session.resign()
    assert text.result_text(session) == "You (player 1) resigned: player 2 won."
    session = person_against_random(1, config=CONFIGS["hex8_3p"])
    session.resign()
    assert text.result_text(session) == "You (player 1) resigned: nobody is called the winner."


def test_hints_tell_the_win_chance_and_the_best_moves():
    session = Session(HEX8, [None, None])
    lines = text.advice_text("leaning", "for want of others", session.advice(Leaning())).splitlines()
    assert lines[0] == "  leaning: for want of others"
    assert re.fullmatch(r"  would play P \d+ \d, win chance 80%", lines[1])
    assert [line.split()[0] for line in lines[2:]] == ["62.5%", "37.5%", "0.0%"]


def test_opponents_moves_tell_their_win_chance():
    session = play_on(Session(HEX8, [None, Leaning()]), 4)
    theirs = next(played for played in session.played if played.by == "program")
    assert text.played_text(session, theirs).endswith("), win chance by its own estimate 20%")
    mine = next(played for played in session.played if played.by == "person")
    assert text.played_text(session, mine) == f"  you (player 1): {mine.move} ({mine.move.name})"
