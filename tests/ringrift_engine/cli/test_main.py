"""The command line as a whole: help everywhere, nothing heavy loaded for it, errors in one line."""

import subprocess
import sys

import click
import pytest

from ringrift_engine.cli.main import main
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
    found: list[tuple[str, ...]] = []
    waiting: list[tuple[tuple[str, ...], click.Command]] = [((), main)]
    while waiting:
        words, command = waiting.pop()
        if isinstance(command, click.Group):
            waiting += [((*words, name), part) for name, part in command.commands.items()]
        else:
            found.append(words)
    return sorted(found)


def test_the_commands_are_these():
    assert {" ".join(words) for words in commands()} >= {
        "games show", "games verify", "games stats", "play", "selfplay", "export", "combine", "train", "evaluate",
    }  # fmt: skip


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_every_command_has_help_with_an_example_and_describes_its_options(words):
    result = ringrift(*words, "--help")
    assert result.exit_code == 0
    assert "Example" in result.output
    assert f"ringrift {' '.join(words)} " in result.output
    command: click.Command = main
    for word in words:
        assert isinstance(command, click.Group)
        command = command.commands[word]
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


def test_wrong_usage_is_exit_status_2():
    assert ringrift("play", "hex8_2p").exit_code == 2  # --seats is missing
    assert ringrift("games", "show", "nowhere.db", "0").exit_code == 2
    assert ringrift("games", "show", ".", "0").exit_code == 2  # a folder is no shard
