"""Playout cap randomisation: who is searched how, and that nothing else changes."""

from typing import Any

import numpy as np
import pytest

from ringrift_engine.batch import Batch
from ringrift_engine.boards import CONFIGS
from ringrift_engine.errors import ConfigError
from ringrift_engine.players.factory import make_player, parse_player
from ringrift_engine.players.playout_cap import CappedSearch
from ringrift_engine.players.random import RandomPlayer
from ringrift_engine.players.search import SearchPlayer, name_of_search
from ringrift_engine.search import PlayoutCap, SearchResult, SearchSettings
from ringrift_engine.selfplay import SelfplaySettings, play_games
from tests.ringrift_engine.search.positions import OpinionatedEvaluator

CONFIG = CONFIGS["square8_2p"]
FULL = SearchSettings(simulations=12, considered=6)
CHEAP = SearchSettings(simulations=3, considered=6, gumbel_scale=0.0)


def player(share: float, cheap: int = 3, settings: SearchSettings = FULL, threads: int = 1) -> SearchPlayer:
    cap = PlayoutCap(share, cheap)
    evaluator = OpinionatedEvaluator(2)
    return SearchPlayer(CONFIG, evaluator, name_of_search("none", settings, cap), settings, threads, cap)


def positions(count: int, decisions: int = 8):
    batch, rows = Batch(CONFIG, count), np.arange(count)
    for number in range(decisions):
        seeds = rows.astype(np.uint64) + np.uint64(10_000 * number)
        batch.apply(rows, RandomPlayer().choose(batch, rows, seeds).moves)
        batch.play_forced(rows)
    assert not batch.over().any()
    return batch, rows, rows.astype(np.uint64) * np.uint64(977) + np.uint64(11)


def facts(decisions: Any, row: int) -> tuple:
    part = slice(decisions.legal.offsets[row], decisions.legal.offsets[row + 1])
    whole = (decisions.policy[part], decisions.root_values[row])
    return decisions.moves[row], decisions.simulations[row], decisions.surprise[row], *(one.tolist() for one in whole)


def records_of(who: SearchPlayer, games: int = 6):
    settings = SelfplaySettings(games=games, concurrency=4)
    return [
        (record.moves.tolist(), [(one.ply, one.simulations, one.surprise, one.taught, one.policy.tolist())
                                 for one in record.decisions])
        for record in play_games(CONFIG, [who, who], settings, seed=3)
    ]  # fmt: skip


def test_every_decision_is_what_one_of_the_two_searches_finds():
    batch, rows, seeds = positions(24)
    found: Any = player(0.5).choose(batch, rows, seeds)
    assert set(found.simulations[found.taught].tolist()) == {12}
    assert set(found.simulations[~found.taught].tolist()) == {3}
    for settings, own in ((FULL, found.taught), (CHEAP, ~found.taught)):
        alone = SearchPlayer(CONFIG, OpinionatedEvaluator(2), "x", settings).choose(batch, rows[own], seeds[own])
        for number, row in enumerate(rows[own].tolist()):
            assert facts(found, row) == facts(alone, number)


def test_a_decision_does_not_depend_on_its_neighbours_nor_on_threads():
    batch, rows, seeds = positions(24)
    together: Any = player(0.4).choose(batch, rows, seeds)
    threaded = player(0.4, threads=2).choose(batch, rows, seeds)
    alone = player(0.4)
    for row in rows.tolist():
        one: Any = alone.choose(batch, rows[row : row + 1], seeds[row : row + 1])
        assert facts(one, 0) == facts(together, row) == facts(threaded, row)
        assert one.taught[0] == together.taught[row]


class CountingSearch:
    """Finds nothing; remembers for how many decisions it was asked."""

    def __init__(self, settings):
        self.settings = settings
        self.asked = 0

    def run(self, games, legal, seeds):
        assert len(games) == len(legal) == len(seeds)
        self.asked += len(games)
        shares = np.repeat(1 / legal.counts, legal.counts).astype(np.float32)
        nothing = np.zeros(len(games), dtype=np.float32)
        return SearchResult(
            legal.moves[legal.offsets[:-1]],
            shares,
            np.full((len(games), 2), 0.5, np.float32),
            np.zeros(len(shares), np.int32),
            nothing,
        )


@pytest.mark.parametrize("share", [0.05, 0.25, 0.9])
def test_full_searches_are_as_frequent_as_was_asked_for(share):
    """20,000 decisions: the number of full ones is binomial, so it stays within five standard deviations."""
    searches, count = [], 4_000

    def make(settings):
        searches.append(CountingSearch(settings))
        return searches[-1]

    search, batch, rows = CappedSearch(make, FULL, PlayoutCap(share, 3)), Batch(CONFIG, count), np.arange(count)
    for run in range(5):
        found: Any = search.decide(batch, rows, np.arange(count, dtype=np.uint64) + np.uint64(count * run))
        assert found.moves.tolist() == found.legal.moves[found.legal.offsets[:-1]].tolist()
    full, cheap = searches
    assert full.asked + cheap.asked == 5 * count
    assert abs(full.asked - 5 * count * share) < 5 * np.sqrt(5 * count * share * (1 - share))
    assert (full.settings, cheap.settings) == (FULL, CHEAP)


def test_a_share_of_one_is_the_player_without_a_cap():
    plain = SearchPlayer(CONFIG, OpinionatedEvaluator(2), name_of_search("none", FULL), FULL)
    assert player(1.0).name == plain.name
    assert records_of(player(1.0)) == records_of(plain)


def test_games_of_equal_seeds_are_equal_and_mostly_cheap():
    games = records_of(player(0.25))
    assert games == records_of(player(0.25))
    assert games != records_of(player(1.0))
    taught = [taught for _, decisions in games for _, _, _, taught, _ in decisions]
    spent = [simulations for _, decisions in games for _, simulations, _, _, _ in decisions]
    assert 0.1 < np.mean(taught) < 0.4
    assert [number == 12 for number in spent] == taught


def test_names_tell_the_cap():
    assert name_of_search("abc", SearchSettings(), PlayoutCap(0.25, 4)) == (
        "search(model=abc,simulations=32,full_share=0.25,cheap_simulations=4)"
    )
    capped = make_player(parse_player("teacher:6:2"), CONFIG, cap=PlayoutCap(0.5, 2))
    assert capped.name == "teacher(simulations=6,rollouts=2,full_share=0.5,cheap_simulations=2)"
    assert make_player(parse_player("heuristic"), CONFIG, cap=PlayoutCap(0.5, 2)).name == "heuristic(profile=default)"


@pytest.mark.parametrize(
    ("share", "cheap", "message"),
    [(0.0, 3, "full_share"), (1.01, 3, "full_share"), (float("nan"), 3, "full_share"), (0.5, 0, "cheap_simulations"),
     (0.5, 13, "Lower cheap_simulations")],
)  # fmt: skip
def test_caps_that_make_no_sense_are_refused(share, cheap, message):
    with pytest.raises(ConfigError, match=message):
        player(share, cheap)


def test_what_a_cheap_search_would_have_does_not_matter_where_there_is_none():
    assert player(1.0, cheap=500).name == "search(model=none,simulations=12,considered=6)"
