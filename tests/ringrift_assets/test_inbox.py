"""Games from the inbox through the real stages: taken in once, counted by their headers, and lost by no kill."""

import json
import shutil
import signal
from functools import partial

import pytest

from ringrift_assets.inbox import REFUSED_ROW
from ringrift_assets.outcomes import BLOCKED, OUTCOME_TAG
from ringrift_assets.readiness import gathered
from ringrift_assets.registry import Registry
from ringrift_assets.storage import Version
from ringrift_engine.files import PARTIAL_PREFIX, sha256_of
from ringrift_engine.records.statistics import GameStatistics
from ringrift_engine.sync import Receipts
from tests.ringrift_assets.housekeeping.kept import keep
from tests.support.cycle import ASSETS, Place, checks_of
from tests.support.drops import drop, put, shard_of
from tests.support.faults import FaultPoints, in_child
from tests.support.stand_ins import InlineWorkers

KEY = "hex8_2p"
INTAKE = ASSETS[1:4]
GATHER = ASSETS[1:2]
NETWORK = "ab" * 32


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path, InlineWorkers())


@pytest.fixture
def inbox(place):
    return place.data / "inbox"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """Shards of generation 1, of generation 2, of none, and of another configuration."""
    folder = tmp_path_factory.mktemp("elsewhere")
    made = [shard_of(folder, seed=seed, games=3, generation=generation) for seed, generation in ((1, 1), (2, 2))]
    return [*made, shard_of(folder, seed=3, games=3), shard_of(folder, "square8_2p", seed=4)]


def held(place):
    return sorted(place.manifest("synced_games")["files"])


def lying_in(inbox):
    return sorted(path.relative_to(inbox).as_posix() for path in inbox.rglob("*") if path.is_file())


def own_play(place, elsewhere, generation):
    """What self-play would have left: one shard, in a version of `game_databases`."""
    folder = place.store.folder("game_databases", KEY)
    path = shard_of(elsewhere[0].parent, seed=100 + generation, generation=generation)
    shutil.copyfile(path, folder / path.name)
    before = place.store.latest("game_databases", KEY)
    files = {**(before.files if before is not None else {}), path.name: sha256_of(path)}
    report = {"generation": generation}
    place.store.commit(
        Version(asset="game_databases", key=KEY, files=files, inputs={}, request=str(generation), report=report)
    )
    return path


# --- taken in


def test_games_from_the_inbox_become_part_of_the_training_set_and_leave_it(place, inbox, elsewhere):
    for shard, name in zip(elsewhere[:2], (f"{KEY}/one.db", "two.db"), strict=True):
        drop(shard, inbox, name)
    result = place.run(KEY, {}, INTAKE)
    assert result.success
    assert all(checks_of(result).values())
    assert held(place) == sorted(shard.name for shard in elsewhere[:2])
    assert lying_in(inbox) == []
    report = place.manifest("synced_games")["report"]
    assert report["statistics"]["games"] == 6
    assert set(report["sources"].values()) == {"inbox"}
    assert place.manifest("synced_games")["inputs"].keys() == {"inbox"}
    exports = place.store.latest("npz_exports", KEY)
    assert len(exports.files) == 2
    assert gathered(exports).games == 6
    assert place.manifest("combined_npz")["report"]["games"] == 6
    receipts = Receipts(place.data / "receipts.db").of(KEY, "synced_games")
    assert [(row.name, row.source) for row in receipts] == [(name, "inbox") for name in held(place)]


def test_the_same_games_again_are_held_once_and_leave_the_inbox(place, inbox, elsewhere):
    drop(elsewhere[0], inbox, "one.db")
    assert place.run(KEY, {}, GATHER).success
    before = place.manifest("synced_games")
    for name in ("one.db", f"{KEY}/{elsewhere[0].name}"):
        drop(elsewhere[0], inbox, name)
    assert place.run(KEY, {}, GATHER).success
    assert place.manifest("synced_games")["files"] == before["files"]
    assert lying_in(inbox) == []
    assert len(Receipts(place.data / "receipts.db").of(KEY, "synced_games")) == 1


def test_games_played_here_and_games_from_elsewhere_say_where_they_are_from(place, inbox, elsewhere):
    own = own_play(place, elsewhere, 1)
    drop(elsewhere[0], inbox)
    drop(own, inbox, "a copy of our own.db")
    assert place.run(KEY, {}, GATHER).success
    sources = place.manifest("synced_games")["report"]["sources"]
    assert sources == {own.name: "game_databases", elsewhere[0].name: "inbox"}
    assert place.manifest("synced_games")["inputs"].keys() == {"game_databases", "inbox"}
    assert lying_in(inbox) == []


def test_what_is_still_being_copied_is_taken_in_once_it_is_whole(place, inbox, elsewhere):
    drop(elsewhere[0], inbox)
    half = elsewhere[1].read_bytes()[:5_000]
    for name in (f"{PARTIAL_PREFIX}a.db", ".a.db.k3Xy9Z"):
        put(inbox, name, half)
    put(inbox, "growing.db", half, age_s=1)
    result = place.run(KEY, {}, GATHER)
    assert checks_of(result)["synced_games.inbox_taken_in"]
    assert held(place) == [elsewhere[0].name]
    assert lying_in(inbox) == [".a.db.k3Xy9Z", f"{PARTIAL_PREFIX}a.db", "growing.db"]
    drop(elsewhere[1], inbox, "growing.db")
    assert place.run(KEY, {}, GATHER).success
    assert held(place) == sorted(shard.name for shard in elsewhere[:2])


# --- refused


def test_damaged_and_foreign_files_are_set_aside_and_stop_nothing(place, inbox, elsewhere):
    own = own_play(place, elsewhere, 1)
    put(inbox, "cut.db", elsewhere[0].read_bytes()[:5_000])
    drop(elsewhere[3], inbox, f"{KEY}/other.db")
    drop(elsewhere[3], inbox, "of another configuration.db")
    result = place.run(KEY, {}, GATHER)
    assert result.success
    assert checks_of(result) == {
        "synced_games.receipts_match": True,
        "synced_games.none_lost": True,
        "synced_games.inbox_taken_in": False,
    }
    assert held(place) == [own.name]
    names = ["cut.db", f"{KEY}-other.db"]
    aside = [f"refused/{name}{suffix}" for name in names for suffix in ("", ".txt")]
    assert lying_in(inbox) == sorted(["of another configuration.db", *aside])
    with Registry().open(place.store) as registry:
        rows = {row.facts["file"]: row.facts for row in registry.history(REFUSED_ROW, KEY)}
    assert rows.keys() == {"cut.db", f"{KEY}/other.db"}
    assert f"a shard of square8_2p in the folder {KEY}" in rows[f"{KEY}/other.db"]["why"]
    assert rows["cut.db"]["moved_to"] == "inbox/refused/cut.db"
    assert checks_of(place.run(KEY, {}, GATHER))["synced_games.inbox_taken_in"]


def test_an_inbox_of_nothing_but_damage_is_not_yet_and_no_fault(place, inbox, elsewhere):
    put(inbox, f"{KEY}/cut.db", elsewhere[0].read_bytes()[:5_000])
    result = place.run(KEY, {}, GATHER)
    assert not result.success
    assert checks_of(result) == {"synced_games.inbox_taken_in": False}
    with place.instance() as instance:
        assert instance.get_run_by_id(result.run_id).tags[OUTCOME_TAG] == BLOCKED
    assert lying_in(inbox) == [f"refused/{KEY}-cut.db", f"refused/{KEY}-cut.db.txt"]


# --- generations


@pytest.mark.parametrize(
    ("own", "expected"),
    [pytest.param(0, [1, 1, 1], id="nothing_played_here"), pytest.param(1, [1, 1, 1], id="first"),
     pytest.param(2, [1, 2, 1], id="second"), pytest.param(9, [1, 2, 1], id="far_ahead")],
)  # fmt: skip
def test_games_count_as_of_their_generation_but_never_as_newer_than_ours(place, inbox, elsewhere, own, expected):
    if own:
        own_play(place, elsewhere, own)
    for shard in elsewhere[:3]:
        drop(shard, inbox)
    assert place.run(KEY, {}, INTAKE).success
    rows = place.manifest("npz_exports")["report"]["by_file"]
    assert [rows[f"{shard.stem}.npz"]["generation"] for shard in elsewhere[:3]] == expected
    own_play(place, elsewhere, own + 1)
    assert place.run(KEY, {}, INTAKE).success
    rows = place.manifest("npz_exports")["report"]["by_file"]
    assert [rows[f"{shard.stem}.npz"]["generation"] for shard in elsewhere[:3]] == expected  # decided once
    assert place.manifest("combined_npz")["report"]["newest_generation"] == own + 1


def test_the_share_that_the_promoted_network_searched_follows_from_the_headers(place, inbox, elsewhere, tmp_path):
    with Registry().open(place.store) as registry:
        registry.add_history(KEY, "gauntlet", "run", {"generation": 1, "promoted": True})
    own_play(place, elsewhere, 2)
    searched = shard_of(tmp_path / "elsewhere", seed=5, games=3, generation=2, model=NETWORK)
    drop(searched, inbox)
    drop(elsewhere[1], inbox)  # of generation 2, and its header names no promoted network
    assert place.run(KEY, {}, INTAKE).success
    rows = place.manifest("npz_exports")["report"]["by_file"]
    assert rows[f"{searched.stem}.npz"]["promoted"] == NETWORK
    assert rows[f"{elsewhere[1].stem}.npz"]["promoted"] is None
    share = rows[f"{searched.stem}.npz"]["rows"] / sum(row["rows"] for row in rows.values())
    found = place.manifest("combined_npz")["report"]["quality"]["later_searched_share"]
    assert found == pytest.approx(share, abs=0.02)  # of rows of the window, in which equal positions are merged


# --- removed by housekeeping


def test_what_housekeeping_removed_is_not_taken_in_again_from_anywhere(place, inbox, elsewhere):
    own = [own_play(place, elsewhere, 1)]
    drop(elsewhere[0], inbox)
    assert place.run(KEY, {}, INTAKE).success
    own.append(own_play(place, elsewhere, 2))
    assert place.run(KEY, {}, INTAKE).success
    manifest = place.data / "combined_npz" / KEY / "latest.json"
    content = json.loads(manifest.read_text())
    content["report"]["window_rows"] = 1  # the real window is never that small
    manifest.write_text(json.dumps(content))
    keep(place)
    assert held(place) == [own[1].name]

    drop(elsewhere[0], inbox, "from a backup.db")
    offered = place.manifest("game_databases")
    path = place.data / "game_databases" / KEY
    shutil.copyfile(own[0], path / own[0].name)  # somebody restored the store's old folder
    offered["files"][own[0].name] = sha256_of(own[0])
    (path / "latest.json").write_text(json.dumps(offered))
    result = place.run(KEY, {}, GATHER)
    assert result.success
    assert all(checks_of(result).values())
    assert held(place) == [own[1].name]
    assert lying_in(inbox) == []


def test_a_note_of_removal_does_not_drop_what_is_held(place, inbox, elsewhere):
    drop(elsewhere[0], inbox)
    assert place.run(KEY, {}, GATHER).success
    Receipts(place.data / "receipts.db").note_removed([sha256_of(elsewhere[0])], "synced_games")
    assert place.run(KEY, {}, GATHER).success
    assert held(place) == [elsewhere[0].name]


# --- killed


@pytest.mark.slow
def test_killed_anywhere_no_game_is_lost_or_held_twice(tmp_path, elsewhere, monkeypatch):
    """SIGKILL before every rename and deletion of an intake, then the same intake again."""
    fake_what_is_counted(monkeypatch)
    calls = ("replace", "rename", "unlink")
    whole = prepared(tmp_path / "whole", elsewhere)
    assert in_child(partial(intake, whole), FaultPoints(whole.data, calls=calls)) == 0
    points = (whole.root / "data.points").read_text().splitlines()
    assert any(point == "unlink inbox/one.db" for point in points)
    for number, point in enumerate(points, start=1):
        place = prepared(tmp_path / str(number), elsewhere)
        killed = in_child(partial(intake, place), FaultPoints(place.data, kill_at=number, calls=calls))
        assert killed == -signal.SIGKILL
        version = place.store.latest("synced_games", KEY)
        named = version.files if version is not None else {}
        assert elsewhere[0].name in named or (place.data / "inbox" / "one.db").exists(), point
        assert in_child(partial(intake, place)) == 0, point
        assert traces_of(place) == traces_of(whole), point


def prepared(root, elsewhere):
    """A shard played here, one in the inbox, and something torn beside it."""
    place = Place(root, InlineWorkers())
    own_play(place, elsewhere, 1)
    drop(elsewhere[0], place.data / "inbox", "one.db")
    put(place.data / "inbox", "cut.db", b"torn")
    return place


def intake(place):
    if not place.run(KEY, {}, GATHER).success:
        raise SystemExit(1)


def traces_of(place):
    receipts = Receipts(place.data / "receipts.db").of(KEY, "synced_games")
    folder = place.data / "synced_games" / KEY
    return {
        "held": held(place),
        "files": sorted(path.name for path in folder.iterdir()),
        "inbox": lying_in(place.data / "inbox"),
        "receipts": [(row.name, row.source) for row in receipts],
    }


def fake_what_is_counted(monkeypatch):
    """Without index, statistics and quality: their libraries have threads, which a forked process has not."""
    counts = dict.fromkeys(("games", "shards", "moves", "decisions", "truncated_games", "duplicate_games"), 0)
    unknown = ("win_share", "length_quantiles", "searched_share", "mean_entropy", "distinct_openings")
    statistics = GameStatistics(**counts, **dict.fromkeys(unknown), how_counts={})
    monkeypatch.setattr("ringrift_engine.records.index.update_index", lambda *_: None)
    monkeypatch.setattr("ringrift_engine.records.index.read_index", lambda *_: None)
    monkeypatch.setattr("ringrift_engine.records.statistics.game_statistics", lambda *_: statistics)
    quality = {"generation": 1, "by_shard": {}, "by_player": {}, "worst_player": "self"}
    parts = {"games": 0, "mean": 0.5, "score": 0.5, "grade": "poor", "subscores": []}
    monkeypatch.setattr("ringrift_assets.qualities.judge_games", lambda *_: {**quality, **parts})
