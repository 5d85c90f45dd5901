"""Cycles of the whole graph with stand-ins for the engine: what is made, what is not made twice, what stops a run."""

import json
import math

import dagster as dg
import pytest

from ringrift_assets.registry import Registry
from tests.support.cycle import ASSETS, QUICK, Place, checks_of
from tests.support.stand_ins import ASKED, StandInWorkers

WEAK = {"random": [5, 5], "heuristic": [7, 7], "promoted": [10, 10]}


@pytest.fixture
def place(tmp_path):
    ASKED.clear()
    return Place(tmp_path)


def promoted(place):
    return Registry().promoted(place.store, "hex8_2p")


def test_one_run_makes_every_asset_and_passes_every_check(place):
    result = place.run()
    assert result.success
    assert tuple(place.versions()) == ASSETS
    assert promoted(place) == place.versions()["promoted_models"] == place.versions()["checkpoints"]
    checks = checks_of(result)
    assert all(checks.values())
    assert len(checks) == 20
    assert ASKED == ["play", "gather", "export", "combine", "train", "evaluate"]


def test_batches_have_the_planned_sizes_and_seeds_of_their_own(place):
    place.run()
    sizes = [size for path, size in place.files().items() if path.startswith("game_databases")]
    assert len(sizes) == 3  # 5 games in batches of 2
    assert len({path for path in place.files() if path.startswith("synced_games")}) == 3


def test_the_next_run_plays_other_games_and_keeps_the_old_ones(place):
    place.run()
    before = set(place.manifest("synced_games")["files"])
    place.run()
    after = set(place.manifest("synced_games")["files"])
    assert before < after
    assert len(after) == 6
    assert place.manifest("game_databases")["report"]["generation"] == 2


def test_the_promoted_model_plays_the_games_of_the_second_generation(place):
    place.run()
    first = promoted(place)
    place.run()
    assert place.manifest("game_databases")["inputs"] == {"promoted_models": first}


def test_equal_seeds_give_equal_files_in_another_folder(tmp_path):
    places = Place(tmp_path / "a"), Place(tmp_path / "b")
    for place in places:
        place.run()
    assert places[0].files() == places[1].files()
    other = Place(tmp_path / "c")
    other.run(config={**QUICK, "game_databases": {**QUICK["game_databases"], "seed": 1}})
    assert other.files().keys() != places[0].files().keys()


def test_a_refused_candidate_is_a_result_and_leaves_the_promoted_model(place):
    place.run()
    before = promoted(place), place.versions()["promoted_models"]
    place.workers = StandInWorkers(wins=WEAK)
    result = place.run()
    assert result.success
    assert (promoted(place), place.versions()["promoted_models"]) == before
    evaluations = {item.check_name: item for item in result.get_asset_check_evaluations()}
    criteria = evaluations["promotion_criteria"]
    assert not criteria.passed
    assert criteria.severity == dg.AssetCheckSeverity.WARN
    assert "50.0%" in (criteria.description or "")
    assert evaluations["copy_verified"].passed
    with Registry().open(place.store) as registry:
        assert [row.decision.promoted for row in registry.decisions("hex8_2p")] == [True, False]


def test_a_first_candidate_that_is_refused_materialises_nothing(tmp_path):
    place = Place(tmp_path, StandInWorkers(wins=WEAK))
    result = place.run()
    assert result.success
    assert "promoted_models" not in place.versions()
    assert promoted(place) == ""


@pytest.mark.parametrize("asset", ["game_databases", "synced_games"])
def test_a_damaged_shard_fails_the_run_and_the_version_before_stays(place, asset):
    place.run()
    before = place.versions()
    shard = next(path for path in sorted((place.data / asset / "hex8_2p").glob("*.db")))
    shard.write_bytes(shard.read_bytes()[:-1])
    result = place.run()
    assert not result.success
    after = place.versions()
    assert after["synced_games"] == before["synced_games"]
    assert after["promoted_models"] == before["promoted_models"]
    failed = [name for name, passed in checks_of(result).items() if not passed]
    assert failed in (["game_databases.games_replay"], ["synced_games.receipts_match"])
    assert failed[0].startswith(asset)
    shown = [item.description or "" for item in result.get_asset_check_evaluations() if not item.passed]
    assert shard.name in shown[0]
    assert "damaged" in shown[0]


def test_a_damaged_candidate_is_not_promoted(place):
    place.run(selection=ASSETS[:6])
    candidate = next((place.data / "checkpoints" / "hex8_2p").glob("*.safetensors"))
    candidate.write_bytes(b"torn")
    result = place.run(selection=("promoted_models",))
    assert not result.success
    assert checks_of(result) == {"promoted_models.copy_verified": False}
    assert promoted(place) == ""
    assert place.run(selection=ASSETS[4:]).success  # made again from the same data
    assert promoted(place)


def test_a_training_set_that_fails_a_check_is_not_published(place, monkeypatch):
    from tests.support import stand_ins

    place.run()
    before = place.versions()
    honest = stand_ins.combine

    def biased(request, quality):
        made = honest(request, quality)
        return {**made, "report": {**made["report"], "weight_mean": 1.5}}

    monkeypatch.setattr(stand_ins, "combine", biased)
    result = place.run()
    assert not result.success
    assert checks_of(result)["combined_npz.weights_mean_one"] is False
    assert place.versions()["combined_npz"] == before["combined_npz"]
    assert place.manifest("combined_npz")["report"]["weight_mean"] == 1.0


def test_too_few_games_close_the_gate_in_the_body_and_the_next_run_plays_more(place):
    strict = {**QUICK, "checkpoints": {**QUICK["checkpoints"], "needed_games": 8}}
    result = place.run(config=strict)
    assert not result.success
    message = "".join(event.step_failure_data.error.to_string() for event in result.get_step_failure_events())
    assert "gate enough_games is closed: 5 games in the training set, 8 needed" in message
    assert "What clears it: another `generate` run" in message
    assert place.run(config=strict).success  # 10 games now
    assert len(place.manifest("synced_games")["files"]) == 6


def test_a_checkpoint_alone_is_refused_by_the_same_gate(place):
    strict = {**QUICK, "checkpoints": {**QUICK["checkpoints"], "needed_games": 8}}
    place.run(selection=ASSETS[:4])
    result = place.run(config=strict, selection=("checkpoints",))
    message = "".join(event.step_failure_data.error.to_string() for event in result.get_step_failure_events())
    assert "gate enough_games is closed: 5 games in the training set, 8 needed" in message


def test_stale_games_close_the_gate(place):
    place.run(selection=ASSETS[:4])
    config = {**QUICK, "checkpoints": {**QUICK["checkpoints"], "max_age_hours": 0.0}}
    result = place.run(config=config, selection=("checkpoints",))
    message = "".join(event.step_failure_data.error.to_string() for event in result.get_step_failure_events())
    assert "gate fresh_games is closed" in message


def test_an_asset_without_its_input_says_what_to_materialise(place):
    result = place.run(selection=("checkpoints",))
    message = "".join(event.step_failure_data.error.to_string() for event in result.get_step_failure_events())
    assert "materialise combined_npz for hex8_2p" in message


def test_a_run_that_failed_after_its_games_is_finished_and_plays_no_new_ones(place, monkeypatch):
    from ringrift_engine.errors import DataError
    from tests.support import stand_ins

    def breaks(_):
        raise DataError("the trainer broke")

    whole = stand_ins.train
    monkeypatch.setattr(stand_ins, "train", breaks)
    assert not place.run().success
    monkeypatch.setattr(stand_ins, "train", whole)
    ASKED.clear()
    assert place.run().success
    assert len(place.manifest("synced_games")["files"]) == 3
    assert ASKED == ["gather", "train", "evaluate"]


def test_other_settings_than_the_interrupted_plans_are_played_as_asked(place, monkeypatch):
    from ringrift_engine.errors import DataError
    from tests.support import stand_ins

    def breaks(_):
        raise DataError("the trainer broke")

    with monkeypatch.context() as patch:
        patch.setattr(stand_ins, "train", breaks)
        assert not place.run().success
    more = {**QUICK, "game_databases": {"games": 3, "batch_games": 3}}
    assert place.run(config=more).success
    assert place.manifest("synced_games")["report"]["statistics"]["games"] == 8


def test_a_repeated_training_on_the_same_data_finds_its_checkpoint(place):
    place.run()
    ASKED.clear()
    assert place.run(selection=("checkpoints",)).success
    assert ASKED == []
    again = {**QUICK, "checkpoints": {**QUICK["checkpoints"], "seed": 5}}
    assert place.run(config=again, selection=("checkpoints",)).success
    assert ASKED == ["train"]


def test_training_on_the_latest_export_is_an_explicit_choice_that_a_warning_shows(place):
    config = {**QUICK, "checkpoints": {**QUICK["checkpoints"], "train_on": "latest_export"}}
    place.run(selection=ASSETS[:3])
    result = place.run(config=config, selection=("checkpoints",))
    assert result.success
    assert checks_of(result)["checkpoints.trained_on_combination"] is False
    assert set(place.manifest("checkpoints")["inputs"]) == {"npz_exports"}


def test_two_configurations_share_nothing_but_the_root(place):
    place.run("hex8_2p")
    place.run("square8_3p")
    two, three = place.manifest("synced_games", "hex8_2p"), place.manifest("synced_games", "square8_3p")
    assert not set(two["files"]) & set(three["files"])


def test_metadata_says_where_files_are_and_what_they_were_made_from(place):
    result = place.run()
    for name in ASSETS:
        (event,) = result.asset_materializations_for_node(name)
        assert event.metadata["path"].value
        inputs = event.metadata["inputs"].value
        assert inputs
        assert all(isinstance(value, str) and value for value in inputs.values())
    (trained,) = result.asset_materializations_for_node("checkpoints")
    assert str(trained.metadata["learning_curve"].value).startswith("![loss](data:image/png;base64,")
    (measured,) = result.asset_materializations_for_node("gauntlet_results")
    assert measured.metadata["win_rate_random"].value == pytest.approx(0.9)
    assert not math.isnan(float(measured.metadata["value_error_candidate"].value or math.nan))


@pytest.mark.parametrize(("quality", "batch_size", "epochs"), [(0.9, None, None), (0.6, 128, 6.0)])
def test_data_of_poor_quality_are_learnt_from_in_smaller_batches_and_more_epochs(tmp_path, quality, batch_size, epochs):
    place = Place(tmp_path, StandInWorkers(quality=quality))
    assert place.run(selection=ASSETS[:5]).success
    (name,) = place.manifest("checkpoints")["files"]
    trained = json.loads((place.data / "checkpoints" / "hex8_2p" / name).read_text())["settings"]
    assert (trained["batch_size"], trained["epochs"]) == (batch_size, epochs)


def test_what_let_a_training_through_is_in_its_metadata(tmp_path, monkeypatch):
    monkeypatch.setenv("RINGRIFT_TRAINING_THRESHOLD", "3")
    place = Place(tmp_path, StandInWorkers())
    result = place.run(selection=ASSETS[:5])
    (event,) = [one for one in result.get_asset_materialization_events() if one.asset_key.path == ["checkpoints"]]
    overrides = event.step_materialization_data.materialization.metadata["overrides"].value
    assert overrides["training.new_games"] == {"value": 3, "default": 1_000, "source": "RINGRIFT_TRAINING_THRESHOLD"}
    assert overrides["checkpoints.needed_games"] == {"value": 1, "source": "option of the run"}
