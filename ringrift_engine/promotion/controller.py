"""The promotion controller: the one place that decides about a promotion and carries the decision out.

The asset `promoted_models`, the command line and the rollback monitor all come through here. Evidence is looked up by
an `EvidenceSource`, so the controller needs neither a database nor files to decide; with a registry it keeps a row of
every check, decision and execution, dry runs and failures included.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol

from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import ConfigError, RingRiftError
from ringrift_engine.promotion.criteria import Evidence, PromotionCriteria, PromotionDecision, PromotionType
from ringrift_engine.promotion.decision import CHAMPION_TITLE, decide, estimated, overruled
from ringrift_engine.promotion.publish import (
    Promotion,
    content_of,
    go_back,
    model_path,
    promote,
    verified,
)
from ringrift_engine.promotion.registry import Registry
from ringrift_engine.promotion.registry_format import recorded_at

CHECK: Final = "promotion_check"
EXECUTION: Final = "promotion_execution"
SUCCESS: Final = "success"
DRY_RUN: Final = "dry_run"
REFUSED: Final = "refused"
FAILURE: Final = "failure"


@dataclass(frozen=True, kw_only=True)
class PromotionRequest:
    """What is asked: whether `model_id` may become what `promotion_type` says; model ids are content hashes.

    baseline_model_id  whom it is to replace: of a staging or tier promotion None
    """

    model_id: str
    config_key: str
    promotion_type: PromotionType
    baseline_model_id: str | None = None

    @property
    def config(self) -> BoardConfig:
        """The configuration; ConfigError for an unknown one."""
        return BoardConfig.from_key(self.config_key)


class EvidenceSource(Protocol):
    """Where what was measured of a model is looked up."""

    def evidence(self, request: PromotionRequest) -> Evidence:
        """What is known; what was not measured is None in it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """Who asks and when: the run's id, and seconds since 1970 or None; both go into the registry's rows."""

    run_id: str
    at: float | None = None

    @property
    def recorded_at(self) -> str | None:
        """The time as the registry's rows have it, UTC in ISO 8601."""
        return None if self.at is None else recorded_at(self.at)


class PromotionController:
    """Decides about promotions and carries them out.

    evidence   where measurements are looked up
    criteria   what a model has to show
    registry   models, and rows of what was decided and done; without one decisions are made and nothing is kept
    data_root  where the models' files are; without it no file is looked at, and nothing can be carried out
    """

    def __init__(
        self,
        evidence: EvidenceSource,
        criteria: PromotionCriteria | None = None,
        *,
        registry: Registry | None = None,
        data_root: Path | None = None,
        occasion: Occasion | None = None,
    ) -> None:
        self._evidence = evidence
        self.criteria = criteria or PromotionCriteria()
        self._registry = registry
        self._data_root = data_root
        self._occasion = occasion or Occasion(run_id="by hand")

    def evaluate_promotion(
        self,
        model_id: str,
        board_type: str,
        num_players: int,
        promotion_type: PromotionType = PromotionType.PRODUCTION,
        baseline_model_id: str | None = None,
    ) -> PromotionDecision:
        """Decide whether a model may be promoted; nothing is moved.

        model_id           content hash; for a rollback that of the model to go back to
        baseline_model_id  whom it is compared with; None for the model that holds the place now

        The check is a row of the registry, and the decision then says by how much Elo the candidate is stronger; a
        controller without a registry only decides. ConfigError for an unknown configuration; DataError for a model
        that is not registered.
        """
        config_key = f"{board_type}_{num_players}p"
        kind = PromotionType(promotion_type)
        baseline = baseline_model_id if baseline_model_id is not None else self._holder(config_key, kind)
        request = PromotionRequest(
            model_id=model_id, config_key=config_key, promotion_type=kind, baseline_model_id=baseline
        )
        evidence = self._looked_up(request)
        decision = decide(evidence, self.criteria, kind)
        if self._registry is None:
            return decision
        decision = estimated(decision, evidence, self.criteria)
        self._keep(CHECK, config_key, decision, {"summary": decision.summary, "promoted": decision.promoted})
        return decision

    def override(self, decision: PromotionDecision, reason: str) -> PromotionDecision:
        """The decision with its criteria set aside on a person's word, which is recorded with it; ConfigError without
        one.
        """
        if not reason.strip():
            raise ConfigError("An override needs a reason: it is what the registry keeps of it.")
        return overruled(decision, reason.strip())

    def execute_promotion(self, decision: PromotionDecision, dry_run: bool = False) -> Promotion:
        """Carry out a decision: files first, then the registry, each only once. A refusal and a dry run move nothing.

        The execution is a row of the registry, one that fails too. ConfigError without registry and data root;
        DataError if the model is not registered or its file is not what its hash says; StaleDecisionError if another
        model took the place since the decision.
        """
        registry, data_root = self._needed()
        model = registry.model(decision.candidate)
        config_key = model.config_key if model is not None else ""
        try:
            if dry_run or not decision.promoted:
                made = promote(registry, config_key, decision, data_root, dry_run=dry_run, **self._when())
            else:
                made = _EXECUTIONS[decision.promotion_type](registry, config_key, decision, data_root, self._when())
        except RingRiftError as error:
            self._keep(EXECUTION, config_key, decision, {"result": FAILURE, "why": str(error)})
            raise
        result = DRY_RUN if dry_run else SUCCESS if decision.promoted else REFUSED
        self._keep(EXECUTION, config_key, decision, {"result": result, "why": decision.summary, "moved": made.moved})
        return made

    def _looked_up(self, request: PromotionRequest) -> Evidence:
        """The evidence, with the hash that the candidate's file has now where files can be looked at."""
        request.config  # noqa: B018  (an unknown configuration is told before anything is looked up)
        found = self._evidence.evidence(request)
        if self._registry is None or self._data_root is None:
            return found
        path = model_path(self._registry, self._data_root, request.model_id)
        return replace(found, model_file=content_of(path))

    def _holder(self, config_key: str, kind: PromotionType) -> str | None:
        """Who holds the place that a promotion of this kind is about."""
        if self._registry is None or kind in (PromotionType.STAGING, PromotionType.TIER):
            return None
        if kind is PromotionType.CHAMPION:
            model = self._registry.holder(config_key, CHAMPION_TITLE)
        else:
            model = self._registry.promoted(config_key)
        return None if model is None else model.sha256

    def _needed(self) -> tuple[Registry, Path]:
        if self._registry is None or self._data_root is None:
            raise ConfigError("A controller without registry and data root can decide, but carry nothing out.")
        return self._registry, self._data_root

    def _when(self) -> dict[str, Any]:
        return {"run_id": self._occasion.run_id, "recorded_at": self._occasion.recorded_at}

    def _keep(self, subject: str, config_key: str, decision: PromotionDecision, facts: dict[str, Any]) -> None:
        """A row about a decision, where there is a registry."""
        if self._registry is None:
            return
        told = {
            "promotion_type": decision.promotion_type.value,
            "target": decision.target,
            "candidate": decision.candidate,
            "baseline": decision.baseline,
            "elo_improvement": decision.elo_improvement,
            **facts,
        }
        run_id, recorded_at = self._occasion.run_id, self._occasion.recorded_at
        self._registry.add_history(config_key, subject, run_id, told, recorded_at)


# --- what is done for each kind of promotion

_Execute = Callable[[Registry, str, PromotionDecision, Path, dict[str, Any]], Promotion]


def _produce(
    registry: Registry, config_key: str, decision: PromotionDecision, data_root: Path, when: dict[str, Any]
) -> Promotion:
    return promote(registry, config_key, decision, data_root, **when)


def _recorded(move: Callable[..., bool]) -> _Execute:
    """What only the registry's method `move` records: the file stays where it is, and has to be what its hash says."""

    def execute(
        registry: Registry, config_key: str, decision: PromotionDecision, data_root: Path, when: dict[str, Any]
    ) -> Promotion:
        path = verified(registry, data_root, decision.candidate)
        moved = move(registry, config_key, decision, **when)
        return Promotion(decision=decision, path=path, file_sha256=decision.candidate, moved=moved)

    return execute


def _go_back(
    registry: Registry, config_key: str, decision: PromotionDecision, data_root: Path, when: dict[str, Any]
) -> Promotion:
    return go_back(registry, config_key, decision, data_root, **when)


_EXECUTIONS: Final[Mapping[PromotionType, _Execute]] = MappingProxyType(
    {
        PromotionType.STAGING: _recorded(Registry.stage),
        PromotionType.PRODUCTION: _produce,
        PromotionType.TIER: _recorded(Registry.give_title),
        PromotionType.CHAMPION: _recorded(Registry.give_title),
        PromotionType.ROLLBACK: _go_back,
    }
)
