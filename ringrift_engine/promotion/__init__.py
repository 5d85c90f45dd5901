"""Promotion: which candidate becomes the model that everybody plays with, and when it is taken back.

criteria         what a model has to show for each kind of promotion, and what the evidence is
tiers            the ladder of tiers
rows             the criteria one by one
decision         the one function that decides
controller       the one way to a promotion: looks evidence up, decides, carries out, keeps rows
registry         models, decisions and who was promoted when, in one SQLite file; `registry_format` has its tables
publish          the promoted copy of a model, then the registry's pointer to it; going back to the model before
logged           evidence from the match log: tiers, tournaments
regression       when a promoted model is taken back, as one function of numbers
rollback         the monitor of promoted models

The public names are resolved when first asked for (PEP 562).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ringrift_engine.promotion.controller import Occasion, PromotionController
    from ringrift_engine.promotion.criteria import PromotionCriteria, PromotionDecision, PromotionType
    from ringrift_engine.promotion.regression import RegressionEvent, RollbackCriteria
    from ringrift_engine.promotion.rollback import RollbackMonitor

__all__ = [
    "Occasion",
    "PromotionController",
    "PromotionCriteria",
    "PromotionDecision",
    "PromotionType",
    "RegressionEvent",
    "RollbackCriteria",
    "RollbackMonitor",
]

_HOMES: Final = {
    "Occasion": "controller",
    "PromotionController": "controller",
    "PromotionCriteria": "criteria",
    "PromotionDecision": "criteria",
    "PromotionType": "criteria",
    "RegressionEvent": "regression",
    "RollbackCriteria": "regression",
    "RollbackMonitor": "rollback",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
