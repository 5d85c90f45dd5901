"""`ringrift rollback` over two promoted models of a few bytes."""

import json
import time

import pytest
from click.testing import CliRunner

from ringrift_assets.cli.rollback import rollback_group
from ringrift_assets.registry import Registry
from ringrift_assets.rollback.monitor import get_rollback_monitor
from ringrift_engine.cli.main import Commands
from ringrift_engine.evaluation.match_log import MatchLog
from tests.support.promoted import promote_two
from tests.support.stand_ins import made_games

KEY = "hex8_2p"


def call(*arguments):
    group = Commands(commands={"rollback": rollback_group})
    done = CliRunner().invoke(group, ["rollback", *arguments], catch_exceptions=False)
    return done.exit_code, done.output


@pytest.fixture
def pair(folder):
    """(first, second): the second was promoted in place of the first a moment ago."""
    with Registry().open(folder.store) as registry:
        return promote_two(registry, folder.data, time.time())


def play(folder, pair, share):
    """A match of the monitor, in which the second wins this share."""
    first, second = pair
    with MatchLog(folder.data / "matches.db") as log:
        log.record(made_games([second, first], 40, share, purpose="rollback", run_id="a match"))
    with get_rollback_monitor(KEY, "a match") as monitor:
        monitor.note_match(KEY, second, first, 40)


def promoted(folder):
    return Registry().promoted(folder.store, KEY)


def test_the_status_is_that_of_every_promoted_model(folder, pair):
    assert call("status")[1].startswith(f"hex8_2p  model {pair[1][:12]}, in place of {pair[0][:12]}; watched, 0 checks")
    play(folder, pair, 0.4)
    call("check", KEY)
    (told,) = json.loads(call("status", KEY, "--json")[1])
    assert (told["checks"], told["at_risk"], told["watched"]) == (1, True, True)
    assert "a severe regression" in told["last"]
    assert call("status", "hex8_3p") == (0, "No model is promoted yet.\n")


def test_a_check_says_and_does_nothing(folder, pair):
    status, said = call("check", KEY)
    assert (status, said.splitlines()[0]) == (0, f"hex8_2p  model {pair[1][:12]} stays")
    play(folder, pair, 0.2)
    status, said = call("check", KEY)
    assert status == 3
    assert f"would be taken back, {pair[0][:12]} plays" in said
    assert promoted(folder) == pair[1]


def test_a_run_goes_back_if_the_check_says_so(folder, pair):
    assert call("run", KEY)[0] == 3
    play(folder, pair, 0.2)
    status, said = call("run", KEY, "--dry-run", "--json")
    told = json.loads(said)
    assert (status, told["due"], told["trigger"], told["moved"]) == (0, True, "severe", False)
    assert promoted(folder) == pair[1]
    status, said = call("run", KEY)
    assert status == 0
    assert "was taken back" in said
    assert promoted(folder) == pair[0]
    status, said = call("run", KEY)
    assert status == 1
    assert "nothing to go back to" in said


def test_an_override_goes_back_without_a_regression(folder, pair):
    assert call("run", KEY, "--override", "it looks odd", "--dry-run")[0] == 0
    assert promoted(folder) == pair[1]
    assert call("run", KEY, "--override", "it looks odd")[0] == 0
    assert promoted(folder) == pair[0]
    with Registry().open(folder.store) as registry:
        assert "it looks odd" in registry.pointer_history(KEY)[-1].reason


def test_a_damaged_copy_cannot_be_gone_back_to(folder, pair):
    play(folder, pair, 0.2)
    (folder.data / "promoted_models" / KEY / f"{pair[0][:12]}.safetensors").write_bytes(b"torn")
    status, said = call("run", KEY)
    assert status == 1
    assert "could not be taken back" in said
    assert promoted(folder) == pair[1]
