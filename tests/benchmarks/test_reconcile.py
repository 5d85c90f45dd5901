"""How long a check of drift takes, and how fast games are imported: `pytest tests/benchmarks/test_reconcile.py`.

Times are of this process's own CPU seconds, so that other work on the machine changes them little; files are in the
page cache. Ratios are of neighbouring runs. The limits are asserted with room for a slower machine; what was measured
where stands in docs/reconciliation.md.
"""

import random
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ringrift_engine.database import transaction
from ringrift_engine.evaluation.match_log import GAME_COLUMNS, MatchLog
from ringrift_engine.ratings.reconcile import ConflictResolution, EloReconciler, import_games
from ringrift_engine.ratings.reconcile.pool import refresh_pool
from ringrift_engine.records.shard_schema import Participant
from tests.support.logs import HEURISTIC, played, write_log

pytest.importorskip("pytest_benchmark", reason="pip install -e '.[dev]' brings pytest-benchmark")
pytestmark = pytest.mark.slow

PARTICIPANTS, GAMES, ROUNDS, CHECKS = 1_000, 30_000, 3, 50
SLOWEST_CHECK_S, FEWEST_PER_S, LEAST_RATIO = 1e-3, 200_000, 0.8
ROOM = 2.0  # a machine at half the speed is still no fault of this code


def players(count):
    return [HEURISTIC, *(Participant(f"search(model={n:012x},simulations=8)", f"{n:064x}", 8) for n in range(1, count))]


@pytest.fixture(scope="module")
def drifted(tmp_path_factory):
    """Two logs of a thousand participants with ratings beside the games; in each some games ended otherwise."""
    folder, who = tmp_path_factory.mktemp("drift"), players(PARTICIPANTS)
    for name, seed in (("here", 1), ("there", 2)):
        rng = random.Random(seed)
        pairs = [(place, rng.randrange(place)) for place in range(1, PARTICIPANTS) for _ in range(3)]
        games = [
            played(3 * number + seed, (who[one], who[other]), rng.choice([(1, 2), (2, 1)]))
            for number, (one, other) in enumerate(pairs)
        ]
        path = write_log(folder / name / "matches.db", games)
        with MatchLog(path) as log:
            refresh_pool(log, "hex8_2p", 1.0)
    return folder / "here", folder / "there" / "matches.db"


def seconds_of(work: Callable[..., object], *arguments: object) -> float:
    """CPU seconds of one call."""
    began = time.process_time()
    work(*arguments)
    return time.process_time() - began


@pytest.mark.parametrize("track_history", [False, True], ids=["measured", "measured and recorded"])
@pytest.mark.benchmark(timer=time.process_time)
def test_drift_of_1000_participants_against_a_second_database_by_path(benchmark, drifted, track_history):
    root, other = drifted
    reconciler = EloReconciler(root, track_history=track_history)
    record = benchmark(reconciler.check_drift, other, "hex8", 2)
    assert record.participants_in_both == PARTICIPANTS
    assert record.max_rating_diff > 0
    assert not record.fitted
    if not track_history:  # measured here too, because several workers turn the plugin's own measuring off
        taken = [seconds_of(reconciler.check_drift, other, "hex8", 2) for _ in range(CHECKS)]
        assert statistics.median(taken) < SLOWEST_CHECK_S * ROOM


@pytest.fixture(scope="module")
def played_games(tmp_path_factory) -> Path:
    """A log of games between two hundred participants, none of which is known elsewhere."""
    rng, who = random.Random(3), players(200)
    games = [
        replace(played(number, rng.sample(who, 2), (1, 2)), opening_seed=rng.getrandbits(64)) for number in range(GAMES)
    ]
    return write_log(tmp_path_factory.mktemp("import") / "matches.db", games)


def bare_seconds(source: Path, target: Path) -> float:
    """CPU seconds of inserting ready rows, which hold the numbers of their participants already, in one executemany."""
    with MatchLog(source) as log:
        columns = ", ".join(GAME_COLUMNS)
        rows = [tuple(row) for row in log.connection.execute(f"SELECT {columns} FROM games ORDER BY id")]
        who = [tuple(row) for row in log.connection.execute("SELECT * FROM participants")]
    with MatchLog(target) as log:
        log.connection.execute("PRAGMA cache_size = -65536")
        log.connection.executemany("INSERT INTO participants VALUES (?, ?, ?, ?)", who)
        began = time.process_time()
        with transaction(log.connection):
            log.connection.executemany(
                f"INSERT INTO games ({columns}) VALUES ({', '.join('?' * len(GAME_COLUMNS))})", rows
            )
        return time.process_time() - began


def import_seconds(source: Path, target: Path) -> float:
    """CPU seconds of an import: all that it checks included."""
    with MatchLog(target) as log:
        began = time.process_time()
        count = import_games(log, source, "rack1", ConflictResolution.LAST_WRITE_WINS, 1.0)
        seconds = time.process_time() - began
    assert count.added == GAMES
    return seconds


def test_import_is_about_as_fast_as_inserting_ready_rows(benchmark, played_games, tmp_path):
    ratios, bare, imported = [], [], []
    for turn in range(ROUNDS):
        order = [bare_seconds, import_seconds][:: 1 if turn % 2 else -1]
        taken = {work: work(played_games, tmp_path / f"{turn}-{work.__name__}.db") for work in order}
        bare.append(GAMES / taken[bare_seconds])
        imported.append(GAMES / taken[import_seconds])
        ratios.append(taken[bare_seconds] / taken[import_seconds])
    facts = {"import_per_s": statistics.median(imported), "bare_per_s": statistics.median(bare)}
    benchmark.extra_info.update(facts, ratio=statistics.median(ratios), games=GAMES)
    shutil.rmtree(tmp_path)
    tmp_path.mkdir()
    benchmark.pedantic(import_seconds, args=(played_games, tmp_path / "once.db"), rounds=1)
    assert statistics.median(ratios) >= LEAST_RATIO
    assert facts["import_per_s"] >= FEWEST_PER_S / ROOM
    with MatchLog(tmp_path / "once.db") as log, MatchLog(played_games) as source:
        assert log.games() == source.games()
