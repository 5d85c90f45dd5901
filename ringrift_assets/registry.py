"""The registry resource: promoted models and the history of decisions, which assets read instead of having an edge.

Only earlier versions are read here, never what the running cycle will make, so the asset graph stays acyclic and a step
that fails cannot break the loop.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import dagster as dg

from ringrift_assets.storage import Store, Version

if TYPE_CHECKING:
    from ringrift_engine.promotion.registry import Registry as EngineRegistry

REGISTRY_NAME: Final = "registry.db"


class Registry(dg.ConfigurableResource):
    """Which model is promoted, and how candidates were judged."""

    def promoted(self, store: Store, key: str) -> str:
        """SHA-256 of the promoted model of a configuration, empty if there is none."""
        with self.open(store) as registry:
            model = registry.promoted(key)
        return model.sha256 if model is not None else ""

    def register(self, store: Store, candidate: Version) -> None:
        """Make a checkpoint known as a candidate; doing it again changes nothing."""
        path = store.path(candidate).relative_to(store.root)
        with self.open(store) as registry:
            registry.register(candidate.version, candidate.key, path.as_posix(), candidate.inputs)

    def record(self, store: Store, subject: str, key: str, run_id: str, facts: Mapping[str, Any]) -> None:
        """Keep what a run came to; the same facts of the same run are kept once."""
        with self.open(store) as registry:
            registry.add_history(key, subject, run_id, facts)

    @contextmanager
    def open(self, store: Store) -> "Iterator[EngineRegistry]":
        """The registry of a data root, made on first use."""
        from ringrift_engine.promotion.registry import Registry as EngineRegistry

        with EngineRegistry(store.root / REGISTRY_NAME) as registry:
            yield registry
