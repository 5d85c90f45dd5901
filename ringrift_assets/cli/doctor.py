"""ringrift doctor: what is wrong with this installation, and what to do."""

from typing import TYPE_CHECKING, Final

import click

from ringrift_engine.cli.options import json_option, say

if TYPE_CHECKING:
    from ringrift_assets.cli.diagnosis import Check

_ADVICE_AT: Final = 16  # below the text, its arrow in the column of the names


@click.command(name="doctor")
@click.option("--host", help="Look only at this node of ringrift.yaml.")
@json_option
def doctor_command(host: str | None, as_json: bool) -> None:
    """Check this installation and its data: packages, Dagster, settings, disk, memory, databases, what was left behind,
    and whether the other machines answer.

    One line for each check: ok, info, warn or FAIL, and what to do. Nothing is changed. Exit status 1 if one failed.

    \b
    Examples:
      ringrift doctor
      ringrift doctor --json
      ringrift doctor --host rack1
    """
    from ringrift_assets.cli.diagnosis import Level, diagnose

    found = []
    for check in diagnose(host):
        found.append(check)
        if not as_json:
            click.echo(_line(check))
    if as_json:
        say(as_json, found, str)
    if any(check.level is Level.FAIL for check in found):
        raise click.exceptions.Exit(1)


def _line(check: "Check") -> str:
    from ringrift_assets.cli.diagnosis import Level
    from ringrift_assets.cli.text import wrapped

    level = check.level.upper() if check.level is Level.FAIL else check.level
    lines = [wrapped(f"{level:<4} {check.name:<13}", check.text, indent=0)]
    if check.advice:
        lines.append(wrapped("->", check.advice, indent=_ADVICE_AT))
    return "\n".join(lines)
