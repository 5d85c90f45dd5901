"""Self-play records: the same whatever happens beside a game, replayable, and true to every setting."""

from collections import Counter

import numpy as np
import pytest

from ringrift_engine.batch import Batch
from ringrift_engine.boards import CONFIGS
from ringrift_engine.errors import ConfigError, ResourcesExhausted
from ringrift_engine.game.snapshot import write_snapshot
from ringrift_engine.players.heuristic import BootstrapPlayer, HeuristicPlayer
from ringrift_engine.players.interface import Decisions
from ringrift_engine.players.random import RandomPlayer
from ringrift_engine.resources import ResourceGuard, ResourceLimits
from ringrift_engine.rules.moves import SWAP_SIDES
from ringrift_engine.selfplay import GamePlan, SelfplaySettings, plan_games, play_games, play_plans
from tests.support.meters import FakeMeter, gigabytes

CONFIG = CONFIGS["square8_2p"]
BOOTSTRAP = BootstrapPlayer(CONFIG)
SEED = 20_26


class FirstChoice:
    """Always plays the first choice and says so in its policy; counts how often it is asked for how many rows."""

    def __init__(self, name="first"):
        self.name = name
        self.asked = []

    def choose(self, batch, rows, seeds):  # noqa: ARG002
        self.asked.append(len(rows))
        legal = batch.legal(rows)
        assert (legal.counts > 1).all(), "a forced move was passed to a player"
        policy = np.zeros(len(legal.moves), dtype=np.float32)
        policy[legal.offsets[:-1]] = 0.75
        policy[legal.offsets[:-1] + 1] = 0.25
        values = np.full((len(rows), batch.config.num_players), 1 / batch.config.num_players, dtype=np.float32)
        return Decisions(legal.moves[legal.offsets[:-1]], legal, policy, values, np.full(len(rows), 7))


class AlwaysSwap(RandomPlayer):
    """Random, but takes over the other side whenever it may."""

    name = "swapper"

    def choose(self, batch, rows, seeds):
        legal = batch.legal(rows)
        moves = super().choose(batch, rows, seeds).moves.copy()
        for index in range(len(rows)):
            if SWAP_SIDES in legal.of(index):
                moves[index] = SWAP_SIDES
        return Decisions(moves)


def flat(record):
    """A record as plain values, for comparison."""
    decisions = [
        (
            d.ply,
            d.policy_moves.tolist(),
            d.policy.tolist(),
            d.root_values.tolist(),
            d.simulations,
            d.sampled,
            d.surprise,
            d.taught,
        )
        for d in record.decisions
    ]
    return (
        record.game_id, record.seed, record.index, record.swap_rule, record.players, record.opening_plies,
        record.moves.tolist(), decisions, record.winner, record.how, record.scores.tolist(),
    )  # fmt: skip


def played(players=None, seed=SEED, threads=1, config=CONFIG, **options):
    return play_games(config, players or [BOOTSTRAP, BOOTSTRAP], SelfplaySettings(**options), seed, threads=threads)


def flats(*arguments, **options):
    return [flat(record) for record in played(*arguments, **options)]


def test_equal_seeds_and_settings_give_equal_records():
    assert flats(games=12) == flats(games=12)
    assert flats(games=12) != flats(games=12, seed=SEED + 1)


@pytest.mark.parametrize("concurrency", [1, 5, 64])
def test_records_do_not_depend_on_what_is_played_beside_them(concurrency):
    assert flats(games=16, concurrency=concurrency) == flats(games=16, concurrency=16)


def test_records_do_not_depend_on_threads_for_players_without_a_network():
    alone = [HeuristicPlayer(CONFIG), BOOTSTRAP]
    spread = [HeuristicPlayer(CONFIG, threads=2), BootstrapPlayer(CONFIG, threads=2)]
    assert flats(alone, games=10) == flats(spread, games=10, threads=2)


def test_more_games_leave_the_first_ones_as_they_are():
    assert flats(games=4) == flats(games=9)[:4]


@pytest.mark.parametrize("key", ["square8_2p", "hex8_3p", "square8_4p"])
def test_records_replay_to_the_recorded_result(key):
    config = CONFIGS[key]
    for record in played([BootstrapPlayer(config)] * config.num_players, config=config, games=4):
        batch = Batch(config, 1)
        row = np.zeros(1, dtype=np.int64)
        decisions = {decision.ply: decision for decision in record.decisions}
        choices = 0
        for ply, move in enumerate(record.moves):
            legal = batch.legal(row)
            assert move in legal.moves
            if len(legal.moves) > 1:
                choices += 1
            if ply in decisions:
                assert choices > record.opening_plies
                assert set(decisions[ply].policy_moves) <= set(legal.moves.tolist())
                assert move in decisions[ply].policy_moves
                assert decisions[ply].policy.sum() == pytest.approx(1, abs=1e-5)
            batch.apply(row, move[None])
        assert len(record.decisions) == choices - record.opening_plies
        assert (batch.winners()[0], batch.games.how[0]) == (record.winner, record.how)
        final = write_snapshot(config, batch.games[0])
        assert [[int(s[3]), int(s[0]), int(s[1])] for s in record.scores] == final["pl"]
        markers = Counter(content for content in final["b"].values() if content[0] == "m")
        assert record.scores[:, 2].tolist() == [markers[f"m{seat}"] for seat in range(1, config.num_players + 1)]


def test_seats_rotate_from_game_to_game():
    records = played([HeuristicPlayer(CONFIG), RandomPlayer()], games=4)
    assert [record.players[0] for record in records] == ["heuristic(profile=default)", "random"] * 2
    three = CONFIGS["square8_3p"]
    players = [FirstChoice("a"), FirstChoice("b"), FirstChoice("c")]
    records = played(players, config=three, games=3, opening_probability=1.0)
    assert [record.players for record in records] == [("a", "b", "c"), ("b", "c", "a"), ("c", "a", "b")]


def test_players_get_all_their_games_in_one_call():
    first, second = FirstChoice("one"), FirstChoice("two")
    played([first, second], games=6, concurrency=6, opening_probability=0.0)
    assert first.asked[0] + second.asked[0] == 6


def test_openings_are_as_frequent_and_as_long_as_the_settings_say():
    settings = SelfplaySettings(games=4_000, opening_probability=0.3, opening_decisions=5)
    lengths = Counter(plan.opening for plan in plan_games(2, settings, SEED))
    assert lengths[0] / 4_000 == pytest.approx(0.7, abs=0.03)
    for length in range(1, 6):
        assert lengths[length] / 4_000 == pytest.approx(0.06, abs=0.015)
    assert set(lengths) == set(range(6))


def test_openings_are_random_and_leave_no_decisions():
    records = played([FirstChoice(), FirstChoice()], games=20, opening_probability=1.0, opening_decisions=3)
    assert {record.opening_plies for record in records} == {1, 2, 3}
    assert len({record.moves[0] for record in records}) > 5
    assert min(record.decisions[0].ply for record in records) >= 1
    without = played([FirstChoice(), FirstChoice()], games=3, opening_probability=0.0, sampled_decisions=0)
    assert len({tuple(record.moves) for record in without}) == 1
    assert without[0].decisions[0].ply == 0


def test_first_decisions_are_drawn_and_later_ones_greedy():
    records = played([FirstChoice()] * 2, games=60, sampled_decisions=4, opening_probability=0.0)
    drawn, greedy = [], []
    for record in records:
        for number, decision in enumerate(record.decisions):
            is_first = record.moves[decision.ply] == decision.policy_moves[0]
            assert decision.sampled == (number < 4)
            (drawn if number < 4 else greedy).append(is_first)
    assert all(greedy)
    assert np.mean(drawn) == pytest.approx(0.75, abs=0.12)


def test_temperature_sharpens_the_draw_but_not_the_recorded_policy():
    records = played([FirstChoice()] * 2, games=60, sampled_decisions=4, opening_probability=0.0, temperature=0.25)
    first = [r.moves[d.ply] == d.policy_moves[0] for r in records for d in r.decisions if d.sampled]
    assert np.mean(first) == pytest.approx(81 / 82, abs=0.04)
    assert records[0].decisions[0].policy.tolist() == [0.75, 0.25]


def test_what_the_player_reports_is_recorded():
    decision = played([FirstChoice()] * 2, games=1)[0].decisions[0]
    assert (decision.simulations, decision.root_values.tolist()) == (7, [0.5, 0.5])
    assert len(played(games=1)[0].decisions[0].root_values) == 0  # the bootstrap player makes no estimate


def test_players_without_a_policy_play_their_own_moves_and_leave_no_decisions():
    records = played([HeuristicPlayer(CONFIG)] * 2, games=3)
    assert all(record.decisions == () for record in records)


def test_swapping_exchanges_the_players_of_the_seats():
    swapper, other = AlwaysSwap(), FirstChoice("other")
    settings = {"games": 2, "concurrency": 1, "swap_rule": True, "opening_probability": 0.0}
    records = played([other, swapper], **settings)
    assert [SWAP_SIDES in record.moves for record in records] == [True, False]  # in game 1 the swapper sits first
    # After the swap the first player owns seat 2 and the swapper seat 1, so only `other` leaves decisions, for seat 2.
    batch = Batch(CONFIG, 1, swap_rule=True)
    row = np.zeros(1, dtype=np.int64)
    swapped = False
    movers = {}
    for ply, move in enumerate(records[0].moves):
        movers[ply] = (int(batch.player_to_move()[0]), swapped)
        swapped = swapped or move == SWAP_SIDES
        batch.apply(row, move[None])
    assert all(seat == (2 if after else 1) for seat, after in (movers[d.ply] for d in records[0].decisions))
    assert any(after for _, after in (movers[d.ply] for d in records[0].decisions))


def test_without_the_rule_nobody_swaps():
    assert all(SWAP_SIDES not in record.moves for record in played([AlwaysSwap(), AlwaysSwap()], games=4))


def test_the_same_opening_can_be_played_from_both_sides():
    plans = [
        GamePlan(index, seats, 5 + index, opening_seed=99, opening=4) for index, seats in ((0, (0, 1)), (1, (1, 0)))
    ]
    players = [FirstChoice("a"), FirstChoice("b")]
    first, second = play_plans(CONFIG, players, plans, SelfplaySettings(sampled_decisions=0), SEED)
    start = first.decisions[0].ply
    assert (first.players, second.players) == (("a", "b"), ("b", "a"))
    assert first.moves[:start].tolist() == second.moves[: second.decisions[0].ply].tolist()


def test_names_of_games_differ_in_everything_that_makes_a_game():
    names = [record.game_id for seed in (1, 2) for record in played([RandomPlayer()] * 2, games=5, seed=seed)]
    assert len(set(names)) == 10
    assert names[:5] == [record.game_id for record in played([RandomPlayer()] * 2, games=5, seed=1)]


def test_progress_is_told_before_the_first_game_is_over_and_ends_with_all():
    told = []
    ends = []

    class Watched(RandomPlayer):
        def choose(self, batch, rows, seeds):
            ends.append((len(told), batch.over().any()))
            return super().choose(batch, rows, seeds)

    settings = SelfplaySettings(games=20, concurrency=20)
    play_games(CONFIG, [Watched()] * 2, settings, 0, lambda *call: told.append(call))
    done = [call[1] for call in told]
    assert told[0] == ("games of square8_2p", 0, 20, "games")
    assert told[-1] == ("games of square8_2p", 20, 20, "games")
    assert done == sorted(set(done))
    assert max(count for count, any_over in ends if not any_over) > 3


def test_a_guard_is_asked_at_the_start_and_as_games_end_and_changes_nothing():
    asked = []
    settings = SelfplaySettings(games=12, concurrency=4)
    records = play_games(CONFIG, [BOOTSTRAP] * 2, settings, SEED, guard=asked.append)
    assert asked[0] == 0
    assert asked == sorted(set(asked))
    assert len(asked) > 3
    assert asked[-1] < 12  # after the last game there is nothing left to save
    assert [flat(record) for record in records] == flats(games=12, concurrency=4)


def playing_on(meter, every, games=30):
    """Play under a guard that looks at `meter` every so many games."""
    guard = ResourceGuard(limits=ResourceLimits(games_between_checks=every), meter=meter)
    settings = SelfplaySettings(games=games, concurrency=4)
    return play_games(CONFIG, [BOOTSTRAP] * 2, settings, SEED, guard=guard.after_games)


def runs_out_at_the_third_look(meter):
    meter.memory_usage = gigabytes(2, 14) if meter.looks < 3 else gigabytes(15.5, 0.5)


def test_self_play_ends_when_the_machine_runs_out():
    meter = FakeMeter(on_look=runs_out_at_the_third_look)
    with pytest.raises(ResourcesExhausted, match=r"memory: 96\.9 % used"):
        playing_on(meter, every=5)
    assert meter.looks == 3


def test_the_guard_looks_no_more_often_than_it_is_told_to():
    meter = FakeMeter(on_look=runs_out_at_the_third_look)
    assert len(playing_on(meter, every=20)) == 30
    assert meter.looks == 2  # before the first game, and after the twentieth


def test_impossible_tasks_are_refused():
    with pytest.raises(ConfigError, match="square8_2p needs 2 players, one a seat; 3 were given"):
        played([RandomPlayer()] * 3, games=1)
    with pytest.raises(ConfigError, match="swap rule is for two players; square8_3p has 3"):
        played([RandomPlayer()] * 3, config=CONFIGS["square8_3p"], games=1, swap_rule=True)
    with pytest.raises(ConfigError, match="seed must be 0 or more"):
        played(games=1, seed=-1)
