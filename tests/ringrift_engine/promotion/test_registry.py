"""The registry: models, decisions, the pointer; kills, repetitions, two processes at once."""

import multiprocessing
import sqlite3

import pytest

from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.promotion.registry import Registry, StaleDecisionError
from ringrift_engine.promotion.registry_format import (
    ARCHIVED,
    DEVELOPMENT,
    PRODUCTION,
    REJECTED,
    STAGES,
    STAGING,
    TRANSITIONS,
)
from tests.support.promoted import decision

KEY = "hex8_2p"
A, B, C = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture
def registry(tmp_path):
    with Registry(tmp_path / "registry.db") as opened:
        for sha256 in (A, B, C):
            opened.register(sha256, KEY, f"checkpoints/{KEY}/{sha256[:12]}.safetensors", {"data": "d" * 64})
        yield opened


def stages(registry):
    return {model.sha256[0]: model.stage for model in registry.models(KEY)}


def test_a_registered_model_is_in_development_and_stays_as_it_is(registry):
    first = registry.model(A)
    assert (first.stage, first.config_key, first.recorded_at) == (DEVELOPMENT, KEY, None)
    assert first.inputs == {"data": "d" * 64}
    assert registry.register(A, KEY, "elsewhere.safetensors", {}, "2026-01-01") == first
    assert registry.model("f" * 64) is None


@pytest.mark.parametrize("path", ["/data/model.safetensors", "../model.safetensors", "a/../../b"])
def test_paths_stay_below_the_data_root(registry, path):
    with pytest.raises(DataError, match="data root"):
        registry.register("d" * 64, KEY, path, {})


def test_a_model_belongs_to_one_configuration(registry):
    with pytest.raises(DataError, match="hex8_2p"):
        registry.register(A, "hex8_3p", "x", {})
    with pytest.raises(ConfigError):
        registry.register("d" * 64, "hex8_9p", "x", {})
    with pytest.raises(DataError, match="not of hex8_3p"):
        registry.promote("hex8_3p", decision(A), "run")


def test_promotions_move_the_pointer_and_the_stages(registry):
    assert registry.promoted(KEY) is None
    assert registry.promote(KEY, decision(A), "run-1", "monday")
    assert registry.promote(KEY, decision(B, A), "run-2")
    assert registry.promoted(KEY).sha256 == B
    assert registry.previous(KEY).sha256 == A
    assert stages(registry) == {"a": ARCHIVED, "b": PRODUCTION, "c": DEVELOPMENT}
    moves = registry.pointer_history(KEY)
    assert [(move.sha256, move.previous, move.kind, move.run_id) for move in moves] == [
        (A, None, "promotion", "run-1"),
        (B, A, "promotion", "run-2"),
    ]
    assert moves[0].recorded_at == "monday"


def test_configurations_are_apart(registry):
    registry.register("9" * 64, "hex8_3p", "x", {})
    registry.promote(KEY, decision(A), "run")
    assert registry.promoted("hex8_3p") is None
    assert registry.promote("hex8_3p", decision("9" * 64), "run")
    assert registry.promoted(KEY).sha256 == A


def test_a_repeated_promotion_changes_nothing(registry):
    assert registry.promote(KEY, decision(A), "run-1")
    assert not registry.promote(KEY, decision(A), "run-1-again")
    assert len(registry.pointer_history(KEY)) == len(registry.decisions(KEY)) == 1


def test_a_decision_about_another_promoted_model_is_stale(registry):
    registry.promote(KEY, decision(A), "run-1")
    registry.promote(KEY, decision(B, A), "run-2")
    with pytest.raises(StaleDecisionError, match="Play the gauntlet"):
        registry.promote(KEY, decision(C, A), "run-3")
    with pytest.raises(StaleDecisionError):
        registry.promote(KEY, decision(C, None), "run-3")
    assert registry.promoted(KEY).sha256 == B
    assert len(registry.decisions(KEY)) == 2  # nothing of the transaction stays


def test_a_refusal_is_recorded_and_cannot_be_promoted(registry):
    refusal = decision(A, promoted=False)
    registry.record_decision(KEY, refusal, "run-1", recorded_at="monday")
    registry.record_decision(KEY, refusal, "run-2")
    (row,) = registry.decisions(KEY)
    assert (row.decision, row.dry_run, row.run_id, row.recorded_at) == (refusal, False, "run-1", "monday")
    with pytest.raises(DataError, match="refused"):
        registry.promote(KEY, refusal, "run")
    assert registry.promoted(KEY) is None


def test_a_dry_run_is_a_row_of_its_own(registry):
    registry.record_decision(KEY, decision(A), "run", dry_run=True)
    registry.record_decision(KEY, decision(A), "run")
    assert [row.dry_run for row in registry.decisions(KEY)] == [True, False]
    assert registry.promoted(KEY) is None


def test_an_unknown_candidate_is_refused(registry):
    for call in (registry.record_decision, registry.promote):
        with pytest.raises(DataError, match="not registered"):
            call(KEY, decision("f" * 64), "run")
    assert registry.decisions(KEY) == []


def test_rollbacks_go_back_one_promotion_each(registry):
    for candidate, baseline in ((A, None), (B, A), (C, B)):
        registry.promote(KEY, decision(candidate, baseline), "run")
    registry.rollback(KEY, C, B, "lost to everybody", "run-4")
    assert registry.promoted(KEY).sha256 == B
    assert stages(registry) == {"a": ARCHIVED, "b": PRODUCTION, "c": ARCHIVED}
    assert registry.previous(KEY).sha256 == A  # not C, which was undone
    registry.rollback(KEY, B, A, "again", "run-5")
    assert registry.promoted(KEY).sha256 == A
    assert registry.previous(KEY) is None
    assert registry.pointer_history(KEY)[-1].reason == "again"


def test_after_a_rollback_the_model_can_be_promoted_again(registry):
    registry.promote(KEY, decision(A), "run")
    registry.promote(KEY, decision(B, A), "run")
    registry.rollback(KEY, B, A, "why", "run")
    assert registry.promote(KEY, decision(B, A), "run")
    assert registry.previous(KEY).sha256 == A


def test_a_rollback_of_something_else_is_stale(registry):
    registry.promote(KEY, decision(A), "run")
    registry.promote(KEY, decision(B, A), "run")
    for expected, target in ((A, B), (B, C), (C, A)):
        with pytest.raises(StaleDecisionError, match="rollback"):
            registry.rollback(KEY, expected, target, "why", "run")
    assert registry.promoted(KEY).sha256 == B


def test_stages_change_as_the_table_says_and_two_models_are_never_promoted(registry):
    registry.promote(KEY, decision(A), "run")
    connection = sqlite3.connect(registry.path)
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute("UPDATE models SET stage = 'production' WHERE sha256 = ?", (B,))
    assert {before: set(after) for before, after in TRANSITIONS.items()} == {
        DEVELOPMENT: {STAGING, REJECTED},
        STAGING: {PRODUCTION, REJECTED},
        PRODUCTION: {ARCHIVED},
        ARCHIVED: {PRODUCTION, STAGING},
        REJECTED: {STAGING},
    }
    assert set(STAGES) == set(TRANSITIONS)


def test_a_stage_that_was_tampered_with_stops_the_promotion(registry):
    registry.promote(KEY, decision(A), "run")
    connection = sqlite3.connect(registry.path)
    connection.execute("UPDATE models SET stage = 'development' WHERE sha256 = ?", (A,))
    connection.commit()
    connection.close()
    with pytest.raises(DataError, match="cannot become archived"):
        registry.promote(KEY, decision(B, A), "run")
    assert registry.promoted(KEY).sha256 == A


def test_history_is_kept_by_subject_and_once(registry):
    registry.add_history(KEY, "gauntlet", "run-1", {"games": 200}, "monday")
    registry.add_history(KEY, "gauntlet", "run-1", {"games": 200}, "tuesday")
    registry.add_history(KEY, "gauntlet", "run-2", {"games": 200})
    registry.add_history("hex8_3p", "gauntlet", "run-1", {"games": 7})
    registry.add_history(KEY, "drift", "run-1", {"max": 0.5})
    rows = registry.history("gauntlet", KEY)
    assert [(row.run_id, row.facts, row.recorded_at) for row in rows] == [
        ("run-1", {"games": 200}, "monday"),
        ("run-2", {"games": 200}, None),
    ]
    assert [row.config_key for row in registry.history("gauntlet")] == [KEY, KEY, "hex8_3p"]


def test_a_match_log_is_no_registry(tmp_path):
    from ringrift_engine.evaluation.match_log import MatchLog

    MatchLog(tmp_path / "matches.db").close()
    with pytest.raises(DataError, match="not a registry"):
        Registry(tmp_path / "matches.db")


def promote_own(path, candidate, results):
    """What one of the processes below does: history rows, and one promotion judged against no model."""
    with Registry(path) as registry:
        for number in range(25):
            registry.add_history(KEY, "work", candidate, {"number": number})
        try:
            results.put((candidate, registry.promote(KEY, decision(candidate), candidate)))
        except StaleDecisionError:
            results.put((candidate, "stale"))


def test_of_two_processes_that_promote_at_once_one_wins_and_one_is_stale(registry):
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    workers = [context.Process(target=promote_own, args=(registry.path, sha256, results)) for sha256 in (A, B)]
    for worker in workers:
        worker.start()
    outcomes = dict(results.get(timeout=60) for _ in workers)
    for worker in workers:
        worker.join(60)
    assert sorted(map(str, outcomes.values())) == ["True", "stale"]
    (winner,) = [sha256 for sha256, outcome in outcomes.items() if outcome is True]
    assert registry.promoted(KEY).sha256 == winner
    assert len(registry.history("work")) == 50
