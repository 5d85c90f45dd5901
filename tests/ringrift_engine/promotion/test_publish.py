"""Promotion and rollback with files: the copy first, the pointer last, and every kill in between."""

import hashlib
import os
import shutil
from dataclasses import replace

import pytest

from ringrift_engine import files
from ringrift_engine.errors import DataError
from ringrift_engine.promotion import publish
from ringrift_engine.promotion.criteria import PromotionType
from ringrift_engine.promotion.publish import go_back, promote, promoted_path
from ringrift_engine.promotion.registry import Registry
from tests.support.promoted import decision

KEY = "hex8_2p"


class Killed(BaseException):
    """Stands for a SIGKILL: nothing catches it."""


@pytest.fixture
def root(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def registry(root):
    with Registry(root / "registry.db") as opened:
        yield opened


def new_model(registry, root, content):
    """Write a checkpoint, register it, return its hash."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = root / "checkpoints" / KEY / f"{sha256[:12]}.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    registry.register(sha256, KEY, str(path.relative_to(root)), {})
    return sha256


def rollback(registry, root, current, previous, run_id):
    going_back = replace(decision(previous, current), promotion_type=PromotionType.ROLLBACK)
    return go_back(registry, KEY, going_back, root, run_id)


def copies(root):
    folder = root / "promoted_models" / KEY
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_a_promotion_publishes_a_verified_copy_and_points_to_it(registry, root):
    sha256 = new_model(registry, root, b"first")
    made = promote(registry, KEY, decision(sha256), root, "run")
    assert made.moved
    assert made.path == promoted_path(root, KEY, sha256)
    assert made.path.read_bytes() == b"first"
    assert made.file_sha256 == registry.promoted(KEY).sha256 == sha256


def test_repeating_a_promotion_changes_nothing(registry, root):
    sha256 = new_model(registry, root, b"first")
    first = promote(registry, KEY, decision(sha256), root, "run")
    written = first.path.stat()
    (root / registry.model(sha256).path).unlink()  # the copy is what counts from now on
    again = promote(registry, KEY, decision(sha256), root, "run")
    assert (again.moved, again.path, again.file_sha256) == (False, first.path, sha256)
    assert (again.path.stat().st_ino, again.path.stat().st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
    assert len(registry.pointer_history(KEY)) == 1


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_refusal_and_a_dry_run_touch_no_file_and_no_pointer(registry, root, dry_run):
    sha256 = new_model(registry, root, b"first")
    made = promote(registry, KEY, decision(sha256, promoted=dry_run), root, "run", dry_run=dry_run)
    assert (made.moved, made.path, made.file_sha256) == (False, None, "")
    assert registry.promoted(KEY) is None
    assert copies(root) == []
    assert [row.dry_run for row in registry.decisions(KEY)] == [dry_run]


def test_a_checkpoint_swapped_under_its_name_is_not_promoted(registry, root):
    sha256 = new_model(registry, root, b"first")
    (root / registry.model(sha256).path).write_bytes(b"other")
    with pytest.raises(DataError, match="expected content"):
        promote(registry, KEY, decision(sha256), root, "run")
    assert copies(root) == []
    assert registry.promoted(KEY) is None
    assert registry.decisions(KEY) == []


def test_a_missing_checkpoint_is_named(registry, root):
    sha256 = new_model(registry, root, b"first")
    (root / registry.model(sha256).path).unlink()
    with pytest.raises(DataError, match="missing"):
        promote(registry, KEY, decision(sha256), root, "run")


def test_a_damaged_promoted_copy_is_found(registry, root):
    sha256 = new_model(registry, root, b"first")
    promote(registry, KEY, decision(sha256), root, "run").path.write_bytes(b"torn")
    with pytest.raises(DataError, match="Restore"):
        promote(registry, KEY, decision(sha256), root, "run")


@pytest.mark.parametrize("place", ["copy", "fsync", "rename", "pointer"])
def test_a_kill_anywhere_leaves_the_old_model_and_a_repetition_ends_well(registry, root, monkeypatch, place):
    old, new = new_model(registry, root, b"old"), new_model(registry, root, b"new")
    promote(registry, KEY, decision(old), root, "run-1")

    def killed(*_arguments, **_options):
        raise Killed

    spots = {
        "copy": (shutil, "copyfile"),
        "fsync": (files.os, "fsync"),
        "rename": (os, "replace"),
        "pointer": (Registry, "_set_stage"),
    }
    with monkeypatch.context() as patch:
        patch.setattr(*spots[place], killed)
        with pytest.raises(Killed):
            promote(registry, KEY, decision(new, old), root, "run-2")
    assert registry.promoted(KEY).sha256 == old
    assert [row.decision.candidate for row in registry.decisions(KEY)] == [old]
    promote(registry, KEY, decision(new, old), root, "run-2")
    assert registry.promoted(KEY).sha256 == new
    assert copies(root) == sorted(f"{sha256[:12]}.safetensors" for sha256 in (old, new))


def test_a_rollback_brings_back_the_previous_file(registry, root):
    first, second = new_model(registry, root, b"first"), new_model(registry, root, b"second")
    promote(registry, KEY, decision(first), root, "run-1")
    promote(registry, KEY, decision(second, first), root, "run-2")
    made = rollback(registry, root, second, first, "run-3")
    assert (made.moved, made.path, made.file_sha256) == (True, promoted_path(root, KEY, first), first)
    assert registry.promoted(KEY).sha256 == first
    assert registry.decisions(KEY)[-1].decision.promotion_type is PromotionType.ROLLBACK
    with pytest.raises(DataError, match="nothing to go back to"):
        rollback(registry, root, first, second, "run-4")


def test_a_rollback_to_a_damaged_file_is_refused(registry, root):
    first, second = new_model(registry, root, b"first"), new_model(registry, root, b"second")
    path = promote(registry, KEY, decision(first), root, "run-1").path
    promote(registry, KEY, decision(second, first), root, "run-2")
    path.write_bytes(b"torn")
    with pytest.raises(DataError, match="Restore"):
        rollback(registry, root, second, first, "run-3")
    assert registry.promoted(KEY).sha256 == second


def test_without_any_promotion_there_is_nothing_to_go_back_to(registry, root):
    with pytest.raises(DataError, match="nothing to go back to"):
        rollback(registry, root, "a" * 64, "b" * 64, "run")


def test_an_unregistered_candidate_gets_no_copy(registry, root):
    with pytest.raises(DataError, match="not registered"):
        promote(registry, KEY, decision("f" * 64), root, "run")
    assert publish.promoted_path(root, KEY, "f" * 64).exists() is False
