"""The sensors, asked one by one about real manifests: what they request, or what they say instead."""

import dagster as dg
import pytest

from ringrift_assets import outcomes
from ringrift_assets.locks import exclusive
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.sensors import ALL_SENSORS, freshness_gate, quality_gate, selfplay_scheduler, training_trigger
from ringrift_assets.sensors.requests import CLEARS_A_GATE, PRIORITY_TAG
from tests.support.cycle import ASSETS, FEEDBACK, QUICK, Place
from tests.support.stand_ins import StandInWorkers

KEY = "hex8_2p"
LAX = "training: {new_games: 4, needed_games: 4, needed_positions: 1, needed_held_out: 0}\n"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty data root, a loop over one configuration, gates for a handful of games."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RINGRIFT_CONFIGURATIONS", KEY)
    (tmp_path / "ringrift.yaml").write_text(LAX)
    return Place(tmp_path)


def tick(sensor, place):
    """What one tick gives: run requests, or the text of a skip."""
    with place.instance() as instance:
        resources = {"storage": Storage(root=str(place.data)), "registry": Registry()}
        with dg.build_sensor_context(instance=instance, resources=resources) as context:
            given = list(sensor(context) or [])
    requests = [one for one in given if isinstance(one, dg.RunRequest)]
    skipped = "\n".join(one.skip_message or "" for one in given if isinstance(one, dg.SkipReason))
    return requests, skipped


def played(place, key=KEY, config=QUICK):
    assert place.run(key, config, ASSETS[:4]).success
    return place


def test_all_are_off_until_somebody_turns_them_on():
    assert {sensor.default_status for sensor in ALL_SENSORS} == {dg.DefaultSensorStatus.STOPPED}


def test_an_empty_configuration_gets_games_and_nothing_else(place):
    (asked,), _ = tick(selfplay_scheduler, place)
    assert (asked.job_name, asked.partition_key) == ("generate", KEY)
    assert "100% of the wanted data are missing" in asked.tags[outcomes.WHY_TAG]
    for sensor in (freshness_gate, quality_gate):
        requests, skipped = tick(sensor, place)
        assert requests == []
        assert "nothing to train on yet" in skipped
    requests, skipped = tick(training_trigger, place)
    assert requests == []
    assert "gate combined_npz_exists is closed" in skipped


def test_a_trace_has_every_gate_and_every_term(place, monkeypatch, capfd):
    played(place)
    tick(training_trigger, place)
    assert "0.40 x" not in capfd.readouterr().err
    monkeypatch.setenv("RINGRIFT_TRACE_DEBUG", "1")
    tick(training_trigger, place)
    logged = capfd.readouterr().err
    assert "+0.000 deficit: 0.40 x 0.00" in logged
    assert "gate disk_space is open" in logged


def test_the_same_state_gives_the_same_run_key(place):
    (first,), _ = tick(selfplay_scheduler, place)
    (again,), _ = tick(selfplay_scheduler, place)
    assert first.run_key == again.run_key
    played(place, config={**QUICK, "game_databases": {"games": 1}})
    (later,), _ = tick(selfplay_scheduler, place)
    assert later.run_key != first.run_key


def test_open_gates_start_a_cycle_and_end_self_play(place):
    played(place)
    (asked,), _ = tick(training_trigger, place)
    assert (asked.job_name, asked.partition_key) == ("improve", KEY)
    assert [key.to_user_string() for key in asked.asset_selection] == list(ASSETS[4:7])
    assert "5 new games since the last training, 4 needed" in asked.tags[outcomes.WHY_TAG]
    requests, skipped = tick(selfplay_scheduler, place)
    assert requests == []
    assert "no data are missing" in skipped


def test_the_first_searched_games_are_new_although_more_rows_were_there_before(place):
    assert place.run(KEY, QUICK).success
    assert place.run(KEY, {}, FEEDBACK).success
    (asked,), _ = tick(selfplay_scheduler, place)
    assert "100% of the wanted data are missing" in asked.tags[outcomes.WHY_TAG]
    played(place)
    (asked,), _ = tick(training_trigger, place)
    assert asked.job_name == "improve"
    requests, skipped = tick(selfplay_scheduler, place)
    assert requests == []
    assert "no data are missing" in skipped


def test_too_few_new_games_keep_training_closed_and_say_what_clears_it(place):
    (place.root / "ringrift.yaml").write_text(LAX.replace("new_games: 4", "new_games: 6"))
    played(place)
    requests, skipped = tick(training_trigger, place)
    assert requests == []
    assert "gate enough_new_games is closed: 5 new games since the last training, 6 needed" in skipped
    assert "What clears it: another `generate` run" in skipped


def test_stale_games_are_answered_at_once_with_priority(place):
    played(place)
    (place.root / "ringrift.yaml").write_text(LAX + "freshness: {max_age_hours: 0}\n")
    (asked,), _ = tick(freshness_gate, place)
    assert (asked.job_name, asked.tags[PRIORITY_TAG]) == ("generate", str(CLEARS_A_GATE))
    assert "gate fresh_games is closed" in asked.tags[outcomes.WHY_TAG]
    requests, skipped = tick(training_trigger, place)
    assert requests == []
    assert "gate fresh_games is closed" in skipped


def test_poor_games_close_the_quality_gate_and_raise_the_plan(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RINGRIFT_CONFIGURATIONS", KEY)
    (tmp_path / "ringrift.yaml").write_text(LAX)
    poor = played(Place(tmp_path, StandInWorkers(quality=0.2)))
    (asked,), _ = tick(quality_gate, poor)
    assert asked.tags[PRIORITY_TAG] == str(CLEARS_A_GATE)
    assert "gate quality is closed: quality score 0.20, 0.50 needed" in asked.tags[outcomes.WHY_TAG]
    requests, skipped = tick(training_trigger, poor)
    assert requests == []
    assert "gate quality is closed" in skipped
    lenient = {**QUICK, "game_databases": {}}
    (tmp_path / "ringrift.yaml").write_text(LAX + "selfplay: {bootstrap_games: 10}\n")
    assert poor.run(KEY, lenient, ASSETS[:1]).success
    assert poor.manifest("game_databases")["report"]["games_planned"] == 15  # 1.5 times as many


def test_every_opening_and_closing_of_a_gate_is_kept_once(place):
    played(place)
    for _ in range(3):
        tick(training_trigger, place)
    (place.root / "ringrift.yaml").write_text(LAX.replace("new_games: 4", "new_games: 6"))
    for _ in range(2):
        tick(training_trigger, place)
    with Registry().open(place.store) as registry:
        rows = [row.facts for row in registry.history("gate", KEY) if row.facts["gate"] == "enough_new_games"]
    assert [row["passed"] for row in rows] == [True, False]
    assert "6 needed" in rows[-1]["text"]


def test_faults_open_the_breaker_and_gates_do_not(place):
    (place.root / "ringrift.yaml").write_text(LAX + "breaker: {faults: 2}\n")
    played(place)
    strict = {**QUICK, "checkpoints": {**QUICK["checkpoints"], "needed_games": 999}}
    for _ in range(3):
        assert not place.run(KEY, strict, ASSETS[4:5]).success
    assert tick(training_trigger, place)[0], "a closed gate is no fault"
    for _ in range(2):
        data = place.data / "combined_npz" / KEY / "latest.json"
        good = data.read_text()
        data.write_text("torn")
        assert not place.run(KEY, QUICK, ASSETS[4:5]).success
        data.write_text(good)
    requests, skipped = tick(training_trigger, place)
    assert requests == []
    assert "breaker of checkpoints is open: 2 faults in a row" in skipped


def test_a_host_that_only_coordinates_starts_nothing(place, monkeypatch):
    monkeypatch.setenv("RINGRIFT_DISABLE_LOCAL_TASKS", "1")
    played(place)
    (place.root / "ringrift.yaml").write_text(LAX + "freshness: {max_age_hours: 0}\n")
    for sensor in (selfplay_scheduler, training_trigger, freshness_gate):
        requests, skipped = tick(sensor, place)
        assert requests == []
        assert "loop.disable_local_tasks" in skipped


def test_a_full_disk_starts_neither_games_nor_a_training(place):
    played(place)
    assert tick(training_trigger, place)[0], "with room on the disk every gate is open"
    (place.root / "ringrift.yaml").write_text(LAX + "resources: {quota_gb: 0.000001}\n")
    for sensor in (selfplay_scheduler, training_trigger):
        requests, skipped = tick(sensor, place)
        assert requests == []
        assert "resources.quota_gb" in skipped
    assert not place.run(KEY, QUICK, ASSETS[4:5]).success, "nor does `checkpoints` when it is materialised alone"
    with Registry().open(place.store) as registry:
        rows = [row.facts for row in registry.history("gate", KEY) if row.facts["gate"] == "disk_space"]
    assert [row["passed"] for row in rows] == [True, False]


def test_a_configuration_that_does_not_fit_the_memory_waits(place):
    (place.root / "ringrift.yaml").write_text(LAX + "selfplay: {memory_gib: 1000000}\n")
    requests, skipped = tick(selfplay_scheduler, place)
    assert requests == []
    assert "GiB of memory are free, 1000000.0 are needed" in skipped


@pytest.mark.parametrize("wins", [{}, {"random": [1, 1]}], ids=["promoted", "refused"])
def test_a_judged_candidate_gets_its_plan_renewed_whether_promoted_or_refused(tmp_path, monkeypatch, wins):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RINGRIFT_CONFIGURATIONS", KEY)
    (tmp_path / "ringrift.yaml").write_text(LAX)
    workers = StandInWorkers()
    workers = StandInWorkers(wins={**workers.wins, **wins})
    place = Place(tmp_path, workers)
    assert place.run().success
    assert ("promoted_models" in place.versions()) is (not wins)
    (asked,), _ = tick(selfplay_scheduler, place)
    assert asked.job_name == "feedback"
    assert place.run(KEY, {}, FEEDBACK).success
    plan = place.manifest("selfplay_plan")["report"]
    assert plan["generation"] == 2
    assert plan["player"] == ("bootstrap" if wins else "promoted model")
    (asked,), _ = tick(selfplay_scheduler, place)
    assert asked.job_name == "generate"


def test_an_unknown_configuration_of_the_loop_is_an_error_that_names_the_nearest(place, monkeypatch):
    from ringrift_engine.errors import ConfigError

    monkeypatch.setenv("RINGRIFT_CONFIGURATIONS", "hex8_2q")
    with pytest.raises(ConfigError, match="Nearest: 'hex8_"):
        tick(selfplay_scheduler, place)


def test_looking_takes_no_lock(place):
    played(place)
    with exclusive(place.store.lock("checkpoints", KEY)):
        assert tick(training_trigger, place)[0]


def test_one_damaged_configuration_does_not_stop_the_others(place, monkeypatch):
    monkeypatch.setenv("RINGRIFT_CONFIGURATIONS", f"{KEY},hex8_3p")
    played(place)
    (place.data / "combined_npz" / KEY / "latest.json").write_text("torn")
    (asked,), _ = tick(selfplay_scheduler, place)
    assert asked.partition_key == "hex8_3p"
    _, skipped = tick(training_trigger, place)
    assert f"{KEY}: {place.data / 'combined_npz' / KEY / 'latest.json'}: not a manifest" in skipped


def test_feedback_that_keeps_failing_is_left_alone(place, monkeypatch):
    from ringrift_assets.assets import feedback
    from ringrift_engine.errors import DataError

    def breaks(_):
        raise DataError("the history broke")

    (place.root / "ringrift.yaml").write_text(LAX + "breaker: {faults: 2}\n")
    assert place.run().success
    monkeypatch.setattr(feedback, "_newest_row", breaks)
    for _ in range(2):
        assert tick(selfplay_scheduler, place)[0][0].job_name == "feedback"
        assert not place.run(KEY, {}, FEEDBACK).success
    asked, skipped = tick(selfplay_scheduler, place)
    assert "feedback" not in {one.job_name for one in asked}
    assert asked or "breaker of feedback_state is open: 2 faults in a row" in skipped


def test_a_failed_run_becomes_a_row_that_names_the_cause(place):
    from ringrift_assets.sensors import run_failures

    played(place)
    shard = next((place.data / "game_databases" / KEY).glob("*.db"))
    shard.write_bytes(b"torn")
    result = place.run(KEY, QUICK, ASSETS[:1])
    with place.instance() as instance:
        run = instance.get_run_by_id(result.run_id)
        failed = next(event for event in result.all_events if event.event_type_value == "PIPELINE_FAILURE")
        resources = {"storage": Storage(root=str(place.data)), "registry": Registry()}
        with dg.build_run_status_sensor_context(
            sensor_name="run_failures",
            dagster_event=failed,
            dagster_instance=instance,
            dagster_run=run,
            resources=resources,
        ).for_run_failure() as context:
            run_failures(context)
    with Registry().open(place.store) as registry:
        (row,) = registry.history("run_failure", KEY)
    assert (row.facts["stage"], row.facts["outcome"]) == ("game_databases", outcomes.FAULT)
    assert f"{shard.name} is damaged" in row.facts["error"]
