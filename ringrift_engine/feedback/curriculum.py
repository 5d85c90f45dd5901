"""Curriculum: the weight of a configuration among the twelve, from its gauntlets and promotions.

A promotion lowers the weight, a refusal raises it by as much: effort goes to where progress is missing. Poor games
lower it, a training that had to be stopped raises it. Only the window counts, so every effect wears off; and only the
configuration's own history, so nobody's plan changes because of somebody else's result.
"""

from ringrift_engine.feedback.history import ConfigurationHistory
from ringrift_engine.feedback.lineage import lineage
from ringrift_engine.feedback.quality import newest_quality, shortfall
from ringrift_engine.feedback.settings import FeedbackSettings
from ringrift_engine.feedback.signals import QUALITY_PENALTY_APPLIED, Signal, Term, limited


def find_penalty(history: ConfigurationHistory, settings: FeedbackSettings) -> Signal | None:
    """The factor by which poor games lower the weight."""
    missing, row = shortfall(history, settings), newest_quality(history)
    if row is None or not missing:
        return None
    why = f"quality {row.score:.2f} of generation {row.generation} is below {settings.good_quality:.2f}"
    return Signal(name=QUALITY_PENALTY_APPLIED, value=1 - settings.quality_penalty * missing, why=why)


def curriculum_terms(
    history: ConfigurationHistory, early_stop: Signal | None, penalty: Signal | None, settings: FeedbackSettings
) -> list[Term]:
    """The factors whose product is the weight; none for a configuration about which nothing is known."""
    gauntlets = history.gauntlets[-settings.window :]
    taken_back = lineage(history).rolled_back
    promotions = sum(row.promoted and row.generation not in taken_back for row in gauntlets)
    refusals = len(gauntlets) - promotions
    step = settings.promotion_step
    terms = []
    if promotions:
        terms.append(_term("promotions", step**promotions, f"{promotions} of {len(gauntlets)} candidates promoted"))
    if refusals:
        why = f"{refusals} of {len(gauntlets)} candidates refused or rolled back"
        terms.append(_term("refusals", step**-refusals, why))
    if early_stop is not None:
        terms.append(_term("early_stop", settings.early_stop_step, early_stop.why))
    if penalty is not None:
        terms.append(_term("quality", penalty.value, penalty.why))
    return limited("curriculum", terms, settings.curriculum_least, settings.curriculum_most)


def _term(name: str, value: float, why: str) -> Term:
    return Term(quantity="curriculum", name=name, value=value, why=why)
