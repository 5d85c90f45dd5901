"""What the platform has measured of a model, as promotion reads it: gauntlets, the match log, the registry.

A candidate for staging or production is judged by its newest gauntlet, the one that `gauntlet_results` holds; tiers and
champions by the match log. `criteria_of` makes the criteria of the thresholds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ringrift_assets.storage import Store, Version
from ringrift_assets.thresholds import Thresholds
from ringrift_engine.errors import DataError

if TYPE_CHECKING:
    from ringrift_engine.promotion.controller import PromotionRequest
    from ringrift_engine.promotion.criteria import Evidence, PromotionCriteria
    from ringrift_engine.promotion.registry import Registry
    from ringrift_engine.promotion.regression import RegressionEvent, RollbackCriteria
    from ringrift_engine.promotion.rollback import RollbackMonitor

_NAMES: Final = {"min_elo_improvement": "elo_threshold", "min_games_played": "min_games"}
"""Criteria whose thresholds have another name in `ringrift.yaml`."""


def criteria_of(thresholds: Thresholds) -> "PromotionCriteria":
    """The criteria of promotion, of one configuration or of all."""
    from ringrift_engine.promotion.criteria import PromotionCriteria

    own = thresholds.promotion
    named = ("min_win_rate", "max_value_mse_degradation", "confidence_threshold", "tier_games_required")
    return PromotionCriteria(
        **{name: getattr(own, name) for name in named},
        **{name: getattr(own, threshold) for name, threshold in _NAMES.items()},
        floor_random=thresholds.evaluation.win_rate_random,
        floor_heuristic=thresholds.evaluation.win_rate_heuristic,
    )


def rollback_criteria_of(thresholds: Thresholds) -> "RollbackCriteria":
    """The criteria of the rollback monitor, of one configuration or of all."""
    from dataclasses import fields

    from ringrift_engine.promotion.regression import RollbackCriteria

    own = thresholds.rollback
    return RollbackCriteria(**{option.name: getattr(own, option.name) for option in fields(RollbackCriteria)})


def evidence_of(results: Version) -> "Evidence":
    """What a gauntlet measured of its candidate."""
    from ringrift_engine.boards import BoardConfig
    from ringrift_engine.evaluation.sequential import SequentialSettings
    from ringrift_engine.promotion.criteria import Evidence

    report, matches = results.report, results.report["matches"]
    return Evidence(
        num_players=BoardConfig.from_key(results.key).num_players,
        candidate=report["candidate"],
        promoted=report["promoted"],
        training_games=report["training_games"],
        against_random=_count(matches["random"]),
        against_heuristic=_count(matches["heuristic"]),
        against_promoted=tuple(matches["promoted"]["counts"]) if "promoted" in matches else None,
        test=SequentialSettings(**report["sequential"]),
        candidate_value_error=report["value_errors"]["candidate"],
        promoted_value_error=report["value_errors"]["promoted"],
        held_out_games=report["value_errors"]["games"],
        crashed_games=report["games"] - report["games_finished"],
    )


def _count(match: Mapping[str, Any]) -> Any:
    from ringrift_engine.promotion.criteria import WinCount
    from ringrift_engine.promotion.rows import score_of

    games = sum(match["hows"].values())
    return WinCount(sum(match["wins_by_seat"]), games, score_of(match["counts"]) * games if games else 0.0)


@dataclass(frozen=True)
class GauntletEvidence:
    """Evidence of one gauntlet, for the candidate that it was played for."""

    results: Version

    def evidence(self, request: "PromotionRequest") -> "Evidence":
        """What the gauntlet says of the model; DataError if it was played for another one."""
        found = evidence_of(self.results)
        if found.candidate != request.model_id:
            raise DataError(
                f"The gauntlet was played for model {found.candidate[:12]}, not for {request.model_id[:12]}. "
                "Play the gauntlet of that model."
            )
        return found


@dataclass(frozen=True)
class PlatformEvidence:
    """Everything that the platform knows: the newest gauntlet, the match log, titles, and what the monitor finds."""

    store: Store
    registry: "Registry"
    matches: Path
    monitor: "RollbackMonitor"

    def evidence(self, request: "PromotionRequest") -> "Evidence":
        """What is known of the model for this kind of promotion; nothing where nothing was measured."""
        from ringrift_engine.promotion.criteria import Evidence, PromotionType

        kind, baseline = request.promotion_type, request.baseline_model_id
        unknown = Evidence(num_players=request.config.num_players, candidate=request.model_id, promoted=baseline)
        if kind is PromotionType.TIER:
            return self._of_tier(request, unknown)
        if kind is PromotionType.CHAMPION:
            return self._of_tournament(request, unknown)
        if kind is PromotionType.ROLLBACK:
            return replace(unknown, regression=self._regression(request))
        results = self.store.latest("gauntlet_results", request.config_key)
        if results is None or results.report["candidate"] != request.model_id:
            return unknown
        found = evidence_of(results)
        if kind is PromotionType.STAGING:
            return replace(found, promoted=None)
        if found.promoted == baseline:
            return found
        # Played against somebody else: that says nothing about the one to be replaced.
        return replace(
            found, promoted=baseline, against_promoted=None, candidate_value_error=None, promoted_value_error=None
        )

    def _regression(self, request: "PromotionRequest") -> "RegressionEvent | None":
        """What the monitor finds of the promoted model; None if it may stay, and if there is none."""
        config = request.config
        if request.baseline_model_id is None:
            return None
        _, event = self.monitor.check_for_regression(
            request.baseline_model_id, config.board, config.num_players, request.model_id
        )
        return event

    def _of_tier(self, request: "PromotionRequest", unknown: "Evidence") -> "Evidence":
        from ringrift_engine.evaluation.match_log import MatchLog
        from ringrift_engine.promotion.logged import tier_games
        from ringrift_engine.promotion.tiers import LADDER, tier

        titles = self.registry.titles(request.model_id)
        number = max((one.number for one in LADDER if one.name in titles), default=1)
        if not self.matches.exists():
            return replace(unknown, tier=number)
        with MatchLog(self.matches) as log:
            games = tier_games(log.games(request.config_key), request.model_id, tier(number))
        return replace(unknown, tier=number, opponents=games)

    def _of_tournament(self, request: "PromotionRequest", unknown: "Evidence") -> "Evidence":
        from ringrift_engine.evaluation.match_log import MatchLog
        from ringrift_engine.promotion.logged import newest_tournament, standings

        if not self.matches.exists():
            return unknown
        with MatchLog(self.matches) as log:
            games = newest_tournament(log.games(request.config_key))
        return replace(unknown, opponents=standings(games, request.model_id))
