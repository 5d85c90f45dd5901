"""Where the files of an asset are, and which of them are its latest version.

Layout: `<root>/<asset>/<configuration>/<first 12 hex digits of the content's SHA-256>.<suffix>`, with one manifest,
`latest.json`, beside them. The manifest is the commit point: files are published first, each whole and under the name
of its content, and the asset has a new version when the manifest that names them has been renamed into place. So what a
killed process published is no version, what a version names is complete, and inputs come from manifests, never from
looking what lies in a folder. What housekeeping takes out of a set leaves the manifest first and the folder second; the
manifest keeps the account. No Dagster in here.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from ringrift_engine.errors import DataError
from ringrift_engine.files import publishing, sha256_of, sweep_partials

SHORT: Final = 12  # hex digits in a file's name: 48 bits, no two of a million files alike with 99.8 %
MODEL_SUFFIX: Final = ".safetensors"
MANIFEST: Final = "latest.json"
_SETS: Final = frozenset({"game_databases", "synced_games", "npz_exports"})  # a new version adds files to the last one
_REMOVED: Final = "removed"  # in the report of a set


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version of one asset for one configuration."""

    asset: str
    key: str
    files: Mapping[str, str]
    """File name -> SHA-256 of its content; the names are relative to the asset's folder."""
    inputs: Mapping[str, str]
    """What it was made from: name -> version or content hash."""
    request: str
    """Hash of everything that decides the content: inputs, settings, code version. Equal request, equal version."""
    report: Mapping[str, Any] = field(default_factory=dict)
    """What the engine measured while making it, as JSON values: gates, checks and metadata read it."""

    @property
    def version(self) -> str:
        """The data version: the hash of a set's sorted hashes, or the hash of the only file."""
        return fingerprint(sorted(self.files.values())) if self.asset in _SETS else self.single()[1]

    def single(self) -> tuple[str, str]:
        """Name and SHA-256 of the only file; DataError if the version has not exactly one."""
        if len(self.files) != 1:
            raise DataError(f"{self.asset} of {self.key}: one file expected, the manifest names {len(self.files)}.")
        return next(iter(self.files.items()))


@dataclass(frozen=True, kw_only=True)
class Removed:
    """What housekeeping has taken out of a set, all in all: who counts what there ever was adds it to what is there.

    games, rows, searched_rows   of exports; the other sets leave them at 0
    last   the names that went last; if housekeeping was killed they still lie in the folder, where no version names
           them any more, and whoever works on the set next clears them away
    """

    files: int = 0
    bytes: int = 0
    games: int = 0
    rows: int = 0
    searched_rows: int = 0
    last: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.files > 0


def removed_of(version: Version) -> Removed:
    """What housekeeping has taken out of the set that this is a version of."""
    stored = version.report.get(_REMOVED, {})
    return Removed(**{**stored, "last": tuple(stored.get("last", ()))})


def with_removed(version: Version, removed: Removed) -> Version:
    """`version` with this account of what was taken out."""
    return replace(version, report={**version.report, _REMOVED: {**asdict(removed), "last": list(removed.last)}})


def fingerprint(value: object) -> str:
    """Hex SHA-256 of a JSON value, independent of the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Store:
    """The files below one data root."""

    root: Path

    def folder(self, asset: str, key: str) -> Path:
        """The folder of an asset's files for one configuration; it exists afterwards."""
        folder = self.root / asset / key
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def lock(self, stage: str, key: str) -> Path:
        """The file whose lock a process holds while it works on a stage of a configuration."""
        return self.root / "locks" / f"{key}.{stage}.lock"

    def latest(self, asset: str, key: str) -> Version | None:
        """The latest version, or None if there never was one; DataError if the manifest cannot be read."""
        path = self.folder(asset, key) / MANIFEST
        if not path.exists():
            return None
        try:
            stored = json.loads(path.read_text())
            return Version(asset=asset, key=key, **stored)
        except (ValueError, TypeError) as error:
            raise DataError(
                f"{path}: not a manifest ({error}). Restore it, or remove it to make {asset} again."
            ) from error

    def commit(self, version: Version) -> Version:
        """Make `version` the latest one; its files are in place already. What was removed from its set before stays
        on its account.
        """
        before = self.latest(version.asset, version.key) if version.asset in _SETS else None
        if before is not None and removed_of(before) and not removed_of(version):
            version = with_removed(version, removed_of(before))
        content = {
            "files": dict(sorted(version.files.items())),
            "inputs": dict(version.inputs),
            "request": version.request,
            "report": dict(version.report),
        }
        with publishing(self.folder(version.asset, version.key) / MANIFEST) as path:
            path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n")
        return version

    def path(self, version: Version) -> Path:
        """The file of a version that has one."""
        return self.folder(version.asset, version.key) / version.single()[0]

    def paths(self, version: Version) -> list[Path]:
        """The files of a version, sorted by name."""
        folder = self.folder(version.asset, version.key)
        return [folder / name for name in sorted(version.files)]

    def verify(self, version: Version) -> None:
        """Read every file of a version and compare its hash; DataError names the first that is missing or differs."""
        folder = self.folder(version.asset, version.key)
        for name, expected in sorted(version.files.items()):
            verify_file(folder / name, expected)

    def intact(self, version: Version) -> bool:
        """Whether every file of a version is there with the content that the manifest names."""
        folder = self.folder(version.asset, version.key)
        return all(
            (folder / name).is_file() and sha256_of(folder / name) == expected
            for name, expected in version.files.items()
        )

    def sweep(self, asset: str, key: str) -> list[Path]:
        """Remove what killed processes left: half-written files, and those that housekeeping had taken out of the
        version already. The caller holds the stage's lock.
        """
        folder = self.folder(asset, key)
        unnamed = [folder / name for name in self._taken_out(asset, key)]
        lying = [path for path in unnamed if path.exists()]
        for path in lying:
            path.unlink()
        return sweep_partials(folder) + lying

    def _taken_out(self, asset: str, key: str) -> list[str]:
        """Names that housekeeping took out of the version last."""
        try:
            latest = self.latest(asset, key)
        except DataError:  # of a torn manifest nothing is removed; whoever reads it for its sake says what to do
            return []
        return [name for name in removed_of(latest).last if name not in latest.files] if latest is not None else []


def verify_file(path: Path, expected: str) -> None:
    """DataError unless `path` is a file whose SHA-256 is `expected`."""
    if not path.is_file():
        raise DataError(f"{path} is missing. Restore it from a copy with the SHA-256 {expected}.")
    found = sha256_of(path)
    if found != expected:
        raise DataError(
            f"{path} is damaged: its SHA-256 is {found[:SHORT]}..., the manifest says {expected[:SHORT]}... "
            f"Restore it from a copy with the SHA-256 {expected}."
        )


def short_name(sha256: str, suffix: str) -> str:
    """The name of a file with this content: `<12 hex digits><suffix>`."""
    return f"{sha256[:SHORT]}{suffix}"


def total_bytes(paths: Iterable[Path]) -> int:
    """Bytes of these files together."""
    return sum(path.stat().st_size for path in paths)
