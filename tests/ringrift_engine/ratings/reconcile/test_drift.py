"""Drift and its history: every number on both sides of its limit."""

from dataclasses import replace

import numpy as np
import pytest

from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.promotion.registry import Registry
from ringrift_engine.ratings.anchors import HEURISTIC
from ringrift_engine.ratings.reconcile import DriftHistory, DriftRecord, ReconcileSettings
from ringrift_engine.ratings.reconcile.drift import drift_of
from ringrift_engine.ratings.reconcile.history import SNAPSHOTS_KEPT, histories, keep_drift
from ringrift_engine.ratings.reconcile.pool import Pool, identity_of
from tests.support.logs import PLAYERS, drawn_games, write_log

KEY = "hex8_2p"


@pytest.fixture
def log(tmp_path):
    """Who is asked for names: the rows of the participants are 1, 2, ... in the order of their names."""
    with MatchLog(write_log(tmp_path / "matches.db", drawn_games(range(60)))) as opened:
        yield opened


def pool_with(log, ratings, stored=True):
    """A pool of these participants; the others of the log are not in it."""
    order = sorted(ratings, key=identity_of)
    rows = {who: number for number, who in enumerate(log.participants(), start=1)}
    elo = np.array([ratings[who] for who in order])
    numbers = np.array([rows[who] for who in order], np.int64)
    identities = np.array([identity_of(who) for who in order], np.uint64)
    return Pool(KEY, 60, identities, numbers, elo, np.ones(len(order)), stored)


def measure(log, ours, theirs, **changes):
    pools = pool_with(log, ours), pool_with(log, theirs)
    return drift_of(pools, ("here", "rack1"), log, ReconcileSettings(**changes), 5.0)


def test_differences_counts_and_names(log):
    ours = dict(zip(PLAYERS, [1_200.0, 1_300.0, 1_400.0, 1_500.0, 1_600.0], strict=False))
    theirs = {PLAYERS[0]: 1_200.0, PLAYERS[1]: 1_301.0, PLAYERS[2]: 1_430.0, PLAYERS[3]: 1_490.0, PLAYERS[6]: 1_000.0}
    record = measure(log, ours, theirs)
    assert (record.participants_in_source, record.participants_in_target, record.participants_in_both) == (5, 5, 4)
    assert record.participants_differing == 2  # 1 Elo is not counted
    assert record.max_rating_diff == 30.0
    assert record.mean_rating_diff == (0 + 1 + 30 + 10) / 4
    assert record.largest == ((PLAYERS[2].name, -30.0), (PLAYERS[3].name, 10.0))
    assert (record.key, record.board_type, record.num_players) == ("hex8_2p@rack1", "hex8", 2)
    assert (record.source, record.target, record.checked_at) == ("here", "rack1", 5.0)
    assert not record.aligned
    assert DriftRecord.from_json(record.to_json()) == record


@pytest.mark.parametrize(
    ("shift", "others", "significant"),
    [(50.0, 0.0, False), (50.5, 0.0, True), (25.0, 25.0, False), (25.0, 25.5, True)],
    ids=["max at the limit", "max above", "mean at the limit", "mean above"],
)
def test_what_is_significant(log, shift, others, significant):
    ours = dict.fromkeys(PLAYERS[:4], 1_200.0)
    several = {who: 1_200.0 + others * 4 / 3 * (who != HEURISTIC) for who in ours}
    theirs = several if others else {**ours, PLAYERS[1]: 1_200.0 + shift}
    record = measure(log, ours, theirs)
    assert record.is_significant is significant
    assert measure(log, ours, theirs, significant_max_elo=1.0).is_significant
    assert measure(log, ours, theirs, significant_mean_elo=1.0).is_significant


def test_nobody_in_both_is_nothing_compared_and_not_no_drift(log):
    record = measure(log, {PLAYERS[1]: 1_200.0}, {PLAYERS[2]: 1_500.0})
    assert record.participants_in_both == 0
    assert record.max_rating_diff is None
    assert record.mean_rating_diff is None
    assert not record.is_significant
    assert DriftRecord.from_json(record.to_json()) == record


def test_who_has_no_rating_is_not_compared(log):
    ours = {HEURISTIC: 1_200.0, PLAYERS[2]: float("nan"), PLAYERS[3]: 1_300.0}
    record = measure(log, ours, {**ours, PLAYERS[2]: 1_400.0})
    assert (record.participants_in_source, record.participants_in_both) == (3, 2)
    assert record.max_rating_diff == 0.0


def test_scales_without_a_fixed_point_are_shifted_onto_each_other(log):
    ours = {PLAYERS[1]: 1_200.0, PLAYERS[2]: 1_300.0, PLAYERS[3]: 1_400.0}
    theirs = {who: elo + 500 for who, elo in ours.items()}
    record = measure(log, ours, theirs)
    assert record.aligned
    assert record.max_rating_diff == 0.0
    anchored = {HEURISTIC: 1_200.0}
    assert measure(log, ours | anchored, theirs | anchored).max_rating_diff == 500.0


# --- the history


def history(*sizes, step=1_800.0, significant=()):
    base = DriftRecord(
        config_key=KEY, source="here", target="rack1", checked_at=0.0, participants_in_source=2,
        participants_in_target=2, participants_in_both=2, participants_differing=0, games_in_source=1,
        games_in_target=1, max_rating_diff=0.0, mean_rating_diff=0.0, is_significant=False, largest=(), aligned=False,
        fitted=False,
    )  # fmt: skip
    records = [
        replace(base, checked_at=step * number, max_rating_diff=size, is_significant=number in significant)
        for number, size in enumerate(sizes)
    ]
    return DriftHistory("hex8_2p@rack1", tuple(records))


@pytest.mark.parametrize(
    ("sizes", "trend"),
    [
        ((), "unknown"),
        ((9.0, 1.0), "unknown"),
        ((10.0, 7.0, 8.0), "improving"),
        ((10.0, 8.0, 8.0), "stable"),
        ((10.0, 12.0, 12.0), "stable"),
        ((10.0, 13.0, 12.0), "worsening"),
        ((0.0, 0.0, 0.0), "stable"),
        ((0.0, 0.0, 1.0), "worsening"),
        ((99.0, 99.0, 10.0, 10.0, 10.0, 10.0, 10.0), "stable"),
        ((None, None, 10.0, 1.0), "unknown"),
    ],
)
def test_trend(sizes, trend):
    assert history(*sizes).trend == trend


@pytest.mark.parametrize(
    ("significant", "persistent"),
    [((1, 2, 3), True), ((0, 1, 2), False), ((0, 2, 3), False), ((0, 1, 3), False)],
)
def test_persistent_is_three_in_a_row_to_the_newest(significant, persistent):
    assert history(1.0, 1.0, 1.0, 1.0, significant=significant).persistent_drift is persistent


def test_two_measurements_are_not_persistent():
    assert not history(90.0, 90.0, significant=(0, 1)).persistent_drift


def test_the_last_hour_is_two_measurements_at_half_an_hour_and_more_at_less():
    assert history(100.0, 40.0, 20.0).avg_drift_last_hour == 30.0
    assert history(100.0, 40.0, 20.0, step=600.0).avg_drift_last_hour == pytest.approx(160 / 3)
    assert history(100.0, 40.0, 20.0, step=7_200.0).avg_drift_last_hour == 20.0
    assert history().avg_drift_last_hour is None
    assert history(None).avg_drift_last_hour is None


def test_histories_are_kept_apart_and_cut(tmp_path):
    records = history(*[float(size) for size in range(SNAPSHOTS_KEPT + 5)]).snapshots
    with Registry(tmp_path / "registry.db") as registry:
        for number, record in enumerate(records):
            keep_drift(registry, record, f"run {number}")
            keep_drift(registry, record, f"run {number}")  # once more, as after a kill
        keep_drift(registry, replace(records[0], target="attic"), "run")
        keep_drift(registry, replace(records[0], config_key="square8_2p"), "run")
        found = histories(registry)
        assert sorted(found) == ["hex8_2p@attic", "hex8_2p@rack1", "square8_2p@rack1"]
        assert found["hex8_2p@rack1"].snapshots == records[5:]
        assert found["hex8_2p@rack1"].snapshot_count == SNAPSHOTS_KEPT
        assert sorted(histories(registry, "square8_2p")) == ["square8_2p@rack1"]
