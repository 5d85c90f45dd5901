"""Taking things away from one configuration: out of the sets first, off the disk second, under the stages' locks.

A set gets a new manifest without the files before they are deleted, and what a shard is in is left from its source
onwards, so a kill at any moment leaves files that no manifest names, and never a manifest that names a missing file.
Such files are gone at the next housekeeping, or as soon as somebody works on the set. The receipts say first that a
shard was removed, so that it is not taken in once more when somebody offers it again.

Groups of stages are locked, one after the other. One that is at work is left alone until the next time.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from ringrift_assets.housekeeping.plan import (
    CHECKPOINT,
    COMBINATION,
    FEEDBACK,
    GAUNTLET,
    LADDER,
    LEFTOVER,
    SHARD,
    SHARD_SETS,
    Holdings,
    Removal,
)
from ringrift_assets.locks import exclusive
from ringrift_assets.measures import totals_of_exports
from ringrift_assets.resources import Storage
from ringrift_assets.storage import Removed, Store, Version, removed_of, with_removed
from ringrift_engine.files import flush_folder

_GATHERED: Final = "synced_games"


@dataclass(frozen=True, kw_only=True)
class Group:
    """Kinds of things that go under the same locks: those of the stages that write or read them."""

    stages: tuple[str, ...]
    kinds: frozenset[str]

    def holds(self, removal: Removal) -> bool:
        """Whether the removal is one of this group's."""
        return removal.kind in self.kinds or (removal.kind == LEFTOVER and removal.asset in self.stages)


MODELS: Final = Group(
    stages=("checkpoints", "gauntlet_results", "promoted_models", "feedback_state", "selfplay_plan", "combined_npz"),
    kinds=frozenset({COMBINATION, CHECKPOINT, GAUNTLET, FEEDBACK}),
)
GAMES: Final = Group(stages=("game_databases", "synced_games", "npz_exports", "combined_npz"), kinds=frozenset({SHARD}))
LADDERS: Final = Group(stages=("elo_ladder",), kinds=frozenset({LADDER}))
GROUPS: Final = (MODELS, GAMES, LADDERS)
"""Models first: they only need deleting, which works on a disk that is too full for a new manifest."""


class AtWorkError(Exception):
    """A stage of the group is at work."""


@contextmanager
def holding(store: Store, key: str, group: Group) -> Iterator[None]:
    """Hold the locks of a group's stages; AtWorkError, at once, if another process has one of them."""

    def refuse(stage: str) -> None:
        raise AtWorkError(f"{stage} is at work")

    with ExitStack() as held:
        for stage in group.stages:
            held.enter_context(exclusive(store.lock(stage, key), when_held=partial(refuse, stage)))
        yield


def remove(storage: Storage, holdings: Holdings, removals: list[Removal], tell: Callable[[Removal], None]) -> None:
    """Carry out what was planned for `holdings`; the caller holds the locks. `tell` hears of every file that went."""
    store = storage.store
    _delete(store, [one for one in removals if one.kind == LEFTOVER], tell)  # before `last` names others
    shards = [one for one in removals if one.kind == SHARD]
    _note_removed(storage, holdings, shards)
    for asset in SHARD_SETS:
        going = [one for one in shards if one.asset == asset]
        if going:
            store.commit(_without(holdings.versions[asset], going))
    _delete(store, [one for one in removals if one.kind != LEFTOVER], tell)


def _note_removed(storage: Storage, holdings: Holdings, shards: list[Removal]) -> None:
    """Say beside the receipts what goes, before it does: a note of a shard that is held still changes nothing."""
    from ringrift_engine.sync import Receipts

    names = [one.name for one in shards if one.asset == _GATHERED]
    if names:
        files = holdings.versions[_GATHERED].files
        Receipts(storage.receipts).note_removed([files[name] for name in names], _GATHERED)


def _delete(store: Store, removals: list[Removal], tell: Callable[[Removal], None]) -> None:
    paths = [store.root / one.path for one in removals]
    for path, removal in zip(paths, removals, strict=True):
        path.unlink(missing_ok=True)
        tell(removal)
    for folder in sorted({path.parent for path in paths}):
        flush_folder(folder)


def _without(version: Version, going: list[Removal]) -> Version:
    """The set without these files, with them on its account."""
    names = {one.name for one in going}
    files = {name: sha256 for name, sha256 in version.files.items() if name not in names}
    before = removed_of(version)
    account = replace(
        before,
        files=before.files + len(names),
        bytes=before.bytes + sum(one.bytes for one in going),
        last=tuple(sorted(names)),
    )
    if version.asset == "npz_exports":
        return _exports_without(replace(version, files=files), names, account)
    return with_removed(replace(version, files=files), account)


def _exports_without(version: Version, names: set[str], account: Removed) -> Version:
    """The exports with what is measured over all of them measured again, and the rows that went on the account."""
    by_file = version.report["by_file"]
    kept = {name: file for name, file in by_file.items() if name not in names}
    went = [by_file[name] for name in names]
    counted = replace(
        account,
        games=account.games + sum(file["games"] for file in went),
        rows=account.rows + sum(file["rows"] for file in went),
        searched_rows=account.searched_rows + sum(file["searched_rows"] for file in went),
    )
    report = {**version.report, "by_file": kept, **totals_of_exports(kept)}
    return with_removed(replace(version, report=report), counted)
