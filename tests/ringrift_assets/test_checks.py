"""The rules behind the checks, on both sides of each, and how damage is shown."""

import math

import dagster as dg
import pytest

from ringrift_assets import checks
from ringrift_assets.checks import NOTES, RULES, CheckFailedError
from ringrift_assets.partitions import CONFIGURATIONS
from ringrift_engine.errors import DataError

GOOD = {
    "game_databases": {"games_replayed": 4, "games_added": 4, "games_of_generation": 4, "games_planned": 4},
    "synced_games": {"shards_verified": 2, "shards": 2, "shards_missing": []},
    "npz_exports": {
        "exports_valid": 2,
        "exports": 2,
        "largest_policy_error": 1e-4,
        "games_on_both_sides": 0,
        "games_held_out": 1,
    },
    "combined_npz": {
        "weight_mean": 1.001,
        "weight_least": 0.1,
        "weight_greatest": 2.0,
        "duplicates_left": 0,
        "duplicate_rows": 3,
        "source_versions": ["1"],
    },
    "checkpoints": {"losses": {"training, 10 samples": 1.0}, "loaded_sha256": "a", "sha256": "a"},
    "gauntlet_results": {
        "games": 4,
        "games_finished": 4,
        "played": "a",
        "candidate": "a",
        "games_by_seat": {"random, seat 1": 2, "random, seat 2": 2},
    },
    "promoted_models": {"file_sha256": "a", "registry_sha256": "a"},
    "feedback_state": {"newest_row": 2, "generation": 3},
    "selfplay_plan": {"games": 1, "simulations": 1, "temperature": 0.5, "opponents_sum": 1.0},
    "elo_ladder": {"games_rated": 300, "games_logged": 300, "anchors_moved": []},
}
BAD = [
    ("elo_ladder", "every_game_counted", {"games_rated": 299}),
    ("elo_ladder", "anchors_in_place", {"anchors_moved": ["hex8_2p: heuristic at 1100"]}),
    ("feedback_state", "earlier_generations_only", {"newest_row": 3}),
    ("selfplay_plan", "plan_possible", {"games": 0}),
    ("selfplay_plan", "plan_possible", {"simulations": 0}),
    ("selfplay_plan", "plan_possible", {"temperature": math.nan}),
    ("selfplay_plan", "plan_possible", {"opponents_sum": 0.99}),
    ("game_databases", "games_replay", {"games_replayed": 3}),
    ("game_databases", "counts_match", {"games_of_generation": 3}),
    ("game_databases", "counts_match", {"games_of_generation": 5}),
    ("synced_games", "receipts_match", {"shards_verified": 1}),
    ("synced_games", "none_lost", {"shards_missing": ["a.db"]}),
    ("npz_exports", "schema_valid", {"exports_valid": 1}),
    ("npz_exports", "policies_sum_to_one", {"largest_policy_error": 1.1e-4}),
    ("npz_exports", "policies_sum_to_one", {"largest_policy_error": math.nan}),
    ("npz_exports", "split_by_game", {"games_on_both_sides": 1}),
    ("combined_npz", "weights_mean_one", {"weight_mean": 1.01}),
    ("combined_npz", "weights_mean_one", {"weight_mean": math.nan}),
    ("combined_npz", "weights_mean_one", {"weight_least": 0.0}),
    ("combined_npz", "weights_mean_one", {"weight_greatest": math.inf}),
    ("combined_npz", "no_duplicates", {"duplicates_left": 1}),
    ("combined_npz", "one_source", {"source_versions": ["1", "2"]}),
    ("combined_npz", "one_source", {"source_versions": []}),
    ("checkpoints", "losses_finite", {"losses": {"training, 10 samples": math.nan}}),
    ("checkpoints", "losses_finite", {"losses": {}}),
    ("checkpoints", "weights_load", {"loaded_sha256": "b"}),
    ("gauntlet_results", "games_played", {"games": 0, "games_finished": 0}),
    ("gauntlet_results", "model_hash_equal", {"played": "b"}),
    ("gauntlet_results", "every_seat_played", {"games_by_seat": {"random, seat 1": 4, "random, seat 2": 0}}),
    ("gauntlet_results", "crashes_not_counted", {"games_finished": 3}),
    ("promoted_models", "copy_verified", {"file_sha256": "b"}),
]


@pytest.mark.parametrize("asset", GOOD)
def test_sound_data_passes_every_check_of_its_asset(asset):
    results = checks.judge(asset, GOOD[asset])
    assert [result.check_name for result in results] == [rule.name for rule in RULES[asset]]
    assert all(result.passed for result in results)


@pytest.mark.parametrize(("asset", "name", "change"), BAD)
def test_each_fault_fails_the_check_that_is_about_it(asset, name, change):
    with pytest.raises(CheckFailedError, match=f"{asset}: {name} failed") as caught:
        checks.judge(asset, {**GOOD[asset], **change})
    failed = [result for result in caught.value.results if not result.passed]
    assert [result.check_name for result in failed] == [name]
    assert failed[0].metadata


def test_every_rule_has_a_case_that_fails_it():
    assert {(asset, rule.name) for asset, rules in RULES.items() for rule in rules} == {case[:2] for case in BAD}


def test_all_checks_belong_to_a_partition_and_only_notes_do_not_block():
    for asset in RULES:
        notes = {name for name, _ in NOTES.get(asset, ())}
        for spec in checks.specs_of(asset):
            assert spec.partitions_def == CONFIGURATIONS, spec.name
            assert spec.blocking is (spec.name not in notes), spec.name


def test_damage_is_shown_by_the_first_check_before_it_is_raised():
    def produce():
        raise DataError("shard x is torn")

    shown = []
    with pytest.raises(DataError, match="shard x is torn"):
        shown.extend(checks.showing_damage("game_databases", produce))  # fills up to the error
    events = checks.showing_damage("game_databases", produce)
    first = next(events)
    assert isinstance(first, dg.AssetCheckResult)
    assert (first.check_name, first.passed, first.description) == ("games_replay", False, "shard x is torn")


def test_numbers_that_json_cannot_hold_and_long_lists_can_be_shown():
    result = checks.note("n", False, "d", {"loss": math.nan, "names": list(range(200)), "by": {"a": 1}})
    assert result.metadata["loss"].value == "nan"
    assert len(result.metadata["names"].value) == 50
    assert result.severity == dg.AssetCheckSeverity.WARN
