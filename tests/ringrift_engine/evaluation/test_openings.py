"""Openings: the same for everybody, random, never over."""

import numpy as np
import pytest

from ringrift_engine.batch import Batch
from ringrift_engine.boards import CONFIGS
from ringrift_engine.errors import ConfigError
from ringrift_engine.evaluation import openings
from ringrift_engine.evaluation.openings import draw_openings, rotations

CONFIG = CONFIGS["square8_2p"]


def replayed(config, opening):
    batch = Batch(config, 1)
    for move in opening.moves:
        assert move in batch.legal(np.zeros(1, dtype=np.int64), complete=True).moves
        batch.apply(np.zeros(1, dtype=np.int64), np.array([move]))
    return batch


def test_an_opening_depends_on_its_number_and_seed_only():
    many = draw_openings(CONFIG, 7, 0, 20, 4)
    assert draw_openings(CONFIG, 7, 5, 3, 4) == many[5:8]
    assert draw_openings(CONFIG, 8, 0, 20, 4) != many


def test_openings_differ_among_each_other():
    assert len({opening.fingerprint for opening in draw_openings(CONFIG, 1, 0, 50, 4)}) == 50


@pytest.mark.parametrize("key", ["square8_2p", "hex8_3p", "square8_4p"])
def test_openings_replay_to_a_position_with_a_choice(key):
    for opening in draw_openings(CONFIGS[key], 3, 0, 5, 6):
        batch = replayed(CONFIGS[key], opening)
        assert not batch.over()[0]
        assert len(batch.legal(np.zeros(1, dtype=np.int64)).moves) > 1


def test_more_decisions_make_longer_openings_with_the_same_beginning():
    short, long = draw_openings(CONFIG, 7, 0, 5, 2), draw_openings(CONFIG, 7, 0, 5, 6)
    for few, many in zip(short, long, strict=True):
        assert len(many.moves) > len(few.moves)
        assert many.moves[: len(few.moves)] == few.moves


def test_openings_that_end_the_game_are_drawn_again(monkeypatch):
    """Random play ends half of the square8_2p games within 70 decisions; other openings must take their places."""
    found = draw_openings(CONFIG, 7, 0, 10, 68)
    first_seeds = {opening.index: opening.seed for opening in draw_openings(CONFIG, 7, 0, 10, 1)}
    assert any(opening.seed != first_seeds[opening.index] for opening in found)
    assert not any(replayed(CONFIG, opening).over()[0] for opening in found)
    monkeypatch.setattr(openings, "_ATTEMPTS", 2)
    with pytest.raises(ConfigError, match="Use fewer"):
        draw_openings(CONFIG, 7, 0, 10, 400)


@pytest.mark.parametrize(("seed", "decisions", "words"), [(7, 0, "at least one"), (-1, 4, "seed"), (2**64, 4, "seed")])
def test_impossible_openings_are_refused(seed, decisions, words):
    with pytest.raises(ConfigError, match=words):
        draw_openings(CONFIG, seed, 0, 1, decisions)


@pytest.mark.parametrize("players", [2, 3, 4])
def test_a_round_has_the_candidate_once_in_every_seat(players):
    first, second = draw_openings(CONFIGS[f"square8_{players}p"], 7, 0, 2, 3)
    plans = rotations(first, players) + rotations(second, players)
    assert [plan.seats.index(0) for plan in plans] == [*range(players), *range(players)]
    assert all(plan.seats.count(1) == players - 1 for plan in plans)
    assert [plan.index for plan in plans] == list(range(2 * players))
    assert len({plan.play_seed for plan in plans}) == 2 * players
    assert {plan.opening_seed for plan in plans} == {first.seed, second.seed}
