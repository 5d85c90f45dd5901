"""How every asset makes a version: not twice for the same request, checked before it becomes the latest one.

A request is the hash of everything that decides the content. If the latest version answers it, as it does when a run
was killed after its work and before its end, that version is materialised again and nothing is done twice.
"""

from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg

from ringrift_assets import checks, gates
from ringrift_assets.metadata import made_from, place
from ringrift_assets.partitions import key_of
from ringrift_assets.storage import Store, Version, fingerprint, removed_of, total_bytes


def request_of(inputs: Mapping[str, str], settings: Mapping[str, Any], code_version: str) -> str:
    """Hash of what decides a version's content."""
    return fingerprint({"inputs": dict(inputs), "settings": dict(settings), "code": code_version})


def upstream(store: Store, asset: str, key: str) -> Version:
    """The latest version of an input; GateClosed if there is none yet."""
    version = store.latest(asset, key)
    gates.require(gates.exists(asset, key, present=version is not None))
    assert version is not None
    return version


def answers(store: Store, asset: str, key: str, request: str) -> Version | None:
    """The latest version if it was made for this request and is whole."""
    latest = store.latest(asset, key)
    return latest if latest is not None and latest.request == request and store.intact(latest) else None


def make_once(
    context: dg.AssetExecutionContext, store: Store, asset: str, request: str, produce: Callable[[], Version]
) -> Version:
    """The version that answers `request`: the latest one if it does, else what `produce` makes, checked and
    committed.
    """
    latest = answers(store, asset, key_of(context), request)
    if latest is not None:
        context.log.info(f"{asset} {latest.version[:12]} was made from these inputs and settings already.")
        return latest
    version = produce()
    checks.judge(asset, version.report)
    return store.commit(version)


def materialized(
    store: Store,
    version: Version,
    metadata: Mapping[str, Any],
    notes: tuple[dg.AssetCheckResult, ...] = (),
) -> list[dg.MaterializeResult]:
    """A version as Dagster stores it: data version, checks, where the files are, what it was made from, and
    `metadata`.
    """
    paths = store.paths(version)
    event = dg.MaterializeResult(
        metadata={
            "path": place(paths[0] if len(paths) == 1 else store.folder(version.asset, version.key)),
            "files": len(paths),
            "bytes": total_bytes(paths),
            "inputs": made_from(version.inputs),
            **_removed_shown(version),
            **metadata,
        },
        data_version=dg.DataVersion(version.version),
        check_results=[*checks.judge(version.asset, version.report), *notes],
    )
    return [event]


def _removed_shown(version: Version) -> dict[str, int]:
    """What housekeeping has taken out of a set so far; nothing to show where it took nothing."""
    removed = removed_of(version)
    return {"removed_files": removed.files, "removed_bytes": removed.bytes} if removed else {}
