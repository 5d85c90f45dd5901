"""The rollback monitor: whether the promoted model proves weaker than the one before it, and going back if it does.

Its evidence are games of the two against each other in the match log: those of the gauntlet that promoted the model,
and matches that are played for the monitor alone (`PURPOSE`). Both count while they are no older than the time window.
Everything that is remembered between two checks is in the registry, so it survives every process, and any process may
make the next check. Going back is a promotion of the type ROLLBACK and goes through the controller like every other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ringrift_engine.boards import BoardConfig
from ringrift_engine.errors import ConfigError
from ringrift_engine.evaluation.match_log import GAUNTLET, MatchLog
from ringrift_engine.promotion.controller import Occasion, PromotionController, PromotionRequest
from ringrift_engine.promotion.criteria import Evidence, PromotionDecision, PromotionType, WinCount
from ringrift_engine.promotion.logged import between, count_of
from ringrift_engine.promotion.publish import Promotion, both_promoted
from ringrift_engine.promotion.registry import Registry
from ringrift_engine.promotion.registry_format import ROLLBACK_MOVE, time_of
from ringrift_engine.promotion.regression import RegressionCheck, RegressionEvent, RollbackCriteria, judge

PURPOSE: Final = "rollback"
"""What the monitor's matches are played for, in the match log."""
CHECK: Final = "rollback_check"
MATCH: Final = "rollback_match"


@dataclass(frozen=True, kw_only=True)
class RegressionStatus:
    """What is known of a model: `last` is its last check, None if it was never checked."""

    model_id: str
    at_risk: bool
    consecutive_regressions: int
    checks: int
    last: RegressionCheck | None


@dataclass(frozen=True, kw_only=True)
class CheckRow:
    """A check as it was recorded, and how many games of the two, of any age, the match log had then."""

    check: RegressionCheck
    logged: int

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "CheckRow":
        """A check from its row; DataError if it is none."""
        return cls(check=RegressionCheck.from_json(facts["check"]), logged=facts["logged"])


@dataclass(frozen=True, kw_only=True)
class Watch:
    """How a promoted model is watched: since when, with how many checks, whether another one is due, and whether it
    has stood the test.
    """

    model: str
    previous: str
    promoted_at: float
    checks: int
    over: bool
    due: bool


class RollbackMonitor:
    """Checks promoted models and takes them back.

    matches    the match log
    data_root  where the models' files are
    occasion   who checks and when; ConfigError without a time, because then no game is recent
    """

    def __init__(
        self,
        registry: Registry,
        matches: Path,
        data_root: Path,
        criteria: RollbackCriteria | None = None,
        *,
        occasion: Occasion,
    ) -> None:
        if occasion.at is None:
            raise ConfigError("A rollback monitor needs the time of its look: without one no game is recent.")
        self._registry = registry
        self._matches = matches
        self._data_root = data_root
        self._occasion = occasion
        self.criteria = criteria or RollbackCriteria()

    def check_for_regression(
        self,
        model_id: str,
        board_type: str,
        num_players: int,
        previous_model_id: str,
        baseline_elo: float = 0.0,
    ) -> tuple[bool, RegressionEvent | None]:
        """Whether `model_id` is to be taken back in favour of `previous_model_id`, and the event that says why.

        baseline_elo  rating of the previous model, on any scale; the event's ratings are on the same

        The check is a row of the registry. ConfigError for an unknown configuration.
        """
        config_key = f"{board_type}_{num_players}p"
        BoardConfig.from_key(config_key)
        check = self.check(config_key, model_id, previous_model_id)
        if not check.trigger:
            return False, None
        return True, RegressionEvent(
            config_key=config_key,
            model_id=model_id,
            previous_model_id=previous_model_id,
            current_elo=baseline_elo + check.elo,
            baseline_elo=baseline_elo,
            threshold=self.criteria.elo_regression_threshold,
            games=check.games,
            win_rate=check.score,
            consecutive=check.consecutive,
            trigger=check.trigger,
            reason=check.why,
        )

    def check(self, config_key: str, model_id: str, previous_model_id: str) -> RegressionCheck:
        """Check a promoted model by what the match log has of it, and keep the check."""
        row = self.look(config_key, model_id, previous_model_id)
        facts = {"check": row.check.to_json(), "logged": row.logged}
        self._registry.add_history(config_key, CHECK, self._occasion.run_id, facts, self._occasion.recorded_at)
        return row.check

    def look(self, config_key: str, model_id: str, previous_model_id: str) -> CheckRow:
        """What a check would say now; nothing is kept."""
        count, logged = self._games(config_key, model_id, previous_model_id)
        before = self.checks(config_key, model_id, previous_model_id)
        seen = max((row.logged for row in before), default=0)
        check = judge(
            self.criteria,
            model=model_id,
            previous=previous_model_id,
            games=count.games,
            points=count.points or 0.0,
            new=logged > seen,
            before=before[-1].check.consecutive if before else 0,
            at=self._at,
        )
        return CheckRow(check=check, logged=logged)

    def checks(self, config_key: str, model_id: str, previous_model_id: str | None = None) -> list[CheckRow]:
        """The checks of a model since it was promoted last, oldest first."""
        since = self._promoted_at(config_key, model_id)
        rows = (CheckRow.of(row.facts) for row in self._registry.history(CHECK, config_key))
        return [
            row
            for row in rows
            if row.check.model == model_id
            and previous_model_id in (None, row.check.previous)
            and (since is None or row.check.at >= since)
        ]

    def games_played(self, config_key: str, model_id: str, previous_model_id: str) -> int:
        """How many games of the two, of any age, were played for the monitor."""
        if not self._matches.exists():
            return 0
        with MatchLog(self._matches) as log:
            return len(between(log.games(config_key, purpose=PURPOSE), model_id, previous_model_id))

    def note_match(self, config_key: str, model_id: str, previous_model_id: str, games: int) -> None:
        """Keep that a match was played for the monitor in this run, now: that is how old its games are."""
        facts = {"model": model_id, "previous": previous_model_id, "games": games, "at": self._at}
        self._registry.add_history(config_key, MATCH, self._occasion.run_id, facts, self._occasion.recorded_at)

    def execute_rollback(self, event: RegressionEvent, dry_run: bool = False) -> Promotion:
        """Make the previous model of the event the promoted one again; a dry run only says so.

        A copy that is missing or damaged refuses it. StaleDecisionError if the event is about another promoted model
        than that of now.
        """
        controller, decision = self._decided(event.config_key, event.previous_model_id, event.model_id, event)
        return controller.execute_promotion(decision, dry_run)

    def roll_back_by_hand(self, config_key: str, reason: str, dry_run: bool = False) -> Promotion:
        """The same without a regression, on a person's word, which is recorded; DataError if there is no model to go
        back to.
        """
        current, previous = both_promoted(self._registry, config_key)
        controller, decision = self._decided(config_key, previous.sha256, current.sha256, None)
        return controller.execute_promotion(controller.override(decision, reason), dry_run)

    def get_regression_status(self, model_id: str) -> RegressionStatus:
        """What the checks since its promotion say of a model."""
        model = self._registry.model(model_id)
        checks = [row.check for row in self.checks(model.config_key, model_id)] if model is not None else []
        last = checks[-1] if checks else None
        consecutive = last.consecutive if last is not None else 0
        return RegressionStatus(
            model_id=model_id,
            at_risk=consecutive > 0 or (last is not None and bool(last.trigger)),
            consecutive_regressions=consecutive,
            checks=len(checks),
            last=last,
        )

    def watch(self, config_key: str, every_s: float) -> Watch | None:
        """How the promoted model of a configuration is watched; None if there is none to go back to.

        It is watched until the time window since its promotion is over and it was checked as often as regressions in
        a row take it back, with games enough; a check is due `every_s` after the one before.
        """
        current, previous = self._registry.promoted(config_key), self._registry.previous(config_key)
        if current is None or previous is None:
            return None
        checks = [row.check for row in self.checks(config_key, current.sha256, previous.sha256)]
        since = self._promoted_at(config_key, current.sha256)
        since = self._at if since is None else since
        over = self._at - since > self.criteria.time_window_seconds
        enough = sum(check.enough and check.new for check in checks) >= self.criteria.consecutive_checks_required
        last = checks[-1].at if checks else None
        return Watch(
            model=current.sha256,
            previous=previous.sha256,
            promoted_at=since,
            checks=len(checks),
            over=over and enough,
            due=not (over and enough) and (last is None or self._at - last >= every_s),
        )

    # --- inside

    @property
    def _at(self) -> float:
        assert self._occasion.at is not None  # checked when the monitor was made
        return self._occasion.at

    def _decided(
        self, config_key: str, model_id: str, baseline: str, event: RegressionEvent | None
    ) -> tuple[PromotionController, PromotionDecision]:
        """A controller that knows this event, and its decision about going back."""
        config = BoardConfig.from_key(config_key)
        controller = PromotionController(
            _Found(event), registry=self._registry, data_root=self._data_root, occasion=self._occasion
        )
        decision = controller.evaluate_promotion(
            model_id, config.board, config.num_players, PromotionType.ROLLBACK, baseline
        )
        return controller, decision

    def _promoted_at(self, config_key: str, model_id: str) -> float | None:
        """When a model was promoted last, None if that was not recorded."""
        moves = self._registry.pointer_history(config_key)
        mine = [move for move in moves if move.sha256 == model_id and move.kind != ROLLBACK_MOVE]
        return time_of(mine[-1].recorded_at) if mine else None

    def _games(self, config_key: str, model_id: str, previous: str) -> tuple[WinCount, int]:
        """Recent games of the two against each other, and how many there are of any age."""
        if not self._matches.exists():
            return WinCount(0, 0), 0
        with MatchLog(self._matches) as log:
            gauntlet = between(log.games(config_key, purpose=GAUNTLET), model_id, previous)
            played = between(log.games(config_key, purpose=PURPOSE), model_id, previous)
        oldest = self._at - self.criteria.time_window_seconds
        promoted_at = self._promoted_at(config_key, model_id)
        recent = gauntlet if promoted_at is not None and promoted_at >= oldest else []
        matches = self._registry.history(MATCH, config_key)
        runs = {row.run_id for row in matches if row.facts["at"] >= oldest} | {self._occasion.run_id}
        recent = [*recent, *(game for game in played if game.run_id in runs)]
        return count_of(recent, model_id), len(gauntlet) + len(played)


@dataclass(frozen=True)
class _Found:
    """Evidence for a rollback: the event that the monitor found, or that it found none."""

    event: RegressionEvent | None

    def evidence(self, request: PromotionRequest) -> Evidence:
        """The event as evidence."""
        return Evidence(
            num_players=request.config.num_players,
            candidate=request.model_id,
            promoted=request.baseline_model_id,
            regression=self.event,
        )
