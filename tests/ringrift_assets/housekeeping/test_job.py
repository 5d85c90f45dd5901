"""The job, its schedule, and what it says."""

import dagster as dg
import pytest

from ringrift_assets.definitions import build_defs, defs
from ringrift_assets.housekeeping.keeping import SUBJECT
from ringrift_assets.housekeeping.text import size_text
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.schedules import local_zone
from ringrift_assets.thresholds import read_thresholds
from tests.ringrift_assets.housekeeping.kept import tree, verify


def test_the_job_does_it_and_shows_what_went(place):
    definitions = build_defs({"storage": Storage(root=str(place.data))})
    job = definitions.resolve_job_def("housekeeping")
    config = {"ops": {"remove_what_nothing_needs": {"config": {"dry_run": True}}}}
    before = tree(place)
    with dg.DagsterInstance.ephemeral() as instance:
        assert job.execute_in_process(run_config=config, instance=instance).success
        assert tree(place) == before
        result = job.execute_in_process(instance=instance)
    (output,) = [event for event in result.all_events if event.event_type_value == "STEP_OUTPUT"]
    metadata = output.step_output_data.metadata
    assert metadata["dry_run"].value is False
    assert [record.data for record in metadata["removed"].records] == [
        {"kind": "shard", "items": 9, "bytes": metadata["bytes"].value}  # five checkpoints are kept by default
    ]
    verify(place)
    with Registry().open(place.store) as registry:
        assert [row.facts["dry_run"] for row in registry.history(SUBJECT)] == [True, False]
        assert registry.history(SUBJECT)[-1].run_id == result.run_id


def test_the_schedule_is_due_at_half_past_three_and_off_until_somebody_turns_it_on():
    (schedule,) = [one for one in defs.schedules or () if one.name == "housekeeping"]
    assert isinstance(schedule, dg.ScheduleDefinition)
    assert (schedule.cron_schedule, schedule.job_name) == ("30 3 * * *", "housekeeping")
    assert schedule.default_status == dg.DefaultScheduleStatus.STOPPED
    assert schedule.execution_timezone == local_zone()


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (":America/New_York", "America/New_York"),
        ("/usr/share/zoneinfo/Asia/Tokyo", "Asia/Tokyo"),
        ("CET-1CEST,M3.5.0,M10.5.0/3", "UTC"),
        ("../../etc/passwd", "UTC"),
    ],
)
def test_the_time_zone_is_the_machines(monkeypatch, variable, expected):
    monkeypatch.setenv("TZ", variable)
    assert local_zone() == expected


@pytest.mark.parametrize(
    ("size", "expected"), [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 kB"), (1536 * 1024, "1.5 MB"), (5 << 40, "5.0 TB")]
)
def test_sizes_are_told_in_their_unit(size, expected):
    assert size_text(size) == expected


def test_the_limits_come_from_the_settings(tmp_path):
    (tmp_path / "ringrift.yaml").write_text("housekeeping: {checkpoints_kept: 7, window_factor: 3}\n")
    limits = read_thresholds({}, tmp_path).housekeeping
    assert (limits.checkpoints_kept, limits.window_factor, limits.runs_days) == (7, 3.0, 30.0)
