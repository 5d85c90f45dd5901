"""The job `rollback` and the sensor that asks for it, with stand-ins for the games."""

import time
from dataclasses import replace

import pytest

from ringrift_assets.definitions import build_defs
from ringrift_assets.history import GAUNTLET, history_of
from ringrift_assets.outcomes import WHY_TAG
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.rollback.monitor import get_rollback_monitor
from ringrift_assets.sensors import rollback_monitor
from ringrift_engine.feedback.history import GauntletResult
from ringrift_engine.promotion.controller import EXECUTION
from ringrift_engine.promotion.publish import promoted_path
from ringrift_engine.promotion.rollback import CHECK
from tests.ringrift_assets.test_sensors import tick
from tests.support.cycle import Place
from tests.support.promoted import promote_two
from tests.support.stand_ins import ASKED, StandInWorkers

KEY = "hex8_2p"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A second model was promoted in place of the first a moment ago."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RINGRIFT_CONFIGURATIONS", KEY)
    made = Place(tmp_path)
    with Registry().open(made.store) as registry:
        promote_two(registry, made.data, time.time())
    ASKED.clear()
    return made


def models(place):
    with Registry().open(place.store) as registry:
        return registry.promoted(KEY), registry.previous(KEY)


def execute(place, share, **options):
    """One run of the job, in which the promoted model wins this share of its games."""
    workers = StandInWorkers(contest_wins=share)
    definitions = build_defs({"storage": Storage(root=str(place.data)), "workers": workers})
    with place.instance() as instance:
        return definitions.resolve_job_def("rollback").execute_in_process(
            partition_key=KEY,
            instance=instance,
            run_config={
                "ops": {"check_promoted_model": {"config": options}},
                "loggers": {"console": {"config": {"log_level": "ERROR"}}},
            },
            raise_on_error=False,
        )


def rows(place, subject):
    with Registry().open(place.store) as registry:
        return [row.facts for row in registry.history(subject, KEY)]


def test_a_model_that_proves_weaker_is_taken_back_and_the_asset_shows_it(place):
    promoted, previous = models(place)
    assert execute(place, 0.2).success
    now, before = models(place)
    assert (now.sha256, before) == (previous.sha256, None)
    assert place.versions()["promoted_models"] == previous.sha256
    assert ASKED == ["contest"]
    (check,) = rows(place, CHECK)
    assert (check["check"]["model"], check["check"]["games"]) == (promoted.sha256, 100)
    assert [row["result"] for row in rows(place, EXECUTION)] == ["success"]


def test_a_model_that_holds_its_own_stays(place):
    promoted, _ = models(place)
    assert execute(place, 0.55).success
    assert models(place)[0] == promoted
    assert "no regression" in rows(place, CHECK)[-1]["check"]["why"]


def test_a_dry_run_says_what_it_would_do(place):
    promoted, _ = models(place)
    result = execute(place, 0.2, dry_run=True)
    assert result.success
    assert models(place)[0] == promoted
    (event,) = [event for event in result.all_events if event.event_type_value == "STEP_OUTPUT"]
    assert event.step_output_data.metadata["did"].value == "dry run: would go back"
    assert rows(place, EXECUTION)[-1]["result"] == "dry_run"


def test_no_games_are_played_where_those_that_are_there_say_it(place):
    assert execute(place, 0.2, dry_run=True).success
    ASKED.clear()
    assert execute(place, 0.9).success
    assert ASKED == []
    assert models(place)[1] is None


def test_games_can_be_left_out(place):
    assert execute(place, 0.2, games=0).success
    assert ASKED == []
    assert "0 games" in rows(place, CHECK)[-1]["check"]["why"]


def test_a_rollback_that_cannot_be_made_fails_the_run(place):
    promoted, previous = models(place)
    promoted_path(place.data, KEY, previous.sha256).write_bytes(b"torn")
    result = execute(place, 0.2)
    assert not result.success
    (failure,) = result.get_step_failure_events()
    assert "the rollback could not be made" in failure.step_failure_data.error.to_string()
    assert models(place)[0] == promoted


def test_a_configuration_without_two_models_has_nothing_to_go_back_to(tmp_path):
    result = execute(Place(tmp_path), 0.2)
    assert not result.success
    assert "nothing to go back to" in result.get_step_failure_events()[0].step_failure_data.error.to_string()


def test_feedback_learns_after_which_generation_a_model_was_taken_back(place):
    for generation in (1, 2):
        result = GauntletResult(generation=generation, opponents=(), elo=None, promoted=True)
        Registry().record(place.store, GAUNTLET, KEY, f"cycle {generation}", result.to_json())
    execute(place, 0.2)
    later = GauntletResult(generation=3, opponents=(), elo=None, promoted=False)
    Registry().record(place.store, GAUNTLET, KEY, "cycle 3", later.to_json())
    with Registry().open(place.store) as registry:
        known = history_of(Storage(root=str(place.data)), registry, KEY, 0.0)
    assert known.rollbacks == (2,)


def test_the_sensor_asks_for_a_check_before_other_work_and_not_twice(place):
    promoted, previous = models(place)
    (asked,), _ = tick(rollback_monitor, place)
    assert (asked.partition_key, asked.tags["dagster/priority"]) == (KEY, "10")
    assert promoted.sha256[:12] in asked.tags[WHY_TAG]
    assert previous.sha256[:12] in asked.tags[WHY_TAG]
    (again,), _ = tick(rollback_monitor, place)
    assert again.run_key == asked.run_key
    execute(place, 0.5)
    requests, skipped = tick(rollback_monitor, place)
    assert requests == []
    assert "is not due for a check (1 checks)" in skipped


def test_a_model_that_was_checked_often_enough_is_not_watched_for_ever(place):
    (place.root / "ringrift.yaml").write_text(
        "rollback: {check_every_s: 1, time_window_seconds: 1, consecutive_checks_required: 1}\n"
    )
    execute(place, 0.5)
    time.sleep(1.1)
    requests, skipped = tick(rollback_monitor, place)
    assert requests == []
    assert "has stood the test (1 checks)" in skipped


def test_the_sensor_leaves_a_configuration_without_a_second_model_alone(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RINGRIFT_CONFIGURATIONS", KEY)
    requests, skipped = tick(rollback_monitor, Place(tmp_path))
    assert requests == []
    assert "no model was promoted in place of another" in skipped
    monkeypatch.setenv("RINGRIFT_DISABLE_LOCAL_TASKS", "1")
    assert "only coordinates" not in tick(rollback_monitor, Place(tmp_path))[1]
    assert "loop.disable_local_tasks" in tick(rollback_monitor, Place(tmp_path))[1]


def test_the_thresholds_of_a_configuration_are_its_monitors(place):
    (place.root / "ringrift.yaml").write_text("configurations: {hex8_2p: {rollback: {min_win_rate: 0.45}}}\n")
    with get_rollback_monitor(KEY, storage=Storage(root=str(place.data))) as monitor:
        assert monitor.criteria.min_win_rate == 0.45
        assert replace(monitor.criteria, min_win_rate=0.40) == type(monitor.criteria)()
