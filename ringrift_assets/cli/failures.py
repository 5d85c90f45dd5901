"""ringrift failures: failed runs, and running them again."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ringrift_engine.boards import BoardConfig
from ringrift_engine.cli.options import ConfigKey, json_option, say

if TYPE_CHECKING:
    import dagster as dg

    from ringrift_assets.cli.ended import Failure, Failures
    from ringrift_assets.cli.relaunch import Relaunch


@click.group(name="failures")
def failures_group() -> None:
    """List failed runs, with closed gates and refused candidates apart, and run them again.

    \b
    Examples:
      ringrift failures list --key hex8_2p
      ringrift failures retry --all-faults --dry-run
    """


@failures_group.command(name="list")
@click.option("--key", type=ConfigKey(), help="One configuration only.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Runs of each kind.")
@json_option
def list_command(key: BoardConfig | None, limit: int, as_json: bool) -> None:
    """List failed runs, newest first: faults, then what was blocked, then what was refused.

    A fault is work that broke; `open` is a fault that nothing has tried again since. Blocked met a closed gate or a
    machine without room. Refused is a candidate that was not shown to be better: a result, no failure.

    \b
    Examples:
      ringrift failures list
      ringrift failures list --key hex8_2p --limit 5
    """
    from ringrift_assets.cli.ended import failures
    from ringrift_assets.cli.instance import opened_instance

    with opened_instance() as instance:
        found = failures(instance, key.key if key else "", limit)
    say(as_json, found, lambda: _list_text(found))


@failures_group.command(name="retry")
@click.argument("run_id", required=False)
@click.option("--all-faults", is_flag=True, help="The newest open fault of each configuration and job.")
@click.option("--dry-run", is_flag=True, help="Say what would be launched, launch nothing.")
@json_option
def retry_command(run_id: str | None, all_faults: bool, dry_run: bool, as_json: bool) -> None:
    """Launch the work of a failed run again: same job, assets, configuration and options, as a new run.

    RUN_ID is a run's id or its beginning. The run is queued by the loop's web server. Without a running server nothing
    is launched: the command prints, for each run, the `dagster asset materialize` line that does the same here and now,
    and ends with exit status 1.

    \b
    Examples:
      ringrift failures retry 1a2b3c4d
      ringrift failures retry --all-faults --dry-run
    """
    from ringrift_assets.cli.instance import opened_instance
    from ringrift_assets.cli.relaunch import launch_again, relaunch_of, running_server

    if (run_id is None) is not all_faults:
        raise click.UsageError("name one failed run, or --all-faults.")
    server = None if dry_run else running_server()
    done: list[Relaunch] = []
    with opened_instance() as instance:
        for run in _chosen(instance, run_id):
            planned = relaunch_of(run)
            done.append(replace(planned, launched=launch_again(server, run)) if server else planned)
    say(as_json, done, lambda: _retry_text(done, dry_run))
    if done and not dry_run and server is None:
        raise click.exceptions.Exit(1)


def _chosen(instance: "dg.DagsterInstance", run_id: str | None) -> "list[dg.DagsterRun]":
    """The failed runs that are meant: the one that is named, or those of all open faults."""
    from ringrift_assets.cli.ended import find_failed, open_faults

    if run_id is not None:
        return [find_failed(instance, run_id)]
    return [find_failed(instance, fault.run_id) for fault in open_faults(instance)]


def _list_text(found: "Failures") -> str:
    from ringrift_assets.cli.runs import SHORT
    from ringrift_assets.cli.text import wrapped

    lines = [f"{_counted(found.faults, 'fault')}; `ringrift failures retry RUN_ID` tries one again"]
    lines += [line for failure in found.faults for line in _failure_lines(failure)]
    lines += ["", f"{len(found.blocked)} blocked: a closed gate or too little room; nothing to retry"]
    lines += [line for failure in found.blocked for line in _failure_lines(failure)]
    lines += ["", f"{len(found.refused)} refused: not shown to be better"]
    for refusal in found.refused:
        lines += [f"  {refusal.key}  model {refusal.candidate[:12]}  run {refusal.run_id[:SHORT]}"]
        lines += [wrapped("", refusal.why, indent=4)]
    return "\n".join(lines)


def _failure_lines(failure: "Failure") -> list[str]:
    from ringrift_assets.cli.runs import SHORT
    from ringrift_assets.cli.text import date, one_line, wrapped

    words = [failure.run_id[:SHORT], date(failure.ended_at), failure.key, one_line(failure.job, 30)]
    words += [failure.stage or "killed", *(["open"] if failure.open else [])]
    return [f"  {'  '.join(words)}", wrapped("", failure.error, indent=4)]


def _retry_text(done: "Sequence[Relaunch]", dry_run: bool) -> str:
    if not done:
        return "No fault is open: nothing to retry."
    return "\n".join(line for relaunch in done for line in _relaunch_lines(relaunch, dry_run))


def _relaunch_lines(relaunch: "Relaunch", dry_run: bool) -> list[str]:
    from ringrift_assets.cli.runs import SHORT

    what = f"run {relaunch.run_id[:SHORT]} of {relaunch.key}: {', '.join(relaunch.assets) or relaunch.job}"
    if relaunch.launched:
        return [f"{what} is launched again as {relaunch.launched}"]
    if dry_run:
        return [f"{what} would be launched again"]
    if not relaunch.command:
        return [f"{what} is not launched: no server runs, and it needs one (`ringrift loop start`)."]
    return [f"{what} is not launched: no server runs. `ringrift loop start`, or by hand:", f"  {relaunch.command}"]


def _counted(found: Sequence[object], what: str) -> str:
    return f"{len(found)} {what}{'' if len(found) == 1 else 's'}"
