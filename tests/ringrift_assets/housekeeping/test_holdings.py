"""What is read of a configuration: folders, manifests, models that stand, receipts."""

import os

from ringrift_assets.housekeeping.holdings import holdings_of
from ringrift_assets.housekeeping.plan import File
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_engine.promotion.criteria import CriterionResult, PromotionDecision
from tests.ringrift_assets.housekeeping.kept import KEY, NOW

MODELS = {name: name * 64 for name in "abcde"}


def holdings(root):
    return holdings_of(Storage(root=str(root)), Registry(), KEY, NOW)


def promote(registry, name, instead_of=None):
    passed = CriterionResult(name="random_floor", passed=True, measured=0.9, needed=0.75, games=100, why="made up")
    baseline = MODELS[instead_of] if instead_of else None
    decision = PromotionDecision(candidate=MODELS[name], baseline=baseline, promoted=True, criteria=(passed,))
    assert registry.promote(KEY, decision, f"run of {name}")


def test_promoted_previous_and_last_promoted_models_stand_and_the_others_do_not(tmp_path):
    store = Storage(root=str(tmp_path)).store
    with Registry().open(store) as registry:
        for name, sha256 in MODELS.items():
            registry.register(sha256, KEY, f"checkpoints/{KEY}/{name}", {"combined_npz": f"made {name}"})
        for name, before in (("a", None), ("b", "a"), ("c", "b"), ("d", "c")):
            promote(registry, name, before)
    assert holdings(tmp_path).standing == {MODELS["d"], MODELS["c"]}
    with Registry().open(store) as registry:
        registry.rollback(KEY, MODELS["d"], MODELS["c"], "weaker than it seemed", "a run")
    # c is promoted again, d was before it, and b is whom a second rollback would bring back
    found = holdings(tmp_path)
    assert found.standing == {MODELS["b"], MODELS["c"], MODELS["d"]}
    assert list(found.models) == list(MODELS.values())
    assert found.models[MODELS["e"]] == {"combined_npz": "made e"}


def test_files_have_their_size_and_age_and_manifests_are_none(tmp_path):
    folder = tmp_path / "gauntlet_results" / KEY
    (folder / "deeper").mkdir(parents=True)
    (folder / "a.json").write_text("12345")
    os.utime(folder / "a.json", (NOW, NOW - 5_400))
    (folder / "latest.json").write_text('{"files": {}, "inputs": {}, "request": ""}')
    found = holdings(tmp_path)
    assert found.files == {"gauntlet_results": {"a.json": File(name="a.json", bytes=5, age_hours=1.5)}}
    assert list(found.versions) == ["gauntlet_results"]


def test_the_receipts_are_those_of_what_was_taken_in(place):
    found = holdings(place.data)
    assert found.receipted == frozenset(found.versions["synced_games"].files.values())
    assert len(found.receipted) == 9
