"""Files that appear whole or not at all.

`publishing` gives a temporary path in the target's own folder, and only when the block ends well flushes it to the
disk and renames it. Temporary names begin with `.partial-`, which no reader ever matches; `sweep_partials` removes
what killed processes left, and is called under the lock of the folder's owner.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PARTIAL_PREFIX: Final = ".partial-"
_CHUNK: Final = 1 << 20


@contextmanager
def publishing(target: Path) -> Iterator[Path]:
    """Yield a path to write to; on success it becomes `target`, replacing it in one step, on an error it is removed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{PARTIAL_PREFIX}{target.name}")
    partial.unlink(missing_ok=True)
    try:
        yield partial
        flush_file(partial)
        os.replace(partial, target)
        flush_folder(target.parent)
    finally:
        partial.unlink(missing_ok=True)


def flush_file(path: Path) -> None:
    """Force a file's bytes to the disk."""
    with path.open("rb") as handle:
        os.fsync(handle.fileno())


def flush_folder(folder: Path) -> None:
    """Force a folder's entries to the disk, so that a rename survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def sweep_partials(folder: Path) -> list[Path]:
    """Remove the temporary files of `folder` (not of its subfolders) and name them; the caller holds the folder's
    lock."""
    leftovers = sorted(folder.glob(f"{PARTIAL_PREFIX}*"))
    for leftover in leftovers:
        leftover.unlink(missing_ok=True)
    return leftovers
