"""Each resource on both sides of each of its limits, on a machine made of numbers."""

import math
from pathlib import Path

import pytest

from ringrift_engine.errors import ConfigError
from ringrift_engine.resources import (
    GB,
    Level,
    ResourceLimits,
    Usage,
    batch_size_for,
    check_cpu,
    check_disk_space,
    check_gpu_memory,
    check_load,
    check_memory,
    check_training_disk,
)
from tests.support.meters import FakeMeter, gigabytes

STRICT = ResourceLimits(disk_ample_gb=0, memory_ample_gb=0)
FOLDER = Path("/somewhere/data")


@pytest.mark.parametrize(
    ("used", "free", "required", "level"),
    [
        pytest.param(65, 35, 0, Level.OK, id="at_the_warning"),
        pytest.param(65.1, 34.9, 0, Level.WARN, id="above_the_warning"),
        pytest.param(70, 30, 0, Level.WARN, id="at_the_limit"),
        pytest.param(70.1, 29.9, 0, Level.CRITICAL, id="above_the_limit"),
        pytest.param(60, 40, 10, Level.WARN, id="at_the_limit_with_what_is_needed"),
        pytest.param(60, 40, 10.1, Level.CRITICAL, id="above_it_with_what_is_needed"),
        pytest.param(100, 0, 0, Level.CRITICAL, id="full"),
        pytest.param(0, 0, 0, Level.CRITICAL, id="no_disk_at_all"),
        pytest.param(math.nan, 1, 0, Level.CRITICAL, id="not_measured"),
    ],
)
def test_disk(used, free, required, level):
    finding = check_disk_space(required, FOLDER, STRICT, FakeMeter(disk_usage=gigabytes(used, free)))
    assert finding.level is level
    assert bool(finding) is finding.ok is (level is not Level.CRITICAL)


def test_more_than_is_free_is_critical_whatever_the_limits_say():
    limits = ResourceLimits(disk_warn_percent=100, disk_critical_percent=100, disk_training_percent=100)
    meter = FakeMeter(disk_usage=gigabytes(1, 9))
    assert check_disk_space(9, FOLDER, limits, meter)
    finding = check_disk_space(9.5, FOLDER, limits, meter)
    assert not finding
    assert "9.5 GB more needed, which is not there" in finding.text


@pytest.mark.parametrize(
    ("free", "required", "ok"),
    [
        pytest.param(20, 0, True, id="exactly_ample"),
        pytest.param(19.9, 0, False, id="not_ample"),
        pytest.param(25, 5, True, id="still_ample_after_it"),
        pytest.param(25, 5.1, False, id="ample_before_it_but_not_after"),
    ],
)
def test_a_large_disk_that_is_fuller_than_the_limit_but_has_ample_room_only_warns(free, required, ok):
    finding = check_disk_space(required, FOLDER, ResourceLimits(), FakeMeter(disk_usage=gigabytes(900, free)))
    assert finding.ok is ok
    assert finding.level is (Level.WARN if ok else Level.CRITICAL)


def test_training_goes_on_where_self_play_has_stopped_and_is_deferred_above_85_percent():
    shares = {}
    for used in (70, 71, 85, 86):
        meter = FakeMeter(disk_usage=gigabytes(used, 100 - used))
        shares[used] = (check_disk_space(0, FOLDER, STRICT, meter).ok, check_training_disk(0, FOLDER, STRICT, meter).ok)
    assert shares == {70: (True, True), 71: (False, True), 85: (False, True), 86: (False, False)}


@pytest.mark.parametrize(("used_gb", "ok"), [(7.0, True), (7.01, False), (12.0, False)])
def test_a_quota_is_a_disk_of_its_own_size_that_is_never_ample(used_gb, ok):
    limits = ResourceLimits(quota_gb=10)
    meter = FakeMeter(disk_usage=gigabytes(1, 999), folder_bytes=used_gb * GB)
    finding = check_disk_space(0, FOLDER, limits, meter)
    assert finding.ok is ok
    assert ok or "resources.quota_gb = 10" in finding.text
    assert check_disk_space(0, FOLDER, ResourceLimits(), meter).ok, "without a quota the folder's size is no matter"


def test_a_full_disk_counts_even_if_the_quota_is_not_reached():
    finding = check_disk_space(0, FOLDER, ResourceLimits(quota_gb=10), FakeMeter(disk_usage=gigabytes(99, 1)))
    assert not finding
    assert "quota" not in finding.text


@pytest.mark.parametrize(
    ("used", "level"), [(70, Level.OK), (70.1, Level.WARN), (80, Level.WARN), (80.1, Level.CRITICAL)]
)
def test_memory(used, level):
    assert check_memory(0, STRICT, FakeMeter(memory_usage=gigabytes(used, 100 - used))).level is level


def test_memory_that_is_ample_only_warns():
    assert check_memory(0, ResourceLimits(), FakeMeter(memory_usage=gigabytes(60, 4))).level is Level.WARN
    assert check_memory(0, ResourceLimits(), FakeMeter(memory_usage=gigabytes(60, 3.9))).level is Level.CRITICAL
    assert check_memory(1, ResourceLimits(), FakeMeter(memory_usage=gigabytes(60, 4))).level is Level.CRITICAL


@pytest.mark.parametrize(
    ("usage", "required", "ok"),
    [
        pytest.param(None, 0, True, id="none_there_none_needed"),
        pytest.param(None, 1, False, id="none_there_one_needed"),
        pytest.param(gigabytes(80, 20), 0, True, id="at_the_limit"),
        pytest.param(gigabytes(80.1, 19.9), 0, False, id="above_the_limit"),
        pytest.param(gigabytes(40, 60), 40, True, id="room_enough"),
        pytest.param(gigabytes(40, 60), 41, False, id="room_not_enough"),
    ],
)
def test_gpu_memory(usage, required, ok):
    finding = check_gpu_memory(required, STRICT, FakeMeter(gpu_usage=usage))
    assert finding.ok is ok
    assert usage is not None or "no GPU" in finding.text


@pytest.mark.parametrize(
    ("percent", "level"), [(70, Level.OK), (71, Level.WARN), (80, Level.WARN), (100, Level.CRITICAL)]
)
def test_a_busy_processor_is_reported_and_stops_nothing(percent, level):
    finding = check_cpu(STRICT, FakeMeter(cpu=percent))
    assert (finding.level, finding.ok) == (level, True)


@pytest.mark.parametrize(("load", "level"), [(1.5, Level.OK), (1.6, Level.WARN), (40.0, Level.WARN)])
def test_load_is_reported_and_stops_nothing(load, level):
    finding = check_load(STRICT, FakeMeter(load=load))
    assert (finding.level, finding.ok) == (level, True)


@pytest.mark.parametrize(
    ("check", "setting"),
    [
        (check_disk_space, "disk_critical_percent"),
        (check_training_disk, "disk_training_percent"),
        (check_memory, "memory_critical_percent"),
        (check_gpu_memory, "gpu_critical_percent"),
    ],
)
def test_what_stops_work_says_how_much_is_left_and_which_setting_says_so(check, setting):
    limits, full = ResourceLimits(), gigabytes(99, 1)
    meter = FakeMeter(disk_usage=full, memory_usage=full, gpu_usage=full)
    finding = check(limits=limits, meter=meter)
    assert not finding
    assert f"limit {getattr(limits, setting):g} % (resources.{setting})" in finding.text
    assert "99.0 % used, 1.0 of 100.0 GB free" in finding.text
    raised = ResourceLimits(**{setting: 99.5, **({"disk_training_percent": 100} if "disk" in setting else {})})
    assert check(limits=raised, meter=meter), "the setting that the text names must be the one that helps"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"disk_critical_percent": 101}, "disk_critical_percent must be a number from 0 to 100"),
        ({"memory_warn_percent": math.nan}, "memory_warn_percent must be"),
        ({"quota_gb": -1}, "quota_gb must be a number of at least 0"),
        ({"games_between_checks": 0}, "games_between_checks must be a whole number of at least 1"),
        ({"disk_warn_percent": 71}, "disk_warn_percent is 71, it must not be above disk_critical_percent"),
        ({"memory_critical_percent": 60}, "memory_warn_percent is 70, it must not be above memory_critical_percent"),
        ({"disk_critical_percent": 90}, "disk_critical_percent is 90, it must not be above disk_training_percent"),
    ],
)
def test_impossible_limits_are_refused(values, named):
    with pytest.raises(ConfigError, match=named):
        ResourceLimits(**values)


@pytest.mark.parametrize(
    ("free", "size"),
    [(0, 128), (16, 128), (16.01, 256), (32, 256), (32.01, 512), (139.8, 512), (math.nan, 128), (-1, 128)],
)
def test_batch_size_by_free_gpu_memory(free, size):
    assert batch_size_for(free) == size


def test_usage_is_counted_like_df():
    usage = Usage(29.0, 74.0)  # what is reserved for root is in neither
    assert usage.total == 103.0
    assert usage.percent == pytest.approx(28.155, abs=1e-3)
