"""A network that is really worse is promoted on a person's word, and the running loop takes it back by itself.

The real daemon, the real job, real games: of two networks, one that was taught by games of the bootstrap player and the
same one with its weights shuffled. The test promotes with `ringrift promote --override`, turns the sensor on, and
waits.
"""

import time

import pytest
import yaml
from click.testing import CliRunner

from ringrift_assets.cli.promote import promote_command
from ringrift_assets.registry import Registry
from ringrift_assets.storage import Store
from ringrift_engine.boards import CONFIGS
from ringrift_engine.promotion.controller import EXECUTION
from ringrift_engine.promotion.rollback import CHECK
from tests.support.dagster_dev import dagster_dev
from tests.support.networks import named_by_content, shuffled, train_small

CONFIG = CONFIGS["hex8_2p"]
SETTINGS = {
    "loop": {"configurations": CONFIG.key},
    "evaluation": {"simulations": 2},
    "rollback": {"games_a_check": 40},
}
_WITHIN_S = 300
_LOOK_EVERY_S = 0.5


def promote_by_word(sha256):
    done = CliRunner().invoke(promote_command, [CONFIG.key, sha256, "--override", "a test of the monitor"])
    assert done.exit_code == 0, done.output


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_worse_network_that_was_promoted_by_override_is_taken_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RINGRIFT_CONFIGURATIONS", CONFIG.key)
    (tmp_path / "ringrift.yaml").write_text(yaml.safe_dump(SETTINGS))
    store, made = Store(tmp_path / "data"), train_small(tmp_path, CONFIG, games=150, samples=12_000)
    hashes = []
    for model in (shuffled(made, CONFIG, seed=1), made):  # of three shuffles the one that wins least: 1 of 40 games
        path, sha256 = named_by_content(model, store.folder("checkpoints", CONFIG.key))
        with Registry().open(store) as registry:
            registry.register(sha256, CONFIG.key, path.relative_to(store.root).as_posix(), {})
        hashes.append(sha256)
    worse, better = hashes
    promote_by_word(better)
    promote_by_word(worse)
    assert Registry().promoted(store, CONFIG.key) == worse
    with dagster_dev(tmp_path) as dagster:
        dagster.start_sensor("rollback_monitor")
        deadline = time.monotonic() + _WITHIN_S
        while Registry().promoted(store, CONFIG.key) == worse:
            assert time.monotonic() < deadline, dagster.ticks("rollback_monitor")
            time.sleep(_LOOK_EVERY_S)
        (run,) = dagster.runs(pipelineName="rollback")
        assert dagster.finished(run.run_id).status == "SUCCESS"
        assert dagster.materialised_by("promoted_models", CONFIG.key) == [run.run_id]
    assert Registry().promoted(store, CONFIG.key) == better
    with Registry().open(store) as registry:
        moves = [(move.kind, move.sha256) for move in registry.pointer_history(CONFIG.key)]
        (check,) = registry.history(CHECK, CONFIG.key)
        executed = [row.facts["result"] for row in registry.history(EXECUTION, CONFIG.key)]
    assert moves == [("override", better), ("override", worse), ("rollback", better)]
    assert executed == ["success"] * 3
    assert check.facts["check"]["games"] == 40
    assert check.facts["check"]["trigger"] == "severe"
