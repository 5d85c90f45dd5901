"""Trainings that were stopped, that distrust their data, or that find no room: what the asset does about it."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from ringrift_assets.outcomes import BLOCKED, OUTCOME_TAG, STAGE_TAG
from ringrift_assets.registry import Registry
from ringrift_assets.tasks import TASKS
from ringrift_engine.errors import DataError, ResourcesExhausted
from ringrift_engine.nets.checkpoint import read_header
from ringrift_engine.progress import silent
from ringrift_engine.resources import ResourceLimits
from tests.ringrift_engine.training.synthetic import arrays_of, write_dataset
from tests.support import stand_ins
from tests.support.cycle import ASSETS, FEEDBACK, QUICK, Place
from tests.support.stand_ins import ASKED, StandInWorkers

KEY = "hex8_2p"
WHY = "held-out losses: best held-out loss 1.2000, 3 measurements ago; 3 are waited for"
SPIKE = [1.0, 1.0, 1.0, 1.0, 9.0]


def metadata_of(result) -> dict[str, Any]:
    (event,) = result.asset_materializations_for_node("checkpoints")
    return {name: one.value for name, one in event.metadata.items()}


def errors_of(result):
    return "".join(event.step_failure_data.error.to_string() for event in result.get_step_failure_events())


def test_a_stopped_training_is_recorded_shown_and_raises_temperature_and_curriculum(tmp_path):
    place = Place(tmp_path, StandInWorkers(stopped=WHY, losses=[1.5, 1.2, 1.3]))
    shown = metadata_of(place.run())
    assert (shown["stopped"], shown["saved_samples"]) == (WHY, 100)
    (evaluation,) = shown["background_evaluations"].records
    assert dict(evaluation.data) == {"samples": 100, "opponent": "heuristic", "wins": 7, "games": 20}
    assert shown["background_win_rate"].startswith("![win rate without search](data:image/png;base64,")
    with Registry().open(place.store) as registry:
        assert registry.history("training", KEY)[-1].facts["stopped"] == WHY
    assert place.run(selection=FEEDBACK).success
    signals = {one["name"]: one for one in place.manifest("feedback_state")["report"]["signals"]}
    assert signals["training_early_stopped"]["value"] == 300
    assert WHY in signals["training_early_stopped"]["why"]
    terms = place.manifest("selfplay_plan")["report"]["terms"]
    moved = {one["quantity"]: one["value"] for one in terms if WHY in one["why"]}
    assert moved == {"temperature": 1.2, "curriculum": 1.3}


def test_a_training_that_ran_to_its_end_says_so(tmp_path):
    place = Place(tmp_path)
    shown = metadata_of(place.run())
    assert (shown["stopped"], shown["data_checked"]) == ("no, it ran to its end", "not asked for")
    with Registry().open(place.store) as registry:
        assert registry.history("training", KEY)[-1].facts["stopped"] == ""


def test_a_wrong_loss_has_the_data_of_the_next_training_checked_and_no_later_one(tmp_path):
    place = Place(tmp_path, StandInWorkers(losses=SPIKE))
    place.run()
    assert "check" not in ASKED[-6:]
    place.workers = StandInWorkers()
    ASKED.clear()
    checked = place.run()
    assert ASKED[ASKED.index("combine") :][:3] == ["combine", "check", "train"]
    shown = metadata_of(checked)["data_checked"]
    assert shown.startswith(
        "all 5000 rows, because of a loss that was wrong: generation 1: training loss 9.000 after 500"
    )
    ASKED.clear()
    assert metadata_of(place.run())["data_checked"] == "not asked for"
    assert "check" not in ASKED


@pytest.fixture
def doubtful(tmp_path):
    """A place whose last training had a loss that was wrong."""
    place = Place(tmp_path, StandInWorkers(losses=SPIKE))
    place.run()
    place.workers = StandInWorkers()
    ASKED.clear()
    return place


def test_doubtful_data_that_fail_their_own_checks_are_not_learnt_from(doubtful, monkeypatch):
    monkeypatch.setattr(stand_ins, "check", lambda _: {"rows": 9, "measured": {"duplicates_left": 3}})
    before = doubtful.versions()["checkpoints"]
    result = doubtful.run()
    assert not result.success
    assert "train" not in ASKED
    assert doubtful.versions()["checkpoints"] == before
    assert "combined_npz: no_duplicates failed: No position occurs twice. Nothing was published" in errors_of(result)
    failed = [one for one in result.get_asset_check_evaluations() if not one.passed]
    assert [one.check_name for one in failed] == ["losses_finite"]


def test_doubtful_data_that_changed_on_the_disk_are_not_learnt_from(doubtful):
    (path,) = (doubtful.data / "combined_npz" / KEY).glob("*.npz")
    path.write_bytes(path.read_bytes() + b" ")
    again = {**QUICK, "checkpoints": {**QUICK["checkpoints"], "seed": 5}}
    result = doubtful.run(config=again, selection=("checkpoints",))
    assert f"{path.name} is damaged: its SHA-256 is" in errors_of(result)
    assert ASKED == []


def test_a_doubtful_export_is_checked_by_the_checks_of_exports(doubtful, monkeypatch):
    config = {**QUICK, "checkpoints": {**QUICK["checkpoints"], "train_on": "latest_export"}}
    asked = []
    bad = {"rows": 9, "measured": {"violations": ["keys missing: seat"]}}
    monkeypatch.setattr(stand_ins, "check", lambda request: asked.append(request["export"]) or bad)
    result = doubtful.run(config=config, selection=ASSETS[:5])
    assert "npz_exports: schema_valid failed" in errors_of(result)
    assert asked == [True]


def test_the_check_reads_the_whole_file(tmp_path):
    path = write_dataset(tmp_path / "set.npz", KEY, games=10)
    request = {"key": KEY, "data": str(path), "export": False}
    found = TASKS["check"](request, silent)
    assert found["rows"] == 50
    assert found["measured"]["duplicates_left"] == 0
    assert found["measured"]["weight_mean"] == pytest.approx(1.0)
    arrays = arrays_of(KEY, games=10)
    repeated = {name: arrays[name].copy() for name in ("features", "globals")}
    for values in repeated.values():
        values[7] = values[6]
    write_dataset(path, KEY, games=10, **repeated)
    with pytest.raises(DataError, match="1 positions occur more than once"):
        TASKS["check"](request, silent)
    path.write_bytes(path.read_bytes()[:-2_000])
    with pytest.raises(DataError, match=r"set\.npz"):
        TASKS["check"](request, silent)


def training_request(root, **changes):
    small = {"max_samples": 32, "batch_size": 8, "min_rows": 1, "min_held_out_rows": 0, "epochs": 1.0}
    return {
        "key": KEY,
        "data": str(write_dataset(root / "set.npz", KEY, games=10)),
        "export": False,
        "folder": str(root),
        "previous": None,
        "training": {**small, "learning_rate": 1e-9, "background_evaluations": 2},
        "network": {"channels": 16, "blocks": 1},
        "stopping": {"patience": 9, "least_improvement": 0.5},
        "background_games": 2,
        "threads": 1,
        "root": str(root),
        "limits": asdict(ResourceLimits()),
        **changes,
    }


def test_the_real_training_is_told_its_patience_and_plays_its_games(tmp_path):
    whole = json.loads(json.dumps(TASKS["train"](training_request(tmp_path), silent)))["report"]
    assert (whole["stopped"], whole["saved_samples"]) == ("", 32)
    assert [(point["samples"], point["result"]["games"]) for point in whole["evaluations"]] == [(16, 2), (32, 2)]
    # Weights that stand still, and half of the loss to be gained: nothing is better than the first point.
    impatient = training_request(tmp_path, stopping={"patience": 2, "least_improvement": 0.5}, background_games=0)
    made = TASKS["train"](impatient, silent)
    assert made["report"]["stopped"].startswith("held-out losses")
    assert (made["report"]["samples"], made["report"]["saved_samples"]) == (24, 8)
    assert made["report"]["evaluations"] == ()
    (name,) = made["files"]
    assert read_header(tmp_path / name).training["stopping"]["patience"] == 2


def test_the_file_s_settings_of_the_engine_are_what_the_training_is_asked_for(tmp_path, monkeypatch):
    file = tmp_path / "mine.yaml"
    file.write_text("training: {next_move_weight: 0, search_value_share: 0.25, symmetries: false, pooled_every: 0}")
    monkeypatch.setenv("RINGRIFT_CONFIG", str(file))
    requests, honest = [], stand_ins.train
    monkeypatch.setattr(stand_ins, "train", lambda *given: requests.append(given[0]) or honest(*given))
    assert Place(tmp_path).run(selection=ASSETS[:5]).success
    (request,) = requests
    told = {name: request["training"].get(name) for name in ("next_move_weight", "search_value_share", "symmetries")}
    assert told == {"next_move_weight": 0.0, "search_value_share": 0.25, "symmetries": False}
    assert request["network"]["pooled_every"] == 0
    (tmp_path / "real").mkdir()
    real = training_request(tmp_path / "real", background_games=0, network=request["network"])
    real["training"] |= told
    (name,) = TASKS["train"](real, silent)["files"]
    header = read_header(tmp_path / "real" / name)
    assert header.settings.pooled_every == 0
    assert told.items() <= header.training["settings"].items()


FULL: dict[str, Any] = {"memory_critical_percent": 0.0, "memory_warn_percent": 0.0, "memory_ample_gb": 0.0}


def test_a_machine_without_memory_begins_no_training(tmp_path):
    request = training_request(tmp_path, limits=asdict(ResourceLimits(**FULL)))
    with pytest.raises(ResourcesExhausted, match="memory"):
        TASKS["train"](request, silent)
    assert [path.name for path in tmp_path.iterdir()] == ["set.npz"]


def test_a_disk_too_full_for_games_may_do_for_a_training(tmp_path):
    used = sum(path.stat().st_size for path in [write_dataset(tmp_path / "set.npz", KEY, games=10)])
    limits = ResourceLimits(quota_gb=used / 0.8 / 2**30, disk_ample_gb=0.0)  # 80 % full: 70 stop games, 85 trainings
    assert TASKS["train"](training_request(tmp_path, limits=asdict(limits), background_games=0), silent)["files"]


def test_a_training_without_room_is_blocked_and_no_fault(tmp_path, monkeypatch):
    place = Place(tmp_path)
    monkeypatch.setattr(stand_ins, "train", lambda request, *_: TASKS["train"]({**request, "threads": 1}, silent))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ringrift.yaml").write_text(f"resources: {json.dumps(FULL)}\n")
    result = place.run(selection=ASSETS[:5])
    assert "ResourcesExhausted" in errors_of(result)
    with place.instance() as instance:
        run = instance.get_run_by_id(result.run_id)
        assert run is not None
        assert (run.tags[STAGE_TAG], run.tags[OUTCOME_TAG]) == ("checkpoints", BLOCKED)
