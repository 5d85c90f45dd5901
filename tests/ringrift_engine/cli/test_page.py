"""docs/commands.md says what the commands say of themselves."""

from pathlib import Path

import click

from ringrift_engine.cli.main import main
from ringrift_engine.cli.page import render_page, walk

PAGE = Path(__file__).resolve().parents[3] / "docs" / "commands.md"


def test_the_page_is_what_the_commands_render_to():
    assert PAGE.read_text() == render_page(), "renew it: python -m ringrift_engine.cli.page > docs/commands.md"


def test_the_page_names_every_command_and_option():
    text = PAGE.read_text()
    for words, command in walk((), main):
        assert f"\n## {' '.join(words)}\n" in text
        section = text.split(f"\n## {' '.join(words)}\n")[1].split("\n## ")[0]
        for option in command.params:
            if isinstance(option, click.Option):
                assert f"| `{option.opts[0]}` |" in section, (words, option.name)
