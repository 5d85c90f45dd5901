"""Tournaments: every game in the log, none played twice, nobody in it twice or under another's name."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from ringrift_engine.boards import CONFIGS
from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.evaluation.match import Arena, Contestant, play_match
from ringrift_engine.evaluation.match_log import TOURNAMENT, MatchLog
from ringrift_engine.evaluation.openings import draw_openings
from ringrift_engine.evaluation.pairing import BALANCED
from ringrift_engine.evaluation.tournament import Entrant, TournamentSettings, play_tournament
from ringrift_engine.files import sha256_of
from ringrift_engine.players.random import RandomPlayer
from ringrift_engine.promotion.logged import newest_tournament
from tests.ringrift_engine.evaluation.players import Crashing, Habitual, PolicyMaker

CONFIG = CONFIGS["hex8_2p"]
SETTINGS = TournamentSettings(openings=3)


def entrant(player, model=None):
    return Entrant(player.name, Contestant(player, sha256_of(model) if model else None), model)


def entrants():
    return [entrant(RandomPlayer()), entrant(Habitual()), entrant(PolicyMaker())]


@pytest.fixture
def arena(tmp_path):
    with MatchLog(tmp_path / "matches.db") as log:
        yield Arena(log=log, purpose=TOURNAMENT, run_id="run-1")


@pytest.mark.parametrize(("key", "games"), [("hex8_2p", 18), ("hex8_3p", 9), ("hex8_4p", 36)])
def test_every_game_of_every_table_is_played_and_logged(arena, key, games):
    played = play_tournament(CONFIGS[key], entrants(), SETTINGS, arena)
    assert len(played) == games
    assert {game.key for game in played} == {game.key for game in arena.log.games(key, purpose="tournament")}
    names = {one.participant.name for one in entrants()}
    for seat in range(CONFIGS[key].num_players):
        sitting = Counter(game.seats[seat].name for game in played)
        assert set(sitting) == names
        assert len(set(sitting.values())) == 1, "everybody sits in every seat equally often"


def test_all_pairs_play_the_same_openings(arena):
    played = play_tournament(CONFIG, entrants(), SETTINGS, arena)
    assert set(Counter(game.opening_hash for game in played).values()) == {6}


def test_a_tournament_that_is_repeated_plays_nothing_again(arena):
    first = play_tournament(CONFIG, entrants(), SETTINGS, arena)
    again = entrants()
    assert play_tournament(CONFIG, again, SETTINGS, arena) == first
    assert again[1].contestant.player.asked == []
    more = play_tournament(CONFIG, again, replace(SETTINGS, openings=4), arena)
    assert more[: len(first)] == first
    assert len(arena.log.games()) == 24


def test_a_tournament_with_one_more_player_is_another_run_and_plays_only_its_games(arena):
    play_tournament(CONFIG, entrants()[:2], SETTINGS, arena)
    (first,) = {game.run_id for game in arena.log.games()}
    played = play_tournament(CONFIG, entrants(), SETTINGS, arena)
    assert Counter(game.run_id == first for game in played) == {True: 6, False: 12}
    assert newest_tournament(arena.log.games()) == sorted(played, key=arena.log.games().index)


def test_games_of_a_match_are_games_of_the_tournament(arena):
    random, habitual, _ = entrants()
    openings = draw_openings(CONFIG, SETTINGS.seed, 0, 3, SETTINGS.opening_decisions)
    play_match(CONFIG, random.contestant, habitual.contestant, openings, replace(arena, purpose="match"))
    play_tournament(CONFIG, [random, habitual], SETTINGS, arena)
    assert {game.purpose for game in arena.log.games()} == {"match"}


def test_a_crash_is_nobodys_loss_and_the_rest_is_played_later(arena):
    crashing = Crashing(calls=60)
    players = [entrant(RandomPlayer()), entrant(crashing), entrant(Habitual())]
    small = replace(arena, concurrency=3, games_a_transaction=1)
    with pytest.raises(ZeroDivisionError, match="a bug in a player"):
        play_tournament(CONFIG, players, SETTINGS, small)
    before = arena.log.games()
    assert len(before) < 18
    crashing.calls = 10**9
    after = play_tournament(CONFIG, players, SETTINGS, small)
    assert len(after) == 18
    assert {game.key for game in before} <= {game.key for game in after}


def test_the_balanced_schedule_is_played(arena):
    played = play_tournament(CONFIG, entrants(), replace(SETTINGS, schedule=BALANCED, openings=4), arena)
    assert Counter(who.name for game in played for who in game.seats) == dict.fromkeys(
        (one.name for one in entrants()), 8
    )


def test_an_empty_tournament_is_refused(arena):
    for few in ([], entrants()[:1]):
        with pytest.raises(ConfigError, match="two participants or more"):
            play_tournament(CONFIG, few, SETTINGS, arena)
    assert arena.log.games() == []


def test_the_same_participant_under_two_names_is_refused(arena, tmp_path):
    model = tmp_path / "a.safetensors"
    model.write_text("weights")
    same = tmp_path / "b.safetensors"
    same.write_text("weights")
    twins = [replace(entrant(Habitual(), path), name=path.name) for path in (model, same)]
    with pytest.raises(ConfigError, match=r"'a.safetensors' and 'b.safetensors' are the same participant, habitual"):
        play_tournament(CONFIG, [*twins, entrant(RandomPlayer())], SETTINGS, arena)
    with pytest.raises(ConfigError, match="'random' and 'random' are the same participant"):
        play_tournament(CONFIG, [entrant(RandomPlayer()), entrant(RandomPlayer())], SETTINGS, arena)


def test_a_model_that_was_exchanged_after_it_was_loaded_is_refused(arena, tmp_path):
    model = tmp_path / "a.safetensors"
    model.write_text("weights")
    player = entrant(Habitual(), model)
    model.write_text("other weights")
    with pytest.raises(DataError, match="A model is named by its content"):
        play_tournament(CONFIG, [player, entrant(RandomPlayer())], SETTINGS, arena)
    model.unlink()
    with pytest.raises(DataError, match="now has no file"):
        play_tournament(CONFIG, [player, entrant(RandomPlayer())], SETTINGS, arena)


def test_a_model_that_was_exchanged_between_two_runs_is_refused(arena, tmp_path):
    model = tmp_path / "a.safetensors"
    model.write_text("weights")
    play_tournament(CONFIG, [entrant(Habitual(), model), entrant(RandomPlayer())], SETTINGS, arena)
    model.write_text("other weights")
    other = [entrant(Habitual(), model), entrant(RandomPlayer())]
    with pytest.raises(DataError, match=r"it was exchanged under its name. Restore it, or begin another"):
        play_tournament(CONFIG, other, SETTINGS, arena)
    assert len(play_tournament(CONFIG, other, replace(SETTINGS, seed=1), arena)) == 6


def test_the_sheet_says_who_took_part(arena, tmp_path):
    play_tournament(CONFIG, entrants(), SETTINGS, arena)
    (sheet,) = (tmp_path / "tournaments").iterdir()
    assert sorted(json.loads(sheet.read_text())["entrants"]) == ["habitual", "policy-maker", "random"]
    sheet.write_text("torn")
    with pytest.raises(DataError, match="no sheet of a tournament"):
        play_tournament(CONFIG, entrants(), SETTINGS, arena)
