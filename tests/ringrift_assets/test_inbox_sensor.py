"""The sensor `inbox`: what it requests, what it says instead, and when it looks."""

import json
import time

import dagster as dg
import pytest

from ringrift_assets import outcomes
from ringrift_assets.cli.outlook_text import detail_text, table_text
from ringrift_assets.cli.outlooks import look_at
from ringrift_assets.definitions import build_defs
from ringrift_assets.locks import exclusive
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.sensors.inbox import INTAKE_STAGES, inbox_sensor
from ringrift_assets.thresholds import read_thresholds
from tests.support.cycle import ASSETS, Place
from tests.support.drops import drop, put, shard_of
from tests.support.stand_ins import InlineWorkers

KEY, OTHER = "hex8_2p", "square8_2p"
RUN_KEY = "dagster/run_key"


@pytest.fixture
def place(tmp_path, monkeypatch):
    """An empty data root and a loop over one configuration."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RINGRIFT_CONFIGURATIONS", KEY)
    return Place(tmp_path, InlineWorkers())


@pytest.fixture
def inbox(place):
    return place.data / "inbox"


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    folder = tmp_path_factory.mktemp("elsewhere")
    return {KEY: shard_of(folder), OTHER: shard_of(folder, OTHER)}


def tick(place, cursor=None):
    """One tick: run requests, the text of a skip, and the cursor afterwards."""
    with place.instance() as instance:
        resources = {"storage": Storage(root=str(place.data)), "registry": Registry()}
        with dg.build_sensor_context(instance=instance, resources=resources, cursor=cursor) as context:
            given = list(inbox_sensor(context) or [])
            after = context.cursor
    requests = [one for one in given if isinstance(one, dg.RunRequest)]
    return requests, "\n".join(one.skip_message or "" for one in given if isinstance(one, dg.SkipReason)), after


def carry_out(place, asked):
    """Run what was asked for, with the tags that Dagster's daemon would give it."""
    definitions = build_defs({"storage": Storage(root=str(place.data)), "workers": place.workers})
    with place.instance() as instance:
        return definitions.resolve_job_def(asked.job_name).execute_in_process(
            partition_key=asked.partition_key,
            instance=instance,
            tags={**asked.tags, RUN_KEY: asked.run_key},
            raise_on_error=False,
        )


def add_run(place, status, asked):
    with place.instance() as instance:
        run = dg.DagsterRun(
            job_name="intake",
            status=status,
            tags={outcomes.PARTITION_TAG: asked.partition_key, RUN_KEY: asked.run_key},
        )
        instance.add_run(run)
    return run


# --- what it requests


def test_an_empty_inbox_is_made_and_asks_for_nothing(place, inbox):
    requests, skipped, _ = tick(place)
    assert (requests, skipped) == ([], "the inbox is empty")
    assert inbox.is_dir()


def test_games_in_the_inbox_are_asked_for_taken_in_and_exported(place, inbox, shards):
    drop(shards[KEY], inbox)
    (asked,), _, _ = tick(place)
    assert (asked.job_name, asked.partition_key) == ("intake", KEY)
    assert asked.tags[outcomes.WHY_TAG] == "1 file in the inbox"
    assert carry_out(place, asked).success
    assert place.versions().keys() == set(INTAKE_STAGES) == set(ASSETS[1:4])
    assert tick(place)[:2] == ([], "the inbox is empty")


def test_one_state_is_one_request_and_a_file_put_there_again_is_another(place, inbox, shards):
    drop(shards[KEY], inbox)
    first = tick(place)[0][0].run_key
    assert tick(place)[0][0].run_key == first
    drop(shards[KEY], inbox)
    again = tick(place)[0][0].run_key
    drop(shards[KEY], inbox, "two.db")
    assert len({first, again, tick(place)[0][0].run_key}) == 3


def test_files_on_their_way_are_not_asked_for(place, inbox, shards):
    drop(shards[KEY], inbox, age_s=1)
    drop(shards[KEY], inbox, ".partial-a.db")
    assert tick(place)[:2] == ([], "the inbox is empty")


def test_every_configuration_that_has_files_is_asked_for(place, inbox, shards, monkeypatch):
    monkeypatch.setenv("RINGRIFT_CONFIGURATIONS", f"{KEY},{OTHER}")
    for shard in shards.values():
        drop(shard, inbox)
    assert {one.partition_key for one in tick(place)[0]} == {KEY, OTHER}


def test_a_file_that_says_no_configuration_is_left_to_one_intake_that_sets_it_aside(place, inbox, monkeypatch):
    monkeypatch.setenv("RINGRIFT_CONFIGURATIONS", f"{KEY},{OTHER}")
    put(inbox, "notes.txt")
    (asked,), _, _ = tick(place)
    carry_out(place, asked)
    assert sorted(path.name for path in inbox.rglob("*.txt*")) == ["notes.txt", "notes.txt.txt"]
    assert tick(place)[:2] == ([], "the inbox is empty")


def test_a_host_that_only_coordinates_takes_games_in(place, inbox, shards, monkeypatch):
    monkeypatch.setenv("RINGRIFT_DISABLE_LOCAL_TASKS", "1")
    drop(shards[KEY], inbox)
    assert tick(place)[0][0].job_name == "intake"


# --- what it says instead


def test_a_configuration_at_work_waits(place, inbox, shards):
    drop(shards[KEY], inbox)
    run = add_run(place, dg.DagsterRunStatus.STARTED, tick(place)[0][0])
    assert tick(place)[:2] == ([], f"{KEY}: run {run.run_id[:8]} of intake is started")


def test_games_of_a_configuration_that_the_loop_leaves_out_are_named(place, inbox, shards):
    drop(shards[OTHER], inbox)
    requests, skipped, _ = tick(place)
    assert requests == []
    assert skipped == f"{OTHER}: 1 file in the inbox; loop.configurations leaves this configuration out"


def test_what_a_good_intake_left_is_asked_for_no_more_and_said(place, inbox, shards, monkeypatch):
    drop(shards[KEY], inbox)
    (asked,), _, _ = tick(place)
    monkeypatch.setattr("ringrift_engine.sync.clear", refuses)
    result = carry_out(place, asked)
    assert result.success
    requests, skipped, _ = tick(place)
    assert requests == []
    assert skipped == f"{KEY}: 1 file that run {result.run_id[:8]} left in the inbox: its log and checks say why"


def refuses(*_, **__):
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize("status", [dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED])
def test_an_intake_that_failed_or_was_ended_is_asked_for_again(place, inbox, shards, status):
    drop(shards[KEY], inbox)
    (asked,), _, _ = tick(place)
    add_run(place, status, asked)
    (again,), _, _ = tick(place)
    assert again.run_key != asked.run_key


def test_an_intake_that_keeps_failing_is_left_alone(place, inbox, shards):
    (place.root / "ringrift.yaml").write_text("breaker: {faults: 2}\n")
    drop(shards[KEY], inbox)
    for _ in range(2):
        add_run(place, dg.DagsterRunStatus.FAILURE, tick(place)[0][0])
    requests, skipped, _ = tick(place)
    assert requests == []
    assert "breaker of synced_games is open: 2 faults in a row" in skipped


def test_one_damaged_configuration_does_not_stop_the_others(place, inbox, shards, monkeypatch):
    monkeypatch.setenv("RINGRIFT_CONFIGURATIONS", f"{KEY},{OTHER}")
    for shard in shards.values():
        drop(shard, inbox)
    manifest = place.store.folder("synced_games", KEY) / "latest.json"
    manifest.write_text("torn")
    (asked,), _, cursor = tick(place)
    assert asked.partition_key == OTHER
    assert f"{KEY}: {manifest}: not a manifest" in json.loads(cursor or "")["said"]


# --- when it looks


@pytest.mark.parametrize(
    ("sync", "age_s", "looks"),
    [
        pytest.param("{}", 59, False, id="default_not_yet"),
        pytest.param("{}", 61, True, id="default"),
        pytest.param("{interval_s: 5}", 6, True, id="oftener"),
        pytest.param("{interval_s: 1, min_interval_s: 20}", 19, False, id="never_below_the_least"),
        pytest.param("{interval_s: 1, min_interval_s: 20}", 21, True, id="least"),
        pytest.param("{}", -3_600, True, id="clock_was_put_back"),
    ],
)
def test_it_looks_at_the_interval_of_the_settings_and_repeats_itself_in_between(
    place, inbox, shards, sync, age_s, looks
):
    (place.root / "ringrift.yaml").write_text(f"sync: {sync}\n")
    drop(shards[KEY], inbox)
    cursor = json.dumps({"at": time.time() - age_s, "said": "what was said"})
    requests, skipped, after = tick(place, cursor)
    assert bool(requests) is looks
    assert skipped == ("" if looks else "what was said")
    assert (after == cursor) is not looks


def test_looking_takes_no_lock(place, inbox, shards):
    drop(shards[KEY], inbox)
    with exclusive(place.store.lock("synced_games", KEY)):
        assert tick(place)[0]


def test_status_says_how_many_files_wait(inbox, shards, monkeypatch):
    monkeypatch.delenv("RINGRIFT_DATA_ROOT", raising=False)
    for name in ("a.db", f"{KEY}/b.db"):
        drop(shards[KEY], inbox, name)
    rows = look_at([KEY, OTHER], read_thresholds())
    assert [row.to_json()["inbox"] for row in rows] == [2, 0]
    assert "files that wait to be taken in: 2" in table_text(rows)
    assert "files that wait to be taken in: 2" in detail_text(rows[0])
    assert "to be taken in" not in detail_text(rows[1])
