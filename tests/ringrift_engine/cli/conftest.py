"""One small chain of files made by the commands themselves: a shard, its export, a dataset, a model."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ringrift_engine.cli.main import main

CONFIG = "hex8_2p"
GAMES = 6


def ringrift(*arguments: str | Path) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def told(*arguments: str | Path):
    """What a command says with --json; it must succeed."""
    result = ringrift(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@dataclass(frozen=True)
class Chain:
    """The files of the chain, in the order in which they were made."""

    shard: Path
    export: Path
    dataset: Path
    model: Path


@pytest.fixture(scope="session")
def shard(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("shards")
    return Path(told("selfplay", CONFIG, "--seats", "bootstrap", "--games", str(GAMES), "--out", folder)["path"])


@pytest.fixture(scope="session")
def chain(shard, tmp_path_factory) -> Chain:
    folder = tmp_path_factory.mktemp("chain")
    (export,) = told("export", shard, "--out", folder / "exports")
    dataset, model = folder / "dataset.npz", folder / "model.safetensors"
    told("combine", CONFIG, export["path"], "--out", dataset, "--minimum-quality", "0")
    small = ("max_samples=64", "batch_size=32", "min_rows=1", "min_held_out_rows=0", "curve_points=1", "precision=fp32")
    told("train", CONFIG, dataset, "--out", model, *(part for change in small for part in ("--set", change)))
    return Chain(shard, Path(export["path"]), dataset, model)
