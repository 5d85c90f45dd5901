"""The guard as a step asks it: at the start, between games, and while it waits."""

import pytest

from ringrift_engine.errors import ConfigError, ResourcesExhausted
from ringrift_engine.resources import ResourceGuard, ResourceLimits, can_proceed, wait_for_resources
from tests.support.meters import FakeMeter, gigabytes

STRICT = ResourceLimits(disk_ample_gb=0, memory_ample_gb=0)
FULL = gigabytes(95, 5)


def guard(meter, *required, **options):
    return ResourceGuard(*required, limits=options.pop("limits", STRICT), meter=meter, **options)


def test_a_machine_with_enough_of_everything_lets_work_go_on():
    found = guard(FakeMeter())
    assert found.ok
    assert found.reasons == ()
    assert found.warnings == ()
    found.require()


def test_every_reason_is_told_and_only_of_the_latest_look():
    meter = FakeMeter(disk_usage=FULL, memory_usage=FULL)
    found = guard(meter)
    assert found.reasons == ()
    assert not found.ok
    assert ["memory" in found.reasons[0], "disk" in found.reasons[1]] == [True, True]
    with pytest.raises(ResourcesExhausted, match=r"memory: 95\.0 % used.*; disk of .*ringrift\.yaml"):
        found.require()
    meter.memory_usage = meter.disk_usage = gigabytes(69, 31)
    assert found.ok
    assert found.reasons == ()
    assert len(found.warnings) == 1  # the disk: 69 % is above its warning, and below that of the memory


def test_only_work_that_needs_a_gpu_is_kept_from_it():
    meter = FakeMeter(gpu_usage=FULL)
    assert guard(meter).ok
    assert not guard(meter, gpu_required_gb=0.0).ok
    assert not guard(FakeMeter(), gpu_required_gb=1.0).ok


def test_busy_processors_keep_nobody_from_working():
    assert guard(FakeMeter(cpu=100.0, load=50.0)).ok


def test_what_is_required_must_fit():
    meter = FakeMeter(disk_usage=gigabytes(50, 50), memory_usage=gigabytes(50, 50))
    asked = {
        (disk, memory): can_proceed(disk_required_gb=disk, mem_required_gb=memory, limits=STRICT, meter=meter)
        for disk in (20, 21)
        for memory in (30, 31)
    }
    assert asked == {(20, 30): True, (21, 30): False, (20, 31): False, (21, 31): False}


@pytest.mark.parametrize(
    ("every", "finished", "looks"),
    [
        pytest.param(50, [0], 1, id="at_the_start"),
        pytest.param(50, [0, 49], 1, id="not_before_fifty"),
        pytest.param(50, [0, 49, 50], 2, id="at_fifty"),
        pytest.param(50, [0, 60, 99, 109, 110], 3, id="fifty_after_the_last_look"),
        pytest.param(50, [0, 50, 0], 3, id="at_the_start_of_the_next_batch"),
        pytest.param(50, [0, 60, 0, 10, 49, 50], 4, id="counted_anew_from_there"),
        pytest.param(1, [0, 1, 2, 3], 4, id="every_game"),
    ],
)
def test_between_games_the_machine_is_looked_at_every_so_often(every, finished, looks):
    meter = FakeMeter()
    watch = guard(meter, limits=ResourceLimits(games_between_checks=every))
    for games in finished:
        watch.after_games(games)
    assert meter.looks == looks


def test_between_games_an_exhausted_machine_ends_the_work():
    meter = FakeMeter()
    watch = guard(meter)
    watch.after_games(0)
    meter.memory_usage = FULL
    watch.after_games(49)
    with pytest.raises(ResourcesExhausted):
        watch.after_games(50)


def frees_after(looks):
    """A machine whose memory is there from the given look on."""

    def free(meter):
        meter.memory_usage = gigabytes(1, 99) if meter.looks >= looks else FULL

    return FakeMeter(on_look=free)


@pytest.mark.parametrize(
    ("looks_until_free", "timeout", "poll", "slept", "found"),
    [
        pytest.param(1, 60, 10, [], True, id="at_once"),
        pytest.param(3, 60, 10, [10, 10], True, id="after_two_pauses"),
        pytest.param(4, 25, 10, [10, 10, 5], True, id="at_the_last_look"),
        pytest.param(5, 25, 10, [10, 10, 5], False, id="too_late"),
        pytest.param(2, 0, 10, [], False, id="no_time_at_all"),
    ],
)
def test_waiting_sleeps_between_looks_and_ends(looks_until_free, timeout, poll, slept, found):
    pauses, meter = [], frees_after(looks_until_free)
    options = {"timeout_s": timeout, "poll_s": poll, "limits": STRICT, "meter": meter, "sleep": pauses.append}
    assert wait_for_resources(**options) is found
    assert pauses == slept
    assert meter.looks == len(slept) + 1


@pytest.mark.parametrize("times", [{"poll_s": 0.0}, {"poll_s": -1.0}, {"poll_s": float("nan")}, {"timeout_s": -1.0}])
def test_waiting_without_a_pause_is_refused(times):
    with pytest.raises(ConfigError, match="poll_s above 0"):
        wait_for_resources(**times, meter=FakeMeter())
