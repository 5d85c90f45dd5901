"""Evidence from the match log, counted by hand."""

from dataclasses import replace

import pytest

from ringrift_engine.evaluation.match_log import LoggedGame
from ringrift_engine.promotion.logged import between, count_of, newest_tournament, share_of, standings, tier_games
from ringrift_engine.promotion.tiers import LADDER
from ringrift_engine.records.shard_schema import Participant

A, B = "a" * 64, "b" * 64
MODEL, QUICK, OTHER = Participant("search(a)", A, 32), Participant("search(a)", A, 8), Participant("search(b)", B, 32)
RANDOM, HEURISTIC = Participant("random"), Participant("heuristic(profile=default)")
TWO = LoggedGame(
    config_key="hex8_2p",
    purpose="tournament",
    run_id="run",
    opening_seed=1,
    opening_decisions=4,
    opening_hash="0" * 16,
    play_seed=1,
    seats=(MODEL, RANDOM),
    winner=1,
    how="lps_rounds",
    ranks=(1, 2),
    scores=((0, 0, 0, 0),) * 2,
    plies=10,
)


def played(*seats, ranks):
    return replace(TWO, seats=seats, ranks=ranks, winner=ranks.index(1) + 1, scores=((0, 0, 0, 0),) * len(seats))


FOUR = played(RANDOM, MODEL, OTHER, HEURISTIC, ranks=(4, 2, 1, 2))


def test_a_share_counts_the_opponents_behind_and_half_of_those_beside():
    assert share_of(TWO, A) == 1
    assert share_of(TWO, "random") == 0
    assert share_of(FOUR, A) == pytest.approx((0 + 1 + 0.5) / 3)
    assert (share_of(FOUR, A, B), share_of(FOUR, A, "random")) == (0, 1)


def test_a_model_is_itself_with_any_search_budget():
    games = [TWO, played(RANDOM, QUICK, ranks=(1, 2)), played(OTHER, RANDOM, ranks=(1, 2))]
    assert between(games, A, "random") == games[:2]
    (one,) = tier_games(games, A, LADDER[0])
    assert (one.opponent, one.count.wins, one.count.games, one.count.points) == ("random", 1, 2, 1.0)
    assert tier_games(games, A, LADDER[-1]) == ()


def test_what_a_model_does_without_search_takes_it_to_no_tier():
    alone = played(replace(MODEL, name="policy(a)", simulations=0), RANDOM, ranks=(1, 2))
    assert tier_games([alone, TWO, alone], A, LADDER[0]) == tier_games([TWO], A, LADDER[0])


def test_games_with_a_third_player_are_no_games_of_a_pair():
    assert between([FOUR], A, "random") == []


def test_standings_have_every_other_player_once_with_its_own_score():
    games = [
        played(MODEL, OTHER, ranks=(1, 2)),
        played(OTHER, MODEL, ranks=(1, 2)),
        played(OTHER, RANDOM, ranks=(1, 2)),
        played(RANDOM, QUICK, ranks=(2, 1)),
    ]
    found = {one.opponent: one for one in standings(games, A)}
    assert set(found) == {B, "random"}
    assert (found[B].count.wins, found[B].count.games, found[B].score) == (1, 2, pytest.approx(2 / 3))
    assert (found["random"].count.wins, found["random"].count.games, found["random"].score) == (1, 1, 0)
    assert standings([], A) == ()


def test_the_newest_tournament_has_its_games_whoever_played_them_first_and_no_others():
    def game(one, other, run_id, opening, purpose="tournament"):
        return replace(TWO, seats=(one, other), run_id=run_id, purpose=purpose, opening_seed=opening, play_seed=opening)

    before = [game(MODEL, RANDOM, "seed 0, tournament 1", 1), game(HEURISTIC, RANDOM, "seed 0, tournament 1", 1)]
    gauntlet = [game(MODEL, RANDOM, "run", 2, "gauntlet"), game(MODEL, RANDOM, "run", 9, "gauntlet")]
    newest = [
        game(one, other, "seed 0, tournament 2", opening)
        for opening in (1, 2)
        for one, other in ((OTHER, RANDOM), (OTHER, MODEL))
    ]
    later = [game(MODEL, RANDOM, "check", 9, "rollback")]
    found = newest_tournament([*before, *gauntlet, *newest, *later])
    assert found == [before[0], gauntlet[0], *newest]
    assert newest_tournament(before) == before
    assert newest_tournament(gauntlet) == []


def test_games_of_a_player_against_itself_say_nothing():
    assert standings([played(OTHER, OTHER, ranks=(1, 2))], A)[0].score is None


def test_counts_are_wins_and_points():
    count = count_of([FOUR, played(MODEL, RANDOM, OTHER, HEURISTIC, ranks=(1, 2, 3, 4))], A)
    assert (count.wins, count.games, count.points) == (1, 2, pytest.approx(1.5))
