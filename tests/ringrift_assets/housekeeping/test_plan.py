"""What may go, on holdings made by hand: both sides of every limit, and what must never go."""

from dataclasses import replace
from pathlib import Path

import pytest

from ringrift_assets.housekeeping.plan import File, Holdings, plan_removals
from ringrift_assets.storage import Removed, Version, with_removed
from ringrift_assets.thresholds.sections import Housekeeping
from ringrift_engine.files import PARTIAL_PREFIX

KEY = "hex8_2p"
LIMITS = Housekeeping()


def sha(number):
    """A hash that begins with its number in 12 digits."""
    return f"{number:012x}".ljust(64, "0")


def version(asset, files, report=None, inputs=None):
    return Version(asset=asset, key=KEY, files=files, inputs=inputs or {}, request="", report=report or {})


def games(rows, window, newest=None, **changes):
    """Holdings with one shard a generation, of so many rows each, oldest first, and a combination of `window` rows."""
    numbers = range(1, len(rows) + 1)
    by_file = {f"{sha(n)[:12]}.npz": {"generation": n, "rows": rows[n - 1]} for n in numbers}
    databases = {f"{sha(n)[:12]}.db": sha(n) for n in numbers}
    report = {"window_rows": window, "newest_generation": newest or len(rows)}
    return Holdings(
        **{
            "key": KEY,
            "versions": {
                "game_databases": version("game_databases", databases),
                "synced_games": version("synced_games", databases),
                "npz_exports": version("npz_exports", dict.fromkeys(by_file, "x"), {"by_file": by_file}),
                "combined_npz": version("combined_npz", {"c.npz": sha(99)}, report),
            },
            "files": {
                asset: {name: File(name=name, bytes=100, age_hours=1.0) for name in names}
                for asset, names in (
                    ("game_databases", databases),
                    ("synced_games", databases),
                    ("npz_exports", by_file),
                )
            },
            "receipted": frozenset(map(sha, numbers)),
            **changes,
        }
    )


def generations_that_go(holdings, limits=LIMITS):
    return sorted({int(Path(one.path).stem, 16) for one in plan_removals(holdings, limits) if one.kind == "shard"})


@pytest.mark.parametrize(
    ("rows", "window", "expected"),
    [
        pytest.param([10, 10, 10, 10], 10, [1, 2], id="two_newer_generations_fill_it_twice"),
        pytest.param([10, 10, 9, 10], 10, [1], id="one_row_short_of_twice"),
        pytest.param([10, 10, 10], 15, [], id="all_rows_are_twice_the_window_but_the_newer_ones_are_not"),
        pytest.param([10, 10, 10, 10, 10], 20, [1], id="a_window_over_two_generations"),
        pytest.param([1, 1, 100], 10, [1, 2], id="one_large_generation_fills_it_alone"),
        pytest.param([10], 1, [], id="the_newest_generation_never_goes"),
        pytest.param([10, 20], 25, [], id="what_the_window_reaches_into_stays"),
    ],
)
def test_generations_go_when_newer_ones_fill_the_window_twice(rows, window, expected):
    assert generations_that_go(games(rows, window)) == expected


def test_what_the_latest_training_set_reads_stays_although_newer_games_have_come():
    holdings = games([10, 10, 10, 10, 10], window=10, newest=2)  # combined when generation 2 was the newest
    assert generations_that_go(holdings) == [1]
    assert generations_that_go(games([10, 10, 10, 10, 10], window=10)) == [1, 2, 3]


def test_a_larger_factor_keeps_more():
    holdings = games([10] * 6, window=10)
    assert generations_that_go(holdings, Housekeeping(window_factor=1)) == [1, 2, 3, 4, 5]
    assert generations_that_go(holdings, Housekeeping(window_factor=3)) == [1, 2, 3]


def test_a_shard_goes_with_all_its_files_the_source_first_and_says_why():
    removals = [one for one in plan_removals(games([10, 10, 10], window=10), LIMITS) if one.kind == "shard"]
    name = sha(1)[:12]
    assert [one.path for one in removals] == [
        f"game_databases/{KEY}/{name}.db",
        f"synced_games/{KEY}/{name}.db",
        f"npz_exports/{KEY}/{name}.npz",
    ]
    assert {one.bytes for one in removals} == {100}
    assert {one.why for one in removals} == {
        "generation 1: training reads back to generation 3, and 20 newer rows fill its window of 10 rows 2 times"
    }


def test_a_shard_without_a_receipt_stays_everywhere():
    holdings = games([10] * 4, window=10, receipted=frozenset({sha(2), sha(3), sha(4)}))
    assert generations_that_go(holdings) == [2]


def test_a_shard_that_was_never_exported_stays():
    holdings = games([10] * 4, window=10)
    exports = holdings.versions["npz_exports"]
    name = f"{sha(1)[:12]}.npz"
    unexported = replace(
        exports,
        files={file: value for file, value in exports.files.items() if file != name},
        report={"by_file": {file: row for file, row in exports.report["by_file"].items() if file != name}},
    )
    assert generations_that_go(replace(holdings, versions={**holdings.versions, "npz_exports": unexported})) == [2]


@pytest.mark.parametrize(("data", "expected"), [("npz_exports", [2]), ("combined_npz", [1, 2])])
def test_the_export_that_the_latest_checkpoint_learnt_from_alone_stays(data, expected):
    holdings = games([10] * 4, window=10)
    report = {"data": data, "data_file": f"{data}/{KEY}/{sha(1)[:12]}.npz"}
    checkpoint = version("checkpoints", {"m.safetensors": sha(50)}, report)
    assert generations_that_go(replace(holdings, versions={**holdings.versions, "checkpoints": checkpoint})) == expected


def test_without_a_training_set_no_game_goes():
    holdings = games([10] * 6, window=10)
    versions = {asset: one for asset, one in holdings.versions.items() if asset != "combined_npz"}
    assert generations_that_go(replace(holdings, versions=versions)) == []


def models(count, **changes):
    """Holdings with so many checkpoints, each from a training set of its own, number n from set 100 + n; the last is
    the latest.
    """
    numbers = range(1, count + 1)
    checkpoints = {f"{sha(n)[:12]}.safetensors" for n in numbers}
    sets = {f"{sha(100 + n)[:12]}.npz" for n in numbers}
    made_from = {sha(n): {"combined_npz": sha(100 + n)} for n in numbers}
    latest = version(
        "checkpoints", {f"{sha(count)[:12]}.safetensors": sha(count)}, {"data": "combined_npz"}, made_from[sha(count)]
    )
    combination = version("combined_npz", {f"{sha(100 + count)[:12]}.npz": sha(100 + count)})
    return Holdings(
        **{
            "key": KEY,
            "versions": {"checkpoints": latest, "combined_npz": combination},
            "files": {
                "checkpoints": {name: File(name=name, bytes=1, age_hours=100.0) for name in checkpoints},
                "combined_npz": {name: File(name=name, bytes=1, age_hours=100.0) for name in sets},
            },
            "models": made_from,
            **changes,
        }
    )


def numbers_that_go(holdings, kind, limits=LIMITS):
    return sorted(int(Path(one.path).stem, 16) for one in plan_removals(holdings, limits) if one.kind == kind)


@pytest.mark.parametrize(
    ("kept", "standing", "expected"),
    [
        pytest.param(5, set(), [1, 2, 3], id="five_newest"),
        pytest.param(5, {1, 3}, [2], id="promoted_ones_stay_however_old"),
        pytest.param(8, set(), [], id="as_many_as_there_are"),
        pytest.param(1, {8}, [1, 2, 3, 4, 5, 6, 7], id="one"),
    ],
)
def test_checkpoints_go_with_the_training_sets_that_taught_only_them(kept, standing, expected):
    holdings, limits = models(8, standing=frozenset(map(sha, standing))), Housekeeping(checkpoints_kept=kept)
    assert numbers_that_go(holdings, "checkpoint", limits) == expected
    assert numbers_that_go(holdings, "combination", limits) == [100 + number for number in expected]


def test_the_latest_checkpoint_and_its_training_set_stay_before_they_are_registered():
    holdings = models(8)
    registered = {sha256: inputs for sha256, inputs in holdings.models.items() if sha256 != sha(8)}
    newer = {**holdings.versions, "combined_npz": version("combined_npz", {"newer.npz": sha(200)})}
    unregistered, limits = replace(holdings, models=registered, versions=newer), Housekeeping(checkpoints_kept=1)
    assert numbers_that_go(unregistered, "checkpoint", limits) == [1, 2, 3, 4, 5, 6]
    assert numbers_that_go(unregistered, "combination", limits) == [101, 102, 103, 104, 105, 106]
    assert numbers_that_go(unregistered, "leftover", limits) == []


def test_a_training_set_newer_than_every_checkpoint_stays_only_as_the_latest():
    holdings = models(3)
    newer = {
        **holdings.files["combined_npz"],
        "aaaaaaaaaaaa.npz": File(name="aaaaaaaaaaaa.npz", bytes=1, age_hours=1.0),
    }
    files = {**holdings.files, "combined_npz": newer}
    assert numbers_that_go(replace(holdings, files=files), "combination") == [0xAAAAAAAAAAAA]
    latest = version("combined_npz", {"aaaaaaaaaaaa.npz": "a" * 64})
    versions = {**holdings.versions, "combined_npz": latest}
    assert numbers_that_go(replace(holdings, files=files, versions=versions), "combination") == []


@pytest.mark.parametrize(
    ("asset", "kind"),
    [("gauntlet_results", "gauntlet"), ("feedback_state", "feedback"), ("selfplay_plan", "feedback")],
)
def test_the_newest_results_stay_and_the_latest_version_whatever_its_age(asset, kind):
    listed = {f"{n:02}.json": File(name=f"{n:02}.json", bytes=1, age_hours=float(n)) for n in range(1, 25)}
    holdings = Holdings(key=KEY, versions={asset: version(asset, {"24.json": sha(24)})}, files={asset: listed})

    def going(kept):
        return [one.name for one in plan_removals(holdings, Housekeeping(results_kept=kept)) if one.kind == kind]

    assert going(20) == ["20.json", "21.json", "22.json", "23.json"]
    assert going(1) == [f"{n:02}.json" for n in range(1, 24)]
    assert going(24) == []


def test_leftovers_are_old_half_written_files_strays_and_what_a_killed_housekeeping_left():
    files = {
        "synced_games": {
            name: File(name=name, bytes=1, age_hours=age)
            for name, age in (
                (f"{PARTIAL_PREFIX}old", 24.0),
                (f"{PARTIAL_PREFIX}young", 23.9),
                ("gone.db", 0.0),
                ("back.db", 99.0),
                ("stray.db", 99.0),
            )
        },
        "checkpoints": {
            name: File(name=name, bytes=1, age_hours=age)
            for name, age in (("0a.safetensors", 25.0), ("0b.safetensors", 1.0))
        },
    }
    shards = with_removed(version("synced_games", {"back.db": sha(1)}), Removed(files=2, last=("back.db", "gone.db")))
    holdings = Holdings(key=KEY, versions={"synced_games": shards}, files=files)

    def going(hours):
        removals = plan_removals(holdings, Housekeeping(leftover_hours=hours))
        assert {one.kind for one in removals} == {"leftover"}
        return [one.name for one in removals]

    assert going(24) == [f"{PARTIAL_PREFIX}old", "gone.db", "0a.safetensors"]
    assert going(1) == [f"{PARTIAL_PREFIX}old", f"{PARTIAL_PREFIX}young", "gone.db", "0a.safetensors", "0b.safetensors"]
    assert going(48) == ["gone.db"]
