"""Promotion in the file system: first the verified copy of the model, last the registry's pointer to it.

A kill between the two leaves a copy that nobody points to, which the repeated promotion finds and uses. Copies are
never changed or removed here, so going back to the previous model only moves the pointer, after its copy was
verified.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ringrift_engine.errors import DataError
from ringrift_engine.files import publishing, sha256_of
from ringrift_engine.promotion.criteria import PromotionDecision
from ringrift_engine.promotion.registry import Registry
from ringrift_engine.promotion.registry_format import Model

PROMOTED_FOLDER: Final = "promoted_models"
_NAME_DIGITS: Final = 12
_NO_FILE: Final = "no file"


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """What a promotion came to.

    path         the promoted copy, absolute; None if there is none, because of a refusal or a dry run
    file_sha256  hash of the copy's bytes as they lie on the disk, empty without a copy
    moved        whether the pointer moved: not for a refusal, a dry run, or a promotion that had been made before
    """

    decision: PromotionDecision
    path: Path | None
    file_sha256: str
    moved: bool


def promoted_path(data_root: Path, config_key: str, sha256: str) -> Path:
    """Where the promoted copy of a model is."""
    return data_root / PROMOTED_FOLDER / config_key / f"{sha256[:_NAME_DIGITS]}.safetensors"


def promote(
    registry: Registry,
    config_key: str,
    decision: PromotionDecision,
    data_root: Path,
    run_id: str,
    *,
    dry_run: bool = False,
    recorded_at: str | None = None,
) -> Promotion:
    """Carry out a decision about a registered candidate: record it, and if it promotes, publish the copy and point to
    it.

    Repeating it changes nothing. DataError if the candidate is not registered or its file is not what its hash says;
    StaleDecisionError if another model was promoted since the decision.
    """
    if dry_run or not decision.promoted:
        registry.record_decision(config_key, decision, run_id, dry_run=dry_run, recorded_at=recorded_at)
        return Promotion(decision=decision, path=None, file_sha256="", moved=False)
    model = _known(registry, decision.candidate)
    target = promoted_path(data_root, config_key, model.sha256)
    found = publish_copy(data_root / model.path, target, model.sha256)
    moved = registry.promote(config_key, decision, run_id, recorded_at)
    return Promotion(decision=decision, path=target, file_sha256=found, moved=moved)


def both_promoted(registry: Registry, config_key: str) -> tuple[Model, Model]:
    """The promoted model and the one before it, which a rollback would bring back; DataError if there is none."""
    current, previous = registry.promoted(config_key), registry.previous(config_key)
    if current is None or previous is None:
        raise DataError(
            f"{config_key}: no model was promoted before the present one, so there is nothing to go back to."
        )
    return current, previous


def go_back(
    registry: Registry,
    config_key: str,
    decision: PromotionDecision,
    data_root: Path,
    run_id: str,
    *,
    recorded_at: str | None = None,
) -> Promotion:
    """Carry out a rollback: record the decision, and make its candidate, the model promoted before, the promoted one.

    DataError if there is none, or its copy is missing or damaged; StaleDecisionError if the promoted model or the one
    before is not the decision's.
    """
    _, previous = both_promoted(registry, config_key)
    target = promoted_path(data_root, config_key, previous.sha256)
    found = _verify(target, previous.sha256)
    registry.record_decision(config_key, decision, run_id, recorded_at=recorded_at)
    expected = decision.baseline or ""
    registry.rollback(config_key, expected, decision.candidate, decision.summary, run_id, recorded_at)
    return Promotion(decision=decision, path=target, file_sha256=found, moved=True)


def model_path(registry: Registry, data_root: Path, sha256: str) -> Path:
    """Where a registered model's file is: its promoted copy if there is one, else where it was registered.

    DataError if it is not registered.
    """
    model = _known(registry, sha256)
    copy = promoted_path(data_root, model.config_key, sha256)
    return copy if copy.is_file() else data_root / model.path


def verified(registry: Registry, data_root: Path, sha256: str) -> Path:
    """The file of a registered model; DataError if it is not registered or its file is not what its hash says."""
    path = model_path(registry, data_root, sha256)
    _verify(path, sha256)
    return path


def content_of(path: Path) -> str:
    """Content hash of a file as it lies there now, or the words "no file"."""
    return sha256_of(path) if path.is_file() else _NO_FILE


def publish_copy(source: Path, target: Path, sha256: str) -> str:
    """Copy `source` to `target` unless it is there already, and return the SHA-256 of what lies there.

    DataError if either is not the content that `sha256` names; then nothing appears at `target`.
    """
    if not target.is_file():
        if not source.is_file():
            raise DataError(f"{source}: the file of model {sha256[:12]} is missing. Restore it, or train again.")
        with publishing(target) as partial:
            shutil.copyfile(source, partial)
            _verify(partial, sha256, shown=source)
    return _verify(target, sha256)


def _verify(path: Path, sha256: str, shown: Path | None = None) -> str:
    found = content_of(path)
    if found != sha256:
        raise DataError(
            f"{shown or path}: expected content {sha256[:12]}, found {found[:12]}. Restore the file from a copy."
        )
    return found


def _known(registry: Registry, sha256: str) -> Model:
    model = registry.model(sha256)
    if model is None:
        raise DataError(f"{registry.path}: model {sha256[:12]} is not registered. Register it with its file first.")
    return model
