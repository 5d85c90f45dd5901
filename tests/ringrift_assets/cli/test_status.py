"""`ringrift status`: its numbers are those of the manifests, and what it says comes next is what the sensors do."""

import json
import time

import dagster as dg
import pytest

from ringrift_assets.cli.next_step import NOBODY, Surroundings, next_step
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.sensors import freshness_gate, quality_gate, selfplay_scheduler, training_trigger
from ringrift_assets.sensors.outlook import look
from ringrift_assets.thresholds import read_thresholds
from tests.ringrift_assets.cli.conftest import KEY, SETTINGS, add_run
from tests.ringrift_assets.test_sensors import tick
from tests.ringrift_engine.cli.conftest import ringrift, told
from tests.support.cycle import ASSETS, QUICK
from tests.support.stand_ins import StandInWorkers

STARTERS = {
    sensor.name: sensor for sensor in (selfplay_scheduler, freshness_gate, quality_gate, training_trigger)
}  # fmt: skip
GENERATE = ASSETS[:4]


def status_of(key=KEY):
    return {row["key"]: row for row in told("status")["configurations"]}[key]


def askers(place):
    """The sensors that request a run for the configuration if they look now, with the job."""
    asked = {name: tick(sensor, place)[0] for name, sensor in STARTERS.items()}
    return {name: requests[0].job_name for name, requests in asked.items() if requests}


def outlook_of(place):
    with place.instance() as instance:
        return look(KEY, instance, Storage(), Registry(), read_thresholds(), time.time())


# --- numbers


def test_the_numbers_are_those_of_the_manifests(quick):
    assert quick.run().success
    row = status_of()
    for asset in ASSETS[:-1]:
        assert row["stages"][asset]["age_s"] < 60
    report = {asset: quick.manifest(asset)["report"] for asset in ASSETS[:-1]}
    shards = len(quick.manifest("game_databases")["files"])
    assert row["stages"]["game_databases"]["shards"] == shards == 3
    assert row["stages"]["synced_games"]["games"] == report["synced_games"]["statistics"]["games"] == 5
    assert row["stages"]["combined_npz"]["rows"] == report["combined_npz"]["rows"]
    assert row["stages"]["checkpoints"]["samples"] == report["checkpoints"]["samples"]
    assert row["stages"]["gauntlet_results"]["games"] == report["gauntlet_results"]["games"]
    (model,) = (quick.data / "promoted_models" / KEY).glob("*.safetensors")
    assert row["promoted"].startswith(model.stem)
    assert row["stages"]["promoted_models"]["version"] == row["promoted"]
    assert row["generation"] == 2
    text = ringrift("status", KEY).output
    for piece in (model.stem[:12], "3 shards", "5 games", "generation 2 is next", "plan of self-play", "priority"):
        assert piece in text


def test_the_table_has_a_line_for_every_configuration_within_120_columns(quick):
    assert quick.run(selection=GENERATE).success
    quick.set_up(SETTINGS.replace("loop: {configurations: hex8_2p}", ""))
    text = ringrift("status").output
    assert all(len(line) <= 120 for line in text.splitlines())
    lines = [line.split() for line in text.splitlines()]
    keys = [
        words[0] for words in lines if words and words[0].split("_")[0] in ("hex8", "square8", "square19", "hexagonal")
    ]
    assert len(keys) == len(set(keys)) == 12
    (made,) = [words for words in lines if words and words[0] == KEY]
    assert made[1] == "3,"  # shards
    assert text.count("combined_npz_exists is closed") == 11
    assert "The loop does not run" in text


def test_configurations_that_the_loop_does_not_work_on_are_shown_and_named(quick):
    text = ringrift("status", KEY, "square8_3p").output
    assert "The loop does not work on square8_3p (loop.configurations)." in text
    assert quick.root.exists()
    assert ringrift("status", "square8_5p").exit_code == 1


def test_without_an_instance_it_says_what_is_not_known(quick):
    assert quick.run(selection=GENERATE).success
    (quick.root / "dagster.yaml").unlink()
    result = ringrift("status")
    assert result.exit_code == 0
    assert f"No dagster.yaml in {quick.root}: nothing is known of runs and breakers." in result.output
    facts = told("status")
    assert facts["loop"] == {"running": False, "instance": False, "off": []}
    assert facts["configurations"][0]["stages"]["synced_games"]["games"] == 5


def test_json_has_every_gate_with_its_text(quick):
    assert quick.run(selection=GENERATE).success
    row = status_of()
    assert {gate["gate"] for gate in row["gates"]} >= {"fresh_games", "quality", "enough_new_games", "disk_space"}
    assert all(gate["text"].startswith(f"gate {gate['gate']} is open") for gate in row["gates"])
    quick.set_up(SETTINGS.replace("new_games: 4", "new_games: 6"))
    row = status_of()
    assert row["closed"] == ["enough_new_games"]
    assert "gate enough_new_games is closed: 5 new games since the last training, 6 needed" in json.dumps(row["gates"])


def test_a_damaged_configuration_is_told_and_hides_no_other(quick):
    assert quick.run(selection=GENERATE).success
    quick.set_up("loop: {configurations: 'hex8_2p,hex8_3p'}\n")
    (quick.data / "synced_games" / KEY / "latest.json").write_text("torn")
    damaged, other = told("status")["configurations"]
    assert (damaged["key"], other["key"]) == (KEY, "hex8_3p")
    assert "latest.json: not a manifest" in damaged["damage"]
    assert other["next"]["sensor"] == "selfplay_scheduler"
    for text in (ringrift("status").output, ringrift("status", KEY).output):
        assert "latest.json: not a manifest" in " ".join(text.split())


# --- what happens next


def nothing_yet(_):
    return {"selfplay_scheduler": "generate"}


def ready(place):
    assert place.run(selection=GENERATE).success
    return {"training_trigger": "improve"}


def too_few(place):
    assert place.run(selection=GENERATE).success
    place.set_up(SETTINGS.replace("new_games: 4", "new_games: 6"))
    return {"selfplay_scheduler": "generate"}


def stale(place):
    assert place.run(selection=GENERATE).success
    place.set_up(SETTINGS + "freshness: {max_age_hours: 0}\n")
    return {"freshness_gate": "generate"}


def poor(place):
    place.workers = StandInWorkers(quality=0.2)
    assert place.run(selection=GENERATE).success
    return {"quality_gate": "generate"}


def judged(place):
    assert place.run().success
    return {"selfplay_scheduler": "feedback"}


def broken(place):
    place.set_up(SETTINGS + "breaker: {faults: 1}\n")
    shard = {**QUICK, "game_databases": {"games": 5, "batch_games": 2}}
    assert place.run(config=shard, selection=GENERATE).success
    next((place.data / "game_databases" / KEY).glob("*.db")).write_text("torn")
    assert not place.run(selection=GENERATE).success
    place.set_up(SETTINGS.replace("new_games: 4", "new_games: 6") + "breaker: {faults: 1}\n")
    return {}


def at_work(place):
    with place.instance() as instance:
        add_run(instance, dg.DagsterRunStatus.STARTED)
    return {}


def lacks_what_no_game_brings(place):
    assert place.run(selection=GENERATE).success
    place.set_up(SETTINGS.replace("needed_games: 4", "needed_games: 40"))
    return {}


@pytest.mark.parametrize(
    "state", [nothing_yet, ready, too_few, stale, poor, judged, broken, at_work, lacks_what_no_game_brings]
)
def test_what_comes_next_is_what_the_sensors_do(quick, state):
    """The first of the sensors that act is named; where none does, nobody is."""
    expected = state(quick)
    doing, step = askers(quick), next_step(outlook_of(quick), Surroundings())
    assert expected.items() <= doing.items()
    assert bool(doing) is bool(expected)
    assert step.sensor == next(iter(expected), NOBODY)
    assert all(job in step.text or job == "generate" for job in expected.values())
    row = status_of()
    assert row["next"] == {"sensor": step.sensor, "text": row["next"]["text"]}


def test_a_closed_breaker_and_a_run_at_work_are_told(quick):
    broken(quick)
    row = status_of()
    assert row["next"]["sensor"] == NOBODY
    assert "selfplay_scheduler waits" in row["next"]["text"] or "waits: 1 failed starts" in row["next"]["text"]
    assert row["stages"]["game_databases"]["breaker"]["held"] is True
    assert "breaker of game_databases is open: 1 fault in a row" in ringrift("status").output
    with quick.instance() as instance:
        run = add_run(instance, dg.DagsterRunStatus.STARTED, ringrift__why="because of this")
    row = status_of()
    assert row["at_work"] == [{"run_id": run.run_id, "job": "generate", "status": "started"}]
    assert row["next"]["text"] == f"run {run.run_id[:8]} of generate is started: because of this"


@pytest.mark.parametrize(
    ("around", "state", "said"),
    [
        (Surroundings(generate_full="r1 at work"), nothing_yet, "selfplay_scheduler waits: r1 at work"),
        (Surroundings(no_room="memory: none"), nothing_yet, "selfplay_scheduler waits: memory: none"),
        (Surroundings(train_full="r2 at work"), ready, "training_trigger waits: r2 at work"),
        (Surroundings(only_coordinates="a setting"), ready, "training_trigger waits: a setting"),
        (Surroundings(only_coordinates="a setting"), nothing_yet, "selfplay_scheduler waits: a setting"),
        (Surroundings(no_room="memory: none"), stale, "freshness_gate waits: memory: none"),
        (Surroundings(only_coordinates="a setting"), poor, "quality_gate waits: a setting"),
    ],
)
def test_what_all_configurations_share_keeps_them_waiting(quick, around, state, said):
    state(quick)
    step = next_step(outlook_of(quick), around)
    assert (step.sensor, step.text) == (NOBODY, said)


def test_a_full_pool_and_too_little_room_are_seen(quick):
    quick.set_up("resources: {quota_gb: 0}\n")
    assert "resources.quota_gb" in status_of()["next"]["text"]
    quick.set_up("loop: {disable_local_tasks: true}\n")
    assert status_of()["next"]["text"].startswith("selfplay_scheduler waits: loop.disable_local_tasks")
    quick.set_up("")
    with quick.instance() as instance:
        run = add_run(instance, dg.DagsterRunStatus.STARTED, key="square8_2p")
    assert status_of()["next"]["text"] == (
        f"selfplay_scheduler waits: {run.run_id[:8]} at work on game_databases, 1 at a time"
    )
    quick.set_up("loop: {generate_slots: 2}\n")
    assert status_of()["next"]["sensor"] == "selfplay_scheduler"
