"""The criteria one by one: what was measured, what was needed, over how many games, and the sentence that says so."""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final

from ringrift_engine.boards.config import PLAYER_COUNTS
from ringrift_engine.evaluation import sequential
from ringrift_engine.evaluation.intervals import wilson_interval
from ringrift_engine.evaluation.ranking import round_categories
from ringrift_engine.evaluation.sequential import SequentialSettings
from ringrift_engine.promotion.criteria import (
    CONFIDENCE,
    ELO_IMPROVEMENT,
    VALUE_ERROR,
    CriterionResult,
    Evidence,
    WinCount,
)

# 0.55 - 0.5 is more than 0.05 in binary: the limit itself passes.
_ROUNDING: Final = 1e-9
_NORMAL: Final = NormalDist()
_PLAYERS: Final = {round_categories(players): players for players in PLAYER_COUNTS}


def passed_or_not(name: str, passed: bool, measured: float, needed: float, games: int, why: str) -> CriterionResult:
    """A result of plain numbers."""
    return CriterionResult(name=name, passed=passed, measured=measured, needed=needed, games=games, why=why)


def failed(name: str, why: str) -> CriterionResult:
    """A criterion that is about no number and does not hold; nothing was measured by it."""
    return passed_or_not(name, False, math.nan, 1.0, 0, why)


def floor(
    name: str, opponent: str, count: WinCount | None, needed: float, tier: str, min_games: int
) -> CriterionResult:
    """Games won outright against a fixed opponent are a share of at least `needed`, over at least `min_games`."""
    if count is None or count.games == 0:
        why = f"no games against {opponent}, {min_games} needed"
        return passed_or_not(name, False, math.nan, needed, 0, why)
    rate = count.wins / count.games
    low, high = wilson_interval(count.wins, count.games)
    why = (
        f"won {rate:.1%} of {count.games} games against {opponent} (95 % interval {low:.1%} to {high:.1%}), "
        f"floor {needed:.0%} ({tier})"
    )
    if count.games < min_games:
        why += f"; at least {min_games} games are needed"
    return passed_or_not(name, count.games >= min_games and rate >= needed, rate, needed, count.games, why)


def enough_games(name: str, games: int, needed: int, against: str) -> CriterionResult:
    """So many games were played."""
    why = f"{games or 'no'} games against {against}, {needed} needed"
    return passed_or_not(name, games >= needed, games, needed, games, why)


def win_rate(name: str, count: WinCount, needed: float, against: str) -> CriterionResult:
    """The share of opponents that finished behind is at least `needed`."""
    why = f"win rate {count.score:.1%} over {count.games} games against {against}, {needed:.0%} needed"
    if not count.games:
        why = f"no games against {against}, so no win rate; {needed:.0%} needed"
    passed = count.score >= needed - _ROUNDING
    return passed_or_not(name, passed, count.score, needed, count.games, why)


def surely_above_even(count: WinCount, needed: float, against: str) -> CriterionResult:
    """The interval of the win rate at this confidence lies above one half.

    `measured` is the confidence of the widest such interval, 0 at and below even play. It is Wilson's interval: for a
    number of games fixed in advance. With more than two players it is wider than it need be, since shares of opponents
    spread less than wins do.
    """
    if not count.games or math.isnan(count.score):
        why = f"no games against {against}, so nothing is sure; {needed:.0%} needed"
        return passed_or_not(CONFIDENCE, False, math.nan, needed, 0, why)
    off = (count.score - 0.5) / math.sqrt(0.25 / count.games)
    found = 2 * _NORMAL.cdf(off) - 1 if off > 0 else 0.0
    why = f"above even play against {against} with confidence {found:.1%} ({count.games} games), {needed:.1%} needed"
    return passed_or_not(CONFIDENCE, found >= needed, found, needed, count.games, why)


def stronger(counts: tuple[int, ...] | None, test: SequentialSettings) -> CriterionResult:
    """The sequential test accepts: `measured` is its log-likelihood ratio of `elo1` against `elo0`, `needed` the bound
    at which it accepts as it looks.
    """
    if counts is None or not sum(counts):
        why = "no games against the promoted model, so nothing to test"
        return passed_or_not(ELO_IMPROVEMENT, False, math.nan, test.bounds[1], 0, why)
    verdict = sequential.decide(counts, test)
    bound = verdict.bounds[1]
    why = (
        f"{_said(verdict.decision, test)} than the promoted model after {verdict.games} games: score "
        f"{verdict.score:.1%}, log-likelihood ratio {verdict.llr:.2f}, {bound:.2f} needed "
        f"(confidence {1 - test.alpha:.0%})"
    )
    passed = verdict.decision == sequential.ACCEPT
    return passed_or_not(ELO_IMPROVEMENT, passed, verdict.llr, bound, verdict.games, why)


def _said(decision: str, settings: SequentialSettings) -> str:
    if decision == sequential.ACCEPT:
        return "stronger"
    if decision == sequential.CONTINUE:
        return "not yet decided whether stronger"
    if decision == sequential.NOT_SHOWN:
        return f"not shown to be stronger by {settings.elo1:g} Elo"
    return f"not stronger by {settings.elo1:g} Elo"


def value_error(evidence: Evidence, limit: float) -> CriterionResult:
    """The candidate's value error exceeds the promoted model's by `limit` at most, on the same held-out games."""
    candidate, promoted, games = (
        evidence.candidate_value_error,
        evidence.promoted_value_error,
        evidence.held_out_games,
    )
    if candidate is None or promoted is None or not (math.isfinite(candidate) and math.isfinite(promoted)):
        why = f"value error on held-out games not measured: candidate {candidate}, promoted model {promoted}"
        return passed_or_not(VALUE_ERROR, False, math.nan, limit, games, why)
    rise = candidate - promoted
    why = (
        f"value error on held-out games {candidate:.4f}, promoted model {promoted:.4f}: {rise:+.4f}, "
        f"at most {limit:+.4f} allowed"
    )
    return passed_or_not(VALUE_ERROR, rise <= limit + _ROUNDING, rise, limit, games, why)


def score_of(counts: Sequence[int]) -> float:
    """Mean share of opponents that finished behind, in [0, 1], of rounds counted by half points."""
    return sum(index * count for index, count in enumerate(counts)) / (sum(counts) * (len(counts) - 1))


def players_of(counts: Sequence[int]) -> int:
    """How many players a game has whose rounds have so many classes; the test refuses any other length."""
    return _PLAYERS.get(len(counts), min(PLAYER_COUNTS))
