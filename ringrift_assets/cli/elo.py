"""ringrift elo: ratings of this node, how far they are from other nodes', and bringing them together."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ringrift_engine.boards import CONFIGS, BoardConfig
from ringrift_engine.cli.options import ANY_PATH, EXISTING_FILE, ConfigKey, Function, json_option, say

if TYPE_CHECKING:
    from ringrift_engine.ratings.reconcile import DriftRecord, EloReconciler

SIGNIFICANT: Final = 3
_BOARDS: Final = tuple(dict.fromkeys(config.board for config in CONFIGS.values()))
_RESOLUTIONS: Final = ("skip", "last_write_wins", "first_write_wins", "raise")


def _resolution_option(command: Function) -> Function:
    """`--resolution`, for what imports games."""
    return click.option(
        "--resolution",
        type=click.Choice(_RESOLUTIONS),
        help="What happens to a game with two outcomes; without it reconciliation.conflict_resolution.",
    )(command)


@click.group(name="elo")
def elo_group() -> None:
    """Show ratings, compare them with those of other nodes, and take in the games of their match logs.

    The nodes are those of `nodes:` in ringrift.yaml; docs/reconciliation.md explains all of it.

    \b
    Examples:
      ringrift elo status
      ringrift elo reconcile-all
    """


@elo_group.command(name="status")
@click.argument("keys", nargs=-1, type=ConfigKey())
@click.option("--limit", type=click.IntRange(min=1), default=5, show_default=True, help="Participants shown of each.")
@json_option
def status_command(keys: Sequence[BoardConfig], limit: int, as_json: bool) -> None:
    """Show the ratings of each configuration KEYS, strongest first, and when each node was last read.

    Without KEYS all that have games. Ratings that are not those of the games in the log are fitted first.

    \b
    Examples:
      ringrift elo status
      ringrift elo status hex8_2p --limit 20
    """
    from ringrift_assets.cli.elo_facts import status_facts
    from ringrift_assets.cli.elo_text import status_text

    facts = status_facts(_reconciler("status"), [config.key for config in keys], limit)
    say(as_json, facts, lambda: status_text(facts))


@elo_group.command(name="check-drift")
@click.option("--board-type", type=click.Choice(_BOARDS), help="One board only.")
@click.option("--num-players", type=click.IntRange(2, 4), help="One number of players only.")
@click.option("--host", help="One node of ringrift.yaml only.")
@click.option("--path", type=EXISTING_FILE, help="A match log of this machine instead of the nodes.")
@json_option
def check_drift_command(
    board_type: str | None, num_players: int | None, host: str | None, path: Path | None, as_json: bool
) -> None:
    """Measure how far our ratings are from those of the nodes, and import nothing.

    Exit status: 0 no significant drift, 3 significant drift; 1 and 2 are errors.

    \b
    Examples:
      ringrift elo check-drift
      ringrift elo check-drift --board-type hex8 --num-players 2 --host rack1 --json
      ringrift elo check-drift --path copy/matches.db
    """
    from ringrift_assets.cli.elo_text import drift_text

    if host is not None and path is not None:
        raise click.UsageError("name a node or a path, not both.")
    wanted = [
        config.key
        for config in CONFIGS.values()
        if board_type in (None, config.board) and num_players in (None, config.num_players)
    ]
    records = _measure(_reconciler("check-drift"), wanted, host, path)
    say(as_json, [record.to_json() for record in records], lambda: drift_text(records))
    if any(record.is_significant for record in records):
        raise click.exceptions.Exit(SIGNIFICANT)


@elo_group.command(name="sync")
@click.option("--host", help="A node of ringrift.yaml.")
@click.option("--path", type=ANY_PATH, help="A match log of this machine that no node has.")
@click.option("--unified-elo", type=EXISTING_FILE, help="A `unified_elo.db` of the platform that this one replaces.")
@_resolution_option
@json_option
def sync_command(
    host: str | None, path: Path | None, unified_elo: Path | None, resolution: str | None, as_json: bool
) -> None:
    """Take in the games of one other match log and fit the ratings of what changed again.

    A log that cannot be read, is torn or foreign leaves everything as it was. Games of a `unified_elo.db` go to a pool
    of their own: they lack what would make them comparable.

    \b
    Examples:
      ringrift elo sync --host rack1
      ringrift elo sync --path /mnt/attic/ringrift/matches.db --resolution skip
      ringrift elo sync --unified-elo old/data/unified_elo.db
    """
    from ringrift_engine.errors import DataError
    from ringrift_engine.ratings.reconcile import ConflictResolution, RatingNode

    if sum(given is not None for given in (host, path, unified_elo)) != 1:
        raise click.UsageError("name one of --host, --path and --unified-elo.")
    reconciler = _reconciler("sync")
    if unified_elo is not None:
        count = reconciler.import_unified_elo(unified_elo)
        say(as_json, count, lambda: count.summary())
        return
    strategy = ConflictResolution(resolution) if resolution else None
    if path is not None:
        result = reconciler.sync_from_remote(None, str(path), resolution=strategy)
    else:
        node: RatingNode = reconciler.node(str(host))
        result = reconciler.sync(node, strategy)
    if result.error:
        raise DataError(result.error)
    say(as_json, result.to_json(), lambda: result.text())


@elo_group.command(name="reconcile-all")
@click.option("--hosts", help="Nodes of ringrift.yaml, separated by commas; without it all.")
@_resolution_option
@json_option
def reconcile_all_command(hosts: str | None, resolution: str | None, as_json: bool) -> None:
    """Take in the games of every node and fit the ratings again: what the schedule `reconcile_elo` does.

    A node that cannot be read keeps no other waiting; the exit status is 1 then.

    \b
    Examples:
      ringrift elo reconcile-all
      ringrift elo reconcile-all --hosts rack1,attic --resolution first_write_wins
    """
    from ringrift_engine.errors import ConfigError
    from ringrift_engine.ratings.reconcile import ConflictResolution

    reconciler = _reconciler("reconcile-all")
    if not reconciler.nodes:
        raise ConfigError("ringrift.yaml lists no nodes: there is no other match log (docs/reconciliation.md).")
    named = [name.strip() for name in hosts.split(",") if name.strip()] if hosts else None
    report = reconciler.reconcile_all(named, ConflictResolution(resolution) if resolution else None)
    say(as_json, report.to_json(), report.summary)
    if report.failed:
        raise click.exceptions.Exit(1)


@elo_group.command(name="conflicts")
@click.argument("config", required=False, type=ConfigKey())
@click.option("--open", "only_open", is_flag=True, help="Only those that nothing has decided yet.")
@click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="The newest so many.")
@json_option
def conflicts_command(config: BoardConfig | None, only_open: bool, limit: int, as_json: bool) -> None:
    """List games of which two logs have different outcomes: both outcomes, and which of them stands.

    \b
    Examples:
      ringrift elo conflicts
      ringrift elo conflicts hex8_2p --open --json
    """
    from ringrift_assets.cli.elo_facts import conflict_facts
    from ringrift_assets.cli.elo_text import conflicts_text

    found = conflict_facts(_reconciler("conflicts"), config.key if config else None, only_open=only_open)[-limit:]
    say(as_json, found, lambda: conflicts_text(found))


@elo_group.command(name="trend")
@click.argument("config", required=False, type=ConfigKey())
@json_option
def trend_command(config: BoardConfig | None, as_json: bool) -> None:
    """Show how drift from each node develops, and how the ratings of one promoted model follow on those of another.

    \b
    Examples:
      ringrift elo trend
      ringrift elo trend hex8_2p --json
    """
    from ringrift_assets.cli.elo_facts import trend_facts
    from ringrift_assets.cli.elo_text import trend_text

    facts = trend_facts(_reconciler("trend"), config.key if config else None)
    say(as_json, facts, lambda: trend_text(facts))


def _reconciler(command: str) -> "EloReconciler":
    import time

    from ringrift_assets.reconciling import reconciler_of
    from ringrift_assets.resources import Storage
    from ringrift_assets.thresholds import read_thresholds

    return reconciler_of(Storage().base, read_thresholds(), f"ringrift elo {command} {time.time():.3f}")


def _measure(
    reconciler: "EloReconciler", keys: Sequence[str], host: str | None, path: Path | None
) -> "list[DriftRecord]":
    """Drift from one log or node, or from all nodes, of the configurations that both have games of."""
    from ringrift_engine.errors import ConfigError
    from ringrift_engine.ratings.reconcile import RatingNode

    if path is not None:
        nodes = [RatingNode(name=str(path), database=str(path))]
    elif host is not None:
        nodes = [reconciler.node(host)]
    elif reconciler.nodes:
        nodes = list(reconciler.nodes)
    else:
        raise ConfigError("ringrift.yaml lists no nodes; `--path` names a log of this machine.")
    return [record for node in nodes for record in reconciler.check_node(node, keys)]
