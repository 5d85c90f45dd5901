"""Reconciliation: ratings of several nodes, each with a match log of its own, brought to agree.

settings      strategies for conflicts, limits, patience
pool          ratings that lie beside the games, and when they are current
drift         how far two logs' ratings are apart
history       what many measurements say: trend, persistence
fetch         a consistent copy of a log that is in use, by path or by ssh
probe         whether a log could be fetched now
merge         the games of another log into ours, conflicts decided
conflicts     the conflicts that a log has met
report        what a reconciliation came to
reconciler    all of it for one data root: `EloReconciler`
old_platform  games of the platform that this one replaces, in a pool of their own
"""

from ringrift_engine.ratings.reconcile.conflicts import Conflict, conflicts_in
from ringrift_engine.ratings.reconcile.drift import DriftRecord
from ringrift_engine.ratings.reconcile.fetch import NoLogError, RatingNode
from ringrift_engine.ratings.reconcile.history import DriftHistory
from ringrift_engine.ratings.reconcile.merge import ConflictError, ImportCount, import_games
from ringrift_engine.ratings.reconcile.probe import probe
from ringrift_engine.ratings.reconcile.reconciler import EloReconciler, check_elo_drift
from ringrift_engine.ratings.reconcile.report import ReconciliationReport, SyncResult
from ringrift_engine.ratings.reconcile.settings import ConflictResolution, ReconcileSettings

__all__ = [
    "Conflict",
    "ConflictError",
    "ConflictResolution",
    "DriftHistory",
    "DriftRecord",
    "EloReconciler",
    "ImportCount",
    "NoLogError",
    "RatingNode",
    "ReconcileSettings",
    "ReconciliationReport",
    "SyncResult",
    "check_elo_drift",
    "conflicts_in",
    "import_games",
    "probe",
]
