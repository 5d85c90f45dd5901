"""Quality: the newest games decide, the worst part of them; NaN blocks; the setting that made bad games is named."""

import math
from dataclasses import replace

import pytest

from ringrift_engine.feedback.anomaly import find_anomaly
from ringrift_engine.feedback.quality import adjust_training, find_quality, find_throttled, games_terms, shortfall
from ringrift_engine.feedback.settings import DEFAULTS
from ringrift_engine.feedback.signals import QUALITY_DEGRADED, TRAINING_BLOCKED_BY_QUALITY, product
from tests.ringrift_engine.feedback.histories import CONTENT, quality, training


def judged(*rows, generation=100):
    return replace(CONTENT, generation=generation, qualities=rows)


@pytest.mark.parametrize(
    ("score", "grade", "name", "games", "adjustment"),
    [
        (0.9, "good", None, 1.0, (False, 1.0, 1.0)),
        (0.6, "degraded", QUALITY_DEGRADED, 1.0, (False, 0.5, 1.5)),
        (0.4, "blocked", TRAINING_BLOCKED_BY_QUALITY, 1.5, (True, 1.0, 1.0)),
        (math.nan, "good", TRAINING_BLOCKED_BY_QUALITY, 1.5, (True, 1.0, 1.0)),
    ],
)
def test_what_follows_from_a_grade(score, grade, name, games, adjustment):
    found = find_quality(judged(quality(1, score, grade)))
    assert (found.name if found else None) == name
    assert product(games_terms(found, DEFAULTS)) == games
    training = adjust_training(found, None, DEFAULTS)
    assert (training.blocked, training.batch_factor, training.epoch_factor) == adjustment
    assert not training.check_data


def test_nothing_recorded_changes_nothing():
    assert find_quality(CONTENT) is None
    assert find_throttled(CONTENT, DEFAULTS) == ()
    assert shortfall(CONTENT, DEFAULTS) == 0


def test_the_newest_generation_decides():
    assert find_quality(judged(quality(1, 0.1, "blocked"), quality(2, 0.9, "good"))) is None


def test_the_worst_part_of_a_generation_decides():
    parts = quality(1, 0.9, "good"), quality(1, 0.6, "degraded", "earlier"), quality(1, 0.55, "degraded", "heuristic")
    assert find_quality(judged(*parts)).subject == "heuristic"
    assert find_quality(judged(*parts, quality(1, math.nan, "good", "random"))).subject == "random"


def test_the_player_of_bad_games_is_throttled_for_three_generations():
    row = quality(4, 0.2, "blocked", "heuristic")
    later = quality(6, 0.9, "good", "heuristic")
    assert [signal.subject for signal in find_throttled(judged(row, later, generation=7), DEFAULTS)] == ["heuristic"]
    assert find_throttled(judged(row, later, generation=8), DEFAULTS) == ()


def test_every_player_of_bad_games_is_named_once():
    rows = quality(5, 0.2, "blocked"), quality(5, 0.3, "blocked", "earlier"), quality(6, 0.1, "blocked")
    found = find_throttled(judged(*rows, generation=7), DEFAULTS)
    assert [(signal.subject, signal.value) for signal in found] == [("earlier", 0.3), ("self", 0.1)]


@pytest.mark.parametrize(("score", "missing"), [(0.7, 0.0), (0.9, 0.0), (0.35, 0.5), (0.0, 1.0), (math.nan, 1.0)])
def test_the_shortfall_is_a_part_of_a_good_score(score, missing):
    assert shortfall(judged(quality(1, score, "degraded")), DEFAULTS) == pytest.approx(missing)


def test_a_loss_anomaly_asks_for_a_check_of_the_data():
    anomaly = find_anomaly(replace(CONTENT, trainings=(training(1, [math.nan]),)), DEFAULTS)
    assert adjust_training(None, anomaly, DEFAULTS).check_data
