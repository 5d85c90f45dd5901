"""Ratings: closed forms, two implementations by others, what cannot be bounded, intervals on games of known truth."""

import math
from itertools import permutations

import numpy as np
import pytest

from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.ratings import Results, anchors_of, fit_ratings
from ringrift_engine.ratings.orders import FinishingOrders
from ringrift_engine.ratings.pairs import possible_ranks
from ringrift_engine.records.shard_schema import Participant
from tests.benchmarks.ratings import POOLS, covered, seconds_of_a_fit
from tests.ringrift_engine.ratings.simulated import ELO, participants, round_robin, simulate

KEYS = {2: "hex8_2p", 3: "hex8_3p", 4: "hex8_4p"}


def results(key, games):
    """Results of (seats, ranks, how often)."""
    who = participants(1 + max(max(seats) for seats, _, _ in games))
    rows = [(seats, ranks) for seats, ranks, count in games for _ in range(count)]
    seats, ranks = (np.array(column) for column in zip(*rows, strict=True))
    return Results(config_key=key, participants=who, seats=seats.astype(np.int32), ranks=ranks.astype(np.int8))


def anchored(pool, place=0, elo=0.0):
    return fit_ratings(pool, {pool.participants[place]: elo})


def two(first_won, first_lost, second_won, second_lost):
    """Games of player 0 against player 1: won and lost from seat 1, won and lost from seat 2."""
    return results(
        KEYS[2],
        [
            ((0, 1), (1, 2), first_won), ((0, 1), (2, 1), first_lost),
            ((1, 0), (2, 1), second_won), ((1, 0), (1, 2), second_lost),
        ],
    )  # fmt: skip


def test_two_participants_with_even_seats_are_elos_formula():
    ratings = anchored(two(30, 20, 30, 20), place=1, elo=1200)
    assert ratings.elo == pytest.approx([1200 + 400 * math.log10(60 / 40), 1200])
    assert ratings.seat_elo == pytest.approx([0, 0], abs=1e-9)
    assert math.sqrt(ratings.covariance[0, 0]) == pytest.approx(ELO / math.sqrt(100 * 0.6 * 0.4))
    low, high = ratings.interval(ratings.participants[0])
    assert high - low == pytest.approx(2 * 1.959964 * ELO / math.sqrt(24), rel=1e-6)


def test_a_seat_that_wins_more_is_no_strength():
    """The mean of the log odds in the two seats is the strength, half their difference the seat's effect."""
    ratings = anchored(two(80_000, 20_000, 60_000, 40_000), place=1)
    odds_first, odds_second = math.log(80 / 20), math.log(60 / 40)
    assert ratings.elo[0] == pytest.approx(ELO * (odds_first + odds_second) / 2, abs=0.01)
    assert ratings.seat_elo == pytest.approx(
        [ELO * (odds_first - odds_second) / 4 * sign for sign in (1, -1)], abs=0.01
    )


def test_three_in_one_seat_each_have_the_odds_of_their_wins():
    """Always the same seats: one has won 50 games, one 30, one 20, and the losers' order was even. Seat and strength
    are one then, half of it each as far as the virtual game of the seats allows, and no interval is narrow.
    """
    games = [((0, 1, 2), (1, 2, 3), 25), ((0, 1, 2), (1, 3, 2), 25), ((0, 1, 2), (2, 1, 3), 15)]
    games += [((0, 1, 2), (3, 1, 2), 15), ((0, 1, 2), (2, 3, 1), 10), ((0, 1, 2), (3, 2, 1), 10)]
    ratings = anchored(results(KEYS[3], games))
    assert ratings.difference(*ratings.participants[:2]).high - ratings.elo[0] > 200
    assert np.all(np.diff(ratings.elo + ratings.seat_elo) < 0)


def test_choix_finds_the_same_ratings():
    """Every game is turned through all seats, so that no seat is better, as it is not in choix's model."""
    choix = pytest.importorskip("choix")
    for n, key in KEYS.items():
        random = np.random.default_rng(n)
        pool = simulate(key, round_robin(5, n, 12 // n), [0, 60, -80, 150, 10], random)
        turned = [list(order) for order in permutations(range(n))]
        seats = np.concatenate([pool.seats[:, order] for order in turned])
        ranks = np.concatenate([pool.ranks[:, order] for order in turned])
        ratings = anchored(Results(config_key=key, participants=pool.participants, seats=seats, ranks=ranks))
        orders = np.take_along_axis(pool.seats, np.argsort(pool.ranks, axis=1), axis=1).tolist()
        found = choix.opt_pairwise(5, orders) if n == 2 else choix.opt_rankings(5, orders)
        assert ratings.elo == pytest.approx((found - found[0]) * ELO, abs=0.02)
        assert ratings.seat_elo == pytest.approx(np.zeros(n), abs=1e-6)


@pytest.mark.parametrize("ties", [{}, {2: 0.6}, {2: 0.5, 3: 0.4}], ids=str)
def test_torch_finds_the_same_maximum_and_the_same_curvature(ties):
    """The plain likelihood, a loop over games and places, differentiated and maximised by torch."""
    import torch

    pool = simulate(
        KEYS[4], round_robin(5, 4, 3), [0, 50, -70, 120, 10], np.random.default_rng(5), [40, 0, -10, -30], ties
    )
    ratings = anchored(pool)
    sizes = tuple(ratings.tie_factors)
    assert set(sizes) == set(ties)

    def loss(point):
        strength = torch.cat([torch.zeros(1, dtype=torch.float64), point[:4]])
        seat = torch.cat([point[4:7], -point[4:7].sum().reshape(1)])
        ties = dict(zip(sizes, point[7:], strict=True))
        total = sum(
            plain_log_likelihood(row, rank, strength, seat, ties)
            for row, rank in zip(pool.seats, pool.ranks, strict=True)
        )
        for one, other in ((a, b) for a in range(4) for b in range(a)):  # one virtual game of equals
            total = total + 0.25 * torch.nn.functional.logsigmoid(seat[one] - seat[other])
            total = total + 0.25 * torch.nn.functional.logsigmoid(seat[other] - seat[one])
        for log_tie in ties.values():
            total = total + 0.5 * log_tie - torch.log(2 + torch.exp(log_tie))
        return -total

    point = torch.zeros(7 + len(sizes), dtype=torch.float64, requires_grad=True)
    search = torch.optim.LBFGS([point], max_iter=60, tolerance_grad=1e-7, line_search_fn="strong_wolfe")

    def step():
        search.zero_grad()
        value = loss(point)
        value.backward()
        return value

    search.step(step)
    assert ratings.elo[1:] == pytest.approx(point.detach().numpy()[:4] * ELO, abs=0.01)
    assert ratings.seat_elo[:3] == pytest.approx(point.detach().numpy()[4:7] * ELO, abs=0.01)
    assert list(ratings.tie_factors.values()) == pytest.approx(np.exp(point.detach().numpy()[7:]), rel=1e-4)
    curvature = torch.autograd.functional.hessian(loss, point.detach())
    expected = np.linalg.inv(curvature.numpy())[:4, :4] * ELO**2
    assert ratings.covariance[1:, 1:] == pytest.approx(expected, rel=1e-3)


def plain_log_likelihood(seats, ranks, strength, seat, ties):
    """One game: at every place the chosen one, or the set that shares it, among all that could have been."""
    from itertools import combinations

    import torch

    worth = [strength[int(who)] + seat[number] for number, who in enumerate(seats)]
    total = torch.zeros((), dtype=torch.float64)
    for rank in sorted(set(ranks.tolist())):
        left = [number for number, other in enumerate(ranks) if other >= rank]
        chosen = [number for number in left if ranks[number] == rank]
        if len(left) == 1:
            break
        sets = [set_ for size in (1, *(ties if rank > 1 else ())) for set_ in combinations(left, size)]
        merits = {
            set_: sum(worth[one] for one in set_) / len(set_) + (ties[len(set_)] if len(set_) > 1 else 0)
            for set_ in sets
        }
        total = total + merits[tuple(chosen)] - torch.logsumexp(torch.stack(list(merits.values())), 0)
    return total


@pytest.mark.parametrize(("n", "sizes"), [(2, ()), (3, ()), (3, (2,)), (4, ()), (4, (2,)), (4, (2, 3)), (4, (3,))])
def test_the_chances_of_all_finishing_orders_sum_to_one(n, sizes):
    ranks = np.array(list(possible_ranks(n, sizes)), dtype=np.int8)
    orders = FinishingOrders(ranks, sizes)
    worth = np.random.default_rng(n).normal(size=n)
    found = orders.evaluate(worth[orders.seats], np.log(np.full(len(sizes), 0.7)))
    assert np.exp(found.value).sum() == pytest.approx(1)


def test_how_many_orders_there_are():
    assert [len(list(possible_ranks(n, sizes))) for n, sizes in ((2, ()), (3, (2,)), (4, ()), (4, (2, 3)))] == [
        2,
        9,
        24,
        52,
    ]


def test_the_order_of_the_log_changes_nothing():
    pool = simulate(KEYS[3], round_robin(4, 3, 10), [0, 50, 90, -40], np.random.default_rng(1))
    mixed = np.random.default_rng(2).permutation(len(pool.seats))
    again = Results(
        config_key=pool.config_key, participants=pool.participants, seats=pool.seats[mixed], ranks=pool.ranks[mixed]
    )
    assert anchored(again).elo == pytest.approx(anchored(pool).elo, abs=1e-6)


def test_whoever_won_everything_has_a_finite_rating_and_a_wide_interval_and_moves_nobody_else():
    below = simulate(KEYS[2], round_robin(3, 2, 50), [0, 40, -30], np.random.default_rng(3))
    wins = np.tile([[3, 0], [0, 3]], (20, 1)).astype(np.int32)
    ranks = np.tile([[1, 2], [2, 1]], (20, 1)).astype(np.int8)
    pool = Results(
        config_key=KEYS[2], participants=participants(4),
        seats=np.concatenate([below.seats, wins]), ranks=np.concatenate([below.ranks, ranks]),
    )  # fmt: skip
    ratings, without = anchored(pool), anchored(below)
    assert ratings.held.tolist() == [False, False, False, True]
    assert ratings.elo[3] == pytest.approx(ELO * math.log(40.5 / 0.5), rel=0.01)  # half a game lost of 41
    low, high = ratings.interval(ratings.participants[3])
    assert high - low > 800
    assert ratings.elo[:3] == pytest.approx(without.elo, abs=1)


def test_a_group_that_never_lost_to_the_rest_is_held_and_the_rest_is_not():
    """0 and 1 met, 2 and 3 met, and 2 beat 0 whenever they met."""
    games = [
        ((0, 1), (1, 2), 9),
        ((1, 0), (1, 2), 7),
        ((2, 3), (1, 2), 9),
        ((3, 2), (1, 2), 7),
        ((2, 0), (1, 2), 5),
        ((0, 2), (2, 1), 5),
    ]
    ratings = anchored(results(KEYS[2], games))
    assert ratings.held.tolist() == [False, False, True, True]
    assert np.isfinite(ratings.elo).all()


def test_who_never_met_the_anchors_circle_is_not_rated():
    games = [((0, 1), (1, 2), 9), ((1, 0), (1, 2), 7), ((2, 3), (1, 2), 9), ((3, 2), (1, 2), 7)]
    ratings = anchored(results(KEYS[2], games))
    assert np.isfinite(ratings.elo).tolist() == [True, True, False, False]
    assert math.isnan(ratings.difference(ratings.participants[2], ratings.participants[0]).value)
    assert all(math.isnan(end) for end in ratings.interval(ratings.participants[3]))
    assert ratings.interval(ratings.participants[0]) == (0, 0)


def test_the_heuristic_is_the_anchor_of_every_pool_and_random_is_measured():
    heuristic, random = Participant("heuristic(profile=default)"), Participant("random")
    pool = two(80, 20, 70, 30)
    pool = Results(config_key=pool.config_key, participants=(heuristic, random), seats=pool.seats, ranks=pool.ranks)
    ratings = fit_ratings(pool)
    assert ratings.of(heuristic) == 1200
    assert ratings.interval(heuristic) == (1200, 1200)
    assert ratings.interval(random)[1] < 1200
    assert dict(anchors_of("square19_4p")) == {heuristic: 1200}
    with pytest.raises(ConfigError):
        anchors_of("hex8_5p")


def test_the_anchors_name_is_that_of_the_heuristic_player():
    from ringrift_engine.boards import BoardConfig
    from ringrift_engine.players.heuristic import HeuristicPlayer

    assert [who.name for who in anchors_of("hex8_2p")] == [HeuristicPlayer(BoardConfig.from_key("hex8_2p")).name]


def test_without_an_anchor_in_the_pool_the_one_with_most_games_stands_at_1200():
    pool = results(KEYS[2], [((0, 1), (1, 2), 5), ((1, 2), (1, 2), 5), ((1, 0), (1, 2), 3), ((2, 1), (1, 2), 3)])
    ratings = fit_ratings(pool)
    assert ratings.anchored.tolist() == [False, True, False]
    assert ratings.elo[1] == 1200


def test_several_anchors_are_all_kept_and_what_is_no_number_is_refused():
    pool = simulate(KEYS[2], round_robin(3, 2, 20), [0, 100, 50], np.random.default_rng(4))
    ratings = fit_ratings(pool, {pool.participants[0]: 0.0, pool.participants[1]: 300.0})
    assert ratings.elo[:2] == pytest.approx([0, 300])
    with pytest.raises(ConfigError, match="player000"):
        fit_ratings(pool, {pool.participants[0]: math.nan})


def test_a_difference_is_surer_than_two_ratings():
    """Both are compared with the anchor through few games, with each other through many."""
    seats = np.concatenate([round_robin(3, 2, 5), np.tile([[1, 2], [2, 1]], (400, 1))])
    pool = simulate(KEYS[2], seats, [0, 30, 60], np.random.default_rng(6))
    ratings = anchored(pool)
    one, other = ratings.participants[1:]
    wide = ratings.interval(one)
    difference = ratings.difference(other, one)
    assert difference.high - difference.low < 0.5 * (wide[1] - wide[0])
    assert difference.value == pytest.approx(ratings.of(other) - ratings.of(one))
    assert ratings.difference(one, other, level=0.5).high < ratings.difference(one, other).high
    with pytest.raises(ConfigError):
        ratings.interval(one, level=1)
    with pytest.raises(DataError, match="nobody"):
        ratings.of(Participant("nobody"))


@pytest.mark.parametrize("players", [2, 4])
def test_a_hundred_thousand_games_are_fitted_in_two_seconds(players):
    """Counted in what numpy needs to sort the games, a seventh of a second where two seconds are the goal."""
    fitting, sorting, _ = seconds_of_a_fit(players)
    assert fitting < 14 * sorting


@pytest.mark.slow
@pytest.mark.parametrize("pool", POOLS)
def test_intervals_cover_the_truth_as_often_as_they_say(pool):
    """95 % of ratings, of which a pool has several, of seat effects and of one difference; 1,200 pools are good for
    +- 0.8 points of the first and, with two seats or two participants, +- 1.3 of the others.
    """
    ratings, seats, difference = covered(pool, 1_200)
    assert ratings == pytest.approx(0.95, abs=0.01)
    assert (seats, difference) == pytest.approx((0.95, 0.95), abs=0.017)
