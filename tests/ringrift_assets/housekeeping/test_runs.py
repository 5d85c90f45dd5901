"""Which of Dagster's runs go, and that nothing of them stays."""

import shutil

import dagster as dg
import pytest

from ringrift_assets.housekeeping.runs import old_runs, remove_run
from tests.ringrift_assets.housekeeping.kept import KEY, NOW
from tests.support.cycle import ASSETS, Place

DAY = 86_400.0  # seconds


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Dagster's records, on the disk, of three runs: the last one makes only one of the two assets."""
    place = Place(tmp_path_factory.mktemp("recorded"), persistent=True)
    for selection in (ASSETS[:2], ASSETS[:2], ASSETS[:1]):
        assert place.run(KEY, selection=selection).success
    return place


def test_a_run_goes_after_its_time_unless_it_shows_how_a_version_was_made(recorded, tmp_path):
    shutil.copytree(recorded.root, tmp_path / "copy")
    place = Place(tmp_path / "copy", persistent=True)
    with place.instance() as instance:
        newest_first = [record.dagster_run.run_id for record in instance.get_run_records()]
        ended = min(record.end_time or 0.0 for record in instance.get_run_records())
        assert old_runs(instance, ended + 30 * DAY - 1, 30) == []
        (old,) = old_runs(instance, ended + 40 * DAY, 30)
        assert old.path == newest_first[-1]  # the second one made what is the latest of one asset still
        kept = place.root / "dagster"
        files = [path for path in kept.rglob("*") if old.path in str(path) and path.is_file()]
        assert old.bytes == sum(path.stat().st_size for path in files if path.parent.name == "runs") > 100_000
        remove_run(instance, old.path)
        assert [record.dagster_run.run_id for record in instance.get_run_records()] == newest_first[:-1]
        assert not [path for path in kept.rglob("*") if old.path in str(path) and path.is_file()]
        assert old_runs(instance, ended + 40 * DAY, 30) == []
    assert place.versions().keys() == {"game_databases", "synced_games"}


def test_a_run_that_has_not_ended_never_goes():
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_run(dg.DagsterRun(job_name="improve", status=dg.DagsterRunStatus.STARTED))
        assert old_runs(instance, NOW * 2, 1) == []


def test_the_newest_run_of_a_job_and_partition_stays_although_it_made_nothing():
    with dg.DagsterInstance.ephemeral() as instance:
        for key in ("hex8_2p", "hex8_2p", "hex8_3p"):
            failed = dg.DagsterRun(
                job_name="improve", status=dg.DagsterRunStatus.FAILURE, tags={"dagster/partition": key}
            )
            instance.add_run(failed)
        assert [one.path for one in old_runs(instance, NOW * 2, 1)] == [
            instance.get_run_records()[-1].dagster_run.run_id
        ]
