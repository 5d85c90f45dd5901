"""Taking away: nothing that is named is ever missing, nothing comes back, and the next cycle misses nothing."""

import shutil
import signal
from functools import partial
from pathlib import Path

import pytest

from ringrift_assets.housekeeping.keeping import SUBJECT
from ringrift_assets.locks import exclusive
from ringrift_assets.readiness import Gathered, gathered, new_since_training
from ringrift_assets.registry import Registry
from ringrift_assets.storage import Removed, Store, Version, removed_of, with_removed
from ringrift_assets.thresholds.sections import Housekeeping
from ringrift_engine.files import PARTIAL_PREFIX
from tests.ringrift_assets.housekeeping.kept import KEY, NOW, SETS, keep, tree, verify
from tests.support.cycle import Place, checks_of
from tests.support.faults import FaultPoints, in_child

CALLS = ("replace", "unlink")  # what makes a file appear or vanish


def rows_of(place):
    return place.manifest("npz_exports")["report"]["by_file"]


def test_three_cycles_leave_one_generation_one_checkpoint_and_its_training_set_to_remove(place):
    first = [name for name, row in rows_of(place).items() if row["generation"] == 1]
    report = keep(place)
    assert {kind: amount.items for kind, amount in report.by_kind().items()} == {
        "shard": 9,
        "checkpoint": 1,
        "combination": 1,
    }
    assert len(first) == 3
    verify(place)
    for asset in SETS:
        files = place.manifest(asset)["files"]
        assert len(files) == 6
        assert not {Path(name).stem for name in files} & {Path(name).stem for name in first}
        names = {path.name for path in (place.data / asset / KEY).iterdir()}
        assert names - {"latest.json", "plan.json", "games.parquet"} == set(files)
    account = removed_of(place.store.latest("npz_exports", KEY))
    assert (account.files, account.games, account.rows, account.searched_rows) == (3, 5, 600_000, 0)
    assert account.last == tuple(sorted(first))


def test_the_totals_of_the_exports_are_those_of_what_is_left(place):
    keep(place)
    report = place.manifest("npz_exports")["report"]
    assert report["rows"] == sum(row["rows"] for row in report["by_file"].values()) == 1_200_000
    assert report["exports"] == len(report["by_file"]) == 6
    assert report["games"] == 10


def test_what_ever_came_is_counted_as_before_so_no_gate_is_fooled(place):
    before = gathered(place.store.latest("npz_exports", KEY))
    new = [new_since_training(place.store, KEY, what) for what in ("games", "positions")]
    keep(place)
    assert gathered(place.store.latest("npz_exports", KEY)) == before
    assert [new_since_training(place.store, KEY, what) for what in ("games", "positions")] == new == [0, 0]


@pytest.mark.parametrize(
    ("rows", "searched", "went", "games", "positions"),
    [
        (80, 0, 0, 4, 70),  # no search ever: every row counts
        (80, 30, 0, 4, 30),  # the first search: its rows are new, however many rows there were without one
        (80, 0, 20, 4, 20),  # housekeeping removed the searched ones since
        (80, 30, 20, 4, 50),
    ],
)
def test_positions_are_searched_rows_if_there_ever_were_any(rows, searched, went, games, positions):
    report = {"by_file": {"a.npz": {"searched_rows": searched}}, "games": 4, "rows": 100 + rows}
    exports = Version(asset="npz_exports", key=KEY, files={"a.npz": "x"}, inputs={}, request="", report=report)
    left = gathered(with_removed(exports, Removed(files=1, games=3, rows=50, searched_rows=went)))
    before = Gathered(games=3, rows=160)
    assert left.since(before, "games") == games
    assert left.since(before, "positions") == positions


def test_a_dry_run_says_what_the_next_one_does_and_changes_nothing(place):
    before = tree(place)
    said = keep(place, dry_run=True)
    assert tree(place) == before
    assert [one.path for one in said.removed]
    done = keep(place)
    assert sorted(one.path for one in done.removed) == sorted(one.path for one in said.removed)
    assert sum(one.bytes for one in done.removed) == sum(len(before[one.path]) for one in said.removed)
    assert {path for path in before if path not in tree(place)} == {one.path for one in done.removed}
    assert keep(place).removed == []


def test_the_training_set_made_again_after_housekeeping_is_the_same(place):
    before = place.manifest("combined_npz")
    keep(place)
    assert place.run(selection=("synced_games", "npz_exports", "combined_npz")).success
    after = place.manifest("combined_npz")
    assert after["files"] == before["files"]
    assert after["report"]["window_rows"] == before["report"]["window_rows"]


def test_the_next_cycle_misses_nothing_and_brings_nothing_back(place):
    went = {Path(one.path).stem for one in keep(place).removed if one.kind == "shard"}
    before = gathered(place.store.latest("npz_exports", KEY))
    result = place.run()
    assert result.success
    assert all(checks_of(result).values())
    verify(place)
    for asset in SETS:
        stems = {Path(name).stem for name in place.manifest(asset)["files"]}
        assert len(stems) == 9
        assert not stems & went
        account = removed_of(place.store.latest(asset, KEY))
        assert account.files == 3  # the next version carries the account on
        (event,) = result.asset_materializations_for_node(asset)
        assert event.metadata["removed_files"].value == 3
        assert event.metadata["removed_bytes"].value == account.bytes > 0
    after = gathered(place.store.latest("npz_exports", KEY))
    assert after.games == before.games + 5
    assert after.since(before, "positions") == 600_000
    assert place.manifest("game_databases")["report"]["generation"] == 4
    assert keep(place).by_kind()["shard"].items == 9  # generation 2
    assert removed_of(place.store.latest("npz_exports", KEY)).rows == 1_200_000
    verify(place)


def test_nothing_is_lost_if_it_is_killed_anywhere_and_the_next_one_ends_it(place, tmp_path):
    whole = Place(tmp_path / "whole")
    shutil.copytree(place.data, whole.data)
    (whole.data / "synced_games" / KEY / f"{PARTIAL_PREFIX}torn").touch()
    shutil.copytree(whole.data, tmp_path / "fresh")
    counting = FaultPoints(whole.data, calls=CALLS)
    assert in_child(partial(keep, whole), counting) == 0
    points, expected = (whole.root / "data.points").read_text().splitlines(), tree(whole)
    assert len([point for point in points if point.startswith("unlink")]) > 11
    for number, point in enumerate(points, start=1):
        killed = Place(tmp_path / "killed")
        shutil.copytree(tmp_path / "fresh", killed.data)
        fault = FaultPoints(killed.data, kill_at=number, calls=CALLS)
        assert in_child(partial(keep, killed), fault) == -signal.SIGKILL
        verify(killed)
        keep(killed)
        assert tree(killed) == expected, f"killed before {point}"
        shutil.rmtree(killed.root)


@pytest.mark.parametrize("taken_out", [1, 2, 3])
def test_what_a_killed_housekeeping_left_lying_never_comes_back(place, monkeypatch, taken_out):
    before = gathered(place.store.latest("npz_exports", KEY))
    commit, commits = Store.commit, []

    def killed(store, version):
        commits.append(commit(store, version))
        if len(commits) == taken_out:
            raise KeyboardInterrupt
        return commits[-1]

    with monkeypatch.context() as patch:
        patch.setattr(Store, "commit", killed)
        with pytest.raises(KeyboardInterrupt):
            keep(place)
    verify(place)
    went = {Path(name).stem for name in removed_of(commits[0]).last}
    assert len(went) == 3
    assert place.run().success  # a cycle comes before the next housekeeping
    verify(place)
    for version in commits:
        assert not {Path(name).stem for name in place.manifest(version.asset)["files"]} & went
        assert not [path for path in (place.data / version.asset / KEY).iterdir() if path.stem in went]
    keep(place)
    verify(place)
    assert not [path for asset in SETS for path in (place.data / asset / KEY).iterdir() if path.stem in went]
    assert gathered(place.store.latest("npz_exports", KEY)).games == before.games + 5


@pytest.mark.parametrize(
    ("stage", "left"),
    [
        ("game_databases", {"shard": 9}),
        ("npz_exports", {"shard": 9}),
        ("checkpoints", {"checkpoint": 1, "combination": 1}),
        ("combined_npz", {"shard": 9, "checkpoint": 1, "combination": 1}),
    ],
)
def test_what_a_stage_at_work_may_need_is_left_alone(place, stage, left):
    all_of_it = {"shard": 9, "checkpoint": 1, "combination": 1}
    with exclusive(place.store.lock(stage, KEY)):
        report = keep(place)
    assert {kind: amount.items for kind, amount in report.by_kind().items()} == {
        kind: count for kind, count in all_of_it.items() if kind not in left
    }
    assert f"{stage} is at work" in report.left_alone[KEY]
    verify(place)
    assert {kind: amount.items for kind, amount in keep(place).by_kind().items()} == left


def test_a_torn_manifest_is_left_alone_and_the_other_configurations_go_on(place):
    shutil.copytree(place.data / "gauntlet_results" / KEY, place.data / "gauntlet_results" / "square8_3p")
    torn = place.data / "gauntlet_results" / "hex8_3p" / "latest.json"
    torn.parent.mkdir()
    torn.write_text("{")
    report = keep(place, keys=("hex8_3p", "square8_3p", KEY), limits=Housekeeping(results_kept=1))
    assert list(report.left_alone) == ["hex8_3p"]
    assert "not a manifest" in report.left_alone["hex8_3p"]
    gauntlets = [one for one in report.removed if one.kind == "gauntlet"]
    assert sorted(one.key for one in gauntlets) == [KEY, KEY, "square8_3p", "square8_3p"]


def test_a_configuration_that_was_never_worked_on_gets_no_folders(place):
    before = {path.name for path in place.data.rglob("*") if path.is_dir()}
    assert keep(place, keys=("hexagonal_4p",)).removed == []
    assert {path.name for path in place.data.rglob("*") if path.is_dir()} == before


def test_every_execution_is_a_row_dry_runs_and_broken_ones_too(place, monkeypatch):
    said = keep(place, dry_run=True, now=NOW)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Store, "commit", full)
        with pytest.raises(OSError, match="No space left"):
            keep(place, now=NOW + 1)
    keep(place, keys=(KEY, "hex8_3p"), now=NOW + 2)
    with Registry().open(place.store) as registry:
        dry, broken, done = (row for row in registry.history(SUBJECT))
    assert dry.config_key == broken.config_key == KEY
    assert done.config_key == ""
    assert [row.facts["dry_run"] for row in (dry, broken, done)] == [True, False, False]
    assert [row.facts["at"] for row in (dry, broken, done)] == [NOW, NOW + 1, NOW + 2]
    assert dry.facts["removed"] == [one.path for one in said.removed]
    # A full disk refuses new manifests; what only has to be deleted was deleted before.
    assert dict(broken.facts["kinds"]).keys() == {"combination", "checkpoint"}
    assert done.facts["kinds"]["shard"]["items"] == 9
