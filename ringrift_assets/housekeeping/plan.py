"""What may go, and why: a list from what one configuration holds. No clock, no file, no lock is touched here.

shard        all three files of a shard: game database, copy that was taken in, export. Whole generations go, the oldest
             first, once newer ones fill the training window `window_factor` times and the newest training set reads
             none of them. What was never exported stays, and so does a shard without a receipt.
combination  training sets that neither are the latest nor taught one of the checkpoints that stay
checkpoint   all but the newest, the latest, the promoted model, those that a rollback could bring back, and where the
             next training starts, or the last one if it is repeated
gauntlet     results of gauntlets but the newest
feedback     states and plans of feedback but the newest
leftover     what killed processes left: half-written files, checkpoints that nobody registered, and files that were
             taken out of a set by a housekeeping that did not live to delete them

Copies of promoted models (`promoted_models`), match log, registry and receipts are never removed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import PurePosixPath
from typing import Final

from ringrift_assets.storage import MODEL_SUFFIX, Version, removed_of, short_name
from ringrift_assets.thresholds.sections import Housekeeping
from ringrift_engine.files import PARTIAL_PREFIX

SHARD: Final = "shard"
COMBINATION: Final = "combination"
CHECKPOINT: Final = "checkpoint"
GAUNTLET: Final = "gauntlet"
FEEDBACK: Final = "feedback"
LADDER: Final = "ladder"
LEFTOVER: Final = "leftover"
RUN: Final = "run"

SHARD_SETS: Final[Mapping[str, str]] = {"game_databases": ".db", "synced_games": ".db", "npz_exports": ".npz"}
"""The sets that a shard is in, with the suffix of its file there, in the order in which it is taken out of them: a set
that still had it would offer it to the next one again.
"""
_RESULTS: Final = {
    "gauntlet_results": GAUNTLET,
    "feedback_state": FEEDBACK,
    "selfplay_plan": FEEDBACK,
    "elo_ladder": LADDER,
}


@dataclass(frozen=True, kw_only=True)
class Removal:
    """One thing that may go."""

    kind: str
    path: str
    """Below the data root, with slashes; of a run its id."""
    bytes: int
    why: str
    key: str = ""
    """The configuration that it belongs to; empty for runs, which may be of any."""

    @property
    def asset(self) -> str:
        """The asset whose folder a file is in."""
        return PurePosixPath(self.path).parts[0]

    @property
    def name(self) -> str:
        """The file's name in that folder."""
        return PurePosixPath(self.path).name


@dataclass(frozen=True, kw_only=True)
class File:
    """A file as the folder shows it."""

    name: str
    bytes: int
    age_hours: float


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """What one configuration holds."""

    key: str
    versions: Mapping[str, Version]
    """Asset -> latest version, of those that have one."""
    files: Mapping[str, Mapping[str, File]]
    """Asset -> name -> file in its folder; manifests, plans and indices left out."""
    models: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """SHA-256 of every registered checkpoint -> what it was made from, in the order of registration."""
    standing: frozenset[str] = frozenset()
    """SHA-256 of the promoted model, of the one that a rollback brings back, and of those promoted last."""
    starts: frozenset[str] = frozenset()
    """SHA-256 of what the next training may start from, and of what the last one started from."""
    receipted: frozenset[str] = frozenset()
    """SHA-256 of the shards whose arrival was verified."""

    def in_folder(self, asset: str) -> Iterable[File]:
        """The files of an asset's folder."""
        return self.files.get(asset, {}).values()


def plan_removals(holdings: Holdings, limits: Housekeeping) -> list[Removal]:
    """Everything of one configuration that may go, leftovers first: they are in no manifest."""
    return [
        *_leftovers(holdings, limits),
        *_combinations(holdings, limits),
        *_checkpoints(holdings, limits),
        *_results(holdings, limits),
        *_shards(holdings, limits),
    ]


def _shards(holdings: Holdings, limits: Housekeeping) -> Iterator[Removal]:
    exports, combination = holdings.versions.get("npz_exports"), holdings.versions.get("combined_npz")
    if exports is None or combination is None:
        return
    by_file = exports.report["by_file"]
    expendable = _expendable_generations(exports, combination, limits)
    taught = _taught_by_one_export(holdings)
    oldest_first = sorted(exports.files, key=lambda name: (by_file[name]["generation"], name))
    for name in oldest_first:
        why = expendable.get(by_file[name]["generation"])
        if why is not None and name not in taught and _proven(holdings, _stem(name)):
            yield from _of_shard(holdings, _stem(name), why)


def _expendable_generations(exports: Version, combination: Version, limits: Housekeeping) -> dict[int, str]:
    """Generation -> why its games may go."""
    rows: dict[int, int] = {}
    for file in exports.report["by_file"].values():
        rows[file["generation"]] = rows.get(file["generation"], 0) + file["rows"]
    window, oldest_read = combination.report["window_rows"], _oldest_read(exports, combination)
    newest_first = sorted(rows, reverse=True)
    newer = [0, *accumulate(rows[generation] for generation in newest_first)]
    return {
        generation: (
            f"generation {generation}: training reads back to generation {oldest_read}, and {kept} newer rows fill its "
            f"window of {window} rows {limits.window_factor:g} times"
        )
        for generation, kept in zip(newest_first, newer, strict=False)
        if kept and generation < oldest_read and kept >= limits.window_factor * window
    }


def _oldest_read(exports: Version, combination: Version) -> int:
    """The oldest generation of which the combination has rows: the window takes the newest first."""
    by_file, newest = exports.report["by_file"], combination.report["newest_generation"]
    listed = [file for file in by_file.values() if file["generation"] <= newest]
    left = combination.report["window_rows"]
    for file in sorted(listed, key=lambda file: -file["generation"]):
        left -= file["rows"]
        if left <= 0:
            return file["generation"]
    return min((file["generation"] for file in listed), default=newest)


def _taught_by_one_export(holdings: Holdings) -> frozenset[str]:
    """The export that the latest checkpoint learnt from alone, where it did: its value is measured on it later."""
    checkpoint = holdings.versions.get("checkpoints")
    if checkpoint is None or checkpoint.report["data"] != "npz_exports":
        return frozenset()
    return frozenset({PurePosixPath(checkpoint.report["data_file"]).name})


def _proven(holdings: Holdings, stem: str) -> bool:
    """Whether every set that still has the shard has it with a content that was received and verified."""
    versions = [holdings.versions.get(asset) for asset in ("game_databases", "synced_games")]
    contents = [version.files.get(f"{stem}.db") for version in versions if version is not None]
    return all(sha256 in holdings.receipted for sha256 in contents if sha256 is not None)


def _of_shard(holdings: Holdings, stem: str, why: str) -> Iterator[Removal]:
    """The files of a shard in the sets that have it."""
    for asset, suffix in SHARD_SETS.items():
        version, name = holdings.versions.get(asset), f"{stem}{suffix}"
        if version is not None and name in version.files:
            yield _removal(holdings, SHARD, asset, name, why)


def _combinations(holdings: Holdings, limits: Housekeeping) -> Iterator[Removal]:
    kept = {short_name(sha256, ".npz") for sha256 in _training_sets_of_kept(holdings, limits)}
    latest = holdings.versions.get("combined_npz")
    kept |= set(latest.files) if latest is not None else set()
    for file in holdings.in_folder("combined_npz"):
        if file.name not in kept and not _partial(file):
            why = "neither the latest training set nor one that taught a checkpoint that stays"
            yield _removal(holdings, COMBINATION, "combined_npz", file.name, why)


def _training_sets_of_kept(holdings: Holdings, limits: Housekeeping) -> set[str]:
    """SHA-256 of the combinations that the checkpoints that stay were trained on."""
    inputs = [holdings.models[sha256] for sha256 in _kept_checkpoints(holdings, limits) if sha256 in holdings.models]
    latest = holdings.versions.get("checkpoints")
    inputs += [latest.inputs] if latest is not None else []
    return {made_from["combined_npz"] for made_from in inputs if "combined_npz" in made_from}


def _kept_checkpoints(holdings: Holdings, limits: Housekeeping) -> frozenset[str]:
    newest = list(holdings.models)[-limits.checkpoints_kept :]
    latest = holdings.versions.get("checkpoints")
    return holdings.standing | holdings.starts | set(newest) | ({latest.version} if latest is not None else set())


def _checkpoints(holdings: Holdings, limits: Housekeeping) -> Iterator[Removal]:
    kept = {short_name(sha256, MODEL_SUFFIX) for sha256 in _kept_checkpoints(holdings, limits)}
    registered = {short_name(sha256, MODEL_SUFFIX) for sha256 in holdings.models}
    for file in holdings.in_folder("checkpoints"):
        if file.name in registered - kept:
            why = f"neither among the newest {limits.checkpoints_kept} nor promoted, now or before, nor a start"
            yield _removal(holdings, CHECKPOINT, "checkpoints", file.name, why)


def _results(holdings: Holdings, limits: Housekeeping) -> Iterator[Removal]:
    for asset, kind in _RESULTS.items():
        latest = holdings.versions.get(asset)
        named = set(latest.files) if latest is not None else set()
        whole = [file for file in holdings.in_folder(asset) if not _partial(file)]
        newest_first = sorted(whole, key=lambda file: (file.name not in named, file.age_hours, file.name))
        for file in newest_first[limits.results_kept :]:
            yield _removal(holdings, kind, asset, file.name, f"not among the newest {limits.results_kept}")


def _leftovers(holdings: Holdings, limits: Housekeeping) -> Iterator[Removal]:
    registered = {short_name(sha256, MODEL_SUFFIX) for sha256 in _known_checkpoints(holdings)}
    for asset in holdings.files:
        version = holdings.versions.get(asset)
        taken_out = set(removed_of(version).last) - set(version.files) if version is not None else set()
        for file in holdings.in_folder(asset):
            old = file.age_hours >= limits.leftover_hours
            if file.name in taken_out:
                why = "taken out of its set by a housekeeping that was killed before it deleted it"
                yield _removal(holdings, LEFTOVER, asset, file.name, why)
            elif _partial(file) and old:
                why = f"half-written, untouched for {file.age_hours:.0f} h"
                yield _removal(holdings, LEFTOVER, asset, file.name, why)
            elif asset == "checkpoints" and not _partial(file) and file.name not in registered and old:
                why = f"no registered checkpoint, {file.age_hours:.0f} h old"
                yield _removal(holdings, LEFTOVER, asset, file.name, why)


def _known_checkpoints(holdings: Holdings) -> set[str]:
    """SHA-256 of what may lie in the folder of checkpoints for a reason."""
    latest = holdings.versions.get("checkpoints")
    return set(holdings.models) | holdings.standing | ({latest.version} if latest is not None else set())


def _removal(holdings: Holdings, kind: str, asset: str, name: str, why: str) -> Removal:
    """A removal of a file that its set names or its folder has; one that is missing already frees nothing."""
    file = holdings.files.get(asset, {}).get(name)
    path = f"{asset}/{holdings.key}/{name}"
    return Removal(kind=kind, path=path, bytes=file.bytes if file is not None else 0, why=why, key=holdings.key)


def _partial(file: File) -> bool:
    return file.name.startswith(PARTIAL_PREFIX)


def _stem(name: str) -> str:
    """The name of a shard's files without their suffix."""
    return PurePosixPath(name).stem
