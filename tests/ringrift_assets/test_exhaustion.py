"""Self-play on a machine that runs out of room: it stops with a reason, keeps its shards, and goes on where it was.

A quota stands for the full disk: the data root as a disk of a few kilobytes.
"""

from dataclasses import asdict

import pytest

from ringrift_assets.tasks import TASKS
from ringrift_engine.errors import ResourcesExhausted
from ringrift_engine.progress import silent
from ringrift_engine.records.discovery import shards_in
from ringrift_engine.resources import GB, ResourceLimits
from tests.support.cycle import Place
from tests.support.stand_ins import InlineWorkers

BATCHES = [(11, 2), (12, 2), (13, 2)]
ONE_SHARD = 10_000 / GB  # a shard of two games takes about 20 kB, an empty data root nothing


def play(root, quota_gb=None):
    """Play the three batches into `root`; the names of the shards that the task reports."""
    folder = root / "game_databases" / "square8_2p"
    request = {
        "key": "square8_2p",
        "folder": str(folder),
        "known": [],
        "batches": BATCHES,
        "generation": 1,
        "player": "bootstrap",
        "model": None,
        "simulations": None,
        "full_share": 1.0,
        "cheap_simulations": 1,
        "temperature": 1.0,
        "opponents": {"self": 1.0},
        "earlier": None,
        "threads": 1,
        "device": "cpu",
        "root": str(root),
        "limits": asdict(ResourceLimits(quota_gb=quota_gb)),
    }
    return TASKS["play"](request, silent)["shards"]


def test_a_full_disk_ends_self_play_between_shards_and_the_next_run_plays_the_rest(tmp_path):
    undisturbed = play(tmp_path / "roomy")
    root = tmp_path / "small"
    with pytest.raises(ResourcesExhausted, match=r"resources\.quota_gb.* 2 of 6 games .* the next run plays the rest"):
        play(root, ONE_SHARD)
    kept = shards_in(root / "game_databases" / "square8_2p")
    assert len(kept) == 1
    assert {kept[0].name} < set(undisturbed)
    assert play(root) == undisturbed, "content must not depend on where a full disk struck"


def test_a_disk_that_is_full_already_starts_nothing(tmp_path):
    (tmp_path / "other").write_bytes(bytes(9_000))
    with pytest.raises(ResourcesExhausted, match="0 of 6 games"):
        play(tmp_path, ONE_SHARD)
    assert not shards_in(tmp_path / "game_databases" / "square8_2p")


def test_a_cycle_that_was_stopped_by_a_full_disk_is_finished_when_there_is_room(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = {"game_databases": {"games": 3, "batch_games": 1}}
    whole = Place(tmp_path / "whole", InlineWorkers())
    assert whole.run("square8_2p", config, ("game_databases",)).success
    (tmp_path / "ringrift.yaml").write_text(f"resources: {{quota_gb: {ONE_SHARD:.12f}}}\n")
    place = Place(tmp_path / "place", InlineWorkers())
    stopped = place.run("square8_2p", config, ("game_databases",))
    assert not stopped.success
    (failure,) = stopped.filter_events(lambda event: event.is_step_failure)
    cause = failure.step_failure_data.error.cause
    assert cause.cls_name == "ResourcesExhausted"
    assert "resources.quota_gb" in cause.message
    assert place.versions("square8_2p") == {}
    (tmp_path / "ringrift.yaml").unlink()
    assert place.run("square8_2p", config, ("game_databases",)).success
    assert place.versions("square8_2p") == whole.versions("square8_2p")
