"""ringrift loop: start the unattended loop, look at it, stop it."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ringrift_engine.cli.options import json_option, plain, say

if TYPE_CHECKING:
    from ringrift_assets.cli.starting import Started, Wanted
    from ringrift_assets.cli.stopping import Stopped
    from ringrift_assets.cli.watch import Line

Function = TypeVar("Function", bound=Callable[..., Any])


@click.group(name="loop")
def loop_group() -> None:
    """Start, watch and stop the loop that plays, trains, evaluates and promotes by itself.

    \b
    Examples:
      ringrift loop start --configurations hex8_2p,square8_2p
      ringrift loop status
      ringrift loop stop

    The loop is `dagster dev` in the current folder, with every sensor and schedule on. It works on with the terminal
    closed; docs/operating.md says what each sensor does.
    """


def _start_options(command: Function) -> Function:
    """What `start` and `run` may be told."""
    options = (
        click.option(
            "--port",
            type=click.IntRange(1, 65_535),
            help="Port of the web server on this machine.  [default: 3000]",
        ),
        click.option(
            "--configurations",
            default="",
            help="Configurations to work on, separated by commas; sets RINGRIFT_CONFIGURATIONS for the loop.",
        ),
        click.option("--no-server", is_flag=True, help="Without the web server: only what does the work."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@loop_group.command(name="start")
@_start_options
@json_option
def start_command(port: int | None, configurations: str, no_server: bool, as_json: bool) -> None:
    """Start the loop in the background, wait until it works, and turn every sensor and schedule on.

    A loop that runs already is left as it is, with everything on. Its log is .dagster/loop.log.

    \b
    Examples:
      ringrift loop start
      ringrift loop start --port 3100 --configurations hex8_2p,square8_2p
    """
    from ringrift_assets.cli.starting import start

    started = start(_wanted(port, configurations, no_server), _tell)
    say(as_json, _started_facts(started), lambda: _started_text(started))


@loop_group.command(name="run")
@_start_options
@click.option(
    "--foreground/--detached",
    default=True,
    show_default=True,
    help="Stay in this terminal until Ctrl-C, instead of being `ringrift loop start`.",
)
@click.option("--verbose", is_flag=True, help="In the foreground: everything that Dagster logs as well.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line instead of text.")
def run_command(
    port: int | None, configurations: str, no_server: bool, foreground: bool, verbose: bool, as_json: bool
) -> None:
    """Run the loop in this terminal: a line for each run and each new decision of a sensor; Ctrl-C ends all of it.

    A loop that runs already is watched, and is ended by Ctrl-C as well.

    \b
    Examples:
      ringrift loop run --foreground
      ringrift loop run --foreground --verbose --configurations hex8_2p
    """
    from ringrift_assets.cli.starting import start

    wanted = _wanted(port, configurations, no_server)
    if not foreground:
        if verbose:
            raise click.UsageError("--verbose needs --foreground: a detached loop logs to .dagster/loop.log.")
        started = start(wanted, _tell)
        click.echo(json.dumps(_started_facts(started)) if as_json else _started_text(started))
        return
    from ringrift_assets.cli.watch import watch

    def show(line: "Line") -> None:
        click.echo(json.dumps(plain(line)) if as_json else line.text)

    stopped = watch(wanted, verbose, show, _tell)
    click.echo(json.dumps(plain(stopped)) if as_json else _stopped_text(stopped))


@loop_group.command(name="status")
@json_option
def status_command(as_json: bool) -> None:
    """Say whether the loop runs, what is on and what each sensor said last, and which runs are queued or at work.

    \b
    Examples:
      ringrift loop status
      ringrift loop status --json
    """
    from ringrift_assets.cli.loop_facts import loop_facts, loop_text

    facts = loop_facts()
    say(as_json, facts.to_json(), lambda: loop_text(facts))


@loop_group.command(name="stop")
@json_option
def stop_command(as_json: bool) -> None:
    """Turn every sensor and schedule off and end all processes of the loop, runs at work included.

    Nothing is lost: finished shards stay, and the next run goes on with what was not finished. Queued runs stay queued.
    Exit status 0 also if nothing was running.

    \b
    Examples:
      ringrift loop stop
      ringrift loop stop --json
    """
    from ringrift_assets.cli.stopping import stop

    stopped = stop(_tell)
    say(as_json, stopped, lambda: _stopped_text(stopped))


def _tell(text: str) -> None:
    click.echo(text, err=True)


def _wanted(port: int | None, configurations: str, no_server: bool) -> "Wanted":
    from ringrift_assets.cli.starting import Wanted

    if no_server and port is not None:
        raise click.UsageError("--port is the web server's: leave it out with --no-server.")
    return Wanted(port=port, configurations=configurations, server=not no_server)


def _started_facts(started: "Started") -> Mapping[str, Any]:
    loop = started.loop
    return {
        "already": started.already,
        "pid": loop.pid,
        "address": loop.address,
        "configurations": loop.configurations,
        "turned_on": list(started.turned_on),
    }


def _started_text(started: "Started") -> str:
    names = ", ".join(started.turned_on)
    on = f"turned on: {names}" if names else "every sensor and schedule was on"
    lines = [f"The loop {'runs already' if started.already else 'runs'}; {on}."]
    if started.loop.address:
        lines.append(f"Look at it: {started.loop.address} or `ringrift loop status`. End it: `ringrift loop stop`.")
    else:
        lines.append("Look at it: `ringrift loop status`. End it: `ringrift loop stop`.")
    return "\n".join(lines)


def _stopped_text(stopped: "Stopped") -> str:
    lines = ["The loop has ended." if stopped.ran else "No loop was running."]
    if stopped.turned_off:
        lines.append(f"Turned off: {', '.join(stopped.turned_off)}.")
    lines += [
        f"Ended while at work: {run.text}; the next run goes on from what it had finished."
        for run in stopped.ended_runs
    ]
    lines += [f"Still queued: {run.text}; it starts with the next loop." for run in stopped.queued_runs]
    return "\n".join(lines)
