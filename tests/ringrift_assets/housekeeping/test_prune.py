"""The command `ringrift prune`."""

import json
import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from ringrift_assets.cli.prune import prune_command
from ringrift_engine.errors import ConfigError
from tests.ringrift_assets.housekeeping.kept import KEY, tree


@pytest.fixture
def command(place, monkeypatch):
    """Runs `ringrift prune` in the folder of the place; its exit code and output."""
    shutil.copy(Path(__file__).parents[3] / "dagster.yaml", place.root)
    monkeypatch.delenv("DAGSTER_HOME", raising=False)

    def run(*arguments):
        done = CliRunner().invoke(prune_command, arguments, catch_exceptions=False)
        assert done.exit_code == 0
        return done.output

    return run


def test_the_command_says_first_and_then_does(place, command):
    before = tree(place)
    dry = command("--dry-run")
    assert tree(place) == before
    name = f"game_databases/{KEY}/"
    assert dry.count(name) == 3
    assert "generation 1: training reads back to generation 3" in dry
    told = json.loads(command("--key", KEY, "--json"))
    assert sorted(one["path"] for one in told["removed"]) == sorted(set(before) - set(tree(place)))
    assert told["before"]["game_databases"]["items"] == 10  # nine shards and the plan
    lines = command().splitlines()
    row = next(line.split() for line in lines if line.startswith("game_databases"))
    assert (row[1], row[-3]) == ("7", "7")
    assert os.listdir(place.root / ".dagster")


def test_the_command_knows_the_configurations():
    with pytest.raises(ConfigError, match="unknown configuration 'hex9_2p'"):
        CliRunner().invoke(prune_command, ["--key", "hex9_2p"], catch_exceptions=False)
