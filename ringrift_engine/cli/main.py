"""The entry point: gathers the commands, and turns errors that a person can put right into one line and exit status 1.

Wrong usage ends with 2, as click does it. Anything else that is raised is a bug and keeps its traceback.

Commands that need Dagster live in the platform's package, which nothing here may import. They are entry points of the
group `ringrift.commands`, name -> command, loaded when they are asked for.
"""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Final

import click

from ringrift_engine import __version__
from ringrift_engine.cli.bench import bench_command
from ringrift_engine.cli.calibrate import calibrate_command
from ringrift_engine.cli.datasets import combine_command, export_command
from ringrift_engine.cli.evaluate import evaluate_command
from ringrift_engine.cli.games import games_group
from ringrift_engine.cli.play.command import play_command
from ringrift_engine.cli.ratings import ratings_command
from ringrift_engine.cli.selfplay import selfplay_command
from ringrift_engine.cli.tournament import tournament_command
from ringrift_engine.cli.train import train_command
from ringrift_engine.errors import RingRiftError

_PLATFORM: Final = "ringrift.commands"
_RENEW: Final = "If this checkout is newer than its installation, `pip install -e .` makes its commands known."


class Commands(click.Group):
    """A group whose commands may raise RingRiftError, and which has the platform's commands too."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names of all commands."""
        return sorted({*self.commands, *_platform_commands()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command by its name, loaded if it is one of the platform; None if there is none."""
        if cmd_name not in self.commands and cmd_name in _platform_commands():
            self.add_command(_load(_platform_commands()[cmd_name]), cmd_name)
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments begin with; whoever asks for an unknown one learns how to renew the names."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise click.UsageError(f"{error.format_message()} {_RENEW}", ctx) from error

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; its RingRiftError is printed without a traceback."""
        try:
            return super().invoke(ctx)
        except RingRiftError as error:
            raise click.ClickException(str(error)) from error


@cache
def _platform_commands() -> dict[str, EntryPoint]:
    """What the installed platform offers, by name."""
    return {point.name: point for point in entry_points(group=_PLATFORM)}


def _load(point: EntryPoint) -> click.Command:
    try:
        return point.load()
    except (ImportError, AttributeError) as error:
        raise click.ClickException(f"`ringrift {point.name}` cannot be loaded: {error}. {_RENEW}") from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ringrift")
def main() -> None:
    """RingRift: play the game, look at games, and run each step of the learning by hand.

    \b
    A tour of two minutes:
      ringrift play hex8_2p --seats heuristic,random
      ringrift selfplay hex8_2p --seats bootstrap --games 50 --out shards
      ringrift games stats shards
      ringrift export shards --out exports

    `ringrift loop start` does all of it unattended.

    Exit status: 0 done, 1 something that the message says how to put right, 2 wrong usage.
    """


for command in (
    games_group,
    play_command,
    selfplay_command,
    export_command,
    combine_command,
    train_command,
    evaluate_command,
    tournament_command,
    calibrate_command,
    ratings_command,
    bench_command,
):
    main.add_command(command)

if __name__ == "__main__":
    main()
