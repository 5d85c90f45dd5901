"""A session against what it does not share: games between programs, `Game`, and its own past."""

import random

import pytest

from ringrift_engine import Game
from ringrift_engine.boards import CONFIGS
from ringrift_engine.errors import ConfigError, IllegalMoveError
from ringrift_engine.game.move import Move
from ringrift_engine.interactive.session import FORCED, OPENING, PERSON, PROGRAM, Session
from ringrift_engine.players.random import RandomPlayer
from ringrift_engine.selfplay import GamePlan, SelfplaySettings, play_plans
from tests.ringrift_engine.interactive.scripted import (
    HEX8,
    Leaning,
    decided,
    person_against_random,
    play_on,
    run_programs,
)


@pytest.mark.parametrize(("opening", "temperature"), [(0, 0.0), (5, 0.0), (3, 0.5)])
def test_programs_play_the_game_that_they_play_without_people(opening, temperature):
    players, seed = [Leaning(), RandomPlayer()], 11
    session = Session(HEX8, players, seed, opening, temperature)
    run_programs(session)
    plan = GamePlan(index=0, seats=(0, 1), play_seed=seed, opening_seed=seed, opening=opening)
    drawn = {"sampled_decisions": 10_000, "temperature": temperature} if temperature else {"sampled_decisions": 0}
    (record,) = play_plans(HEX8, players, [plan], SelfplaySettings(games=1, **drawn), seed)
    told = session.record()
    assert told.moves.tolist() == record.moves.tolist()
    assert (told.winner, told.how, told.players, told.game_id) == (
        record.winner,
        record.how,
        record.players,
        record.game_id,
    )
    assert told.opening_plies == opening == sum(played.by == OPENING for played in session.played)
    assert told.scores.tolist() == record.scores.tolist()


def test_a_person_s_game_is_one_that_the_rules_allow():
    session = person_against_random(10_000)
    game = Game(HEX8)
    for played in session.played:
        assert (played.turn, played.player) == (game.snapshot()["tn"], game.current_player)
        choices = [move for move in game.legal_moves() if move == played.move]
        assert len(choices) == 1
        game.apply(played.move)
    assert session.snapshot() == game.snapshot()
    assert session.board == str(game)
    assert (session.winner, session.how, session.phase) == (game.winner, game.how, game.phase)
    assert session.choices() == []


def test_every_move_is_made_by_whom_it_belongs_to():
    session = person_against_random(30)
    game, kinds = Game(HEX8), set()
    for played in session.played:
        kinds.add(played.by)
        if played.by != FORCED:
            assert played.by == (PERSON if played.player == 1 else PROGRAM)
            assert len(game.legal_moves()) > 1
        game.apply(played.move)
    assert kinds == {PERSON, PROGRAM, FORCED}


@pytest.mark.parametrize("key", ["hex8_2p", "hex8_3p"])
def test_choices_have_different_texts_and_are_ordered_by_kind_and_numbers(key):
    config, source = CONFIGS[key], random.Random(7)
    session = Session(config, [None] * config.num_players)
    orders = set()
    while True:
        run_programs(session)
        if not (moves := session.choices()):
            break
        assert len({str(move) for move in moves}) == len(moves)
        codes = [move.code for move in moves]
        assert codes == sorted(codes, key=codes.index)  # kinds are not mixed
        simple = [move.parts for move in moves if move.code in ("P", "M", "C", "F")]
        assert simple == sorted(simple, key=lambda parts: (codes.index(parts[0]), parts[1:]))
        orders.update(codes)
        session.play(source.choice(moves))
    assert orders >= {"P", "M", "C", "SP"}


def test_taking_back_leads_to_the_person_s_last_decision_and_the_same_answer_to_the_same_move():
    session = person_against_random(12, seed=5)
    while plies := decided(session):
        played, game = session.played, Game(HEX8)
        for one in played[: plies[-1]]:
            game.apply(one.move)
        taken = session.undo()
        assert taken == played[plies[-1] :]
        assert session.snapshot() == game.snapshot()
        assert session.waits_for_person
        session.play(taken[0].move)
        run_programs(session)
        assert session.played == played
        session.undo()
    with pytest.raises(IllegalMoveError, match="no person has made a move"):
        session.undo()


def test_an_opening_is_not_taken_back():
    session = play_on(Session(HEX8, [None, RandomPlayer()], opening=3), 1)
    session.undo()
    assert sum(played.by == OPENING for played in session.played) == 3
    with pytest.raises(IllegalMoveError):
        session.undo()


def test_a_game_that_is_over_can_be_taken_back():
    session = person_against_random(10_000, seed=1)
    assert session.is_over
    session.undo()
    assert not session.is_over
    assert session.waits_for_person
    assert play_on(session, 10_000, seed=9).is_over


def test_who_gives_up_against_one_has_lost_and_may_think_again():
    session = person_against_random(3)
    session.resign()
    assert (session.is_over, session.resigned, session.winner, session.how) == (True, 1, 2, None)
    assert session.step() is None
    assert session.choices() == []
    with pytest.raises(IllegalMoveError):
        session.resign()
    before = session.played
    assert session.undo() == ()
    assert (session.is_over, session.played) == (False, before)


def test_who_gives_up_against_several_makes_nobody_the_winner():
    config = CONFIGS["hex8_3p"]
    session = person_against_random(1, config=config)
    session.resign()
    assert (session.is_over, session.winner) == (True, None)


def test_what_cannot_be_played_is_refused_and_changes_nothing():
    session = person_against_random(2)
    before = session.snapshot(), session.played
    with pytest.raises(IllegalMoveError, match=r"P 40 9 is not legal for player 1 in"):
        session.play(Move(("P", 40, 9)))
    assert (session.snapshot(), session.played) == before
    programs = Session(HEX8, [RandomPlayer(), RandomPlayer()])
    with pytest.raises(IllegalMoveError, match="player 1 is no person"):
        programs.play(Move(("P", 40, 1)))
    with pytest.raises(IllegalMoveError, match="Nobody can resign"):
        programs.resign()


def test_programs_say_what_they_give_themselves():
    session = Session(HEX8, [None, Leaning()])
    play_on(session, 2)
    chances = {(played.by, played.win_chance and round(played.win_chance, 6)) for played in session.played}
    assert chances == {(PERSON, None), (FORCED, None), (PROGRAM, 0.2)}


def test_advice_is_what_the_program_would_play_and_its_best_moves():
    session = Session(HEX8, [None, None])
    advice = session.advice(Leaning(), count=3)
    alone = Session(HEX8, [Leaning(), Leaning()])
    assert advice.best[0] == (alone.step().move, 0.625)
    assert [share for _, share in advice.best] == [0.625, 0.375, 0.0]
    assert advice.win_chance == pytest.approx(0.8)
    assert session.played == ()
    silent = session.advice(RandomPlayer())
    assert silent.win_chance is None
    assert [share for _, share in silent.best] == [None]


@pytest.mark.parametrize(
    ("seats", "options", "message"),
    [
        ([None], {}, "2 seats, 1 players"),
        ([None, None], {"seed": -1}, "a seed from 0"),
        ([None, None], {"opening": -1}, "an opening"),
        ([None, None], {"temperature": float("inf")}, "a temperature"),
    ],
)
def test_impossible_games_are_refused(seats, options, message):
    with pytest.raises(ConfigError, match=message):
        Session(HEX8, seats, **options)
