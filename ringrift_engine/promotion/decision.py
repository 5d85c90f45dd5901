"""The one function that decides whether a candidate is promoted: evidence and rule in, every criterion's result out.

It reads no file, clock or registry. Comparisons are written so that a number that is not one fails, and what was not
measured fails by name: no evidence is no proof.
"""

import math
from typing import Final

from ringrift_engine.evaluation import sequential
from ringrift_engine.evaluation.intervals import wilson_interval
from ringrift_engine.evaluation.sequential import SequentialSettings
from ringrift_engine.promotion.criteria import (
    HEURISTIC_FLOOR,
    NEW_MODEL,
    RANDOM_FLOOR,
    STRONGER,
    VALUE_ERROR,
    CriterionResult,
    Evidence,
    PromotionDecision,
    PromotionRule,
    WinCount,
)

# 0.55 - 0.5 is more than 0.05 in binary: the limit itself passes.
_ROUNDING: Final = 1e-9


def decide(evidence: Evidence, rule: PromotionRule) -> PromotionDecision:
    """Promote the candidate if every criterion holds.

    The first model of a configuration has to reach the floors. Every later one has to reach them too, to be stronger
    than the promoted model by the sequential test, and to have no much larger value error. ConfigError for a number
    of players that no configuration has.
    """
    floors = rule.floors(evidence.num_players, evidence.training_games)
    criteria = [
        _floor(RANDOM_FLOOR, "the random player", evidence.against_random, floors.random, floors.tier, rule.min_games),
        _floor(
            HEURISTIC_FLOOR, "the heuristic", evidence.against_heuristic, floors.heuristic, floors.tier, rule.min_games
        ),
    ]
    if evidence.promoted == evidence.candidate:
        criteria.append(_same_model())
    elif evidence.promoted is not None:
        criteria.append(_stronger(evidence, rule))
        criteria.append(_value_error(evidence, rule.max_value_error_rise))
    return PromotionDecision(
        candidate=evidence.candidate,
        baseline=evidence.promoted,
        promoted=all(result.passed for result in criteria),
        criteria=tuple(criteria),
    )


def _floor(
    name: str, opponent: str, count: WinCount | None, needed: float, tier: str, min_games: int
) -> CriterionResult:
    """The win rate against a fixed opponent is at least `needed`, over at least `min_games` games."""
    if count is None or count.games == 0:
        why = f"no games against {opponent}, {min_games} needed"
        return CriterionResult(name=name, passed=False, measured=math.nan, needed=needed, games=0, why=why)
    rate = count.wins / count.games
    low, high = wilson_interval(count.wins, count.games)
    why = (
        f"won {rate:.1%} of {count.games} games against {opponent} (95 % interval {low:.1%} to {high:.1%}), "
        f"floor {needed:.0%} ({tier})"
    )
    if count.games < min_games:
        why += f"; at least {min_games} games are needed"
    passed = count.games >= min_games and rate >= needed
    return CriterionResult(name=name, passed=passed, measured=rate, needed=needed, games=count.games, why=why)


def _same_model() -> CriterionResult:
    why = "the candidate is the promoted model itself"
    return CriterionResult(name=NEW_MODEL, passed=False, measured=0.0, needed=1.0, games=0, why=why)


def _stronger(evidence: Evidence, rule: PromotionRule) -> CriterionResult:
    """The sequential test accepts, over at least `rule.min_games` games."""
    settings = rule.sequential
    bound = settings.bounds[1]
    if evidence.against_promoted is None or not sum(evidence.against_promoted):
        why = f"no games against the promoted model, {rule.min_games} needed"
        return CriterionResult(name=STRONGER, passed=False, measured=math.nan, needed=bound, games=0, why=why)
    verdict = sequential.decide(evidence.against_promoted, settings)
    why = (
        f"{_said(verdict.decision, settings)} than the promoted model after {verdict.games} games: score "
        f"{verdict.score:.1%}, log-likelihood ratio {verdict.llr:.2f}, {bound:.2f} needed"
    )
    if verdict.games < rule.min_games:
        why += f"; at least {rule.min_games} games are needed"
    return CriterionResult(
        name=STRONGER,
        passed=verdict.decision == sequential.ACCEPT and verdict.games >= rule.min_games,
        measured=verdict.llr,
        needed=bound,
        games=verdict.games,
        why=why,
    )


def _said(decision: str, settings: SequentialSettings) -> str:
    if decision == sequential.ACCEPT:
        return "stronger"
    if decision == sequential.CONTINUE:
        return "not yet decided whether stronger"
    if decision == sequential.NOT_SHOWN:
        return f"not shown to be stronger by {settings.elo1:g} Elo"
    return f"not stronger by {settings.elo1:g} Elo"


def _value_error(evidence: Evidence, limit: float) -> CriterionResult:
    """The candidate's value error exceeds the promoted model's by `limit` at most."""
    candidate, promoted = evidence.candidate_value_error, evidence.promoted_value_error
    if candidate is None or promoted is None or not (math.isfinite(candidate) and math.isfinite(promoted)):
        why = f"value error on held-out games not measured: candidate {candidate}, promoted model {promoted}"
        return CriterionResult(name=VALUE_ERROR, passed=False, measured=math.nan, needed=limit, games=0, why=why)
    rise = candidate - promoted
    why = (
        f"value error on held-out games {candidate:.4f}, promoted model {promoted:.4f}: {rise:+.4f}, "
        f"at most {limit:+.4f} allowed"
    )
    passed = rise <= limit + _ROUNDING
    return CriterionResult(name=VALUE_ERROR, passed=passed, measured=rise, needed=limit, games=0, why=why)
