"""The plan: what each configuration should play next and train like, and why, term by term.

    games        base games x momentum x regression x quality, at most `games_cap` times the base
    simulations  of the budget x plateau
    temperature  of the budget x exploration
    opponents    shares that sum to 1
    priority     staleness + velocity + curriculum + deficit
    training     blocked or not, factors of batch size and epochs, whether its data need a check

The loop guard is applied here (`history.before`), so no caller can forget it. A plan follows from the configuration's
own history, budget and the settings; nothing of another configuration changes it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ringrift_engine.boards import CONFIG_KEYS
from ringrift_engine.errors import ConfigError
from ringrift_engine.feedback import curriculum, exploration, momentum, opponents, plateau, quality, regression
from ringrift_engine.feedback.anomaly import find_anomaly
from ringrift_engine.feedback.budget import PlayBudget
from ringrift_engine.feedback.configuration_plan import NOBODY, PROMOTED_MODEL, ConfigurationPlan
from ringrift_engine.feedback.early_stop import find_early_stop
from ringrift_engine.feedback.history import ConfigurationHistory, before
from ringrift_engine.feedback.priority import priority_terms
from ringrift_engine.feedback.settings import DEFAULTS, FeedbackSettings
from ringrift_engine.feedback.signals import (
    CURRICULUM_REBALANCED,
    EXPLORATION_BOOST,
    SELFPLAY_RATE_CHANGED,
    Signal,
    Term,
    limited,
    product,
)


def plan_selfplay(
    histories: Mapping[str, ConfigurationHistory],
    budgets: Mapping[str, PlayBudget],
    settings: FeedbackSettings = DEFAULTS,
) -> dict[str, ConfigurationPlan]:
    """The plans of all configurations in `histories`, highest priority first, equal ones in the order of CONFIG_KEYS.

    ConfigError for a configuration without a budget, or a history filed under another configuration's key.
    """
    for key, history in histories.items():
        if key not in budgets:
            raise ConfigError(f"{key} has a history but no play budget: add one to the budgets.")
        if history.key != key:
            raise ConfigError(f"The history of {history.key} was given as that of {key}.")
    plans = [plan_configuration(history, budgets[key], settings) for key, history in histories.items()]
    plans.sort(key=lambda plan: (-plan.priority, CONFIG_KEYS.index(plan.key)))
    return {plan.key: plan for plan in plans}


@dataclass(frozen=True)
class _Noticed:
    """The signals of one history."""

    momentum: Signal | None
    regression: Signal | None
    plateau: Signal | None
    quality: Signal | None
    throttled: tuple[Signal, ...]
    penalty: Signal | None
    anomaly: Signal | None
    early_stop: Signal | None
    mastered: tuple[Signal, ...]

    @classmethod
    def of(cls, history: ConfigurationHistory, settings: FeedbackSettings) -> "_Noticed":
        return cls(
            momentum=momentum.find_momentum(history, settings),
            regression=regression.find_regression(history, settings),
            plateau=plateau.find_plateau(history, settings),
            quality=quality.find_quality(history),
            throttled=quality.find_throttled(history, settings),
            penalty=curriculum.find_penalty(history, settings),
            anomaly=find_anomaly(history, settings),
            early_stop=find_early_stop(history),
            mastered=opponents.find_mastered(history, settings),
        )

    def signals(self) -> list[Signal]:
        single = (
            self.momentum, self.regression, self.plateau, self.quality, self.penalty, self.anomaly, self.early_stop
        )  # fmt: skip
        return [*(signal for signal in single if signal is not None), *self.throttled, *self.mastered]


def plan_configuration(
    history: ConfigurationHistory, budget: PlayBudget, settings: FeedbackSettings = DEFAULTS
) -> ConfigurationPlan:
    """The plan of `history.generation`, from rows of earlier generations only."""
    known = before(history, history.generation)
    noticed = _Noticed.of(known, settings)
    player = PROMOTED_MODEL if known.has_model else budget.bootstrap_player
    weight = curriculum.curriculum_terms(known, noticed.early_stop, noticed.penalty, settings)
    priority = priority_terms(known, budget, product(weight), noticed.regression, settings)
    games = _games_terms(noticed, player, settings)
    simulations = plateau.search_terms(noticed.plateau, settings)
    temperature = exploration.temperature_terms(
        noticed.plateau, noticed.early_stop, noticed.mastered, noticed.throttled, settings
    )
    mix = _opponent_terms(known, noticed, player, settings)
    base_games = budget.searched_games if known.has_model else budget.bootstrap_games
    return ConfigurationPlan(
        key=known.key,
        generation=known.generation,
        player=player,
        base_games=base_games,
        games=round(base_games * product(games)),
        opponents=tuple((term.name, term.value) for term in mix),
        base_simulations=budget.simulations,
        simulations=round(budget.simulations * product(simulations)),
        base_temperature=budget.temperature,
        temperature=budget.temperature * product(temperature),
        priority=math.fsum(term.value for term in priority),
        training=quality.adjust_training(noticed.quality, noticed.anomaly, settings),
        terms=(*games, *simulations, *temperature, *mix, *priority, *weight),
        signals=(*noticed.signals(), *_changes(games, weight, temperature)),
    )


def _games_terms(noticed: _Noticed, player: str, settings: FeedbackSettings) -> list[Term]:
    """The factors of games; the last is 0 if there is nobody to play them."""
    terms = [momentum.rate_term(noticed.momentum, settings)]
    if noticed.regression is not None:
        terms.append(regression.games_term(noticed.regression, settings))
    terms += quality.games_terms(noticed.quality, settings)
    terms = limited("games", terms, 1.0, settings.games_cap)
    if player == NOBODY:
        terms.append(Term(quantity="games", name="nobody", value=0.0, why="no model and no declared bootstrap player"))
    return terms


def _opponent_terms(
    history: ConfigurationHistory, noticed: _Noticed, player: str, settings: FeedbackSettings
) -> list[Term]:
    if player == PROMOTED_MODEL:
        return opponents.opponent_terms(history, noticed.mastered, noticed.throttled, settings)
    if player == NOBODY:
        return []
    return [Term(quantity="opponents", name=opponents.SELF, value=1.0, why="no model: the bootstrap player alone")]


def _changes(games: list[Term], weight: list[Term], temperature: list[Term]) -> list[Signal]:
    """The signals that name the plan's own decisions, where they differ from the budget."""
    changes = [
        (SELFPLAY_RATE_CHANGED, games),
        (CURRICULUM_REBALANCED, weight),
        (EXPLORATION_BOOST, temperature if product(temperature) > 1 else []),
    ]
    return [
        Signal(name=name, value=product(terms), why=" x ".join(f"{term.value:.2f} {term.name}" for term in terms))
        for name, terms in changes
        if product(terms) != 1
    ]
