"""Reconciliation as the platform does it: the nodes and limits of `ringrift.yaml` for the engine's reconciler."""

from pathlib import Path
from typing import TYPE_CHECKING

from ringrift_assets.thresholds import Node, Thresholds

if TYPE_CHECKING:
    from ringrift_engine.ratings.reconcile import ConflictResolution, EloReconciler, RatingNode, ReconcileSettings


def reconciler_of(root: Path, thresholds: Thresholds, run_id: str, *, track_history: bool = True) -> "EloReconciler":
    """The reconciler of a data root."""
    from ringrift_engine.ratings.reconcile import EloReconciler

    nodes = [rating_node(node) for node in thresholds.nodes]
    return EloReconciler(root, nodes, reconcile_settings(thresholds), run_id=run_id, track_history=track_history)


def rating_node(node: Node) -> "RatingNode":
    """Where the match log of a node is: in its data root."""
    from ringrift_engine.evaluation.match_log import MATCHES
    from ringrift_engine.ratings.reconcile import RatingNode

    host, _, root = node.ssh.partition(":") if node.ssh is not None else (None, "", node.path or "")
    return RatingNode(name=node.name, database=f"{root.rstrip('/')}/{MATCHES}", host=host)


def reconcile_settings(thresholds: Thresholds) -> "ReconcileSettings":
    """The section `reconciliation` as the engine takes it."""
    from ringrift_engine.ratings.reconcile import ReconcileSettings

    section = thresholds.reconciliation
    return ReconcileSettings(
        conflict_resolution=_resolution(section.conflict_resolution),
        significant_max_elo=section.significant_max_elo,
        significant_mean_elo=section.significant_mean_elo,
        connect_timeout_s=section.connect_timeout_s,
        transfer_timeout_s=section.transfer_timeout_s,
        ssh_config=Path(section.ssh_config).expanduser() if section.ssh_config else None,
    )


def _resolution(name: str) -> "ConflictResolution":
    from ringrift_engine.ratings.reconcile import ConflictResolution

    return ConflictResolution(name)
