"""The registry: which models there are, how they were judged, and which one is promoted, in one SQLite file.

The promoted model of a configuration is the last row of its `pointer` history, so moving it is inserting one row, and
who was promoted before is never lost. Every decision is kept, refusals too. Rows that say what happened are named by
their content, so repeating what a killed run had done adds nothing. Files are not touched here (`publish`); times are
given by the caller. Whoever moves the pointer names the model that it is to replace: of two processes that judged
their candidates against the same model, the second is told to judge again. Stages and tables are in `registry_format`.
"""

import hashlib
import sqlite3
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from ringrift_engine.boards import BoardConfig
from ringrift_engine.database import DatabaseFile, transaction
from ringrift_engine.errors import DataError, RingRiftError
from ringrift_engine.promotion.criteria import PromotionDecision, PromotionType
from ringrift_engine.promotion.registry_format import (
    ARCHIVED,
    DEVELOPMENT,
    OVERRIDE_MOVE,
    PRODUCTION,
    PROMOTION_MOVE,
    REGISTRY,
    REJECTED,
    ROLLBACK_MOVE,
    STAGING,
    TRANSITIONS,
    DecisionRow,
    HistoryRow,
    Model,
    PointerMove,
    Transition,
    decision_of,
    history_of,
    model_of,
    move_of,
    transition_of,
)
from ringrift_engine.records.shard_schema import to_json

_STAGE_DECISIONS = (PromotionType.STAGING, PromotionType.PRODUCTION)


class StaleDecisionError(RingRiftError):
    """A decision about another promoted model than the one that is promoted now."""


class Registry(DatabaseFile):
    """An open registry."""

    FORMAT = REGISTRY

    # --- models

    def register(
        self, sha256: str, config_key: str, path: str, inputs: Mapping[str, str], recorded_at: str | None = None
    ) -> Model:
        """Make a model known, in development; one that is known already stays as it is.

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
                (sha256, config_key, DEVELOPMENT, path, to_json(dict(inputs)), recorded_at),
            )
            return self._model_of(sha256, config_key)

    def model(self, sha256: str) -> Model | None:
        """The model with this content, None if it is unknown."""
        row = self._connection.execute("SELECT * FROM models WHERE sha256 = ?", (sha256,)).fetchone()
        return None if row is None else model_of(row)

    def models(self, config_key: str) -> list[Model]:
        """All models of a configuration in the order of their registration."""
        query = "SELECT * FROM models WHERE config_key = ? ORDER BY rowid"
        return [model_of(row) for row in self._connection.execute(query, (config_key,))]

    def find(self, beginning: str, config_key: str) -> Model:
        """The one model of a configuration whose hash begins so; DataError if there is none or more than one."""
        found = [model for model in self.models(config_key) if model.sha256.startswith(beginning)]
        if len(found) == 1:
            return found[0]
        what = f"{len(found)} models begin so" if found else "no model begins so"
        raise DataError(f"{self.path}: {beginning!r}: {what} among those of {config_key}. Give more of its hash.")

    def transitions(self, config_key: str) -> list[Transition]:
        """All changes of stage of a configuration's models, oldest first."""
        query = "SELECT * FROM transitions WHERE config_key = ? ORDER BY id"
        return [transition_of(row) for row in self._connection.execute(query, (config_key,))]

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

        A candidate for staging or production that was measured and refused is rejected, unless it is a dry run.
        DataError if the candidate is not registered for this configuration.
        """
        with transaction(self._connection):
            model = self._model_of(decision.candidate, config_key)
            self._insert_decision(config_key, decision, run_id, dry_run, recorded_at)
            refused = not (decision.promoted or dry_run) and decision.measured
            if refused and decision.promotion_type in _STAGE_DECISIONS and model.stage in (DEVELOPMENT, STAGING):
                self._set_stage(model.sha256, REJECTED, run_id, recorded_at)

    def decisions(self, config_key: str) -> list[DecisionRow]:
        """All decisions about a configuration, oldest first."""
        query = "SELECT * FROM decisions WHERE config_key = ? ORDER BY id"
        return [decision_of(row) for row in self._connection.execute(query, (config_key,))]

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
            "SELECT previous FROM pointer WHERE config_key = ? AND sha256 = ? AND kind != ? ORDER BY id DESC LIMIT 1",
            (config_key, move["sha256"], ROLLBACK_MOVE),
        ).fetchone()
        return None if row["previous"] is None else self.model(row["previous"])

    def pointer_history(self, config_key: str) -> list[PointerMove]:
        """All changes of the promoted model, oldest first."""
        query = "SELECT * FROM pointer WHERE config_key = ? ORDER BY id"
        return [move_of(row) for row in self._connection.execute(query, (config_key,))]

    def promote(
        self, config_key: str, decision: PromotionDecision, run_id: str, recorded_at: str | None = None
    ) -> bool:
        """Record a decision that promotes and move the pointer, in one transaction; whether the pointer moved.

        It does not if it points to the candidate already: a repeated promotion changes nothing. StaleDecisionError if
        the promoted model is no longer the one that the candidate was judged against; DataError for a decision that
        refuses and for an unknown candidate.
        """
        self._require_promoted(decision)
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
            self._stage(decision.candidate, run_id, recorded_at)
            kind = PROMOTION_MOVE if decision.override is None else OVERRIDE_MOVE
            self._move_pointer(config_key, decision.candidate, kind, decision.summary, run_id, recorded_at)
        return True

    def stage(self, config_key: str, decision: PromotionDecision, run_id: str, recorded_at: str | None = None) -> bool:
        """Record a decision that promotes to staging and make it so; whether the stage changed.

        A model that is in staging or production already stays there. DataError for a decision that refuses and for an
        unknown candidate.
        """
        self._require_promoted(decision)
        with transaction(self._connection):
            model = self._model_of(decision.candidate, config_key)
            self._insert_decision(config_key, decision, run_id, False, recorded_at)
            if model.stage == PRODUCTION:
                return False
            return self._stage(model.sha256, run_id, recorded_at)

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
            self._move_pointer(config_key, target, ROLLBACK_MOVE, reason, run_id, recorded_at)

    # --- titles: the tiers and the champion

    def give_title(
        self, config_key: str, decision: PromotionDecision, run_id: str, recorded_at: str | None = None
    ) -> bool:
        """Record a decision that gives its candidate the title `target`, and give it; whether it is new.

        DataError for a decision that refuses and for an unknown candidate.
        """
        self._require_promoted(decision)
        with transaction(self._connection):
            self._model_of(decision.candidate, config_key)
            self._insert_decision(config_key, decision, run_id, False, recorded_at)
            if self._holder(config_key, decision.target) == decision.candidate:
                return False
            self._connection.execute(
                "INSERT INTO titles (config_key, title, sha256, run_id, recorded_at) VALUES (?, ?, ?, ?, ?)",
                (config_key, decision.target, decision.candidate, run_id, recorded_at),
            )
        return True

    def holder(self, config_key: str, title: str) -> Model | None:
        """Who got a title last, None if nobody did."""
        sha256 = self._holder(config_key, title)
        return None if sha256 is None else self.model(sha256)

    def titles(self, sha256: str) -> list[str]:
        """Every title that a model was given, in the order in which it got them."""
        query = "SELECT DISTINCT title FROM titles WHERE sha256 = ? ORDER BY id"
        return [row["title"] for row in self._connection.execute(query, (sha256,))]

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

    def history(self, subject: str, config_key: str | None = None, *, newest: int | None = None) -> list[HistoryRow]:
        """Rows of a subject, oldest first, of one configuration or of all: all of them, or the `newest` so many."""
        condition, values = ("", (subject,)) if config_key is None else ("AND config_key = ?", (subject, config_key))
        most = -1 if newest is None else newest  # to SQLite no limit
        query = f"SELECT * FROM history WHERE subject = ? {condition} ORDER BY id DESC LIMIT ?"
        return [history_of(row) for row in reversed(self._connection.execute(query, (*values, most)).fetchall())]

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
        columns = {
            "config_key": config_key,
            "promotion_type": decision.promotion_type.value,
            "target": decision.target,
            "candidate": decision.candidate,
            "baseline": decision.baseline,
            "promoted": int(decision.promoted),
            "elo_improvement": decision.elo_improvement,
            "dry_run": int(dry_run),
            "criteria": to_json([result.to_json() for result in decision.criteria]),
        }
        values = (_digest(tuple(columns.values())), *columns.values(), run_id, recorded_at)
        self._connection.execute(
            f"INSERT INTO decisions (key, {', '.join(columns)}, run_id, recorded_at) "
            f"VALUES ({', '.join('?' * len(values))}) ON CONFLICT (key) DO NOTHING",
            values,
        )

    def _move_pointer(
        self, config_key: str, sha256: str, kind: str, reason: str, run_id: str, recorded_at: str | None
    ) -> None:
        current = self._current(config_key)
        if current is not None:
            self._set_stage(current, ARCHIVED, run_id, recorded_at)
        self._set_stage(sha256, PRODUCTION, run_id, recorded_at)
        self._connection.execute(
            "INSERT INTO pointer (config_key, sha256, previous, kind, reason, run_id, recorded_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (config_key, sha256, current, kind, reason, run_id, recorded_at),
        )

    def _stage(self, sha256: str, run_id: str, recorded_at: str | None) -> bool:
        """Bring a model to staging; whether it was not there."""
        found = self.model(sha256)
        if found is not None and found.stage == STAGING:
            return False
        self._set_stage(sha256, STAGING, run_id, recorded_at)
        return True

    def _set_stage(self, sha256: str, stage: str, run_id: str, recorded_at: str | None) -> None:
        found = self.model(sha256)
        if found is None or stage not in TRANSITIONS[found.stage]:
            before = "unknown" if found is None else found.stage
            raise DataError(
                f"{self.path}: model {sha256[:12]} is {before} and cannot become {stage}. See `TRANSITIONS`."
            )
        self._connection.execute("UPDATE models SET stage = ? WHERE sha256 = ?", (stage, sha256))
        self._connection.execute(
            "INSERT INTO transitions (config_key, sha256, before, after, run_id, recorded_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (found.config_key, sha256, found.stage, stage, run_id, recorded_at),
        )

    def _holder(self, config_key: str, title: str) -> str | None:
        query = "SELECT sha256 FROM titles WHERE config_key = ? AND title = ? ORDER BY id DESC LIMIT 1"
        row = self._connection.execute(query, (config_key, title)).fetchone()
        return None if row is None else row["sha256"]

    @staticmethod
    def _require_promoted(decision: PromotionDecision) -> None:
        if not decision.promoted:
            raise DataError(
                f"Model {decision.candidate[:12]} was {decision.summary}. Only a promoted one can be promoted."
            )


def _digest(values: tuple[Any, ...]) -> str:
    return hashlib.sha256(to_json(values).encode()).hexdigest()


def _shown(sha256: str | None) -> str:
    return "no model" if sha256 is None else sha256[:12]
