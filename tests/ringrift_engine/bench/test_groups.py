"""The run as a whole: groups, their order, what cannot be measured, and the command over all of it."""

import json
import subprocess
import time

import pytest

from ringrift_engine.bench import data, gpu, peers
from ringrift_engine.bench.bench import Bench
from ringrift_engine.bench.gpu_training import made_up_batch
from ringrift_engine.bench.groups import GROUPS, check_groups
from ringrift_engine.bench.page import quantity_table
from ringrift_engine.bench.quantities import QUANTITIES
from ringrift_engine.bench.random_play import RandomGames
from ringrift_engine.bench.scope import Effort, Scope
from ringrift_engine.bench.timing import Clock, measure
from ringrift_engine.boards import CONFIG_KEYS, CONFIGS
from ringrift_engine.encoding import Encoding
from ringrift_engine.errors import ConfigError
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.settings import NetworkSettings
from ringrift_engine.training.loss import losses, total
from ringrift_engine.training.settings import training_settings
from tests.ringrift_engine.bench.test_rows import PROMISED
from tests.ringrift_engine.cli.conftest import ringrift
from tests.test_architecture import ROOT

TINY = Scope((CONFIGS["square8_2p"],), threads=2, effort=Effort(3, 0.0))


def test_groups_come_in_their_own_order_and_all_for_none():
    assert check_groups(["training", "rules"]) == ("rules", "training")
    assert check_groups([]) == GROUPS == ("rules", "heuristic", "search", "data", "training", "gpu")


def test_an_unknown_group_names_the_nearest():
    with pytest.raises(ConfigError, match=r"unknown group 'rule'\. Nearest: 'rules'"):
        check_groups(["rule"])
    result = ringrift("bench", "--only", "trainig")
    assert result.exit_code == 1
    assert "Nearest: 'training'" in result.output


@pytest.mark.slow
def test_rules_alone_give_complete_rows_as_a_list_and_as_a_table(tmp_path):
    tiny = ("--only", "rules", "--config", "square8_2p", "--repeats", "3", "--seconds", "0.01", "--threads", "2")
    result = ringrift("bench", *tiny, "--json")
    assert result.exit_code == 0, result.output
    rows = json.loads(result.stdout)
    assert [row["name"] for row in rows] == [
        "machine.calibration", "limit.cache_stores", "rules.random_play", "rules.random_play_own",
        "rules.random_play", "rules.random_play_own", "rules.thread_scaling", "rules.copy", "rules.successor",
    ]  # fmt: skip
    for row in rows:
        assert row.keys() >= PROMISED
        assert row["unit"] == QUANTITIES[row["name"]].unit
        assert 0 < row["low"] <= row["value"] <= row["high"]
        assert row["repeats"] == 3
        assert row["device"] == "cpu"
    assert [(row["configuration"], row["threads"]) for row in rows if row["name"] == "rules.random_play"] == [
        ("square8_2p", 1),
        ("square8_2p", 2),
    ]
    assert rows[0]["details"]["processor"]
    assert rows[0]["details"]["numba"].startswith("0.")
    earlier = tmp_path / "earlier.json"
    earlier.write_text(result.stdout)
    shown = ringrift("bench", *tiny, "--compare", earlier)
    assert shown.exit_code == 0, shown.output
    assert "processor" in shown.stdout
    assert "calibrated" in shown.stdout


@pytest.mark.slow
def test_a_move_of_random_play_costs_so_many_turns_of_the_calibration_loop():
    """A ratio, in processor time beside the loop itself: how fast or busy the machine is does not matter."""
    player = RandomGames(CONFIGS["square8_2p"], threads=1)
    found = measure(lambda: player.play(100, 1).moves, Effort(5, 0.0), Clock(now=time.process_time))
    assert 10 < 1 / found.amount_per_turn < 400


def test_every_group_but_rules_and_heuristic_measures_on_what_it_is_told():
    with Bench(Scope((CONFIGS["hex8_3p"],))) as bench:
        labels = [task.label for task in data.tasks(bench)]
    assert len(labels) == 5
    assert all(label.endswith("hex8_3p") for label in labels)


def test_without_a_device_every_row_of_it_says_what_is_missing(monkeypatch):
    monkeypatch.setattr(gpu, "obstacle_to_cuda", lambda: "there is none")
    with Bench(TINY) as bench:
        rows = [row for task in gpu.tasks(bench) for row in task.measure()]
    names = ["gpu.memory_copy", "gpu.matmul", "gpu.network", "gpu.search", "gpu.training", "gpu.random_play"]
    assert [row.name for row in rows] == names == [name for name in QUANTITIES if name.startswith("gpu.")]
    assert all(row.note == "not measured: there is none" and row.value is None for row in rows)


def test_a_made_up_batch_is_one_that_the_losses_take():
    config = CONFIGS["hex8_3p"]
    encoding = Encoding(config)
    planes, scalars, targets = made_up_batch(config, encoding, 4, "cpu")
    found = losses(BoardNetwork(NetworkSettings(blocks=1, channels=16), encoding)(planes, scalars), targets)
    assert total(found, targets.weights, training_settings(config)).isfinite()
    assert (found.policy > 0).all()


def test_peers_that_are_not_installed_say_what_brings_them(monkeypatch):
    monkeypatch.setattr(peers.importlib.util, "find_spec", lambda name: None)  # noqa: ARG005
    with Bench(TINY) as bench:
        rows = [row for task in peers.peer_tasks(bench) for row in task.measure()]
    assert [row.name for row in rows] == ["peer.openspiel", "peer.pgx"]
    assert all("pip install 'ringrift[bench]'" in row.note for row in rows)


def test_a_peer_that_fails_is_a_row_with_its_last_words_and_the_next_game_is_played(monkeypatch):
    def run(command, **_):
        game = command[3]
        if game == "othello":
            raise subprocess.CalledProcessError(1, command, stderr="Traceback\n  somewhere\nValueError: no board")
        found = {"moves_per_s": [3.0, 1.0, 2.0], "details": {"moves_a_game": 40}}
        return subprocess.CompletedProcess(command, 0, stdout=json.dumps(found))

    monkeypatch.setattr(peers.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(peers.subprocess, "run", run)
    with Bench(TINY) as bench:
        rows = [row for task in peers.peer_tasks(bench) for row in task.measure()]
    assert [row.value for row in rows] == [None, 2.0, 2.0, None, 2.0]
    assert rows[0].note == "not measured: pyspiel failed at othello: ValueError: no board"
    assert rows[-1].note == "hex"


def test_stages_share_out_the_whole_time(monkeypatch):
    seconds = iter([0.0, 1.0, 1.0, 4.0])
    monkeypatch.setattr(data.time, "perf_counter", lambda: next(seconds))
    stages = data.Stages()
    for label in ("read", "shuffle"):
        stages(label, 0, 2, "files")
        stages(label, 1, 2, "files")
        stages(label, 2, 2, "files")
    stages.end("write", 10.0)
    assert stages.shares() == pytest.approx({"read": 0.1, "shuffle": 0.3, "write": 0.6})


def test_a_scope_without_configurations_leaves_the_choice_to_the_group():
    assert [config.key for config in Scope().on(CONFIG_KEYS)] == list(CONFIG_KEYS)
    assert [config.key for config in TINY.on(CONFIG_KEYS)] == ["square8_2p"]


def test_the_page_has_every_quantity_with_its_goal_and_its_limit():
    page = (ROOT / "docs" / "performance.md").read_text()
    assert quantity_table() in page, "renew it: python -m ringrift_engine.bench.page"
    assert all(f"`{group}`" in page for group in GROUPS)
