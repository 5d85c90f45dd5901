"""The network that learnt without search in the gauntlet: who plays it, what is told, and that it decides nothing."""

from dataclasses import replace

import pytest

from ringrift_assets.evidence import evidence_of
from ringrift_assets.tasks import evaluate
from ringrift_engine import models
from ringrift_engine.boards import CONFIGS
from ringrift_engine.encoding import ENCODER_VERSION, Encoding
from ringrift_engine.errors import DataError
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.files import sha256_of
from ringrift_engine.nets.checkpoint import CheckpointHeader, save_checkpoint
from ringrift_engine.progress import silent
from tests.ringrift_engine.nets.test_network import TINY, trained_looking
from tests.support.cycle import ASSETS, FEEDBACK, Place
from tests.support.stand_ins import ASKED

KEY = "hex8_2p"


def written(path, encoder=ENCODER_VERSION, key=KEY, seed=0):
    """A checkpoint of a small network, path and hash."""
    weights = trained_looking(Encoding(CONFIGS[key])).state_dict()
    weights = {name: tensor + seed * 1e-3 for name, tensor in weights.items()}
    header = CheckpointHeader(config_key=key, settings=TINY, encoder_version=encoder)
    return {"path": str(path), "sha256": save_checkpoint(path, header, weights)}


def judged(tmp_path, search_free):
    request = {
        "key": KEY, "candidate": written(tmp_path / "candidate"), "promoted": None, "search_free": search_free,
        "held_out": None, "folder": str(tmp_path), "matches": str(tmp_path / "matches.db"), "run_id": "run", "seed": 0,
        "gauntlet": {"games_random": 2, "games_heuristic": 2, "simulations": 1}, "sequential": {},
        "threads": 1, "device": "cpu",
    }  # fmt: skip
    return evaluate(request, silent)["report"]


def test_a_network_that_learnt_without_search_is_played_on_equal_footing(tmp_path):
    baseline = written(tmp_path / "baseline", seed=1)
    report = judged(tmp_path, baseline)
    assert (report["search_free"], report["search_free_left_out"]) == (baseline["sha256"], "")
    match = report["matches"]["search_free"]
    assert match["opponent"]["model"] == baseline["sha256"]
    assert {match[who]["simulations"] for who in ("candidate", "opponent")} == {0}
    assert report["games"] == sum(sum(match["hows"].values()) for match in report["matches"].values()) == 8
    with MatchLog(tmp_path / "matches.db") as log:
        assert sum(baseline["sha256"] in [who.model for who in game.seats] for game in log.games(KEY)) == 2


@pytest.mark.parametrize("change", [{"encoder": ENCODER_VERSION - 1}, {"key": "square8_2p"}], ids=str)
def test_one_that_does_not_fit_any_more_is_left_out_with_the_reason(tmp_path, change):
    report = judged(tmp_path, written(tmp_path / "baseline", **change))
    assert list(report["matches"]) == ["random", "heuristic", "policy_heuristic"]
    assert report["search_free"] is None
    assert "baseline: made for" in report["search_free_left_out"]


def test_one_that_was_swapped_under_its_name_is_an_error(tmp_path):
    with pytest.raises(DataError, match="expected the model"):
        judged(tmp_path, {**written(tmp_path / "baseline"), "sha256": "0" * 64})


@pytest.fixture
def shelf(monkeypatch, tmp_path):
    """An empty folder in place of the package's."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(models, "FOLDER", folder)
    return folder


def test_it_is_shown_and_changes_no_decision(shelf, tmp_path):
    without, place = Place(tmp_path / "without"), Place(tmp_path / "with")
    assert without.run().success
    path = shelf / f"{KEY}.search-free.safetensors"
    path.write_text("a baseline")
    result = place.run(selection=(*ASSETS, *FEEDBACK))
    assert result.success
    assert place.manifest("gauntlet_results")["report"]["search_free"] == sha256_of(path)
    (made,) = result.asset_materializations_for_node("gauntlet_results")
    shown = {row.data["opponent"]: row.data["candidate"] for row in made.metadata["win_rates"].records}
    assert shown == {"random": "search", "heuristic": "search", "policy_heuristic": "policy", "search_free": "policy"}
    assert made.metadata["win_rate_search_free"].value == pytest.approx(0.6)
    (noticed,) = result.asset_materializations_for_node("feedback_state")
    (row,) = noticed.metadata["strength"].records
    assert row.data["search-free, without search"] == "60.0%"
    found, expected = (evidence_of(one.store.latest("gauntlet_results", KEY)) for one in (place, without))
    assert replace(found, candidate="") == replace(expected, candidate="")
    assert place.versions()["promoted_models"] == without.versions()["promoted_models"]


def test_a_gauntlet_is_played_again_for_another_baseline_and_for_nothing_else(shelf, tmp_path):
    place = Place(tmp_path)
    assert place.run(selection=ASSETS[:6]).success
    asked = []
    for content in ("a baseline", "a baseline", "another"):
        (shelf / f"{KEY}.search-free.safetensors").write_text(content)
        ASKED.clear()
        assert place.run(selection=("gauntlet_results",)).success
        asked.append("evaluate" in ASKED)
    assert asked == [True, False, True]
