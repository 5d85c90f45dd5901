"""The entry point: gathers the commands, and turns errors that a person can put right into one line and exit status 1.

Wrong usage ends with 2, as click does it. Anything else that is raised is a bug and keeps its traceback.
"""

import click

from ringrift_engine import __version__
from ringrift_engine.cli.datasets import combine_command, export_command
from ringrift_engine.cli.evaluate import evaluate_command
from ringrift_engine.cli.games import games_group
from ringrift_engine.cli.play import play_command, selfplay_command
from ringrift_engine.cli.train import train_command
from ringrift_engine.errors import RingRiftError


class Commands(click.Group):
    """A group whose commands may raise RingRiftError."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; its RingRiftError is printed without a traceback."""
        try:
            return super().invoke(ctx)
        except RingRiftError as error:
            raise click.ClickException(str(error)) from error


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
):
    main.add_command(command)

if __name__ == "__main__":
    main()
