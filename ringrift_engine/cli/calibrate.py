"""ringrift calibrate: whether a model's stated win probabilities come true."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ringrift_engine.boards import BoardConfig
from ringrift_engine.cli.options import (
    ANY_PATH,
    EXISTING_FILE,
    ConfigKey,
    json_option,
    say,
    threads_option,
)
from ringrift_engine.errors import DataError

if TYPE_CHECKING:
    from ringrift_engine.evaluation.calibration import Calibration

_COMBINED: Final = "combined_npz"
_MANIFEST: Final = "latest.json"


@click.command(name="calibrate")
@click.argument("model")
@click.option("--config", type=ConfigKey(), required=True, help="Configuration of the model, such as hex8_2p.")
@click.option("--data", type=EXISTING_FILE, help="Training set with held-out games.  [default: that of the data root]")
@click.option("--export", is_flag=True, help="--data is the export of one shard.")
@click.option("--picture", type=ANY_PATH, help="File that gets the reliability diagram as PNG.")
@threads_option
@json_option
def calibrate_command(
    model: str,
    config: BoardConfig,
    data: Path | None,
    export: bool,
    picture: Path | None,
    threads: int,
    as_json: bool,
) -> None:
    """Compare the win probabilities that MODEL states with who won, on held-out games it did not learn from.

    MODEL is a checkpoint, `promoted`, `promoted~1`, or digits of a content hash.

    \b
    Examples:
      ringrift calibrate promoted --config hex8_2p
      ringrift calibrate model.safetensors --config hex8_2p --data dataset.npz --picture reliability.png
    """
    from ringrift_engine.evaluation.calibration import calibration_of, reliability_png
    from ringrift_engine.evaluation.predictions import held_out_predictions
    from ringrift_engine.files import publishing
    from ringrift_engine.players.models import data_root, model_path

    path = model_path(model, config, data_root())
    dataset = data or _newest_dataset(data_root(), config)
    found = calibration_of(held_out_predictions(path, dataset, config, export=export, threads=threads))
    if picture is not None:
        with publishing(picture) as partial:
            partial.write_bytes(reliability_png(f"{path.name} on {config.key}", found))
    say(as_json, {"model": path, "data": dataset, **found.to_json()}, lambda: calibration_text(path, found))


def _newest_dataset(root: Path, config: BoardConfig) -> Path:
    """The latest training set of a configuration, as the platform's manifest names it."""
    manifest = root / _COMBINED / config.key / _MANIFEST
    if not manifest.is_file():
        raise DataError(f"{manifest}: there is no training set of {config.key}. Name one with --data.")
    try:
        (name,) = json.loads(manifest.read_text())["files"]
    except (ValueError, KeyError) as error:
        raise DataError(
            f"{manifest}: not a manifest of one file ({error!r}). Name a training set with --data."
        ) from error
    return manifest.parent / name


def calibration_text(model: Path, found: "Calibration") -> str:
    """The result for a terminal."""
    lines = [
        f"{model}: {found.rows} held-out positions of {found.games} games",
        f"  calibration error {found.error:.4f}; {found.error_by_chance:.4f} would be chance",
        f"  Brier score {found.brier:.4f}, of the best constant {found.constant_brier:.4f}: "
        f"better by {found.gain:.4f}, 95 % interval {found.gain_low:.4f} to {found.gain_high:.4f}",
        "  stated        share  mean    won  95 % interval   games",
    ]
    for one in found.bins:
        lines.append(
            f"  {one.lower:.1f} to {one.upper:.1f}  {one.share:6.1%}  {one.stated:.3f}  {one.observed:.3f}  "
            f"{one.low:.3f} to {one.high:.3f}  {one.games:5}"
        )
    return "\n".join(lines)
