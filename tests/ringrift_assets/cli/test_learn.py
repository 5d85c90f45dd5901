"""`ringrift learn`: what it prints and how it ends, with stand-ins; and killed in the middle of real games."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import yaml
from click.testing import CliRunner

from ringrift_assets import definitions
from ringrift_assets.cli import server
from ringrift_assets.cli.learn import learn_command
from ringrift_assets.cli.server import Loop
from ringrift_assets.storage import Store
from ringrift_engine import RULES_VERSION
from ringrift_engine.cli.main import Commands
from ringrift_engine.errors import DataError
from ringrift_engine.evaluation.match_log import MatchLog
from ringrift_engine.records.discovery import shards_in
from ringrift_engine.records.shard import read_packed
from tests.ringrift_assets.cli.conftest import KEY, ROOT
from tests.ringrift_assets.learning.test_cycles import SETTINGS as QUICK
from tests.ringrift_assets.test_unattended import SETTINGS as TINY
from tests.support import stand_ins
from tests.support.stand_ins import StandInWorkers

GAMES = 60  # a shard each: their files appear over a second or more
PROGRAM = """
import sys
from ringrift_assets.cli.learn import learn_command
from ringrift_engine.cli.main import Commands
Commands(commands=[learn_command])(sys.argv[1:])
"""


@pytest.fixture
def learn(quick, monkeypatch):
    """Runs the command in this process with stand-ins for the workers."""
    quick.set_up(QUICK)
    honest = definitions.build_defs
    monkeypatch.setattr(definitions, "build_defs", lambda given: honest({**given, "workers": StandInWorkers()}))

    def run(*words):
        return CliRunner().invoke(Commands(commands=[learn_command]), ["learn", "--partition", KEY, *words])

    return run


def test_it_ends_with_the_table_of_generations_also_as_json(learn):
    done = learn("--games", "9")
    assert done.exit_code == 0, done.output
    head, first, second = done.stdout.splitlines()[:3]
    assert head.split()[:4] == ["gen", "games", "rows", "loss"]
    assert first.split()[:4] == ["1", "5", "15000", "1.500"]
    assert second.split()[:4] == ["2", "4", "10000", "1.500"]
    assert first.endswith("promoted")
    assert done.stdout.splitlines()[-1] == "9 of 9 games."
    found = json.loads(learn("--games", "9", "--json").stdout)
    assert (found["games"], found["goal"], found["reached"], found["why"]) == (9, 9, True, "")
    assert found["go_on"] == "ringrift learn --partition hex8_2p --games 9"
    first = found["generations"][0]
    assert (first["generation"], first["games"], first["promoted"]) == (1, 5, True)
    assert first["against"] == {
        "random": {"wins": 18, "games": 20},
        "heuristic": {"wins": 14, "games": 20},
        "policy_heuristic": {"wins": 8, "games": 20},
    }
    assert found["picture"] is None  # stand-ins log no game, so nobody is rated


def test_asked_to_end_it_says_last_how_to_go_on(learn, monkeypatch):
    monkeypatch.setattr(stand_ins, "train", lambda *_: os.kill(os.getpid(), signal.SIGINT))
    done = learn("--games", "9", "--generations", "2", "--seed", "3")
    assert done.exit_code == 130
    again = "ringrift learn --partition hex8_2p --games 9 --generations 2 --seed 3"
    assert done.stdout.splitlines()[-1] == f"5 of 9 games. Ended; what was finished is kept. Go on with: {again}"


def test_a_fault_is_an_error_that_says_what_broke_and_how_to_go_on(learn, monkeypatch):
    def breaks(*_):
        raise DataError("the trainer broke")

    monkeypatch.setattr(stand_ins, "train", breaks)
    done = learn("--games", "9")
    assert done.exit_code == 1
    assert "of improve, checkpoints (fault): ringrift_engine.errors.DataError: the trainer broke" in done.stderr
    assert "go on with: ringrift learn --partition hex8_2p --games 9" in done.stderr


@pytest.mark.parametrize(
    ("configurations", "code"), [("", 1), ("square8_2p, hex8_2p", 1), ("square8_2p", 0)], ids=["all", "this", "other"]
)
def test_a_loop_of_the_folder_is_noticed(learn, monkeypatch, configurations, code):
    running = Loop(pid=12, mark="", started=0.0, port=None, configurations=configurations)
    monkeypatch.setattr(server, "recorded", lambda: running)
    done = learn("--games", "1")
    assert done.exit_code == code
    assert ("a loop runs in this folder (process 12) and learns hex8_2p by itself" in done.stderr) is (code == 1)


@pytest.mark.parametrize("words", [("--games", "0"), ("--games", "5", "--generations", "0"), ()])
def test_wrong_usage(learn, words):
    assert learn(*words).exit_code == 2


@pytest.fixture
def start(folder):
    """Starts the command with real workers in a process of its own."""
    selfplay = {**TINY["selfplay"], "bootstrap_games": GAMES, "bootstrap_batch": 1}
    folder.set_up(yaml.safe_dump({**TINY, "selfplay": selfplay}))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def begin(games):
        words = ["learn", "--partition", KEY, "--games", str(games), "--json"]
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *words],
            cwd=folder.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    return begin


@pytest.mark.slow
def test_killed_in_the_middle_of_games_it_loses_none_and_plays_none_twice(folder, start):
    shards = folder.data / "game_databases" / KEY
    killed = start(GAMES)
    deadline = time.monotonic() + 300
    while not shards_in(shards) and time.monotonic() < deadline and killed.poll() is None:
        time.sleep(0.002)
    killed.kill()
    killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL
    time.sleep(1)  # its worker ends with it, a moment later
    played = {path.name: path.read_bytes() for path in shards_in(shards)}
    assert 0 < len(played) < GAMES
    assert Store(folder.data).latest("game_databases", KEY) is None  # the generation was not finished

    output, errors = start(GAMES).communicate(timeout=600)
    found = json.loads(output)
    assert (found["games"], found["reached"]) == (GAMES, True), errors
    assert [row["games"] for row in found["generations"]] == [GAMES]
    held = Store(folder.data).latest("game_databases", KEY)
    assert held is not None
    assert len(held.files) == GAMES
    assert all((shards / name).read_bytes() == content and name in held.files for name, content in played.items())
    packed = [read_packed(shards / name) for name in held.files]
    assert len({shard.header.seed for shard in packed}) == len(packed)
    ids = [game.game_id for shard in packed for game in shard.games]
    assert len(set(ids)) == len(ids) == GAMES
    with MatchLog(folder.data / "matches.db", read_only=True) as log:
        assert log.counts(RULES_VERSION)[KEY] > 0
    picture = (folder.root / found["picture"]).read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert all(row["rating"] is not None for row in found["generations"])
