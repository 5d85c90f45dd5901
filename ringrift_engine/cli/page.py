"""Writes docs/commands.md from the commands themselves; a test compares the two.

`python -m ringrift_engine.cli.page > docs/commands.md` renews it. Tables are made here and not by click's help
formatter, whose layout changes between its versions.
"""

import inspect
from collections.abc import Iterator

import click

from ringrift_engine.cli.main import main

_INTRODUCTION = """# The command line

For people who run the platform, look at games, or run a step of the learning without Dagster. Made by `python -m
ringrift_engine.cli.page` from the commands. With `--json` a command prints one JSON value on standard output; progress
goes to standard error. Exit status: 0 done, 1 an error whose message says what to do, 2 wrong usage.
"""


def render_page() -> str:
    """The whole page as Markdown."""
    return "\n".join([_INTRODUCTION, *(_section(words, command) for words, command in walk((), main))])


def walk(words: tuple[str, ...], command: click.Command) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below `command` with the words that call it, in alphabetical order; groups themselves left out."""
    if not isinstance(command, click.Group):
        yield words, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        part = command.get_command(context, name)
        assert part is not None, f"{name} is listed and not there"
        yield from walk((*words, name), part)


def _section(words: tuple[str, ...], command: click.Command) -> str:
    arguments = [_argument(one) for one in command.params if isinstance(one, click.Argument)]
    usage = " ".join(["ringrift", *words, *arguments, "[OPTIONS]"])
    options = [_option_row(one) for one in command.params if isinstance(one, click.Option)]
    table = "\n".join(["| option | default | meaning |", "| --- | --- | --- |", *options])
    return f"## {' '.join(words)}\n\n    {usage}\n\n{_help_text(command)}\n\n{table}\n"


def _help_text(command: click.Command) -> str:
    """The help as Markdown: what click is told not to rewrap becomes a block of code."""
    paragraphs = []
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        lines = paragraph.split("\n")
        if lines[0].strip() == "\b":
            title, *examples = lines[1:]
            paragraphs += [title, "\n".join(f"    {line.strip()}" for line in examples)]
        else:
            paragraphs.append(paragraph)
    return "\n\n".join(paragraphs)


def _argument(argument: click.Argument) -> str:
    name = (argument.name or "").upper()
    name = name if argument.required else f"[{name}]"
    return f"{name}..." if argument.nargs == -1 else name


def _option_row(option: click.Option) -> str:
    default = "required" if option.required else "" if option.is_flag or not option.show_default else option.default
    meaning = (option.help or "").split("  [default:")[0].replace("|", "\\|")
    if option.secondary_opts:
        meaning += f" The opposite: `{option.secondary_opts[0]}`."
    return f"| `{option.opts[0]}` | {default} | {meaning} |"


if __name__ == "__main__":
    print(render_page(), end="")
