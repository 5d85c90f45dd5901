"""ringrift train: from a dataset to a checkpoint."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ringrift_engine.boards import BoardConfig
from ringrift_engine.cli.options import (
    ANY_PATH,
    EXISTING_FILE,
    ConfigKey,
    json_option,
    progress_bar,
    say,
    threads_option,
)
from ringrift_engine.feedback.settings import DEFAULTS

if TYPE_CHECKING:
    from ringrift_engine.training.report import TrainingReport
    from ringrift_engine.training.settings import TrainingSettings
    from ringrift_engine.training.watch import Evaluate


@click.command(name="train")
@click.argument("config", type=ConfigKey())
@click.argument("dataset", type=EXISTING_FILE)
@click.option("--out", type=ANY_PATH, required=True, help="The checkpoint to write (.safetensors).")
@click.option(
    "--previous",
    type=EXISTING_FILE,
    help="Checkpoint to go on from: the network is then as large. One of another configuration of the family (square8 "
    "and square19, hex8 and hexagonal, any number of players) gives the weights that have a place.",
)
@click.option("--export", is_flag=True, help="DATASET is a single export, not a combined dataset.")
@click.option(
    "--set", "changes", multiple=True, help="A setting of training, such as --set max_samples=50000; repeatable."
)
@click.option(
    "--patience",
    type=click.IntRange(min=1),
    default=DEFAULTS.patience,
    show_default=True,
    help="Points of the learning curve without a better held-out loss after which the training is stopped.",
)
@click.option(
    "--background-games",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Games against the heuristic, played by the weights so far at some points of the curve "
    "(--set background_evaluations=4); a training that gets worse at them is stopped. "
    f"0 plays none; fewer than {DEFAULTS.background_games} are shown and stop nothing.",
)
@threads_option
@json_option
def train_command(
    config: BoardConfig,
    dataset: Path,
    out: Path,
    previous: Path | None,
    export: bool,
    changes: tuple[str, ...],
    patience: int,
    background_games: int,
    threads: int,
    as_json: bool,
) -> None:
    """Train a network of CONFIG on DATASET and write its checkpoint.

    A training that is stopped writes the best weights so far, not the last. Where there are several GPUs, each takes a
    part of every batch (--set device=cpu uses none).

    \b
    Examples:
      ringrift train hex8_2p dataset.npz --out model.safetensors
      ringrift train hex8_2p dataset.npz --out next.safetensors --previous model.safetensors --set epochs=2
      ringrift train hexagonal_3p large.npz --out large.safetensors --previous model.safetensors
      ringrift train hex8_2p dataset.npz --out model.safetensors --patience 2 --background-games 48
    """
    from ringrift_engine.cli.changes import changed
    from ringrift_engine.training import train, training_settings
    from ringrift_engine.training.group import is_first, start_on_all_devices

    settings = changed(training_settings(config), changes)
    status = start_on_all_devices(settings.device, "ringrift_engine.cli.main", sys.argv[1:])
    if status is not None:
        raise SystemExit(status)
    evaluate = _evaluation(config, background_games, settings, threads) if background_games else None
    with progress_bar() as progress:
        report = train(
            config.key,
            dataset,
            out,
            settings,
            previous,
            threads,
            progress,
            export=export,
            stopping=replace(DEFAULTS, patience=patience),
            evaluate=evaluate,
        )
    if is_first():
        say(as_json, report, lambda: _text(out, report))


def _evaluation(config: BoardConfig, games: int, settings: "TrainingSettings", threads: int) -> "Evaluate":
    from ringrift_engine.evaluation.background import background_evaluation

    return background_evaluation(config, games, seed=settings.seed, threads=threads, precision=settings.precision)


def _text(out: Path, report: "TrainingReport") -> str:
    lines = [
        f"{out}: {report.parameters} parameters, content {report.sha256[:12]}, {report.start}",
        f"  {report.samples} samples of {report.training_rows} rows of {report.training_games} games, "
        f"{report.samples_per_s:.0f} samples/s on {report.device} in {report.precision}"
        + (f", {report.processes} processes" if report.processes > 1 else ""),
    ]
    if report.stopped:
        lines.append(f"  stopped; the weights are those after {report.saved_samples} samples. {report.stopped}")
    if report.evaluations:
        shown = ", ".join(
            f"{point.result.wins} of {point.result.games} games after {point.samples}" for point in report.evaluations
        )
        lines.append(f"  won against the {report.evaluations[0].result.opponent}: {shown} samples")
    if report.held_out:
        held_out = report.held_out
        lines.append(
            f"  held out: value loss {held_out.losses.value:.3f} (constant {held_out.constant_value_loss:.3f}), "
            f"policy loss {held_out.losses.policy:.3f} (uniform {held_out.uniform_policy_loss:.3f}), "
            f"winner named in {held_out.winner_accuracy:.1%}"
        )
    return "\n".join(lines)
