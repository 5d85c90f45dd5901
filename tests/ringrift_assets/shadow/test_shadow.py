"""The shadow tournament: when, of which configuration, who plays, and the row that is left."""

import dagster as dg
import pytest

from ringrift_assets import outcomes
from ringrift_assets.definitions import build_defs
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.schedules import shadow_tournament
from ringrift_assets.sensors.requests import PRIORITY_TAG
from ringrift_assets.shadow import schedule as schedule_module
from ringrift_assets.shadow.schedule import too_busy
from ringrift_assets.shadow.task import PURPOSE
from ringrift_assets.shadow.wanted import SUBJECT, lineup, next_configuration
from ringrift_assets.thresholds import read_thresholds
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.promotion.criteria import CriterionResult, PromotionDecision
from ringrift_engine.resources.checks import Finding, Level
from tests.ringrift_engine.evaluation.test_value_error import constant_model
from tests.support.meters import FakeMeter, gigabytes
from tests.support.stand_ins import InlineWorkers, StandInWorkers

KEY = "hex8_2p"
CALM = Finding("load", Level.OK, "load 0.10 a CPU", hard=False)


@pytest.fixture
def storage(tmp_path, monkeypatch):
    """An empty data root; the settings are those of an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RINGRIFT_CONFIGURATIONS", raising=False)
    return Storage(root=str(tmp_path / "data"))


def promote(storage, key, *names, content=None):
    """Promote models one after the other; each is a file with its name, or with what `content` makes."""
    from ringrift_engine.files import sha256_of

    hashes = []
    for name in names:
        path = storage.base / "checkpoints" / key / f"{name}.safetensors"
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            path.write_text(f"{key} {name}")
        else:
            content(path, name)
        sha256 = sha256_of(path)
        with Registry().open(storage.store) as registry:
            registry.register(sha256, key, path.relative_to(storage.base).as_posix(), {})
            before = registry.promoted(key)
            shown = CriterionResult(name="floor", passed=True, measured=1, needed=0, games=100, why="why")
            baseline = before.sha256 if before else None
            registry.promote(
                key, PromotionDecision(candidate=sha256, baseline=baseline, promoted=True, criteria=(shown,)), "run"
            )
        hashes.append(sha256)
    return hashes


@pytest.fixture(scope="module")
def instance(tmp_path_factory):
    """One on the disk: schedules are given an instance by its address only."""
    with dg.DagsterInstance.local_temp(str(tmp_path_factory.mktemp("dagster"))) as opened:
        yield opened


def tick(storage, instance):
    resources = {"storage": storage, "registry": Registry()}
    with dg.build_schedule_context(instance=instance, resources=resources) as context:
        return shadow_tournament(context)


@pytest.mark.parametrize(
    ("meter", "at_work", "said"),
    [
        (FakeMeter(), {"improve", "generate"}, ""),
        (FakeMeter(), {"shadow_tournament"}, "the shadow tournament before is not over"),
        (FakeMeter(load=1.6), (), "the machine is busy: load 1.60 a CPU (limit 1.5)"),
        (FakeMeter(load=1.5), (), ""),
    ],
)
def test_a_busy_machine_plays_none_and_says_why(storage, meter, at_work, said):
    assert too_busy(storage, read_thresholds(), at_work, meter) == said


def test_a_host_that_only_coordinates_or_is_full_plays_none(storage, monkeypatch):
    monkeypatch.setenv("RINGRIFT_DISABLE_LOCAL_TASKS", "1")
    assert "this host starts nothing heavy" in too_busy(storage, read_thresholds(), (), FakeMeter())
    full = FakeMeter(memory_usage=gigabytes(15.9, 0.1))
    monkeypatch.delenv("RINGRIFT_DISABLE_LOCAL_TASKS")
    monkeypatch.setattr("ringrift_assets.sensors.requests.ResourceGuard", lambda **_: _Short(full))
    assert too_busy(storage, read_thresholds(), (), full) == "memory is short"


class _Short:
    """A guard that has found too little of something."""

    ok, reasons = False, ("memory is short",)

    def __init__(self, meter):
        self.meter = meter


def test_the_configuration_that_waited_longest_is_next(storage):
    keys = ("hex8_2p", "hex8_3p", "square8_2p")
    assert next_configuration(Registry(), storage, keys) == ""
    for key in ("square8_2p", "hex8_3p"):
        promote(storage, key, "a")
    order = []
    for number in range(4):
        order.append(next_configuration(Registry(), storage, keys))
        Registry().record(storage.store, SUBJECT, order[-1], f"run {number}", {"games": 1})
    assert order == ["hex8_3p", "square8_2p", "hex8_3p", "square8_2p"]
    assert next_configuration(Registry(), storage, ("square8_2p",)) == "square8_2p"


def test_the_promoted_model_meets_the_three_before_it_and_the_fixed_players(storage):
    assert lineup(Registry(), storage, KEY) is None
    *earlier, promoted = promote(storage, KEY, "a", "b", "c", "d", "e")
    found = lineup(Registry(), storage, KEY)
    assert found.promoted.sha256 == promoted
    assert [model.sha256 for model in found.earlier] == earlier[:0:-1]
    assert (found.anchors, found.number) == (("heuristic", "random"), 0)
    (storage.base / "checkpoints" / KEY / "d.safetensors").unlink()
    assert [model.sha256 for model in lineup(Registry(), storage, KEY).earlier] == earlier[2::-1]


@pytest.mark.parametrize(("games", "rounds"), [(32, 4), (1, 1), (100, 12)])
def test_the_budget_is_shared_by_the_opponents(storage, games, rounds):
    promote(storage, KEY, "a", "b", "c")
    assert lineup(Registry(), storage, KEY).rounds(games) == rounds


def test_the_schedule_asks_for_a_run_of_lowest_priority(storage, instance, monkeypatch):
    monkeypatch.setattr(schedule_module, "check_load", lambda *_: CALM)
    assert tick(storage, instance).skip_message == "no configuration has a promoted model yet"
    promote(storage, KEY, "a")
    asked = tick(storage, instance)
    assert asked.run_config == {"ops": {"play_shadow_tournament": {"config": {"key": KEY}}}}
    assert int(asked.tags[PRIORITY_TAG]) < 0
    assert asked.tags[outcomes.WHY_TAG] == "hex8_2p: its last one is longest ago"
    assert outcomes.PARTITION_TAG not in asked.tags, "it must not keep the configuration's own runs waiting"


def test_a_run_that_is_not_over_is_the_reason_to_skip(storage, instance, monkeypatch):
    monkeypatch.setattr(schedule_module, "check_load", lambda *_: CALM)
    promote(storage, KEY, "a")
    run_id = "1" * 32
    instance.add_run(dg.DagsterRun(job_name="shadow_tournament", run_id=run_id, status=dg.DagsterRunStatus.STARTED))
    try:
        assert tick(storage, instance).skip_message == "the shadow tournament before is not over"
    finally:
        instance.delete_run(run_id)


def execute(storage, workers, **config):
    definitions = build_defs({"storage": storage, "workers": workers})
    with dg.DagsterInstance.ephemeral() as instance:
        return definitions.resolve_job_def("shadow_tournament").execute_in_process(
            run_config={"ops": {"play_shadow_tournament": {"config": {"key": KEY, **config}}}},
            instance=instance,
            raise_on_error=False,
        )


def test_a_run_leaves_a_row_and_shows_its_matches(storage):
    (promoted,) = promote(storage, KEY, "a")
    result = execute(storage, StandInWorkers(), games=8)
    assert result.success
    with Registry().open(storage.store) as registry:
        (row,) = registry.history(SUBJECT, KEY)
    assert (row.run_id, row.facts["promoted"], row.facts["games"]) == (result.run_id, promoted, 8)
    assert set(row.facts["matches"]) == {"heuristic", "random"}
    (output,) = [event for event in result.all_events if event.event_type_value == "STEP_OUTPUT"]
    shown = output.step_output_data.metadata
    assert [record.data["opponent"] for record in shown["matches"].records] == ["heuristic", "random"]


def test_without_a_promoted_model_a_run_says_what_is_missing(storage):
    result = execute(storage, StandInWorkers())
    assert not result.success
    (failure,) = [event for event in result.all_events if event.is_step_failure]
    assert "hex8_2p has no promoted model" in str(failure.step_failure_data.error)


def test_the_games_are_real_and_other_ones_each_time(storage, tmp_path):
    (tmp_path / "ringrift.yaml").write_text("evaluation: {simulations: 1}\n")
    chances = {"a": (0.4, 0.6), "b": (0.6, 0.4)}
    promote(storage, KEY, "a", "b", content=lambda path, name: constant_model(path, KEY, chances[name]))
    for _ in range(2):
        assert execute(storage, InlineWorkers(threads=1), games=6).success
    with MatchLog(storage.matches) as log:
        games = log.games(KEY, purpose=PURPOSE)
    assert len(games) == 12
    assert len({game.opening_seed for game in games}) == 2
    with Registry().open(storage.store) as registry:
        first, second = registry.history(SUBJECT, KEY)
    assert (first.facts["number"], second.facts["number"]) == (0, 1)
    assert len(first.facts["matches"]) == 3
    assert sum(match["games"] for match in first.facts["matches"].values()) == first.facts["games"] == 6
    names = {who.name for game in games for who in game.seats}
    assert {"random", "heuristic(profile=default)"} < names
