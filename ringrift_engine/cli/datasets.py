"""ringrift export and ringrift combine: from shards to what training reads."""

from collections.abc import Sequence
from pathlib import Path

import click

from ringrift_engine.boards import BoardConfig
from ringrift_engine.cli.options import (
    ANY_PATH,
    EXISTING,
    EXISTING_FILE,
    ConfigKey,
    config_of_shard,
    json_option,
    progress_bar,
    say,
    seed_option,
    shards_of,
)


@click.command(name="export")
@click.argument("shards", nargs=-1, required=True, type=EXISTING)
@click.option("--out", "folder", type=ANY_PATH, required=True, help="Folder that gets one NPZ for each shard.")
@json_option
def export_command(shards: Sequence[Path], folder: Path, as_json: bool) -> None:
    """Turn the decisions in SHARDS, files or folders, into rows for training: one NPZ a shard, of the same name.

    \b
    Example:
      ringrift export shards --out exports
    """
    from ringrift_engine.datasets.export import export_shard

    reports = []
    with progress_bar() as progress:
        for shard in shards_of(shards):
            out = folder / f"{shard.stem}.npz"
            reports.append(export_shard(shard, out, config_of_shard(shard), progress))
    lines = [
        f"{report.path}: {report.rows} rows of {report.games} games, {report.held_out_rows} held out, "
        f"mean policy entropy {report.mean_policy_entropy:.2f} nats"
        for report in reports
    ]
    say(as_json, reports, lambda: "\n".join(lines))


@click.command(name="combine")
@click.argument("config", type=ConfigKey())
@click.argument("exports", nargs=-1, required=True, type=EXISTING_FILE)
@click.option("--out", type=ANY_PATH, required=True, help="The NPZ to write.")
@click.option("--half-life", type=float, default=10.0, show_default=True, help="Exports after which a row counts half.")
@click.option(
    "--minimum-quality", type=float, default=0.2, show_default=True, help="Leave out games worth less, 0 to 1."
)
@click.option(
    "--surprise-share",
    type=float,
    default=0.5,
    show_default=True,
    help="Part of a searched row's weight that goes with what its search found out, 0 to 1.",
)
@seed_option
@json_option
def combine_command(
    config: BoardConfig,
    exports: Sequence[Path],
    out: Path,
    half_life: float,
    minimum_quality: float,
    surprise_share: float,
    seed: int,
    as_json: bool,
) -> None:
    """Join EXPORTS of CONFIG, oldest first, to one dataset: window, weights, duplicates, shuffle.

    \b
    Example:
      ringrift combine hex8_2p exports/0123456789ab.npz exports/ba9876543210.npz --out dataset.npz
    """
    from ringrift_engine.datasets.combine import CombineSettings, combine

    settings = CombineSettings(
        half_life=half_life, minimum_quality=minimum_quality, surprise_share=surprise_share, seed=seed
    )
    with progress_bar() as progress:
        report = combine(exports, out, settings, range(len(exports)), config, progress)
    say(
        as_json,
        report,
        lambda: (
            f"{report.path}: {report.rows} of {report.available_rows} rows, {report.held_out_rows} held out, "
            f"{report.duplicate_rows} duplicates merged, {report.low_quality_rows} of low quality left out"
        ),
    )
