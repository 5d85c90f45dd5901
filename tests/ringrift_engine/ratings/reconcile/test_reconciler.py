"""Two nodes whose logs drifted apart, reconciled: ratings equal those of a fit over the union, under every strategy."""

import math

import pytest

from ringrift_engine.errors import ConfigError, DataError
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.promotion.registry import Registry
from ringrift_engine.ratings import fit_ratings, results_of
from ringrift_engine.ratings.reconcile import (
    ConflictResolution,
    EloReconciler,
    RatingNode,
    ReconcileSettings,
    check_elo_drift,
)
from ringrift_engine.ratings.reconcile.history import DRIFT_ROW
from ringrift_engine.ratings.reconcile.pool import names_of, pool_of
from ringrift_engine.ratings.reconcile.reconciler import SYNC_ROW
from tests.support.logs import PLAYERS, drawn_games, other_outcome, write_log
from tests.support.sshd import HOST

EARLY, LATE = 1_000.0, 2_000.0
KEYS = ("hex8_2p", "square8_3p")
SKIP, LAST, FIRST, RAISE = (
    ConflictResolution.SKIP,
    ConflictResolution.LAST_WRITE_WINS,
    ConflictResolution.FIRST_WRITE_WINS,
    ConflictResolution.RAISE,
)


def games_of(numbers, players=PLAYERS, seed=0):
    return [game for key in KEYS for game in drawn_games(numbers, key, players, seed)]


COMMON = games_of(range(40))
# Each node saw other luck: theirs played the same players as if their order of strength were turned round.
OURS, THEIRS = games_of(range(100, 180)), games_of(range(200, 290), PLAYERS[::-1])
OLDER, NEWER = games_of(range(300, 306)), games_of(range(400, 405))


@pytest.fixture
def roots(tmp_path):
    """Our data root and theirs; eleven games of each configuration have two outcomes."""
    here, there = tmp_path / "here", tmp_path / "there"
    write_log(here / "matches.db", [*COMMON, *OURS, *NEWER], EARLY)
    write_log(here / "matches.db", OLDER, LATE)
    write_log(there / "matches.db", [*COMMON, *THEIRS, *map(other_outcome, OLDER)], EARLY)
    write_log(there / "matches.db", list(map(other_outcome, NEWER)), LATE)
    return here, there


@pytest.fixture
def settings(sshd):
    return ReconcileSettings(ssh_config=sshd.config)


def union(strategy):
    """What our log must hold afterwards, worked out without it."""
    return {
        SKIP: [*COMMON, *OURS, *THEIRS, *OLDER, *NEWER],
        LAST: [*COMMON, *OURS, *THEIRS, *OLDER, *map(other_outcome, NEWER)],
        FIRST: [*COMMON, *OURS, *THEIRS, *map(other_outcome, OLDER), *NEWER],
        RAISE: [*COMMON, *OURS, *OLDER, *NEWER],
    }[strategy]


THEIR_GAMES = [*COMMON, *THEIRS, *map(other_outcome, [*OLDER, *NEWER])]


def fit(games, key):
    ratings = fit_ratings(results_of([game for game in games if game.config_key == key]))
    return dict(zip(ratings.participants, ratings.elo.tolist(), strict=True))


def stored_ratings(root, key):
    with MatchLog(root / "matches.db", read_only=True) as log:
        found = pool_of(log, key)
        assert found.stored, "ratings were not fitted again"
        return dict(zip(names_of(log, found.numbers.tolist()), found.elo.tolist(), strict=True))


def largest_difference(one, other):
    both = one.keys() & other.keys()
    return max(abs(one[who] - other[who]) for who in both), sum(abs(one[who] - other[who]) for who in both) / len(both)


@pytest.mark.parametrize("strategy", [SKIP, LAST, FIRST], ids=str)
def test_over_ssh_under_every_strategy_ratings_are_those_of_the_union(roots, settings, strategy):
    here, there = roots
    reconciler = EloReconciler(here, settings=settings)
    result = reconciler.sync_from_remote(HOST, str(there / "matches.db"), name="rack1", resolution=strategy)
    assert result.error == ""
    counts = result.matches_added, result.matches_skipped, result.matches_conflict, result.matches_resolved
    assert counts == (180, 80, 22, 0 if strategy is SKIP else 22)
    with MatchLog(here / "matches.db") as log:
        assert {game.key: game for game in log.games()} == {game.key: game for game in union(strategy)}
    assert set(result.refitted) == set(KEYS)
    for key in KEYS:
        assert stored_ratings(here, key) == pytest.approx(fit(union(strategy), key), abs=1e-6)
        before = next(one for one in result.before if one.config_key == key)
        after = next(one for one in result.after if one.config_key == key)
        mine, united, theirs = (fit(games, key) for games in (union(RAISE), union(strategy), THEIR_GAMES))
        assert (before.max_rating_diff, before.mean_rating_diff) == pytest.approx(largest_difference(mine, theirs))
        assert (after.max_rating_diff, after.mean_rating_diff) == pytest.approx(largest_difference(united, theirs))
        assert before.is_significant
        assert after.max_rating_diff < before.max_rating_diff


@pytest.mark.parametrize("strategy", [LAST, FIRST], ids=str)
def test_when_both_have_taken_from_each_other_no_drift_is_left(roots, settings, strategy):
    here, there = roots
    for root, other, name in ((here, there, "there"), (there, here, "here")):
        EloReconciler(root, settings=settings).sync_from_remote(
            HOST, str(other / "matches.db"), name=name, resolution=strategy
        )
    for key in KEYS:
        assert stored_ratings(there, key) == pytest.approx(stored_ratings(here, key), abs=1e-6)
        board, players = key.split("_")
        record = EloReconciler(here).check_drift(there / "matches.db", board, int(players[0]))
        assert record.max_rating_diff == pytest.approx(0, abs=1e-6)
        assert record.participants_in_both == len(PLAYERS)


def test_raise_leaves_log_ratings_and_mirror_as_they_were_and_is_told(roots, settings):
    here, there = roots
    reconciler = EloReconciler(here, settings=settings)
    result = reconciler.sync_from_remote(HOST, str(there / "matches.db"), name="rack1", resolution=RAISE)
    assert "22 games have another outcome there" in result.error
    assert (result.matches_added, result.after) == (0, ())
    assert not reconciler.mirror("rack1").exists()
    with MatchLog(here / "matches.db") as log:
        assert log.games() == [*COMMON, *OURS, *NEWER, *OLDER]
    for key in KEYS:
        assert stored_ratings(here, key) == pytest.approx(fit(union(RAISE), key), abs=1e-6)


def test_reconcile_all_takes_from_every_node_that_answers_and_reports_the_others(roots, settings, tmp_path):
    here, there = roots
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"nothing that could be a log" * 500)
    attic = write_log(tmp_path / "attic" / "matches.db", games_of(range(600, 610)))
    nodes = (
        RatingNode(name="rack1", database=str(there / "matches.db"), host=HOST),
        RatingNode(name="broken", database=str(damaged), host=HOST),
        RatingNode(name="silent", database="/matches.db", host="nobody-listens"),
        RatingNode(name="new", database=str(tmp_path / "nothing.db")),
        RatingNode(name="attic", database=str(attic)),
    )
    reconciler = EloReconciler(here, nodes, settings, run_id="run-1")
    report = reconciler.reconcile_all()
    assert report.failed == ("broken", "silent", "new")
    assert [result.matches_added for result in report.results] == [180, 0, 0, 0, 20]
    with MatchLog(here / "matches.db") as log:
        assert sum(log.counts().values()) == len(union(SKIP)) + 20
    text = report.summary()
    assert text.startswith("2 of 5 nodes read in ")
    assert "rack1: 180 games added, 80 known, 22 in conflict, 0 resolved" in text
    assert "broken: failed: broken: " in text
    assert report.drift_detected is any(one.is_significant for one in report.drifts)
    assert report.max_drift == max(one.max_rating_diff for one in report.drifts)
    with Registry(here / "registry.db") as registry:
        rows = registry.history(SYNC_ROW)
        assert [row.facts["node"] for row in rows] == ["rack1", "broken", "silent", "new", "attic"]
        assert [bool(row.facts["error"]) for row in rows] == [False, True, True, True, False]
        assert {row.run_id for row in rows} == {"run-1"}
    keys = [f"{key}@{node}" for key in KEYS for node in ("attic", "rack1")]
    assert list(reconciler.get_all_drift_histories()) == keys
    assert reconciler.reconcile_all(["attic"]).results[0].matches_skipped == 20
    history = reconciler.get_drift_history("hex8_2p@attic")
    assert history is not None
    assert history.snapshot_count == 2  # after each import; before it is in a row of its own
    with Registry(here / "registry.db") as registry:
        rows = [row.facts for row in registry.history(DRIFT_ROW, "hex8_2p") if row.facts["target"] == "attic"]
        assert [row["before_import"] for row in rows] == [True, False, False], "the second sync brought nothing"
    assert reconciler.get_drift_history("hex8_2p@nobody") is None


def test_an_unknown_node_is_an_error_that_names_the_nearest(tmp_path):
    nodes = (RatingNode(name="rack1", database="/a"), RatingNode(name="attic", database="/b"))
    with pytest.raises(ConfigError, match=r"unknown node 'rak1'\. Nearest: 'rack1'"):
        EloReconciler(tmp_path, nodes).reconcile_all(["rak1"])
    with pytest.raises(ConfigError, match="lists no nodes"):
        EloReconciler(tmp_path).reconcile_all(["rack1"])


def test_checking_measures_keeps_a_row_and_changes_no_log(roots):
    here, there = roots
    before = [(root / "matches.db").read_bytes() for root in roots]
    reconciler = EloReconciler(here)
    record = reconciler.check_drift(there / "matches.db", "hex8", 2, name="there")
    ours, theirs = fit(union(RAISE), "hex8_2p"), fit(THEIR_GAMES, "hex8_2p")
    assert (record.max_rating_diff, record.mean_rating_diff) == pytest.approx(largest_difference(ours, theirs))
    assert (record.games_in_source, record.games_in_target) == (131, 141)
    assert record.fitted
    assert [(root / "matches.db").read_bytes() for root in roots] == before
    assert reconciler.get_all_drift_histories()["hex8_2p@there"].snapshots == (record,)
    quiet = EloReconciler(here, track_history=False)
    quiet.check_drift(there / "matches.db", "hex8", 2, name="there")
    assert reconciler.get_drift_history("hex8_2p@there").snapshot_count == 1


def test_our_log_stays_open_between_checks_and_another_file_in_its_place_is_noticed(roots, tmp_path):
    here, there = roots
    with EloReconciler(here, track_history=False) as reconciler:
        first = reconciler.check_drift(there / "matches.db", "hex8", 2)
        write_log(here / "matches.db", games_of(range(700, 703)), LATE)
        assert reconciler.check_drift(there / "matches.db", "hex8", 2).games_in_source == first.games_in_source + 3
        other = write_log(tmp_path / "copy.db", games_of(range(40)))
        other.rename(here / "matches.db")
        for suffix in ("-wal", "-shm"):  # of the file that is gone
            (here / f"matches.db{suffix}").unlink(missing_ok=True)
        assert reconciler.check_drift(there / "matches.db", "hex8", 2).games_in_source == 40


def test_the_quick_check_compares_with_the_copies_of_the_last_sync(roots):
    here, there = roots
    assert check_elo_drift("hex8", 2, here) == []
    reconciler = EloReconciler(here, clock=lambda: 7.0)
    result = reconciler.sync_from_remote(None, str(there / "matches.db"), name="there", resolution=LAST)
    (record,) = check_elo_drift("hex8", 2, here)
    after = next(one for one in result.after if one.config_key == "hex8_2p")
    assert record.target == "there"
    assert math.isclose(record.max_rating_diff, after.max_rating_diff)
    assert not record.fitted, "the sync left no ratings beside the copy"
    assert reconciler.get_drift_history("hex8_2p@there").snapshots == (after,)


def test_a_torn_log_is_an_error_that_names_it(roots):
    here, there = roots
    torn = there / "matches.db"
    torn.write_bytes(torn.read_bytes()[:20_000])
    reconciler = EloReconciler(here)
    with pytest.raises(DataError, match=r"there/matches\.db: SQLite says .*torn"):
        reconciler.check_drift(torn, "hex8", 2)
    with pytest.raises(DataError, match=r"there/matches\.db: SQLite says .*torn"):
        reconciler.check_node(RatingNode(name="there", database=str(torn)))
    assert reconciler.get_all_drift_histories() == {}


def test_a_missing_log_is_an_error_and_is_not_made(roots, tmp_path):
    here, _ = roots
    with pytest.raises(DataError, match=r"nothing\.db: there is no match log"):
        EloReconciler(here).check_drift(tmp_path / "nothing.db", "hex8", 2)
    assert not (tmp_path / "nothing.db").exists()
    with pytest.raises(ConfigError, match="unknown configuration 'hex9_2p'"):
        EloReconciler(here).check_drift(here / "matches.db", "hex9", 2)
