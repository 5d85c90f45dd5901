"""The inbox as the platform uses it: what waits in it for which configuration, and what an intake leaves of it."""

from collections.abc import Iterable, Mapping, Sized
from pathlib import Path
from typing import Final

import dagster as dg

from ringrift_assets import checks
from ringrift_assets.registry import Registry
from ringrift_assets.resources import Storage
from ringrift_assets.storage import SHORT, fingerprint

REFUSED_ROW: Final = "inbox_refused"
"""Subject of the registry's rows about files that could not be taken in."""
ANY: Final = ""
"""The configuration of a file that does not say one: whoever looks into the inbox next sets it aside."""


def waiting(storage: Storage, now: float) -> dict[str, list[str]]:
    """Configuration, or ANY -> the whole files that wait for its intake, by path below the inbox, at the time `now`."""
    from ringrift_engine.sync import files_in, owner_of

    found: dict[str, list[str]] = {}
    for file in files_in(storage.inbox, now):
        found.setdefault(owner_of(storage.inbox, file), []).append(file)
    return found


def state_of(inbox: Path, files: Iterable[str]) -> str:
    """A short name of the state that these files are in: names, sizes, and when they came to be what they are.

    The same file put there once more is another state; one that nobody touches is the same for ever.
    """
    states = {file: (inbox / file).stat() for file in files if (inbox / file).exists()}
    return fingerprint({file: [state.st_size, state.st_ctime_ns] for file, state in states.items()})[:SHORT]


def counted(files: Sized) -> str:
    """How many files, in words."""
    return f"{len(files)} file{'' if len(files) == 1 else 's'}"


def refuse(
    context: dg.AssetExecutionContext, storage: Storage, registry: Registry, refused: Mapping[str, str]
) -> dg.AssetCheckResult:
    """Set these files aside, file -> what is wrong with it, and say so: in the registry, and in a check that never
    blocks.
    """
    from ringrift_engine.sync import set_aside

    rows = []
    for file, why in refused.items():
        try:
            target = set_aside(storage.inbox, file, why)
        except OSError as error:  # a folder that nobody may change: the file stays, and so do the games played here
            rows.append({"file": file, "why": why, "moved_to": f"nowhere: {error}"})
        else:
            if target is not None:
                rows.append({"file": file, "why": why, "moved_to": target.relative_to(storage.base).as_posix()})
    for row in rows:
        context.log.warning(f"{row['file']} in the inbox was not taken in: {row['why']} It is in {row['moved_to']}.")
        registry.record(storage.store, REFUSED_ROW, context.partition_key, context.run.run_id, row)
    said = f"{counted(rows)} of the inbox could not be taken in: `refused/` has the reasons, and what to do."
    passed = "Whatever was in the inbox for this configuration was taken in."
    return checks.note(checks.INBOX_TAKEN_IN, not rows, said if rows else passed, {"refused": rows})


def clear_taken(context: dg.AssetExecutionContext, storage: Storage, settled: Mapping[str, str]) -> None:
    """Remove files of the inbox, file -> SHA-256, whose games are part of a version, or were before they were
    removed.
    """
    from ringrift_engine.sync import clear

    for file, sha256 in settled.items():
        try:
            clear(storage.inbox, file, sha256)
        except OSError as error:
            context.log.warning(f"{file} was taken in and cannot be removed from the inbox: {error}. Remove it.")
        else:
            context.log.info(f"{file} left the inbox: its games are held, or were and are past the training window.")
