"""The next step towards a number of games: a table of what is counted and what follows."""

from dataclasses import replace

import pytest

from ringrift_assets import gates
from ringrift_assets.learning.counted import Counted
from ringrift_assets.learning.plan import Goal, Kind, Step, games_of_next, next_step
from ringrift_engine.errors import ConfigError

NOTHING = Counted(games=0, generation=0, gathered=True, trained=False, judged=False, noticed=True, rated=True)
PLAYED = replace(NOTHING, games=4_000, generation=1)
TRAINED = replace(PLAYED, trained=True, noticed=True)
JUDGED = replace(TRAINED, judged=True)
GOAL = Goal(games=6_000)
OPEN = [gates.enough_games(4_000, 100), gates.space(True, "half full")]
FEW = [gates.enough_games(50, 100), gates.space(True, "half full")]
FULL = [gates.space(False, "full")]


@pytest.mark.parametrize(
    ("counted", "verdicts", "kind"),
    [
        pytest.param(NOTHING, [], Kind.PLAY, id="nothing_is_there"),
        pytest.param(replace(PLAYED, gathered=False), OPEN, Kind.GATHER, id="killed_between_games_and_training_set"),
        pytest.param(PLAYED, OPEN, Kind.TRAIN, id="every_gate_is_open"),
        pytest.param(PLAYED, FEW, Kind.PLAY, id="more_games_open_the_gate"),
        pytest.param(PLAYED, FULL, Kind.STUCK, id="games_do_not_empty_a_disk"),
        pytest.param(TRAINED, FEW, Kind.TRAIN, id="killed_between_training_and_decision"),
        pytest.param(replace(JUDGED, noticed=False), FEW, Kind.NOTICE, id="feedback_has_not_seen_it"),
        pytest.param(replace(JUDGED, rated=False), FEW, Kind.RATE, id="the_ladder_has_not_seen_it"),
        pytest.param(JUDGED, FULL, Kind.PLAY, id="what_was_learnt_needs_no_gate"),
        pytest.param(replace(JUDGED, games=6_000), FEW, Kind.DONE, id="exactly_so_many_games"),
        pytest.param(replace(JUDGED, games=6_001), FEW, Kind.DONE, id="more_than_so_many"),
        pytest.param(replace(PLAYED, games=6_000), OPEN, Kind.TRAIN, id="the_last_games_are_learnt_from"),
        pytest.param(replace(PLAYED, games=6_000), FEW, Kind.DONE, id="too_few_to_learn_from_and_no_more_to_play"),
        pytest.param(replace(PLAYED, games=6_000), FULL, Kind.DONE, id="the_games_are_there_and_the_disk_is_full"),
    ],
)
def test_what_comes_next(counted, verdicts, kind):
    assert next_step(counted, GOAL, 1_000, verdicts).kind is kind


def test_a_step_says_which_gate_is_closed_and_what_clears_it():
    step = next_step(PLAYED, GOAL, 1_000, FEW)
    assert "gate enough_games is closed: 50 games in the training set, 100 needed" in step.why
    assert "What clears it: another `generate` run" in step.why
    assert "disk_space" not in step.why  # that one is open


def test_before_the_first_game_no_gate_is_in_the_way():
    missing = [gates.exists("combined_npz", "hex8_2p", present=False)]
    assert next_step(NOTHING, GOAL, 1_000, missing) == Step(kind=Kind.PLAY)


@pytest.mark.parametrize(
    ("games", "generation", "goal", "expected"),
    [
        pytest.param(0, 0, Goal(games=20_000), 4_000, id="as_many_as_planned"),
        pytest.param(18_500, 9, Goal(games=20_000), 1_500, id="never_more_than_are_missing"),
        pytest.param(0, 0, Goal(games=20_000, generations=5), 4_000, id="the_first_of_five"),
        pytest.param(4_000, 1, Goal(games=20_000, generations=5), 4_000, id="the_second_of_five"),
        pytest.param(0, 0, Goal(games=10, generations=3), 4, id="shares_are_rounded_up"),
        pytest.param(8, 2, Goal(games=10, generations=3), 2, id="so_the_last_is_smaller"),
        pytest.param(9_000, 1, Goal(games=10_000, generations=5), 250, id="what_was_played_otherwise_counts"),
        pytest.param(9_000, 7, Goal(games=10_000, generations=5), 1_000, id="more_generations_than_wanted"),
    ],
)
def test_how_many_games_a_generation_has(games, generation, goal, expected):
    assert games_of_next(replace(JUDGED, games=games, generation=generation), goal, 4_000) == expected


@pytest.mark.parametrize("generations", [None, 1, 3, 7])
@pytest.mark.parametrize("games", [1, 2, 999, 1_000, 1_001, 20_000])
def test_the_games_of_all_generations_are_the_goal_wherever_it_is_interrupted(games, generations):
    goal, played, number = Goal(games=games, generations=generations), 0, 0
    while played < games:
        step = next_step(replace(JUDGED, games=played, generation=number), goal, 300, [])
        assert step.kind is Kind.PLAY
        again = next_step(replace(JUDGED, games=played, generation=number), goal, 300, [])
        assert again == step  # whoever asks after a kill gets the same generation
        played, number = played + (step.games or 300), number + 1
    assert played == games
    if generations is not None:
        assert number == min(generations, games)


def test_the_number_that_would_be_played_anyway_is_no_option_of_the_run():
    assert next_step(NOTHING, Goal(games=20_000), 4_000, []).games is None
    assert next_step(NOTHING, Goal(games=3_999), 4_000, []).games == 3_999


@pytest.mark.parametrize("wrong", [{"games": 0}, {"games": 5, "generations": 0}])
def test_a_goal_of_nothing_is_an_error(wrong):
    with pytest.raises(ConfigError, match="must be at least 1"):
        Goal(**wrong)
