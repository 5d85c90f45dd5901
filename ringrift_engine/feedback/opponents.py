"""Opponents: against whom the promoted model plays its games, as shares that sum to 1.

In a game of self-play proper (`self`) it has every seat; against an opponent it has one and the opponent all others.
So the promoted network searches in every game, whatever the mix. Opponents stand on a ladder from the easiest to the
hardest. One that the promoted model beats in nearly every game teaches nothing: its share moves up the ladder.
"""

from typing import Final

from ringrift_engine.feedback.history import HEURISTIC, PROMOTED, RANDOM, ConfigurationHistory
from ringrift_engine.feedback.lineage import lineage
from ringrift_engine.feedback.settings import FeedbackSettings
from ringrift_engine.feedback.signals import OPPONENT_MASTERED, Signal, Term

EARLIER: Final = "earlier"  # models that were promoted before, and not rolled back
SELF: Final = "self"
LADDER: Final = (RANDOM, HEURISTIC, EARLIER, SELF)

# A promoted candidate met the model that it replaced, which now is an earlier one.
_MEASURED_AS: Final = {RANDOM: RANDOM, HEURISTIC: HEURISTIC, EARLIER: PROMOTED}
_CALLED: Final = {RANDOM: "the random player", HEURISTIC: "the heuristic", EARLIER: "the model before it"}


def find_mastered(history: ConfigurationHistory, settings: FeedbackSettings) -> tuple[Signal, ...]:
    """One signal for each opponent that the promoted model mastered in its own gauntlet, easiest first."""
    reigning = lineage(history).reigning
    if not reigning:
        return ()
    mastered = []
    for opponent, measured_as in _MEASURED_AS.items():
        result = reigning[-1].against(measured_as)
        if result.games >= settings.mastered_games and result.rate >= settings.mastered_rate:
            why = (
                f"won {result.rate:.0%} of {result.games} games against {_CALLED[opponent]} in generation "
                f"{reigning[-1].generation}"
            )
            mastered.append(Signal(name=OPPONENT_MASTERED, value=result.rate, why=why, subject=opponent))
    return tuple(mastered)


def opponent_terms(
    history: ConfigurationHistory,
    mastered: tuple[Signal, ...],
    throttled: tuple[Signal, ...],
    settings: FeedbackSettings,
) -> list[Term]:
    """The share of each opponent that is there, with what changed it; shares are 0 or more and sum to 1."""
    shares = _first_shares(history, settings)
    reasons = {name: [f"share {share:.2f} to begin with"] for name, share in shares.items()}
    _advance({signal.subject: signal for signal in mastered}, shares, reasons, settings)
    _throttle({signal.subject: signal for signal in throttled}, shares, reasons, settings)
    return [
        Term(quantity="opponents", name=name, value=share, why="; ".join(reasons[name]))
        for name, share in shares.items()
    ]


def _first_shares(history: ConfigurationHistory, settings: FeedbackSettings) -> dict[str, float]:
    shares = {RANDOM: settings.random_share, HEURISTIC: settings.heuristic_share}
    if len(lineage(history).reigning) > 1:
        shares[EARLIER] = settings.earlier_share
    return {**shares, SELF: 1 - sum(shares.values())}


def _advance(
    mastered: dict[str, Signal], shares: dict[str, float], reasons: dict[str, list[str]], settings: FeedbackSettings
) -> None:
    """Move most of what mastered opponents have to harder ones that are not mastered; `self` never is."""
    for name in [name for name in shares if name in mastered]:
        harder = [other for other in LADDER[LADDER.index(name) + 1 :] if other in shares and other not in mastered]
        _move(name, settings.mastered_keep, harder, shares)
        reasons[name].append(f"mastered, {mastered[name].why}")
        for other in harder:
            reasons[other].append(f"more for {name}, which is mastered")


def _throttle(
    throttled: dict[str, Signal], shares: dict[str, float], reasons: dict[str, list[str]], settings: FeedbackSettings
) -> None:
    """Let players whose games were below the gate have less, as far as there is somebody else to play."""
    others = [name for name in shares if name not in throttled]
    for name in [name for name in shares if name in throttled]:
        if not sum(shares[other] for other in others):
            reasons[name].append(f"not throttled, there is nobody else: {throttled[name].why}")
            continue
        _move(name, settings.throttle_factor, others, shares)
        reasons[name].append(f"throttled, {throttled[name].why}")


def _move(name: str, keep: float, to: list[str], shares: dict[str, float]) -> None:
    """Leave `name` the part `keep` of its share and give the rest to others by what they have."""
    rest, total = shares[name] * (1 - keep), sum(shares[other] for other in to)
    shares[name] -= rest
    for other in to:
        shares[other] += rest * shares[other] / total
