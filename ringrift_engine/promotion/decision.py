"""The one function that decides about a promotion: evidence and criteria in, every criterion's result out.

It reads no file, clock or registry. Comparisons are written so that a number that is not one fails, and what was not
measured fails by name: no evidence is no proof. What makes evidence worthless, such as the same opponent named twice,
is a criterion that appears where it fails. `estimated` adds to a decision how much stronger the candidate is, which no
criterion asks.
"""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from ringrift_engine.evaluation.stopped import elo_after
from ringrift_engine.promotion import rows
from ringrift_engine.promotion.criteria import (
    BASELINE_PLAYED,
    DISTINCT_OPPONENTS,
    ELO_IMPROVEMENT,
    HEURISTIC_FLOOR,
    MIN_GAMES,
    MIN_WIN_RATE,
    MODEL_FILE,
    NEW_MODEL,
    NO_CRASH,
    OVERRIDE,
    RANDOM_FLOOR,
    REGRESSION,
    TIER_GAMES,
    TIER_WIN_RATE,
    WINNER,
    CriterionResult,
    Evidence,
    OpponentGames,
    PromotionCriteria,
    PromotionDecision,
    PromotionType,
    WinCount,
)
from ringrift_engine.promotion.tiers import LADDER, LEAST_SCORE, tier

CHAMPION_TITLE: Final = "champion"

Rows = list[CriterionResult]


def decide(
    evidence: Evidence, criteria: PromotionCriteria, kind: PromotionType = PromotionType.PRODUCTION
) -> PromotionDecision:
    """Promote the candidate if every criterion of this kind of promotion holds.

    The first model in production has to reach the floors. Every later one has to reach them too, to be stronger than
    the one before by the sequential test, and to have no much larger value error. ConfigError for a number of players
    that no configuration has, and for a tier that does not exist.
    """
    found = [*_worthless(evidence, kind), *_JUDGES[kind](evidence, criteria)]
    return PromotionDecision(
        candidate=evidence.candidate,
        baseline=evidence.promoted,
        promoted=all(result.passed for result in found),
        criteria=tuple(found),
        promotion_type=kind,
        target=target_of(evidence, kind),
        elo_improvement=_regained(evidence, kind),
    )


def estimated(decision: PromotionDecision, evidence: Evidence, criteria: PromotionCriteria) -> PromotionDecision:
    """A decision by these, with the Elo over the model to be replaced, in its number and in the sentence of its
    criterion.

    The estimate allows for the sequential test that ended the match. Apart from `decide`, because it takes hundreds of
    times as long. What is no match with another model stays as it is.
    """
    counts = evidence.against_promoted
    if decision.promotion_type is not PromotionType.PRODUCTION or counts is None or not sum(counts):
        return decision
    found = elo_after(counts, evidence.test or criteria.test)
    told = tuple(
        replace(result, why=f"{result.why}; Elo {found}") if result.name == ELO_IMPROVEMENT else result
        for result in decision.criteria
    )
    return replace(decision, criteria=told, elo_improvement=found.value if math.isfinite(found.value) else None)


def overruled(decision: PromotionDecision, reason: str) -> PromotionDecision:
    """The same decision with its criteria set aside by a person: they stay in it as they were, with the reason."""
    result = rows.passed_or_not(OVERRIDE, True, 1.0, 1.0, 0, f"override: {reason}")
    return replace(decision, promoted=True, criteria=(*decision.criteria, result))


def target_of(evidence: Evidence, kind: PromotionType) -> str:
    """What the candidate becomes: a stage, the next tier, or the champion."""
    if kind is PromotionType.TIER:
        return LADDER[min(evidence.tier, len(LADDER) - 1)].name
    return {PromotionType.ROLLBACK: PromotionType.PRODUCTION.value, PromotionType.CHAMPION: CHAMPION_TITLE}.get(
        kind, kind.value
    )


# --- what makes evidence worthless


def _worthless(evidence: Evidence, kind: PromotionType) -> Rows:
    """A failed criterion for everything that is wrong with the evidence itself; nothing where it is sound."""
    found: Rows = []
    if evidence.model_file not in (None, evidence.candidate):
        found.append(
            rows.failed(
                MODEL_FILE,
                f"the file of model {evidence.candidate[:12]} holds {evidence.model_file[:12]}: "
                "it was swapped under its name, is damaged, or is missing",
            )
        )
    if evidence.crashed_games:
        why = f"{evidence.crashed_games} games broke down; a crash is nobody's loss, so play the match again"
        found.append(rows.passed_or_not(NO_CRASH, False, evidence.crashed_games, 0, evidence.crashed_games, why))
    if twice := _named_twice(evidence.opponents):
        found.append(rows.failed(DISTINCT_OPPONENTS, f"{', '.join(twice)} is named twice: each opponent counts once"))
    if evidence.promoted == evidence.candidate and kind is not PromotionType.TIER:
        found.append(rows.failed(NEW_MODEL, _SAME[kind]))
    return found


def _named_twice(opponents: Sequence[OpponentGames]) -> list[str]:
    named = Counter(one.opponent for one in opponents) if opponents else {}
    return sorted(name for name, count in named.items() if count > 1)


_SAME: Final[Mapping[PromotionType, str]] = MappingProxyType(
    {
        PromotionType.STAGING: "the candidate is the promoted model itself",
        PromotionType.PRODUCTION: "the candidate is the promoted model itself",
        PromotionType.CHAMPION: "the candidate is the champion already",
        PromotionType.ROLLBACK: "the model to go back to is the promoted one itself",
    }
)


# --- one function for each kind of promotion


def _staging(evidence: Evidence, criteria: PromotionCriteria) -> Rows:
    """It plays sensibly: the floors, and over all those games a win rate above even, surely."""
    counts = [count for count in (evidence.against_random, evidence.against_heuristic) if count is not None]
    together = WinCount(0, 0)
    for count in counts:
        together = together.plus(count)
    against = "random and the heuristic"
    return [
        *_floors(evidence, criteria),
        rows.win_rate(MIN_WIN_RATE, together, criteria.min_win_rate, against),
        rows.surely_above_even(together, criteria.confidence_threshold, against),
    ]


def _production(evidence: Evidence, criteria: PromotionCriteria) -> Rows:
    """It is stronger than the model that plays now."""
    found = _floors(evidence, criteria)
    if evidence.promoted is None or evidence.promoted == evidence.candidate:
        return found
    against = "the promoted model"
    count = _count_of(evidence.against_promoted)
    test = evidence.test or criteria.test
    return [
        *found,
        rows.enough_games(MIN_GAMES, count.games, criteria.min_games_played, against),
        rows.win_rate(MIN_WIN_RATE, count, criteria.min_win_rate, against),
        rows.stronger(evidence.against_promoted, test),
        rows.value_error(evidence, criteria.max_value_mse_degradation),
    ]


def _tier(evidence: Evidence, criteria: PromotionCriteria) -> Rows:
    """It beats the opponent of its tier."""
    present = tier(evidence.tier)
    if present.participant is None:
        return [rows.failed(TIER_GAMES, f"{present.name} is the highest tier: there is nothing above it")]
    count = next((one.count for one in evidence.opponents if one.opponent == present.opponent), WinCount(0, 0))
    against = f"{present.opponent}, the opponent of {present.name}"
    return [
        rows.enough_games(TIER_GAMES, count.games, criteria.tier_games_required, against),
        rows.win_rate(TIER_WIN_RATE, count, LEAST_SCORE, against),
        rows.surely_above_even(count, criteria.confidence_threshold, against),
    ]


def _champion(evidence: Evidence, criteria: PromotionCriteria) -> Rows:
    """It won a tournament in which the champion played."""
    together = WinCount(0, 0)
    for one in evidence.opponents:
        together = together.plus(one.count)
    others = [one.score for one in evidence.opponents if one.score is not None]
    best = max((score if score == score else math.inf for score in others), default=math.nan)
    why = (
        f"win rate {together.score:.1%} in the tournament, the best of the others {best:.1%}"
        if others
        else "the tournament has no games"
    )
    found = [
        rows.passed_or_not(WINNER, together.score > best, together.score, best, together.games, why),
        rows.enough_games(MIN_GAMES, together.games, criteria.min_games_played, "the others of the tournament"),
        rows.win_rate(MIN_WIN_RATE, together, criteria.min_win_rate, "all others of the tournament"),
        rows.surely_above_even(together, criteria.confidence_threshold, "all others of the tournament"),
    ]
    if evidence.promoted is not None and evidence.promoted not in (
        evidence.candidate,
        *(one.opponent for one in evidence.opponents if one.count.games),
    ):
        found.append(rows.failed(BASELINE_PLAYED, f"the champion {evidence.promoted[:12]} did not play in it"))
    return found


def _rollback(evidence: Evidence, criteria: PromotionCriteria) -> Rows:  # noqa: ARG001  (its limits are the monitor's)
    """The promoted model proved weaker than the one before."""
    event = evidence.regression
    if event is None:
        return [rows.failed(REGRESSION, "the monitor found no regression of the promoted model")]
    measured, needed = event.elo_regression, event.threshold
    return [rows.passed_or_not(REGRESSION, True, measured, needed, event.games, event.reason)]


_JUDGES: Final[Mapping[PromotionType, Callable[[Evidence, PromotionCriteria], Rows]]] = MappingProxyType(
    {
        PromotionType.STAGING: _staging,
        PromotionType.PRODUCTION: _production,
        PromotionType.TIER: _tier,
        PromotionType.CHAMPION: _champion,
        PromotionType.ROLLBACK: _rollback,
    }
)


# --- shared


def _floors(evidence: Evidence, criteria: PromotionCriteria) -> Rows:
    floors = criteria.floors(evidence.num_players, evidence.training_games)
    games, tier_name = criteria.min_games_played, floors.tier
    return [
        rows.floor(RANDOM_FLOOR, "the random player", evidence.against_random, floors.random, tier_name, games),
        rows.floor(HEURISTIC_FLOOR, "the heuristic", evidence.against_heuristic, floors.heuristic, tier_name, games),
    ]


def _count_of(counts: tuple[int, ...] | None) -> WinCount:
    """Games and points of rounds counted by half points; how many were won outright is not in them."""
    if counts is None or not sum(counts):
        return WinCount(0, 0)
    players = rows.players_of(counts)
    games = sum(counts) * players
    return WinCount(0, games, rows.score_of(counts) * games)


def _regained(evidence: Evidence, kind: PromotionType) -> float | None:
    """Elo of the model to go back to over the one that is taken back; None for any other promotion."""
    if kind is not PromotionType.ROLLBACK or evidence.regression is None:
        return None
    return -evidence.regression.elo_regression
