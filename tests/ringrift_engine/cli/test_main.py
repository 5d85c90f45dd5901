"""The command line as a whole: help everywhere, nothing heavy loaded for it, errors in one line."""

import subprocess
import sys
from importlib.metadata import EntryPoint

import click
import pytest

from ringrift_engine.cli import main as entry
from ringrift_engine.cli.main import main
from ringrift_engine.cli.page import walk
from tests.ringrift_engine.cli.conftest import ringrift

_LISTING = """
import sys
from ringrift_engine.cli.main import main
for arguments in {arguments}:
    try:
        main(arguments)
    except SystemExit as ending:
        assert ending.code == 0, (arguments, ending.code)
heavy = {{"torch", "numba", "polars", "pyarrow", "dagster", "scipy"}}
print("LOADED", sorted(heavy.intersection(sys.modules)))
"""


def commands() -> list[tuple[str, ...]]:
    """Every command as the words that call it."""
    return sorted(words for words, _ in walk((), main))


def test_the_commands_are_these():
    assert {" ".join(words) for words in commands()} >= {
        "games show", "games verify", "games stats", "play", "selfplay", "export", "combine", "train", "evaluate",
        "loop start", "loop run", "loop status", "loop stop", "status", "doctor", "failures list", "failures retry",
        "prune",
    }  # fmt: skip


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_has_help_with_an_example_and_describes_its_options(words):
    result = ringrift(*words, "--help")
    assert result.exit_code == 0
    assert "Example" in result.output
    assert f"ringrift {' '.join(words)} " in result.output
    command = dict(walk((), main))[words]
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert not [option.name for option in options if not option.help]
    assert "as_json" in [option.name for option in options]


def test_help_in_a_process_of_its_own_loads_nothing_heavy():
    arguments = [["--help"], *([*words, "--help"] for words in commands())]
    script = _LISTING.format(arguments=arguments)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "LOADED []" in done.stdout


def test_an_error_is_one_line_and_exit_status_1():
    done = subprocess.run(
        [sys.executable, "-m", "ringrift_engine.cli.main", "play", "hex8_5p", "--seats", "random"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: unknown configuration 'hex8_5p'. Nearest: 'hex8_")
    assert "Traceback" not in done.stderr
    assert not done.stdout


def test_the_help_of_all_commands_comes_within_half_a_second():
    done = subprocess.run(
        [sys.executable, "-c", "import time; from ringrift_engine.cli.main import main\n"
         "try: main(['--help'])\nfinally: print('SECONDS', time.process_time())"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "loop" in done.stdout
    assert float(done.stdout.split("SECONDS ")[1]) < 0.5


def test_an_unknown_command_tells_how_to_renew_the_names(monkeypatch):
    """As it is in a checkout that was installed before it had the platform's commands."""
    monkeypatch.setattr(entry, "_platform_commands", dict)
    result = ringrift("statu")
    assert result.exit_code == 2
    assert "No such command 'statu'" in result.output
    assert "pip install -e ." in result.output


def test_a_command_that_is_no_longer_there_is_one_line(monkeypatch):
    point = EntryPoint(name="gone", value="ringrift_assets.cli.gone:command", group="ringrift.commands")
    monkeypatch.setattr(entry, "_platform_commands", lambda: {"gone": point})
    result = ringrift("gone")
    assert result.exit_code == 1
    assert result.output.startswith("Error: `ringrift gone` cannot be loaded: No module named")
    assert "pip install -e ." in result.output


def test_wrong_usage_is_exit_status_2():
    assert ringrift("play").exit_code == 2  # no configuration and no saved game
    assert ringrift("games", "show", "nowhere.db", "0").exit_code == 2
    assert ringrift("games", "show", ".", "0").exit_code == 2  # a folder is no shard
