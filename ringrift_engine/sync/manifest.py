"""Manifests: which files a store offers and the SHA-256 of each.

Files are immutable and named by their content, so a manifest is all that two stores must compare: a name they share is
the same file, whatever its size or age says.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from ringrift_engine.errors import DataError
from ringrift_engine.files import sha256_of


def manifest_of(paths: Iterable[Path]) -> dict[str, str]:
    """File name -> hex SHA-256, sorted by name."""
    return {path.name: sha256_of(path) for path in sorted(paths)}


def verify_against(folder: Path, manifest: Mapping[str, str]) -> None:
    """Compare every file that `manifest` names with its hash; DataError names the first that is missing or differs."""
    for name, expected in sorted(manifest.items()):
        path = folder / name
        if not path.is_file():
            raise DataError(f"{path} is missing, its SHA-256 should be {expected}. Restore it from another store.")
        found = sha256_of(path)
        if found != expected:
            raise DataError(
                f"{path} is damaged: SHA-256 {found}, expected {expected}. "
                "Move it away and restore it from another store that holds a file of this name."
            )
