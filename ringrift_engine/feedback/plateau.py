"""Plateau: candidates that gain nothing, and the answers to it: more exploration and a deeper search.

A search that looks no further than the network already sees gives targets that teach it nothing, so simulations rise
with every generation of a plateau; they fall back at once when strength rises. Learning curves are not asked whether
they are flat: at the end of a learning rate schedule every curve is. Their gap between held-out and training loss says
which kind of plateau it is.
"""

from typing import Final

from ringrift_engine.feedback.history import ConfigurationHistory, before
from ringrift_engine.feedback.lineage import trend
from ringrift_engine.feedback.regression import find_regression
from ringrift_engine.feedback.settings import FeedbackSettings
from ringrift_engine.feedback.signals import PLATEAU_DETECTED, Signal, Term, limited

OVERFITTING: Final = "overfitting"
DATA_LIMITED: Final = "data_limited"


def find_plateau(history: ConfigurationHistory, settings: FeedbackSettings) -> Signal | None:
    """For how many generations, `window` at most, there has been no gain; `subject` is the kind of plateau.

    None if there is a gain or a regression, and while there are too few results to say.
    """
    count = 0
    earlier = history
    while count < settings.window and _stands_still(earlier, settings):
        count += 1
        earlier = before(earlier, earlier.gauntlets[-1].generation)
    line = trend(history, settings)
    if not count or line is None:
        return None
    kind, gap = _kind(history, settings)
    why = f"{line.gain:+.0f} Elo over the window, for {count} {'generation' if count == 1 else 'generations'}; {gap}"
    return Signal(name=PLATEAU_DETECTED, value=float(count), why=why, subject=kind)


def boost_term(plateau: Signal, settings: FeedbackSettings) -> Term:
    """The factor of the temperature: larger if trainings overfit, growing while the plateau lasts."""
    boost = settings.overfit_boost if plateau.subject == OVERFITTING else settings.data_boost
    value = boost * (1 + settings.plateau_growth * (plateau.value - 1))
    return Term(quantity="temperature", name="plateau", value=value, why=plateau.why)


def search_terms(plateau: Signal | None, settings: FeedbackSettings) -> list[Term]:
    """The factors of simulations: none without a plateau."""
    if plateau is None:
        return []
    term = Term(quantity="simulations", name="plateau", value=settings.search_step**plateau.value, why=plateau.why)
    return limited("simulations", [term], 1.0, settings.search_cap)


def _stands_still(history: ConfigurationHistory, settings: FeedbackSettings) -> bool:
    line = trend(history, settings)
    if line is None or line.gain >= settings.plateau_elo:
        return False
    return find_regression(history, settings) is None


def _kind(history: ConfigurationHistory, settings: FeedbackSettings) -> tuple[str, str]:
    """Which kind of plateau it is, and what the newest training says for it."""
    last = history.trainings[-1].curve[-1:] if history.trainings else ()
    if not last or last[0].held_out is None:
        return DATA_LIMITED, "no held-out loss to tell why"
    gap = last[0].held_out - last[0].training
    if gap > settings.overfit_gap:
        return OVERFITTING, f"held-out loss {gap:.3f} above training loss: overfitting"
    return DATA_LIMITED, f"held-out loss {gap:+.3f} from training loss: no overfitting"
