"""Momentum: strength that rises, stays or falls over the newest candidates, and the rate of self-play that follows.

A single gauntlet is too noisy for a trend, so a line is laid through the window (`lineage.trend`). Falling strength
lowers the rate, because a player that gets worse teaches less; but it is a regression too (`regression`), and the two
together give more games, never fewer.
"""

from ringrift_engine.feedback.history import ConfigurationHistory
from ringrift_engine.feedback.lineage import trend
from ringrift_engine.feedback.settings import FeedbackSettings
from ringrift_engine.feedback.signals import ELO_MOMENTUM, Signal, Term


def find_momentum(history: ConfigurationHistory, settings: FeedbackSettings) -> Signal | None:
    """The gain over the window in Elo; None while too few candidates are measured for a trend."""
    line = trend(history, settings)
    if line is None:
        return None
    factor = _factor(line.gain, settings)
    word = "accelerating" if factor > 1 else "regressing" if factor < 1 else "steady"
    why = f"{line.gain:+.0f} Elo over {line.results} candidates, {word}: a trend is {settings.momentum_elo:.0f} or more"
    return Signal(name=ELO_MOMENTUM, value=line.gain, why=why)


def rate_term(momentum: Signal | None, settings: FeedbackSettings) -> Term:
    """The factor of games; 1 while nothing is known."""
    if momentum is None:
        why = f"no trend: fewer than {settings.trend_results} candidates are measured"
        return Term(quantity="games", name="momentum", value=1.0, why=why)
    return Term(quantity="games", name="momentum", value=_factor(momentum.value, settings), why=momentum.why)


def is_falling(momentum: Signal | None, settings: FeedbackSettings) -> bool:
    """Whether strength falls over the window."""
    return momentum is not None and momentum.value <= -settings.momentum_elo


def _factor(gain: float, settings: FeedbackSettings) -> float:
    if gain >= settings.momentum_elo:
        return settings.accelerating_factor
    if gain <= -settings.momentum_elo:
        return settings.regressing_factor
    return 1.0
