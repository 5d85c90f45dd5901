"""Regression: a model that is worse than the one before, and the answer to it: more games, never fewer.

Whatever of these comes first: a rollback after the newest gauntlet; a newest candidate that is weaker than the promoted
model, by `regression_elo` and with its whole interval below zero; strength that falls over the window; a win rate
against a fixed opponent that fell by more than chance explains. The first promoted model has no Elo to lose: until
then, only the last one can be seen.
"""

from ringrift_engine.evaluation.intervals import wilson_interval
from ringrift_engine.feedback.history import HEURISTIC, PROMOTED, RANDOM, ConfigurationHistory, GauntletResult
from ringrift_engine.feedback.lineage import lineage
from ringrift_engine.feedback.momentum import find_momentum, is_falling
from ringrift_engine.feedback.settings import FeedbackSettings
from ringrift_engine.feedback.signals import REGRESSION_DETECTED, Signal, Term


def find_regression(history: ConfigurationHistory, settings: FeedbackSettings) -> Signal | None:
    """What got worse, with the loss in Elo (in win rate, if that is all there is); None if nothing did."""
    return (
        _rollback(history)
        or _weaker_candidate(history, settings)
        or _falling_strength(history, settings)
        or _fewer_wins(history, settings)
    )


def games_term(regression: Signal, settings: FeedbackSettings) -> Term:
    """The factor of games after a regression."""
    return Term(quantity="games", name="regression", value=settings.regression_factor, why=regression.why)


def _rollback(history: ConfigurationHistory) -> Signal | None:
    fall = lineage(history).fall
    if fall is None:
        return None
    return Signal(name=REGRESSION_DETECTED, value=fall, why=f"the promoted model was rolled back, {-fall:+.0f} Elo")


def _weaker_candidate(history: ConfigurationHistory, settings: FeedbackSettings) -> Signal | None:
    if not history.gauntlets or history.gauntlets[-1].elo is None:
        return None
    newest, elo = history.gauntlets[-1], history.gauntlets[-1].elo
    games = newest.against(PROMOTED).games
    if games < settings.regression_games or elo.value > -settings.regression_elo or elo.high >= 0:
        return None
    why = (
        f"candidate {newest.generation} is {elo.value:+.0f} Elo ({elo.low:+.0f} to {elo.high:+.0f}) "
        f"after {games} games with the promoted model"
    )
    return Signal(name=REGRESSION_DETECTED, value=-elo.value, why=why)


def _falling_strength(history: ConfigurationHistory, settings: FeedbackSettings) -> Signal | None:
    momentum = find_momentum(history, settings)
    if momentum is None or not is_falling(momentum, settings):
        return None
    return Signal(name=REGRESSION_DETECTED, value=-momentum.value, why=f"strength falls: {momentum.why}")


def _fewer_wins(history: ConfigurationHistory, settings: FeedbackSettings) -> Signal | None:
    yardstick = _yardstick(history)
    if yardstick is None:
        return None
    newest = history.gauntlets[-1]
    for opponent in (HEURISTIC, RANDOM):
        old, new = yardstick.against(opponent), newest.against(opponent)
        if min(old.games, new.games) < settings.regression_games:
            continue
        # Two 95 % intervals that do not meet: by chance alone about once in 200 pairs.
        if wilson_interval(new.wins, new.games)[1] < wilson_interval(old.wins, old.games)[0]:
            why = (
                f"candidate {newest.generation} won {new.rate:.0%} of {new.games} games against {opponent}, "
                f"candidate {yardstick.generation} {old.rate:.0%} of {old.games}"
            )
            return Signal(name=REGRESSION_DETECTED, value=old.rate - new.rate, why=why)
    return None


def _yardstick(history: ConfigurationHistory) -> GauntletResult | None:
    """What the newest candidate is compared with: the promoted model's gauntlet, without one the candidate before."""
    earlier = history.gauntlets[:-1]
    reigning = [gauntlet for gauntlet in lineage(history).reigning if gauntlet in earlier]
    if reigning:
        return reigning[-1]
    return earlier[-1] if earlier else None
