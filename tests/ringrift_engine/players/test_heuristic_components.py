"""The heuristic's components against three witnesses: arithmetic on paper, frozen positions, and `naive_heuristic`.

positions.json was written once: four positions made by hand, one recorded position for each of the 12 configurations,
four more in which rare components are not zero. A change of a formula shows there as a changed number.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from ringrift_engine.batch import Batch
from ringrift_engine.boards import CONFIGS
from ringrift_engine.errors import ConfigError
from ringrift_engine.game.snapshot import read_snapshot, write_snapshot
from ringrift_engine.players import heuristic_weights
from ringrift_engine.players.heuristic import HeuristicPlayer, HeuristicScorer, components_of
from ringrift_engine.players.heuristic_weights import (
    COMPONENT_NAMES,
    COMPONENTS,
    DEFAULT_WEIGHTS,
    PROFILES,
    weights_of,
)
from ringrift_engine.players.sampling import pick_best
from ringrift_engine.rules.moves import SWAP_SIDES
from tests.ringrift_engine.players import naive_heuristic

FROZEN = json.loads((Path(__file__).parent / "positions.json").read_text())

# The four hand-made positions, worked out on paper: what is not named is 0. Cells of square8 are 8 y + x.
ON_PAPER = {
    # Stack 11 at (0,0), stack 2 at (3,3), both on one diagonal: a cap of 2 sees a cap of 1. Room beside them 3 and 8.
    # Slides: 6 + 6 east and south, 1 on the diagonal = 13 against 4+3+4+3+4+3+3+2 = 26. Three of 36 rings are placed.
    "a corner against the centre": {
        "stack_height": 2 - 1,
        "cap_height": 2 - 1,
        "rings_in_hand": 16 - 17,
        "center": 0 - 1,
        "mobility": 3 - 8,
        "stack_mobility": 3 - 8,
        "overtake": 2 - 1,
        "buried_rings": 1 - 0,
        "transition": 4 * (1 / 12) * (11 / 12) * (2 - 1),
        "expansion": 0.1 * (13 - 26),
    },
    # Markers of 1 at x = 0, 1, 2, 4 of row 1: 3 points from the first, 1 from the second; links 1 + 1 + 0.5 over the
    # gap. Their six distances are 1 2 4 1 3 2. The stack at (0,0) has two of them beside it.
    "four markers in a row with a gap": {
        "markers": 4,
        "territory_closure": 10 / (13 / 6) + 4 * 0.5,
        "line_potential": 3 + 1,
        "connectivity": 2.5,
        "synergy": 2,
    },
    # Seats 1 and 3 with a stack in opposite corners (20 slides each), seat 2 with nothing but 14 eliminated rings of
    # the 24 that win; seat 1 was alone for two rounds. 35 rings in all, 5 in hand. Territory wins from 22 cells.
    "two rounds alone among three": {
        "stack_control": 1 - 1 / 2,
        "stack_height": 1 - 1 / 2,
        "cap_height": 1 - 1 / 2,
        "diversity": -10 - (-50 - 10) / 2,
        "rings_in_hand": 5,
        "eliminated_rings": 10 - (14 + 4) / 2,
        "victory_proximity": 945 - (50 / 10 + 50 / 22),
        "lps_advantage": 1 / 2,
        "multi_leader": -(50 / 10 - 50 / 20),
        "endgame": (30 / 35) * (10 - 14),
        "transition": 4 * (30 / 35) * (5 / 35) * (1 - 1 / 2),
        "expansion": 0.1 * (20 - 20 / 2),
    },
    # Stack 112 of seat 1 at (3,3), a marker of 2 beside it; seat 2 has no stack but a ring under two of seat 1's, so it
    # may recover and strike. Eliminated 6 and 5 of 18; 18 rings in all, 4 in hand. Slides are three steps or more.
    "a marker that may strike": {
        "stack_control": 1,
        "stack_height": 3,
        "cap_height": 2,
        "diversity": -10 + 50,
        "rings_in_hand": 4,
        "eliminated_rings": 6 - 5,
        "markers": -1,
        "center": 1,
        "mobility": 8,
        "stack_mobility": 8,
        "territory_closure": -0.5,
        "territory_safety": 0 - -2,
        "victory_proximity": 50 / 12 - 50 / 13,
        "recovery_potential": -1,
        "recovery_eligibility": -1,
        "buried_rings": 1 - 1,
        "recovery_threat": -1,
        "endgame": (14 / 18) * (6 - 5),
        "transition": 4 * (14 / 18) * (4 / 18) * (2 - 1),
        "expansion": 0.1 * (2 + 1 + 2 + 1 + 2 + 1 + 1 + 1),
        "frontier": 1,
    },
}


def engine_components(position):
    config = CONFIGS[position["key"]]
    values = components_of(config, read_snapshot(config, position["state"]), np.array([position["view"]]))[0]
    return dict(zip(COMPONENT_NAMES, values.tolist(), strict=True))


def positions_in_play(key, games, decisions, seed):
    """A batch of random games after so many decisions, those over left out."""
    batch = Batch(CONFIGS[key], games)
    generator = np.random.default_rng(seed)
    rows = np.arange(games)
    for _ in range(decisions):
        batch.play_forced(rows)
        rows = rows[~batch.over()[rows]]
        legal = batch.legal(rows)
        batch.apply(rows, legal.moves[legal.offsets[:-1] + generator.integers(legal.counts)])
    batch.play_forced(rows)
    return batch, rows[~batch.over()[rows]]


@pytest.mark.parametrize("position", [p for p in FROZEN if p["name"] in ON_PAPER], ids=lambda p: p["name"])
def test_components_are_those_worked_out_on_paper(position):
    expected = dict.fromkeys(COMPONENT_NAMES, 0.0) | ON_PAPER[position["name"]]
    assert engine_components(position) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("position", FROZEN, ids=lambda p: p["name"])
def test_components_of_frozen_positions(position):
    assert engine_components(position) == pytest.approx(position["components"], abs=1e-9)
    oracle = naive_heuristic.components(position["key"], position["state"], position["view"])
    assert oracle == pytest.approx(position["components"], abs=1e-9)


def test_the_frozen_positions_are_twenty_and_leave_no_component_out():
    assert len(FROZEN) == 20
    assert {position["key"] for position in FROZEN} == set(CONFIGS)
    for name in COMPONENT_NAMES:
        assert sum(position["components"][name] != 0 for position in FROZEN) >= 3, name


@pytest.mark.parametrize("key", ["square8_2p", "square8_4p", "hex8_3p"])
def test_components_equal_the_oracle_in_random_play(key):
    config = CONFIGS[key]
    for decisions in (3, 15, 30, 45):
        batch, rows = positions_in_play(key, 12, decisions, seed=decisions)
        views = 1 + np.arange(len(rows)) % config.num_players
        found = components_of(config, batch.games[rows].view(np.recarray), views)
        for row, view, values in zip(rows, views, found, strict=True):
            expected = naive_heuristic.components(key, write_snapshot(config, batch.games[row]), int(view))
            assert dict(zip(COMPONENT_NAMES, values, strict=True)) == pytest.approx(expected, abs=1e-9)


def test_every_component_has_its_number_and_its_weight():
    assert len(DEFAULT_WEIGHTS) == COMPONENTS == len(COMPONENT_NAMES)
    for number, name in enumerate(COMPONENT_NAMES):
        assert getattr(heuristic_weights, name.upper()) == number


@pytest.mark.parametrize(("key", "decisions"), [("square8_2p", 30), ("square8_4p", 50), ("square8_3p", 70)])
def test_a_choice_scores_what_the_position_after_it_is_worth_to_who_makes_it(key, decisions):
    batch, rows = positions_in_play(key, 8, decisions, seed=4)
    legal = batch.legal(rows)
    player = HeuristicPlayer(batch.config)
    scores = player.scores(batch, rows, legal)
    movers = batch.player_to_move()
    for index, row in enumerate(rows):
        for offset in range(legal.offsets[index], legal.offsets[index + 1]):
            after = Batch(batch.config, 1, games=batch.games[row : row + 1])
            after.apply(np.zeros(1, dtype=np.int64), legal.moves[offset : offset + 1])
            if after.over()[0]:
                expected = 100_000 if after.winners()[0] == movers[row] else -100_000
            else:
                snapshot = write_snapshot(batch.config, after.games[0])
                parts = naive_heuristic.components(key, snapshot, int(movers[row]))
                expected = sum(parts[name] * weight for name, weight in DEFAULT_WEIGHTS.items())
            assert scores[offset] == pytest.approx(expected, rel=1e-6, abs=1e-3)


@pytest.mark.parametrize("key", ["square8_2p", "square8_3p", "square8_4p"])
def test_a_choice_scores_the_same_whatever_was_scored_before_it(key):
    batch, rows = positions_in_play(key, 40, 40, seed=9)
    legal = batch.legal(rows)
    weights = np.random.default_rng(9).random(COMPONENTS)
    scores = HeuristicScorer(batch.config, weights).scores(batch.games, rows, legal)
    movers = batch.player_to_move()
    for index, row in enumerate(rows):
        choices = np.arange(legal.offsets[index], legal.offsets[index + 1])
        after = Batch(batch.config, len(choices), games=np.repeat(batch.games[row : row + 1], len(choices)))
        after.apply(np.arange(len(choices)), legal.moves[choices])
        going_on = ~after.over()
        views = np.full(going_on.sum(), movers[row])
        found = components_of(batch.config, after.games[going_on].view(np.recarray), views) @ weights
        assert scores[choices[going_on]] == pytest.approx(found, rel=1e-6)


def winning_position():
    """Seat 1 has crossed the ring threshold and pays for a region; seat 2's stack cannot become mobile."""
    state = {"b": {"0": "s1", "63": "s2"}, "cp": 1, "ph": "TP", "st": "a", "pl": [[0, 18, 0], [5, 0, 0]], "tn": 50}
    return state | {"pt": 1, "ha": 1}


@pytest.mark.parametrize(("winner", "eliminated", "score"), [(1, [18, 0], 100_000), (2, [0, 18], -100_000)])
def test_a_finished_game_is_worth_more_than_anything_else(winner, eliminated, score):
    state = winning_position()
    state["pl"] = [[0, eliminated[0], 0], [5, eliminated[1], 0]]
    config = CONFIGS["square8_2p"]
    batch = Batch(config, 1, games=read_snapshot(config, state))
    rows = np.zeros(1, dtype=np.int64)
    legal = batch.legal(rows)
    scores = HeuristicPlayer(config).scores(batch, rows, legal)
    batch.apply(rows, legal.moves[:1])
    assert batch.winners()[0] == winner
    assert scores[0] == score


def test_swapping_sides_is_judged_from_the_seat_that_one_gets():
    config = CONFIGS["square8_2p"]
    batch = Batch(config, 1, swap_rule=True)
    rows = np.zeros(1, dtype=np.int64)
    while not (batch.player_to_move()[0] == 2 and SWAP_SIDES in batch.legal(rows).moves):
        batch.apply(rows, batch.legal(rows).moves[:1])
    legal = batch.legal(rows)
    swap = int(np.flatnonzero(legal.moves == SWAP_SIDES)[0])
    values = components_of(config, batch.games, np.array([1]))[0]
    assert HeuristicPlayer(config).scores(batch, rows, legal)[swap] == pytest.approx(values @ weights_of("default"))


@pytest.fixture(scope="module")
def varied():
    """Positions of 2 and 3 players, early to late, in which every component differs between some choices."""
    batches = [
        positions_in_play(key, 60, n, seed=n) for key in ("square8_2p", "square8_3p") for n in (5, 20, 35, 50, 65, 80)
    ]
    return [(batch, rows, batch.legal(rows)) for batch, rows in batches]


@pytest.mark.parametrize("name", COMPONENT_NAMES)
def test_every_weight_changes_how_choices_compare(name, varied):
    def preferences(changes):
        found = []
        for batch, rows, legal in varied:
            scores = HeuristicPlayer(batch.config, changes=changes).scores(batch, rows, legal)
            found.append(pick_best(scores, legal.offsets, np.arange(len(rows), dtype=np.uint64), 1e-3))
        return np.concatenate(found)

    assert (preferences({name: 1e5}) != preferences({})).any()


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "default"])
def test_every_profile_plays_differently_and_by_its_own_factors(profile, varied):
    batch, rows, legal = varied[2]
    scores = HeuristicPlayer(batch.config, profile).scores(batch, rows, legal)
    default = HeuristicPlayer(batch.config).scores(batch, rows, legal)
    seeds = np.arange(len(rows), dtype=np.uint64)
    assert (pick_best(scores, legal.offsets, seeds) != pick_best(default, legal.offsets, seeds)).any()
    factors = dict(zip(COMPONENT_NAMES, weights_of(profile) / weights_of(), strict=True))
    assert factors == pytest.approx(dict.fromkeys(COMPONENT_NAMES, 1.0) | dict(PROFILES[profile]))


def test_default_weights_are_those_of_the_table():
    expected = [10, 5, 6, 1, 3, 12, 1.5, 8, 4, 4, 4, 6, 8, 8, 10, 5, 7, 6, 20, 6, 4, 2, 2, 6, 8, 3, 5]
    expected += [7, 6, 5, 3, 4, 3, 4, 3, 5, 3]
    assert weights_of("default").tolist() == expected


def test_unknown_profiles_and_components_name_the_nearest():
    with pytest.raises(ConfigError, match=r"'agressive'.*Nearest: 'aggressive'"):
        HeuristicPlayer(CONFIGS["hex8_2p"], "agressive")
    with pytest.raises(ConfigError, match=r"'teritory'.*Nearest: 'territory'"):
        HeuristicPlayer(CONFIGS["hex8_2p"], changes={"teritory": 1.0})
