"""ringrift bench: how fast this installation is on this machine, beside what it could be and what it was."""

from pathlib import Path

import click

from ringrift_engine.boards import BoardConfig
from ringrift_engine.cli.options import EXISTING_FILE, ConfigKey, json_option, progress_bar, say


@click.command(name="bench")
@click.option(
    "--only",
    "groups",
    multiple=True,
    metavar="GROUP",
    help="Measure this group only: rules, heuristic, search, data, training or gpu; repeatable.",
)
@click.option(
    "--config",
    "configurations",
    multiple=True,
    type=ConfigKey(),
    help="Measure on this configuration instead of each group's own choice; repeatable.",
)
@click.option(
    "--repeats",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="Times that each thing is measured; rows have medians and quartiles.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.0),
    default=0.08,
    show_default=True,
    help="Least length of a repeat.",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    default=2,
    show_default=True,
    help="Threads of what is measured on several.",
)
@click.option(
    "--compare", "earlier", type=EXISTING_FILE, help="A file that --json wrote: shows the ratios to that run."
)
@json_option
def bench_command(
    groups: tuple[str, ...],
    configurations: tuple[BoardConfig, ...],
    repeats: int,
    seconds: float,
    threads: int,
    earlier: Path | None,
    as_json: bool,
) -> None:
    """Measure how fast games, players, search, data and training are, with medians, goals and shares of the limit.

    Every repeat stands beside a fixed loop. Ratios counted in turns of that loop (calibrated) hold between machines,
    and between hours of a busy one. All groups take several minutes, rules alone less than one once compiled.

    \b
    Examples:
      ringrift bench --only rules
      ringrift bench --json > before.json
      ringrift bench --only search --only training --compare before.json
    """
    from ringrift_engine.bench.comparison import Change, compare, read_rows
    from ringrift_engine.bench.groups import check_groups, run_groups
    from ringrift_engine.bench.scope import Effort, Scope
    from ringrift_engine.bench.table import table_text

    wanted = check_groups(groups)
    before = read_rows(earlier) if earlier else None
    scope = Scope(configurations, threads, Effort(repeats, seconds))
    with progress_bar() as progress:
        rows = run_groups(wanted, scope, progress)
    changes = [Change(row, None, None, None) for row in rows] if before is None else compare(rows, before)
    facts = [change.row.to_json() if before is None else change.to_json() for change in changes]
    say(as_json, facts, lambda: table_text(changes, compared=before is not None))
