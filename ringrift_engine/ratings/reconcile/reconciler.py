"""EloReconciler: one data root's match log against the logs of other nodes.

A reconciliation fetches the other log whole (`fetch`), measures the drift, imports what is missing here (`merge`), fits
the ratings of what changed again, and measures once more. It only pulls: the other node does the same with ours, and
when both have, they hold the same games and the same ratings. Each measurement and each sync, failed ones too, is a row
in the registry.
"""

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from ringrift_engine.boards import CONFIG_KEYS, BoardConfig
from ringrift_engine.errors import ConfigError, DataError, TransientError, unknown_name
from ringrift_engine.evaluation.match_log import MATCHES, MatchLog
from ringrift_engine.promotion.registry import Registry
from ringrift_engine.promotion.registry_format import recorded_at
from ringrift_engine.ratings.reconcile.drift import DriftRecord, drift_of
from ringrift_engine.ratings.reconcile.fetch import RatingNode, fetched, refuse_network
from ringrift_engine.ratings.reconcile.history import DriftHistory, histories, keep_drift
from ringrift_engine.ratings.reconcile.merge import ImportCount, import_games
from ringrift_engine.ratings.reconcile.old_platform import OldImport, import_unified_elo
from ringrift_engine.ratings.reconcile.pool import Pool, pool_of, refresh_pool
from ringrift_engine.ratings.reconcile.report import ReconciliationReport, SyncResult
from ringrift_engine.ratings.reconcile.settings import ConflictResolution, ReconcileSettings

SYNC_ROW: Final = "elo_sync"
"""Subject of the registry's rows that are syncs, failed ones too."""
OLD_ROW: Final = "unified_elo_import"
ALL_CONFIGURATIONS: Final = "all"
"""The configuration of a row that is about all of them."""
OWN: Final = "here"
"""What our own log is called."""
REGISTRY, MIRRORS, OLD = "registry.db", "reconciliation", "old_platform.db"


class EloReconciler:
    """Drift, import and history of the ratings below one data root.

    Our log stays open between checks, so use it as a context manager, or close it, where many are made.
    """

    def __init__(
        self,
        root: Path,
        nodes: Sequence[RatingNode] = (),
        settings: ReconcileSettings | None = None,
        *,
        run_id: str = "",
        track_history: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`nodes` are the ones that `reconcile_all` asks; without `track_history` no measurement is kept."""
        self.root = root
        self.matches = root / MATCHES
        self.old_games = root / OLD
        self.nodes = tuple(nodes)
        self.settings = settings or ReconcileSettings()
        self._run_id = run_id
        self._track_history = track_history
        self._clock = clock
        self._open: tuple[tuple[int, int], MatchLog] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close our log; the next check opens it again."""
        if self._open is not None:
            self._open[1].close()
        self._open = None

    # --- drift

    def check_drift(
        self, remote_db_path: Path, board_type: str, num_players: int, *, name: str | None = None
    ) -> DriftRecord:
        """How far our ratings of one configuration are from those of another log of this machine, which may be in use.

        Ratings that are stored and current are read, others are fitted; `name` is what the other log is called, its
        path without it. DataError if it is missing, torn, or no match log; ConfigError for an unknown configuration.
        """
        key = BoardConfig.from_key(f"{board_type}_{num_players}p").key
        names = OWN, name or str(remote_db_path)
        own = self._own()
        ours = pool_of(own, key)
        with _reading(remote_db_path) as other:
            theirs = pool_of(other, key)
        record = drift_of((ours, theirs), names, own, self.settings, self._clock())
        self._keep((record,))
        return record

    def check_node(self, node: RatingNode, keys: Sequence[str] = CONFIG_KEYS) -> list[DriftRecord]:
        """Measure the drift from a node now, of those configurations that it has games of; nothing is imported.

        DataError or TransientError if its log cannot be read.
        """
        if node.host is None:
            refuse_network(node.name, Path(node.database))
            return self._check_log(Path(node.database), keys, node.name)
        with fetched(node, self.mirror(node.name), self.settings) as copy:
            return self._check_log(copy, keys, node.name)

    def _check_log(self, path: Path, keys: Sequence[str], name: str) -> list[DriftRecord]:
        with _reading(path) as log:
            counts = log.counts()
        boards = [BoardConfig.from_key(key) for key in keys if key in counts]
        return [self.check_drift(path, one.board, one.num_players, name=name) for one in boards]

    def node(self, name: str) -> RatingNode:
        """A node by its name; ConfigError names the nearest if there is none."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise _unknown_node(name, [node.name for node in self.nodes])

    def mirror(self, node: str) -> Path:
        """The copy of a node's log that the last sync took."""
        return self.root / MIRRORS / f"{node}.db"

    # --- sync

    def sync_from_remote(
        self,
        remote_host: str | None,
        remote_db_path: str,
        ssh_user: str | None = None,
        *,
        name: str | None = None,
        resolution: ConflictResolution | None = None,
    ) -> SyncResult:
        """Import the games of the log at `remote_db_path` of a host, or of this machine (`remote_host` None).

        A log that cannot be read, is torn, foreign or of another version, or whose conflicts are to be raised, is told
        in the result's `error`, and leaves ours as it was.
        """
        host = f"{ssh_user}@{remote_host}" if remote_host and ssh_user else remote_host
        node = RatingNode(name=name or _name_of(host, remote_db_path), database=remote_db_path, host=host)
        return self.sync(node, resolution)

    def sync(self, node: RatingNode, resolution: ConflictResolution | None = None) -> SyncResult:
        """As `sync_from_remote`, of one node."""
        strategy = resolution or self.settings.conflict_resolution
        began = self._clock()
        found: dict[str, Any]
        try:
            found = self._import(node, strategy)
        except (DataError, TransientError) as error:
            found = {"error": str(error)}
        seconds = self._clock() - began
        result = SyncResult(
            node=node.name, address=node.address, strategy=str(strategy), synced_at=began, seconds=seconds, **found
        )
        self._keep((*(one for one in result.before if one.before_import), *result.after))
        with Registry(self.root / REGISTRY) as registry:
            registry.add_history(ALL_CONFIGURATIONS, SYNC_ROW, self._run_id, result.row(), recorded_at(began))
        return result

    def reconcile_all(
        self, hosts: Sequence[str] | None = None, resolution: ConflictResolution | None = None
    ) -> ReconciliationReport:
        """Sync from every node, or from those named; one that fails is in the report and keeps no other waiting.

        ConfigError for a name that no node has.
        """
        nodes = self.nodes if hosts is None else [self.node(name) for name in hosts]
        began = self._clock()
        results = tuple(self.sync(node, resolution) for node in nodes)
        return ReconciliationReport(started_at=began, ended_at=self._clock(), results=results)

    def import_unified_elo(self, source: Path) -> OldImport:
        """Take in the games of the old platform's `unified_elo.db`, into pools of their own (`old_platform`).

        DataError if it is torn or no such file; then nothing is changed.
        """
        count, now = import_unified_elo(source, self.old_games), self._clock()
        with Registry(self.root / REGISTRY) as registry:
            facts = {**asdict(count), "at": now}
            registry.add_history(ALL_CONFIGURATIONS, OLD_ROW, self._run_id, facts, recorded_at(now))
        return count

    # --- history

    def get_drift_history(self, key: str) -> DriftHistory | None:
        """The history of one configuration against one node, such as `hex8_2p@rack1`; None if nothing was measured."""
        return self.get_all_drift_histories().get(key)

    def get_all_drift_histories(self) -> dict[str, DriftHistory]:
        """Key -> history of everything that was ever measured."""
        with Registry(self.root / REGISTRY) as registry:
            return histories(registry)

    # --- inside

    def _own(self) -> MatchLog:
        """Our log, opened for reading once: again only if another file lies there, such as one from a copy."""
        found = self.matches.stat() if self.matches.exists() else None
        file = (found.st_dev, found.st_ino) if found is not None else (0, 0)
        if self._open is None or self._open[0] != file:
            self.close()
            self._open = file, MatchLog(self.matches, read_only=True)
        return self._open[1]

    def _import(self, node: RatingNode, strategy: ConflictResolution) -> dict[str, Any]:
        """Fetch, measure, import, fit, measure: the facts of a result. One measurement where nothing came."""
        with fetched(node, self.mirror(node.name), self.settings) as copy, MatchLog(self.matches) as own:
            with MatchLog(copy) as other:
                keys = [key for key in CONFIG_KEYS if key in other.counts()]
                theirs = {key: refresh_pool(other, key, self._clock()) for key in keys}
            before = after = tuple(self._drift(own, theirs[key], node.name) for key in keys)
            count = import_games(own, copy, node.name, strategy, self._clock())
            if count.changed:
                before = tuple(replace(one, before_import=True) for one in before)
                after = tuple(self._drift(own, theirs[key], node.name) for key in keys)
        return {**_counts(count), "before": before, "after": after}

    def _drift(self, own: MatchLog, theirs: Pool, name: str) -> DriftRecord:
        now = self._clock()
        ours = refresh_pool(own, theirs.config_key, now)
        return drift_of((ours, theirs), (OWN, name), own, self.settings, now)

    def _keep(self, records: Sequence[DriftRecord]) -> None:
        if not self._track_history or not records:
            return
        with Registry(self.root / REGISTRY) as registry:
            for record in records:
                keep_drift(registry, record, self._run_id)


def check_elo_drift(board_type: str, num_players: int, root: Path = Path("data")) -> list[DriftRecord]:
    """The drift of one configuration against the copy of every node's log that the last sync took below `root`.

    Quick, asks no other machine and keeps no row; empty before the first sync.
    """
    reconciler = EloReconciler(root, track_history=False)
    mirrors = sorted((root / MIRRORS).glob("[!.]*.db"))
    return [reconciler.check_drift(path, board_type, num_players, name=path.stem) for path in mirrors]


@contextmanager
def _reading(path: Path) -> Iterator[MatchLog]:
    """Another log, opened for reading; DataError for whatever SQLite finds torn in it, however late."""
    try:
        with MatchLog(path, read_only=True) as log:
            yield log
    except sqlite3.DatabaseError as error:
        raise DataError(f"{path}: SQLite says {error}. The log is torn; restore it from a copy.") from error


def _counts(count: ImportCount) -> dict[str, Any]:
    return {
        "matches_added": count.added,
        "matches_skipped": count.skipped,
        "matches_conflict": count.conflict,
        "matches_resolved": count.resolved,
        "matches_replaced": count.replaced,
        "participants_added": count.participants_added,
        "refitted": count.changed,
    }


def _name_of(host: str | None, path: str) -> str:
    """A name for a log that no node of the settings is: one that can be a file's."""
    where = host.rpartition("@")[2] if host else str(Path(path).resolve().parent).strip("/")
    return "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in where) or "log"


def _unknown_node(name: str, known: list[str]) -> ConfigError:
    if not known:
        return ConfigError(f"unknown node {name!r}: ringrift.yaml lists no nodes (docs/reconciliation.md).")
    return unknown_name("node", name, known)
