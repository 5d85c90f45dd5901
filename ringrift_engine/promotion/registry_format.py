"""The format of the registry: stages and how they change, tables, and rows as Python has them.

A model is in one of five stages. It begins in `development`; what promotion finds makes it `staging`, `production` or
`rejected`; whoever was replaced is `archived`. A candidate that is promoted at once passes through `staging` on its
way: both steps are kept.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from ringrift_engine.database import DatabaseFormat
from ringrift_engine.promotion.criteria import PromotionDecision

DEVELOPMENT: Final = "development"
STAGING: Final = "staging"
PRODUCTION: Final = "production"
ARCHIVED: Final = "archived"
REJECTED: Final = "rejected"
STAGES: Final = (DEVELOPMENT, STAGING, PRODUCTION, ARCHIVED, REJECTED)

TRANSITIONS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        DEVELOPMENT: frozenset({STAGING, REJECTED}),
        STAGING: frozenset({PRODUCTION, REJECTED}),
        PRODUCTION: frozenset({ARCHIVED}),
        ARCHIVED: frozenset({PRODUCTION, STAGING}),  # by a rollback; by being judged again
        REJECTED: frozenset({STAGING}),  # by being judged again
    }
)

PROMOTION_MOVE: Final = "promotion"
OVERRIDE_MOVE: Final = "override"
ROLLBACK_MOVE: Final = "rollback"

_STAGE_LIST: Final = ", ".join(f"'{stage}'" for stage in STAGES)
_MOVE_LIST: Final = ", ".join(f"'{kind}'" for kind in (PROMOTION_MOVE, OVERRIDE_MOVE, ROLLBACK_MOVE))

REGISTRY: Final = DatabaseFormat(
    name="registry",
    application_id=0x52525247,  # "RRRG"
    version=2,
    schema=(
        "CREATE TABLE models (sha256 TEXT PRIMARY KEY, config_key TEXT NOT NULL, "
        f"stage TEXT NOT NULL CHECK (stage IN ({_STAGE_LIST})), path TEXT NOT NULL, "
        "inputs TEXT NOT NULL, recorded_at TEXT) STRICT",
        "CREATE UNIQUE INDEX one_in_production ON models (config_key) WHERE stage = 'production'",
        "CREATE TABLE transitions (id INTEGER PRIMARY KEY, config_key TEXT NOT NULL, "
        "sha256 TEXT NOT NULL REFERENCES models (sha256), before TEXT NOT NULL, after TEXT NOT NULL, "
        "run_id TEXT NOT NULL, recorded_at TEXT) STRICT",
        "CREATE TABLE decisions (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, config_key TEXT NOT NULL, "
        "promotion_type TEXT NOT NULL, target TEXT NOT NULL, "
        "candidate TEXT NOT NULL REFERENCES models (sha256), baseline TEXT, promoted INTEGER NOT NULL, "
        "elo_improvement REAL, dry_run INTEGER NOT NULL, criteria TEXT NOT NULL, run_id TEXT NOT NULL, "
        "recorded_at TEXT) STRICT",
        "CREATE TABLE pointer (id INTEGER PRIMARY KEY, config_key TEXT NOT NULL, "
        "sha256 TEXT NOT NULL REFERENCES models (sha256), previous TEXT, "
        f"kind TEXT NOT NULL CHECK (kind IN ({_MOVE_LIST})), reason TEXT NOT NULL, run_id TEXT NOT NULL, "
        "recorded_at TEXT) STRICT",
        "CREATE INDEX pointer_by_configuration ON pointer (config_key, id)",
        "CREATE TABLE titles (id INTEGER PRIMARY KEY, config_key TEXT NOT NULL, title TEXT NOT NULL, "
        "sha256 TEXT NOT NULL REFERENCES models (sha256), run_id TEXT NOT NULL, recorded_at TEXT) STRICT",
        "CREATE INDEX titles_by_configuration ON titles (config_key, title, id)",
        "CREATE TABLE history (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, config_key TEXT NOT NULL, "
        "subject TEXT NOT NULL, run_id TEXT NOT NULL, facts TEXT NOT NULL, recorded_at TEXT) STRICT",
        "CREATE INDEX history_by_subject ON history (subject, config_key, id)",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Model:
    """A registered model; `path` is relative to the data root, `inputs` maps names to content hashes."""

    sha256: str
    config_key: str
    stage: str
    path: str
    inputs: Mapping[str, str]
    recorded_at: str | None


@dataclass(frozen=True, kw_only=True)
class Transition:
    """One change of a model's stage."""

    sha256: str
    before: str
    after: str
    run_id: str
    recorded_at: str | None


@dataclass(frozen=True, kw_only=True)
class DecisionRow:
    """A decision as it was recorded; a dry run's moved nothing."""

    config_key: str
    decision: PromotionDecision
    dry_run: bool
    run_id: str
    recorded_at: str | None


@dataclass(frozen=True, kw_only=True)
class PointerMove:
    """One change of the promoted model: `kind` is "promotion", "override" (a promotion by a person's word) or
    "rollback", `previous` who was promoted before.
    """

    sha256: str
    previous: str | None
    kind: str
    reason: str
    run_id: str
    recorded_at: str | None


@dataclass(frozen=True, kw_only=True)
class HistoryRow:
    """One thing that was measured, run or decided about a configuration, for statistics and feedback.

    number  its place among all rows of history, whatever their subject: later rows have larger ones
    """

    number: int
    config_key: str
    subject: str
    run_id: str
    facts: Mapping[str, Any]
    recorded_at: str | None


def model_of(row: sqlite3.Row) -> Model:
    """A row of `models`."""
    return Model(**{**dict(row), "inputs": json.loads(row["inputs"])})


def transition_of(row: sqlite3.Row) -> Transition:
    """A row of `transitions`."""
    return Transition(**{name: row[name] for name in ("sha256", "before", "after", "run_id", "recorded_at")})


def decision_of(row: sqlite3.Row) -> DecisionRow:
    """A row of `decisions`."""
    names = ("candidate", "baseline", "promotion_type", "target", "elo_improvement")
    values = {name: row[name] for name in names}
    decision = PromotionDecision.from_json(
        {**values, "promoted": bool(row["promoted"]), "criteria": json.loads(row["criteria"])}
    )
    return DecisionRow(
        config_key=row["config_key"],
        decision=decision,
        dry_run=bool(row["dry_run"]),
        run_id=row["run_id"],
        recorded_at=row["recorded_at"],
    )


def move_of(row: sqlite3.Row) -> PointerMove:
    """A row of `pointer`."""
    names = ("sha256", "previous", "kind", "reason", "run_id", "recorded_at")
    return PointerMove(**{name: row[name] for name in names})


def history_of(row: sqlite3.Row) -> HistoryRow:
    """A row of `history`."""
    names = ("config_key", "subject", "run_id", "recorded_at")
    return HistoryRow(number=row["id"], **{name: row[name] for name in names}, facts=json.loads(row["facts"]))


def recorded_at(moment: float) -> str:
    """A time in seconds since 1970 as rows have it: ISO 8601 in UTC."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")


def time_of(recorded: str | None) -> float | None:
    """Seconds since 1970 of a row's time; None if there is none, or if it is no time in ISO 8601."""
    try:
        return None if recorded is None else datetime.fromisoformat(recorded).timestamp()
    except ValueError:
        return None
