"""Who sits opposite in self-play: shares of games, seats that rotate, and the same answer for the same seed."""

import math
from collections import Counter

import pytest

from ringrift_engine.selfplay.plan import plan_games, seat_opponents
from ringrift_engine.selfplay.settings import SelfplaySettings

GAMES = 6_000


def seated(shares, players=3, seed=7, games=GAMES):
    return seat_opponents(plan_games(players, SelfplaySettings(games=games), seed), shares, players)


def test_without_opponents_the_learner_has_every_seat():
    assert {plan.seats for plan in seated([1.0])} == {(0, 0, 0)}


@pytest.mark.parametrize("players", [2, 3, 4])
def test_against_others_the_learner_has_one_seat_that_rotates(players):
    plans = seated([0.0, 1.0], players)
    seats = Counter(plan.seats.index(0) for plan in plans)
    assert all(sorted(plan.seats) == [0] + [1] * (players - 1) for plan in plans)
    assert max(seats.values()) - min(seats.values()) <= 1


def test_every_opponent_gets_its_share_of_the_games():
    shares = [0.7, 0.2, 0.1]
    met = Counter(max(plan.seats) for plan in seated(shares))
    for opponent, share in enumerate(shares):
        deviation = math.sqrt(GAMES * share * (1 - share))
        assert abs(met[opponent] - GAMES * share) < 4 * deviation, opponent


def test_shares_that_end_just_below_one_leave_no_game_without_an_opponent():
    assert len(seated([0.3, 0.7 - 1e-9], players=2)) == GAMES


def test_the_seats_follow_from_the_seed_and_nothing_else_of_a_plan_changes():
    assert seated([0.5, 0.5]) == seated([0.5, 0.5])
    assert seated([0.5, 0.5]) != seated([0.5, 0.5], seed=8)
    plain = plan_games(3, SelfplaySettings(games=50), 7)
    for before, after in zip(plain, seated([0.5, 0.5], games=50), strict=True):
        assert (before.index, before.play_seed, before.opening_seed, before.opening) == (
            after.index, after.play_seed, after.opening_seed, after.opening
        )  # fmt: skip


def test_no_games_have_no_seats():
    assert seat_opponents([], [1.0], 2) == []
