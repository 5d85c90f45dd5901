"""Taking in: shards that a store offers and this one lacks are copied, verified and receipted, and so are those that
arrived from elsewhere.

What was removed from the destination since it was taken in is past the training window: it is not taken in again,
whoever offers it.

Every copy is hashed after it was written and renamed into place only if the hash is the manifest's. Doing it again
copies nothing and writes no second receipt; a process killed at any point leaves whole files or none, and a copy
without its receipt gets one the next time.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ringrift_engine.errors import DataError
from ringrift_engine.files import publishing, sha256_of
from ringrift_engine.progress import Progress
from ringrift_engine.sync.manifest import verify_against
from ringrift_engine.sync.receipts import Receipt, Receipts


@dataclass(frozen=True, kw_only=True)
class Intake:
    """What is to be taken in: from which store to which, and what the destination held before."""

    key: str
    source: Path
    source_name: str
    offered: Mapping[str, str]
    """File name -> SHA-256 of what the source has."""
    destination: Path
    destination_name: str
    held: Mapping[str, str]
    """File name -> SHA-256 of what the destination had before; every one of them must still be there."""
    arrived: Mapping[str, str] = field(default_factory=dict)
    """File name -> SHA-256 of what lies at the destination already, from `arrived_from`."""
    arrived_from: str = "inbox"


def take_in(intake: Intake, receipts: Receipts, now: float, progress: Progress) -> dict[str, str]:
    """Copy what is missing, verify everything, write receipts; returns the destination's manifest afterwards.

    `now` is the time of arrival in seconds since 1970. DataError if a file of the source, or one that the destination
    held, is damaged, or if two stores give one name to different contents; nothing that was there is changed then.
    """
    verify_against(intake.destination, {**intake.held, **intake.arrived})
    for name in sorted(intake.held.keys() & intake.offered.keys()):
        if intake.held[name] != intake.offered[name]:
            raise DataError(
                f"{name}: {intake.source_name} and {intake.destination_name} hold different files of this name."
            )
    verify_against(intake.source, intake.offered)
    wanted = wanted_of(intake, receipts)
    missing = sorted(wanted.keys() - intake.held.keys())
    progress("taking in shards", 0, len(missing), "shards")
    for number, name in enumerate(missing, start=1):
        _copy(intake.source / name, intake.destination / name, intake.offered[name])
        progress("taking in shards", number, len(missing), "shards")
    manifest = dict(sorted({**intake.arrived, **intake.held, **wanted}.items()))
    receipts.add(_receipt(intake, name, sha256, now) for name, sha256 in manifest.items())
    return manifest


def wanted_of(intake: Intake, receipts: Receipts) -> dict[str, str]:
    """What is offered without what was taken in before and removed since; what is held is wanted in any case."""
    removed = receipts.removed_from(intake.destination_name)
    return {name: sha256 for name, sha256 in intake.offered.items() if name in intake.held or sha256 not in removed}


def _copy(source: Path, target: Path, expected: str) -> None:
    with publishing(target) as partial:
        shutil.copyfile(source, partial)
        found = sha256_of(partial)
        if found != expected:
            raise DataError(f"{source}: its copy has the SHA-256 {found}, expected {expected}. Run the intake again.")


def _receipt(intake: Intake, name: str, sha256: str, now: float) -> Receipt:
    return Receipt(
        sha256=sha256,
        name=name,
        key=intake.key,
        source=intake.arrived_from if name in intake.arrived else intake.source_name,
        destination=intake.destination_name,
        bytes=(intake.destination / name).stat().st_size,
        received_at=now,
    )
