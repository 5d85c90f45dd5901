"""Priority: which configuration plays next. One sum of four terms, between 0 and `priority_cap`; nothing multiplies it.

Each term is a weight times a number that has a limit of its own, so no term drowns the others: the platform that this
one replaces multiplied by 500 below 500 games, and every configuration was there.
"""

import math

from ringrift_engine.feedback.budget import PlayBudget
from ringrift_engine.feedback.history import ConfigurationHistory
from ringrift_engine.feedback.lineage import trend
from ringrift_engine.feedback.settings import FeedbackSettings
from ringrift_engine.feedback.signals import Signal, Term


def staleness(history: ConfigurationHistory, settings: FeedbackSettings) -> float:
    """0 up to `fresh_hours` of age of the newest games, rising to 1 at `stale_hours`; 1 without games."""
    if history.newest_games_hours is None:
        return 1.0
    span = settings.stale_hours - settings.fresh_hours
    return min(max((history.newest_games_hours - settings.fresh_hours) / span, 0.0), 1.0)


def deficit(history: ConfigurationHistory, budget: PlayBudget) -> float:
    """The part of the wanted data that is missing, 0 to 1: of games or of searched positions, whichever lacks more.

    Without a model nothing is searched, so games alone count.
    """
    held = history.games / budget.wanted_games
    if history.has_model:
        held = min(held, history.searched_positions / budget.wanted_positions)
    return max(0.0, 1.0 - held)


def velocity(history: ConfigurationHistory, regression: Signal | None, settings: FeedbackSettings) -> float:
    """1 - exp(-rise / scale) of the Elo a generation, 0 if it does not rise; 1 after a regression.

    What improves fast repays more games; what got worse must not have fewer for it.
    """
    if regression is not None:
        return 1.0
    line = trend(history, settings)
    return 0.0 if line is None else 1 - math.exp(-max(line.velocity, 0.0) / settings.velocity_scale)


def priority_terms(
    history: ConfigurationHistory,
    budget: PlayBudget,
    weight: float,
    regression: Signal | None,
    settings: FeedbackSettings,
) -> list[Term]:
    """The addends of the priority, `weight` being that of the curriculum; a last one brings it within its limits."""
    terms = [
        _term("staleness", settings.staleness_weight, staleness(history, settings), _age(history)),
        _term(
            "velocity",
            settings.velocity_weight,
            velocity(history, regression, settings),
            _speed(history, regression, settings),
        ),
        _term("curriculum", settings.curriculum_weight, weight - 1, f"weight {weight:.2f}"),
        _term("deficit", settings.deficit_weight, deficit(history, budget), _data(history, budget)),
    ]
    total = math.fsum(term.value for term in terms)
    bounded = min(max(total, 0.0), settings.priority_cap)
    if bounded != total:
        why = f"{total:.3f} is brought to the limit {bounded:.3f}"
        terms.append(Term(quantity="priority", name="limit", value=bounded - total, why=why))
    return terms


def _term(name: str, weight: float, value: float, why: str) -> Term:
    return Term(quantity="priority", name=name, value=weight * value, why=f"{weight:.2f} x {value:.2f}: {why}")


def _age(history: ConfigurationHistory) -> str:
    age = history.newest_games_hours
    return "there are no games" if age is None else f"newest games are {age:.1f} h old"


def _speed(history: ConfigurationHistory, regression: Signal | None, settings: FeedbackSettings) -> str:
    if regression is not None:
        return f"a regression counts as the fastest rise: {regression.why}"
    line = trend(history, settings)
    return "no trend yet" if line is None else f"{line.velocity:+.1f} Elo a generation"


def _data(history: ConfigurationHistory, budget: PlayBudget) -> str:
    games = f"{history.games} of {budget.wanted_games} games"
    if not history.has_model:
        return games
    return f"{games}, {history.searched_positions} of {budget.wanted_positions} searched positions"
