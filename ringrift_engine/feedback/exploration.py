"""Exploration: the factor of the temperature at which self-play draws its moves (`SelfplaySettings.temperature`).

A plateau and a training that had to be stopped raise it, each mastered opponent lowers it a little: against it the
best moves are known. After games below the quality gate nothing raises it.
"""

from collections.abc import Sequence

from ringrift_engine.feedback import plateau as plateaus
from ringrift_engine.feedback.settings import FeedbackSettings
from ringrift_engine.feedback.signals import Signal, Term, limited, product


def temperature_terms(
    plateau: Signal | None,
    early_stop: Signal | None,
    mastered: Sequence[Signal],
    throttled: Sequence[Signal],
    settings: FeedbackSettings,
) -> list[Term]:
    """The factors whose product, between `exploration_least` and `exploration_most`, multiplies the temperature."""
    terms = []
    if plateau is not None:
        terms.append(plateaus.boost_term(plateau, settings))
    if early_stop is not None:
        terms.append(_term("early_stop", settings.early_stop_boost, early_stop.why))
    if mastered:
        names = ", ".join(signal.subject for signal in mastered)
        terms.append(_term("mastered", settings.mastered_cooling ** len(mastered), names))
    if throttled and product(terms) > 1:
        names = ", ".join(signal.subject for signal in throttled)
        why = f"no raised temperature after games below the gate: {names}"
        terms.append(_term("throttle", 1 / product(terms), why))
    return limited("temperature", terms, settings.exploration_least, settings.exploration_most)


def _term(name: str, value: float, why: str) -> Term:
    return Term(quantity="temperature", name=name, value=value, why=why)
