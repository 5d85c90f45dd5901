"""The rollback monitor over a real registry and match log: what counts as evidence, what is remembered, going back."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.promotion import Occasion, RollbackCriteria, RollbackMonitor
from ringrift_engine.promotion.controller import EXECUTION
from ringrift_engine.promotion.publish import promote, promoted_path
from ringrift_engine.promotion.registry import Registry
from ringrift_engine.promotion.rollback import CHECK
from tests.support.promoted import decision, promote_two
from tests.support.stand_ins import made_games

KEY = "hex8_2p"
NOON = 1_767_265_200.0
HOUR = 3_600.0


@dataclass
class Scene:
    """Two models of one configuration, the second promoted in place of the first at noon."""

    root: Path
    registry: Registry
    first: str
    second: str

    def monitor(self, minutes=0.0, run_id=None, criteria=None):
        occasion = Occasion(run_id=run_id or f"run {minutes}", at=NOON + minutes * 60)
        return RollbackMonitor(self.registry, self.root / "matches.db", self.root, criteria, occasion=occasion)

    def log(self, games, share, run_id, purpose="rollback"):
        """Games of the second against the first, of which it wins this share."""
        made = made_games([self.second, self.first], games, share, purpose=purpose, run_id=run_id)
        with MatchLog(self.root / "matches.db") as log:
            assert log.record(made) == games

    def played(self, minutes, games, share, criteria=None):
        """A match of the monitor and the check after it."""
        monitor = self.monitor(minutes, criteria=criteria)
        self.log(games, share, f"run {minutes}")
        monitor.note_match(KEY, self.second, self.first, games)
        return monitor, *monitor.check_for_regression(self.second, "hex8", 2, self.first)


@pytest.fixture
def scene(tmp_path):
    with Registry(tmp_path / "registry.db") as registry:
        yield Scene(tmp_path, registry, *promote_two(registry, tmp_path, NOON))


def test_a_model_that_loses_by_far_is_taken_back_at_once(scene):
    monitor, flag, event = scene.played(1, 40, 0.25)
    assert flag
    assert (event.trigger, event.games, event.win_rate) == ("severe", 40, 0.25)
    assert event.elo_regression == pytest.approx(-190.85, abs=0.01)
    assert monitor.get_regression_status(scene.second).at_risk
    made = monitor.execute_rollback(event)
    assert (made.moved, made.path) == (True, promoted_path(scene.root, KEY, scene.first))
    assert scene.registry.promoted(KEY).sha256 == scene.first
    move = scene.registry.pointer_history(KEY)[-1]
    assert move.kind == "rollback"
    assert "severe regression" in move.reason


def test_small_regressions_take_a_model_back_after_three_in_a_row_whoever_checks(scene):
    flags = []
    for number, minutes in enumerate((1, 2, 3), start=1):
        monitor, flag, event = scene.played(minutes, 200, 0.45)  # a new monitor each time: the registry remembers
        status = monitor.get_regression_status(scene.second)
        assert (status.consecutive_regressions, status.checks, status.at_risk) == (number, number, True)
        flags.append(flag)
    assert flags == [False, False, True]
    assert (event.trigger, event.consecutive) == ("consecutive", 3)


def test_a_good_check_in_between_begins_the_count_anew(scene):
    for minutes, share in ((1, 0.45), (2, 0.45), (3, 0.70), (4, 0.20)):
        monitor, flag, _ = scene.played(minutes, 200, share)
        assert not flag
    assert monitor.get_regression_status(scene.second).consecutive_regressions == 1


def test_looking_again_at_the_same_games_is_no_second_regression(scene):
    scene.played(1, 200, 0.45)
    for minutes in (2, 3, 4):
        flag, _ = scene.monitor(minutes).check_for_regression(scene.second, "hex8", 2, scene.first)
        assert not flag
    assert scene.monitor(5).get_regression_status(scene.second).consecutive_regressions == 1


def test_the_games_of_the_gauntlet_are_evidence_while_the_promotion_is_recent(scene):
    scene.log(60, 0.2, "gauntlet run", purpose="gauntlet")
    flag, event = scene.monitor(59).check_for_regression(scene.second, "hex8", 2, scene.first)
    assert flag
    assert event.games == 60
    flag, _ = scene.monitor(61).check_for_regression(scene.second, "hex8", 2, scene.first)
    assert not flag


def test_games_older_than_the_window_do_not_count(scene):
    scene.played(1, 40, 0.5)
    assert scene.monitor(60).look(KEY, scene.second, scene.first).check.games == 40
    assert scene.monitor(62).look(KEY, scene.second, scene.first).check.games == 0
    longer = RollbackCriteria(time_window_seconds=2 * HOUR)
    assert scene.monitor(62, criteria=longer).look(KEY, scene.second, scene.first).check.games == 40


def test_games_of_other_purposes_and_with_others_are_no_evidence(scene):
    scene.log(60, 0.0, "by hand", purpose="command line")
    with MatchLog(scene.root / "matches.db") as log:
        log.record(made_games([scene.second, "f" * 64], 60, 0.0, purpose="rollback", run_id="run 1"))
    assert scene.monitor(1).look(KEY, scene.second, scene.first).check.games == 0


def test_without_any_match_log_nothing_was_measured(scene):
    flag, event = scene.monitor(1).check_for_regression(scene.second, "hex8", 2, scene.first)
    assert (flag, event) == (False, None)
    assert "0 games against the model before" in scene.monitor(1).get_regression_status(scene.second).last.why


def test_ratings_are_on_the_scale_of_whoever_asks(scene):
    scene.log(40, 0.25, "run 1")
    flag, event = scene.monitor(1).check_for_regression(scene.second, "hex8", 2, scene.first, 1_600.0)
    assert flag
    assert event.baseline_elo == 1_600.0
    assert event.current_elo == pytest.approx(1_600 - 190.85, abs=0.01)


def test_a_dry_run_takes_nothing_back_and_is_a_row(scene):
    monitor, _, event = scene.played(1, 40, 0.25)
    assert not monitor.execute_rollback(event, dry_run=True).moved
    assert scene.registry.promoted(KEY).sha256 == scene.second
    (row,) = scene.registry.history(EXECUTION, KEY)
    assert (row.facts["promotion_type"], row.facts["result"]) == ("rollback", "dry_run")


def test_a_rollback_to_a_damaged_copy_is_refused_with_its_reason(scene):
    monitor, _, event = scene.played(1, 40, 0.25)
    promoted_path(scene.root, KEY, scene.first).write_bytes(b"torn")
    made = monitor.execute_rollback(event)
    assert not made.moved
    assert "swapped under its name" in made.decision.summary
    assert scene.registry.promoted(KEY).sha256 == scene.second


def test_an_event_about_a_model_that_is_no_longer_promoted_is_stale(scene):
    monitor, _, event = scene.played(1, 40, 0.25)
    monitor.execute_rollback(event)
    with pytest.raises(DataError, match="nothing to go back to"):
        monitor.execute_rollback(event)
    assert [row.facts["result"] for row in scene.registry.history(EXECUTION, KEY)] == ["success", "failure"]


def test_a_person_can_go_back_without_a_regression_and_has_to_say_why(scene):
    with pytest.raises(ConfigError, match="needs a reason"):
        scene.monitor(1).roll_back_by_hand(KEY, "")
    assert not scene.monitor(1).roll_back_by_hand(KEY, "it looks odd", dry_run=True).moved
    made = scene.monitor(2).roll_back_by_hand(KEY, "it looks odd")
    assert made.moved
    assert made.decision.override == "override: it looks odd"
    assert scene.registry.promoted(KEY).sha256 == scene.first


def test_after_a_rollback_there_is_nothing_to_watch(scene):
    monitor, _, event = scene.played(1, 40, 0.25)
    assert monitor.watch(KEY, 900) is not None
    monitor.execute_rollback(event)
    assert scene.monitor(2).watch(KEY, 900) is None


def test_checks_before_a_later_promotion_of_the_same_model_are_forgotten(scene):
    for minutes in (1, 2):
        scene.played(minutes, 200, 0.45)
    scene.monitor(3).roll_back_by_hand(KEY, "a test")
    again = decision(scene.second, scene.first)
    promote(scene.registry, KEY, again, scene.root, "later", recorded_at=Occasion(run_id="", at=NOON + 240).recorded_at)
    assert scene.monitor(5).get_regression_status(scene.second).checks == 0


def test_a_model_is_watched_until_the_window_is_over_and_it_was_checked_often_enough(scene):
    assert scene.monitor(0).watch(KEY, 900).due
    scene.played(1, 40, 0.5)
    assert not scene.monitor(15).watch(KEY, 900).due
    assert scene.monitor(16.1).watch(KEY, 900).due
    assert not scene.monitor(100).watch(KEY, 900).over  # one check is not enough
    for minutes in (101, 102):
        scene.played(minutes, 40, 0.5)
    watch = scene.monitor(200).watch(KEY, 900)
    assert (watch.over, watch.due, watch.checks) == (True, False, 3)


def test_every_check_is_a_row(scene):
    scene.played(1, 40, 0.5)
    scene.monitor(2).check_for_regression(scene.second, "hex8", 2, scene.first)
    rows = scene.registry.history(CHECK, KEY)
    assert [row.facts["check"]["new"] for row in rows] == [True, False]
    assert [row.facts["logged"] for row in rows] == [40, 40]


def test_a_monitor_without_the_time_is_refused(scene):
    with pytest.raises(ConfigError, match="time of its look"):
        RollbackMonitor(scene.registry, scene.root / "m.db", scene.root, occasion=Occasion(run_id="run"))


def test_an_unknown_model_has_no_status_to_speak_of(scene):
    status = scene.monitor(1).get_regression_status("f" * 64)
    assert (status.at_risk, status.consecutive_regressions, status.checks, status.last) == (False, 0, 0, None)
