"""What was recorded: refused where impossible, to JSON and back, and the loop guard."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings

from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.feedback.history import (
    ConfigurationHistory,
    EloDifference,
    GauntletResult,
    LossPoint,
    OpponentResult,
    QualityResult,
    TrainingResult,
    before,
)
from tests.ringrift_engine.feedback.histories import CONTENT, gauntlet, histories, quality, training


def through_json(row):
    return type(row).from_json(json.loads(json.dumps(row.to_json(), allow_nan=False)))


@settings(max_examples=50)
@given(history=histories())
def test_a_history_survives_json(history):
    again = through_json(history)
    assert repr(again) == repr(history)  # equal in all fields, NaN included, which never equals itself


@pytest.mark.parametrize(
    "row",
    [
        gauntlet(3, -math.inf, width=0.0),
        gauntlet(3, 12.5, promoted=True),
        training(2, [1.0, math.nan, math.inf], math.nan, stopped="no number"),
        quality(1, math.nan, "blocked"),
        quality(1, 0.0, "blocked"),
        quality(1, 1.0, "good"),
    ],
    ids=["endless_elo", "gauntlet", "training", "unknown_quality", "lowest_quality", "highest_quality"],
)
def test_each_row_survives_json_by_itself(row):
    assert repr(through_json(row)) == repr(row)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (GauntletResult, {"generation": 1}),
        (GauntletResult, {**gauntlet(1).to_json(), "generation": "1"}),
        (GauntletResult, {**gauntlet(1).to_json(), "promoted": "yes"}),
        (GauntletResult, {**gauntlet(1).to_json(), "opponents": 3}),
        (GauntletResult, {**gauntlet(1).to_json(), "winner": 2}),
        (GauntletResult, {**gauntlet(1, 0.0).to_json(), "elo": {"value": None, "low": -1.0, "high": 1.0}}),
        (TrainingResult, {**training(1, [1.0]).to_json(), "curve": [{"samples": 1}]}),
        (TrainingResult, {**training(1, [1.0]).to_json(), "stopped": None}),
        (QualityResult, {**quality(1, 0.5, "good").to_json(), "score": None}),
        (QualityResult, {**quality(1, 0.5, "good").to_json(), "score": True}),
        (QualityResult, {**quality(1, 0.5, "good").to_json(), "player": None}),
        (ConfigurationHistory, {**CONTENT.to_json(), "games": 1.5}),
        (ConfigurationHistory, {**CONTENT.to_json(), "newest_games_hours": "new"}),
        (ConfigurationHistory, {**CONTENT.to_json(), "gauntlets": None}),
        (ConfigurationHistory, []),
    ],
)
def test_something_else_is_no_row(kind, values):
    with pytest.raises(DataError):
        kind.from_json(values)


@pytest.mark.parametrize(
    "make",
    [
        lambda: OpponentResult(opponent="random", wins=3, games=2),
        lambda: OpponentResult(opponent="random", wins=-1, games=2),
        lambda: EloDifference(value=math.nan, low=-1.0, high=1.0),
        lambda: EloDifference(value=0.0, low=math.nan, high=1.0),
        lambda: EloDifference(value=5.0, low=-1.0, high=1.0),
        lambda: gauntlet(0),
        lambda: replace(gauntlet(1), opponents=gauntlet(1).opponents * 2),
        lambda: LossPoint(samples=-1, training=1.0, held_out=None),
        lambda: TrainingResult(generation=1, curve=(LossPoint(samples=5, training=1.0, held_out=None),) * 2),
        lambda: quality(1, 1.1, "good"),
        lambda: quality(1, -0.1, "good"),
        lambda: quality(1, 0.5, "fair"),
        lambda: replace(CONTENT, games=-1),
        lambda: replace(CONTENT, generation=0),
        lambda: replace(CONTENT, newest_games_hours=math.nan),
        lambda: replace(CONTENT, newest_games_hours=-1.0),
        lambda: replace(CONTENT, launch_failures=1),
        lambda: replace(CONTENT, launch_failures=1, since_failure_seconds=math.inf),
        lambda: replace(CONTENT, gauntlets=(gauntlet(2), gauntlet(1))),
        lambda: replace(CONTENT, gauntlets=(gauntlet(2), gauntlet(2))),
        lambda: replace(CONTENT, trainings=(training(2, []), training(2, []))),
        lambda: replace(CONTENT, qualities=(quality(2, 1.0, "good"), quality(1, 1.0, "good"))),
        lambda: replace(CONTENT, rollbacks=(2, 1)),
        lambda: replace(CONTENT, rollbacks=(0,)),
    ],
)
def test_impossible_rows_are_refused(make):
    with pytest.raises(DataError):
        make()


def test_an_unknown_configuration_names_the_nearest():
    with pytest.raises(ConfigError, match="hex8_2p"):
        replace(CONTENT, key="hex8_2")


def test_an_opponent_that_was_not_met_has_no_rate():
    assert gauntlet(1).against("promoted").games == 0
    assert math.isnan(gauntlet(1).against("promoted").rate)


def test_two_players_may_be_judged_in_one_generation():
    assert len(replace(CONTENT, qualities=(quality(1, 0.5, "good"), quality(1, 0.6, "good", "earlier"))).qualities) == 2


def test_a_step_sees_rows_of_earlier_generations_only():
    history = replace(
        CONTENT,
        gauntlets=(gauntlet(1), gauntlet(2), gauntlet(3)),
        trainings=(training(2, [1.0]), training(3, [1.0])),
        qualities=(quality(2, 0.5, "good"), quality(2, 0.6, "good"), quality(4, 0.5, "good")),
        rollbacks=(1, 3),
    )
    seen = before(history, 3)
    assert [row.generation for row in seen.gauntlets] == [1, 2]
    assert [row.generation for row in seen.trainings] == [2]
    assert [row.generation for row in seen.qualities] == [2, 2]
    assert seen.rollbacks == (1,)
    assert seen.generation == 3
    assert seen.games == history.games
