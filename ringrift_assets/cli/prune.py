"""`ringrift prune`: the housekeeping of the daily job, by hand."""

import click

from ringrift_engine.boards import BoardConfig
from ringrift_engine.cli.options import ConfigKey, json_option, say


@click.command(name="prune")
@click.option("--dry-run", is_flag=True, help="Say what would go, file by file, and remove nothing.")
@click.option("--key", "config", type=ConfigKey(), help="Look after one configuration only, and not after old runs.")
@json_option
def prune_command(dry_run: bool, config: BoardConfig | None, as_json: bool) -> None:
    """Remove what nothing needs any more: games past the training window, old checkpoints, training sets and results,
    and Dagster's records of old runs. How much is kept is in the section `housekeeping` of docs/settings.md.

    \b
    Examples:
      ringrift prune --dry-run
      ringrift prune --key hex8_2p
    """
    import time

    from ringrift_assets.cli.instance import opened_instance
    from ringrift_assets.housekeeping.keeping import keep_house
    from ringrift_assets.housekeeping.text import report_text
    from ringrift_assets.partitions import ALL_KEYS
    from ringrift_assets.registry import Registry
    from ringrift_assets.resources import Storage
    from ringrift_assets.thresholds import read_thresholds

    limits, now = read_thresholds().housekeeping, time.time()
    with opened_instance() as instance:
        report = keep_house(
            Storage(),
            Registry(),
            [config.key] if config else ALL_KEYS,
            limits,
            now=now,
            run_id=f"ringrift prune {now:.3f}",
            dry_run=dry_run,
            instance=None if config else instance,
        )
    say(as_json, report, lambda: report_text(report, files=dry_run))
