"""The registry: which models there are, how they were judged, and which one is promoted, in one SQLite file.

The promoted model of a configuration is the last row of its `pointer` history, so moving it is inserting one row, and
who was promoted before is never lost. Every decision is kept, refusals too. Rows that say what happened are named by
their content, so repeating what a killed run had done adds nothing. Files are not touched here (`publish`); times are
given by the caller. Whoever moves the pointer names the model that it is to replace: of two processes that judged
their candidates against the same model, the second is told to judge again.
"""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Any, Final

from ringrift_engine.boards import BoardConfig
from ringrift_engine.database import DatabaseFile, DatabaseFormat, transaction
from ringrift_engine.errors import DataError, RingRiftError
from ringrift_engine.promotion.criteria import PromotionDecision
from ringrift_engine.records.shard_schema import to_json

CANDIDATE: Final = "candidate"
PROMOTED: Final = "promoted"
RETIRED: Final = "retired"

# A retired model comes back by a rollback, or by being judged again; one that never was promoted stays a candidate.
TRANSITIONS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {CANDIDATE: frozenset({PROMOTED}), PROMOTED: frozenset({RETIRED}), RETIRED: frozenset({PROMOTED})}
)

REGISTRY: Final = DatabaseFormat(
    name="registry",
    application_id=0x52525247,  # "RRRG"
    version=1,
    schema=(
        "CREATE TABLE models (sha256 TEXT PRIMARY KEY, config_key TEXT NOT NULL, "
        "stage TEXT NOT NULL CHECK (stage IN ('candidate', 'promoted', 'retired')), path TEXT NOT NULL, "
        "inputs TEXT NOT NULL, recorded_at TEXT) STRICT",
        "CREATE UNIQUE INDEX one_promoted ON models (config_key) WHERE stage = 'promoted'",
        "CREATE TABLE decisions (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, config_key TEXT NOT NULL, "
        "candidate TEXT NOT NULL REFERENCES models (sha256), baseline TEXT, promoted INTEGER NOT NULL, "
        "dry_run INTEGER NOT NULL, criteria TEXT NOT NULL, run_id TEXT NOT NULL, recorded_at TEXT) STRICT",
        "CREATE TABLE pointer (id INTEGER PRIMARY KEY, config_key TEXT NOT NULL, "
        "sha256 TEXT NOT NULL REFERENCES models (sha256), previous TEXT, "
        "kind TEXT NOT NULL CHECK (kind IN ('promotion', 'rollback')), reason TEXT NOT NULL, run_id TEXT NOT NULL, "
        "recorded_at TEXT) STRICT",
        "CREATE INDEX pointer_by_configuration ON pointer (config_key, id)",
        "CREATE TABLE history (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, config_key TEXT NOT NULL, "
        "subject TEXT NOT NULL, run_id TEXT NOT NULL, facts TEXT NOT NULL, recorded_at TEXT) STRICT",
        "CREATE INDEX history_by_subject ON history (subject, config_key, id)",
    ),
)


class StaleDecisionError(RingRiftError):
    """A decision about another promoted model than the one that is promoted now."""


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
class DecisionRow:
    """A decision as it was recorded; a dry run's moved nothing."""

    config_key: str
    decision: PromotionDecision
    dry_run: bool
    run_id: str
    recorded_at: str | None


@dataclass(frozen=True, kw_only=True)
class PointerMove:
    """One change of the promoted model: `kind` is "promotion" or "rollback", `previous` who was promoted before."""

    sha256: str
    previous: str | None
    kind: str
    reason: str
    run_id: str
    recorded_at: str | None


@dataclass(frozen=True, kw_only=True)
class HistoryRow:
    """One thing that was measured, run or decided about a configuration, for statistics and feedback."""

    config_key: str
    subject: str
    run_id: str
    facts: Mapping[str, Any]
    recorded_at: str | None


class Registry(DatabaseFile):
    """An open registry."""

    FORMAT = REGISTRY

    # --- models

    def register(
        self, sha256: str, config_key: str, path: str, inputs: Mapping[str, str], recorded_at: str | None = None
    ) -> Model:
        """Make a model known as a candidate; one that is known already stays as it is.

        ConfigError for an unknown configuration; DataError for a path that is not relative to the data root, and if the
        same content was registered for another configuration.
        """
        BoardConfig.from_key(config_key)
        relative = PurePosixPath(path)
        if relative.is_absolute() or ".." in relative.parts:
            raise DataError(f"Model {sha256[:12]}: {path} must be relative to the data root and stay below it.")
        with transaction(self._connection):
            self._connection.execute(
                "INSERT INTO models VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (sha256) DO NOTHING",
                (sha256, config_key, CANDIDATE, path, to_json(dict(inputs)), recorded_at),
            )
            return self._model_of(sha256, config_key)

    def model(self, sha256: str) -> Model | None:
        """The model with this content, None if it is unknown."""
        row = self._connection.execute("SELECT * FROM models WHERE sha256 = ?", (sha256,)).fetchone()
        return None if row is None else _model(row)

    def models(self, config_key: str) -> list[Model]:
        """All models of a configuration in the order of their registration."""
        query = "SELECT * FROM models WHERE config_key = ? ORDER BY rowid"
        return [_model(row) for row in self._connection.execute(query, (config_key,))]

    # --- decisions

    def record_decision(
        self,
        config_key: str,
        decision: PromotionDecision,
        run_id: str,
        *,
        dry_run: bool = False,
        recorded_at: str | None = None,
    ) -> None:
        """Keep a decision, promoted or refused; the same decision again adds nothing.

        DataError if the candidate is not registered for this configuration.
        """
        with transaction(self._connection):
            self._model_of(decision.candidate, config_key)
            self._insert_decision(config_key, decision, run_id, dry_run, recorded_at)

    def decisions(self, config_key: str) -> list[DecisionRow]:
        """All decisions about a configuration, oldest first."""
        query = "SELECT * FROM decisions WHERE config_key = ? ORDER BY id"
        return [_decision(row) for row in self._connection.execute(query, (config_key,))]

    # --- the pointer

    def promoted(self, config_key: str) -> Model | None:
        """The promoted model of a configuration, None before the first promotion."""
        move = self._last_move(config_key)
        return None if move is None else self.model(move["sha256"])

    def previous(self, config_key: str) -> Model | None:
        """Whom a rollback would bring back: who was promoted before the promoted model was promoted by a decision."""
        move = self._last_move(config_key)
        if move is None:
            return None
        row = self._connection.execute(
            "SELECT previous FROM pointer WHERE config_key = ? AND sha256 = ? AND kind = 'promotion' "
            "ORDER BY id DESC LIMIT 1",
            (config_key, move["sha256"]),
        ).fetchone()
        return None if row["previous"] is None else self.model(row["previous"])

    def pointer_history(self, config_key: str) -> list[PointerMove]:
        """All changes of the promoted model, oldest first."""
        query = "SELECT * FROM pointer WHERE config_key = ? ORDER BY id"
        return [_move(row) for row in self._connection.execute(query, (config_key,))]

    def promote(
        self, config_key: str, decision: PromotionDecision, run_id: str, recorded_at: str | None = None
    ) -> bool:
        """Record a decision that promotes and move the pointer, in one transaction; whether the pointer moved.

        It does not if it points to the candidate already: a repeated promotion changes nothing. StaleDecisionError if
        the promoted model is no longer the one that the candidate was judged against; DataError for a decision that
        refuses and for an unknown candidate.
        """
        if not decision.promoted:
            raise DataError(
                f"Model {decision.candidate[:12]} was {decision.summary}. Only a promoted one can be promoted."
            )
        with transaction(self._connection):
            current = self._current(config_key)
            self._model_of(decision.candidate, config_key)
            if current == decision.candidate:
                self._insert_decision(config_key, decision, run_id, False, recorded_at)
                return False
            if current != decision.baseline:
                raise StaleDecisionError(
                    f"{config_key}: {decision.candidate[:12]} was judged against {_shown(decision.baseline)}, but "
                    f"{_shown(current)} is promoted by now. Play the gauntlet of the candidate again."
                )
            self._insert_decision(config_key, decision, run_id, False, recorded_at)
            self._move_pointer(config_key, decision.candidate, "promotion", decision.summary, run_id, recorded_at)
        return True

    def rollback(
        self, config_key: str, expected: str, target: str, reason: str, run_id: str, recorded_at: str | None = None
    ) -> None:
        """Move the pointer from `expected` back to `target`, the previous model, in one transaction.

        StaleDecisionError if the promoted model or the previous one is not what is expected any more.
        """
        with transaction(self._connection):
            current, previous = self._current(config_key), self.previous(config_key)
            if current != expected or previous is None or previous.sha256 != target:
                raise StaleDecisionError(
                    f"{config_key}: a rollback from {expected[:12]} to {target[:12]} was wanted, but "
                    f"{_shown(current)} is promoted and {_shown(previous.sha256 if previous else None)} was before it. "
                    "Look again, then repeat."
                )
            self._move_pointer(config_key, target, "rollback", reason, run_id, recorded_at)

    # --- history

    def add_history(
        self,
        config_key: str,
        subject: str,
        run_id: str,
        facts: Mapping[str, Any],
        recorded_at: str | None = None,
    ) -> None:
        """Keep facts, JSON values, about a run, a check, a measurement (`subject`); the same of one run only once."""
        values = (config_key, subject, run_id, to_json(dict(facts)))
        with transaction(self._connection):
            self._connection.execute(
                "INSERT INTO history (key, config_key, subject, run_id, facts, recorded_at) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (key) DO NOTHING",
                (_digest(values), *values, recorded_at),
            )

    def history(self, subject: str, config_key: str | None = None) -> list[HistoryRow]:
        """All rows of a subject, oldest first, of one configuration or of all."""
        condition, values = ("", (subject,)) if config_key is None else ("AND config_key = ?", (subject, config_key))
        query = f"SELECT * FROM history WHERE subject = ? {condition} ORDER BY id"
        return [_history(row) for row in self._connection.execute(query, values)]

    # --- inside a transaction

    def _current(self, config_key: str) -> str | None:
        move = self._last_move(config_key)
        return None if move is None else move["sha256"]

    def _last_move(self, config_key: str) -> sqlite3.Row | None:
        query = "SELECT * FROM pointer WHERE config_key = ? ORDER BY id DESC LIMIT 1"
        return self._connection.execute(query, (config_key,)).fetchone()

    def _model_of(self, sha256: str, config_key: str) -> Model:
        found = self.model(sha256)
        if found is None:
            raise DataError(f"{self.path}: model {sha256[:12]} is not registered. Register it with its file first.")
        if found.config_key != config_key:
            raise DataError(
                f"{self.path}: model {sha256[:12]} is one of {found.config_key}, not of {config_key}. "
                "Train a model of this configuration."
            )
        return found

    def _insert_decision(
        self, config_key: str, decision: PromotionDecision, run_id: str, dry_run: bool, recorded_at: str | None
    ) -> None:
        criteria = to_json([result.to_json() for result in decision.criteria])
        values = (config_key, decision.candidate, decision.baseline, int(decision.promoted), int(dry_run), criteria)
        self._connection.execute(
            "INSERT INTO decisions (key, config_key, candidate, baseline, promoted, dry_run, criteria, run_id, "
            "recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
            (_digest(values), *values, run_id, recorded_at),
        )

    def _move_pointer(
        self, config_key: str, sha256: str, kind: str, reason: str, run_id: str, recorded_at: str | None
    ) -> None:
        current = self._current(config_key)
        if current is not None:
            self._set_stage(current, RETIRED)
        self._set_stage(sha256, PROMOTED)
        self._connection.execute(
            "INSERT INTO pointer (config_key, sha256, previous, kind, reason, run_id, recorded_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (config_key, sha256, current, kind, reason, run_id, recorded_at),
        )

    def _set_stage(self, sha256: str, stage: str) -> None:
        found = self.model(sha256)
        if found is None or stage not in TRANSITIONS[found.stage]:
            before = "unknown" if found is None else found.stage
            raise DataError(
                f"{self.path}: model {sha256[:12]} is {before} and cannot become {stage}. See `TRANSITIONS`."
            )
        self._connection.execute("UPDATE models SET stage = ? WHERE sha256 = ?", (stage, sha256))


def _digest(values: tuple[Any, ...]) -> str:
    return hashlib.sha256(to_json(values).encode()).hexdigest()


def _shown(sha256: str | None) -> str:
    return "no model" if sha256 is None else sha256[:12]


def _model(row: sqlite3.Row) -> Model:
    return Model(**{**dict(row), "inputs": json.loads(row["inputs"])})


def _decision(row: sqlite3.Row) -> DecisionRow:
    values = {name: row[name] for name in ("candidate", "baseline")}
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


def _move(row: sqlite3.Row) -> PointerMove:
    names = ("sha256", "previous", "kind", "reason", "run_id", "recorded_at")
    return PointerMove(**{name: row[name] for name in names})


def _history(row: sqlite3.Row) -> HistoryRow:
    names = ("config_key", "subject", "run_id", "recorded_at")
    return HistoryRow(**{name: row[name] for name in names}, facts=json.loads(row["facts"]))
