"""Matches: every opening from every seat, logged once, never a guess where a game is missing."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from ringrift_engine.boards import CONFIGS
from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.evaluation import match as match_module
from ringrift_engine.evaluation.match import Arena, Contestant, play_match, play_until_decided
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.evaluation.match_result import MatchResult
from ringrift_engine.evaluation.openings import draw_openings
from ringrift_engine.evaluation.sequential import ACCEPT, NOT_SHOWN, REFUSE, SequentialSettings
from ringrift_engine.players.heuristic import HeuristicPlayer
from ringrift_engine.players.random import RandomPlayer
from tests.ringrift_engine.evaluation.players import Crashing, Habitual, PolicyMaker

CONFIG = CONFIGS["square8_2p"]
RANDOM = Contestant(RandomPlayer())
HABITUAL = Contestant(Habitual())


@pytest.fixture
def arena(tmp_path):
    with MatchLog(tmp_path / "matches.db") as log:
        yield Arena(log=log, purpose="gauntlet", run_id="run-1")


def openings(count=4, config=CONFIG, seed=7):
    return draw_openings(config, seed, 0, count, 4)


@pytest.mark.parametrize("key", ["square8_2p", "hex8_3p", "square8_4p"])
def test_every_seat_is_played_and_every_game_logged(arena, key):
    config = CONFIGS[key]
    n, drawn = config.num_players, openings(3, config)
    result = play_match(config, RANDOM, HABITUAL, drawn, arena)
    games = arena.log.games(key)
    assert (result.rounds, result.games, len(games)) == (3, 3 * n, 3 * n)
    seats = Counter(game.seats.index(RANDOM.participant) for game in games)
    assert seats == dict.fromkeys(range(n), 3)
    assert Counter(game.opening_hash for game in games) == {opening.fingerprint: n for opening in drawn}
    assert result.wins == sum(game.seats[game.winner - 1] == RANDOM.participant for game in games)
    assert sum(result.hows.values()) == result.games
    assert result.plies == sum(game.plies for game in games)


def test_every_seat_plays_the_same_opening(arena, monkeypatch):
    records, real = [], match_module.play_as_they_end
    monkeypatch.setattr(
        match_module, "play_as_they_end", lambda *a, **k: records.extend(real(*a, **k)) or iter(records)
    )
    drawn = openings(3)
    play_match(CONFIG, RANDOM, HABITUAL, drawn, arena)
    assert len(records) == 6
    for index, record in records:
        opening = drawn[index // 2]
        assert tuple(record.moves[: len(opening.moves)]) == opening.moves


def test_equal_matches_are_equal_and_other_seeds_are_not(arena, tmp_path):
    with MatchLog(tmp_path / "other.db") as log:
        again = play_match(CONFIG, RANDOM, HABITUAL, openings(), replace(arena, log=log))
        assert play_match(CONFIG, RANDOM, HABITUAL, openings(), arena) == again
        assert log.games() == arena.log.games()
        play_match(CONFIG, RANDOM, HABITUAL, openings(seed=8), replace(arena, log=log))
        assert log.counts() == {CONFIG.key: 16}


@pytest.mark.parametrize("concurrency", [1, 3, 100])
def test_how_many_games_are_on_the_board_changes_nothing(tmp_path, concurrency):
    results = []
    for number, size in enumerate((concurrency, 8)):
        with MatchLog(tmp_path / f"{number}.db") as log:
            arena = Arena(log=log, purpose="p", run_id="r", concurrency=size)
            result = play_match(CONFIG, RANDOM, HABITUAL, openings(), arena)
            results.append((result, sorted(log.games(), key=lambda game: game.key)))  # rows come as games end
    assert results[0] == results[1]


def test_all_games_of_a_match_ask_the_candidate_at_once(arena):
    player = Habitual("candidate")
    play_match(CONFIG, Contestant(player), RANDOM, openings(6), arena)
    assert player.asked[0] == 6  # the six games in which it is to move after the opening, or after the opponent's reply
    assert max(player.asked) >= 6


def test_deterministic_players_play_different_games_because_of_the_openings(arena):
    play_match(CONFIG, HABITUAL, Contestant(Habitual("twin")), openings(8), arena)
    assert len({(game.plies, game.scores) for game in arena.log.games()}) > 4


def test_a_player_with_a_policy_plays_its_best_choice(arena):
    chosen = play_match(CONFIG, Contestant(PolicyMaker()), RANDOM, openings(), arena)
    first = play_match(CONFIG, HABITUAL, RANDOM, openings(), arena)
    assert (chosen.plies, chosen.hows) != (first.plies, first.hows)


def test_a_crash_is_nobodys_loss(arena):
    with pytest.raises(ZeroDivisionError):
        play_match(CONFIG, Contestant(Crashing(20)), RANDOM, openings(), arena)
    assert arena.log.games() == []


def test_a_repeated_match_plays_only_what_is_missing_and_comes_to_the_same(arena, tmp_path):
    crashing = Crashing(10**9)
    small = replace(arena, concurrency=2, games_a_transaction=2)
    crashing.calls = 90
    with pytest.raises(ZeroDivisionError):
        play_match(CONFIG, Contestant(crashing), RANDOM, openings(), small)
    logged = len(arena.log.games())
    assert 0 < logged < 8
    crashing.calls = 10**9
    repeated = play_match(CONFIG, Contestant(crashing), RANDOM, openings(), replace(small, run_id="run-2"))
    assert Counter(game.run_id for game in arena.log.games()) == {"run-1": logged, "run-2": 8 - logged}
    with MatchLog(tmp_path / "undisturbed.db") as log:
        assert play_match(CONFIG, Contestant(crashing), RANDOM, openings(), replace(arena, log=log)) == repeated


def test_progress_counts_to_the_whole_match(arena):
    told = []
    small = replace(arena, concurrency=4, progress=lambda *facts: told.append(facts))
    play_match(CONFIG, RANDOM, HABITUAL, openings(), small)
    assert told[-1] == ("square8_2p, random against habitual", 8, 8, "games")
    assert [done for _, done, _, _ in told] == sorted(done for _, done, _, _ in told)


def test_the_heuristic_beats_random_soon_and_random_never_the_heuristic(arena):
    heuristic, settings = Contestant(HeuristicPlayer(CONFIG)), SequentialSettings()
    result, verdict = play_until_decided(CONFIG, heuristic, RANDOM, 7, 4, settings, arena)
    assert verdict.decision == ACCEPT
    assert result.games == verdict.games == arena.log.counts()[CONFIG.key] < 200
    _, reverse = play_until_decided(CONFIG, RANDOM, heuristic, 7, 4, settings, arena)
    assert reverse.decision == REFUSE


def test_equals_are_not_shown_to_differ_at_a_small_cap(arena):
    settings = SequentialSettings(max_games=61, games_a_look=20)
    told = []
    told_arena = replace(arena, progress=lambda *facts: told.append(facts))
    result, verdict = play_until_decided(CONFIG, RANDOM, Contestant(Twin()), 7, 4, settings, told_arena)
    assert verdict.decision == NOT_SHOWN
    assert result.games == 60
    assert told[-1][1:] == (60, 61, "games")


class Twin(RandomPlayer):
    name = "twin"


def test_a_result_survives_json_and_adds_up(arena):
    first = play_match(CONFIG, RANDOM, HABITUAL, openings(3), arena)
    assert MatchResult.from_json(first.to_json()) == first
    rest = play_match(CONFIG, RANDOM, HABITUAL, draw_openings(CONFIG, 7, 3, 2, 4), arena)
    assert first.plus(rest) == play_match(CONFIG, RANDOM, HABITUAL, openings(5), arena)
    assert first.win_rate == first.wins / 6
    low, high = first.interval()
    assert low <= first.win_rate <= high


def test_results_of_different_matches_do_not_add_up(arena):
    first = play_match(CONFIG, RANDOM, HABITUAL, openings(1), arena)
    other = play_match(CONFIG, HABITUAL, RANDOM, openings(1), arena)
    with pytest.raises(ConfigError, match="cannot be added"):
        first.plus(other)


def test_without_games_there_is_no_win_rate(arena):
    empty = play_match(CONFIG, RANDOM, HABITUAL, [], arena)
    with pytest.raises(DataError, match="no games"):
        _ = empty.win_rate
    with pytest.raises(DataError, match="no games"):
        _ = empty.score


@pytest.mark.parametrize("broken", [{}, {"candidate": 3}])
def test_something_else_is_no_result(broken):
    with pytest.raises(DataError, match="Not the result"):
        MatchResult.from_json(broken)


def test_scores_with_two_players_are_win_rates(arena):
    result = play_match(CONFIG, RANDOM, HABITUAL, openings(6), arena)
    assert result.score == pytest.approx(result.win_rate)
    assert set(np.flatnonzero(result.counts)) <= {0, 2, 4}
