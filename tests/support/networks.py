"""A small network that plays better than chance, and the same one with its weights shuffled, which does not."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np

from ringrift_engine.boards import BoardConfig


def train_small(folder: Path, config: BoardConfig, games: int, samples: int, seed: int = 0) -> Path:
    """A network of one block, taught by `games` games of the bootstrap player, as a checkpoint in `folder`."""
    from ringrift_engine.datasets.export import export_shard
    from ringrift_engine.nets.settings import NetworkSettings
    from ringrift_engine.players.factory import PlayerSpec, make_player
    from ringrift_engine.records.shard import publish_shard
    from ringrift_engine.records.shard_schema import Participant, ShardHeader
    from ringrift_engine.selfplay.runner import play_games
    from ringrift_engine.selfplay.settings import BOOTSTRAP_PLAY
    from ringrift_engine.training import TrainingSettings, train

    player = make_player(PlayerSpec("bootstrap"), config)
    records = play_games(config, [player] * config.num_players, replace(BOOTSTRAP_PLAY, games=games), seed)
    shard = publish_shard(folder, ShardHeader(config.key, seed, (Participant(player.name),), {}, {}), records).path
    export_shard(shard, folder / f"{shard.stem}.npz", config)
    model = folder / "trained.safetensors"
    train(
        config.key,
        folder / f"{shard.stem}.npz",
        model,
        TrainingSettings(max_samples=samples, batch_size=128, average_samples=samples // 8, curve_points=1),
        network=NetworkSettings(blocks=1, channels=16, pooled_every=1, pooled_channels=8, head_channels=8, hidden=16),
        export=True,
    )
    return model


def shuffled(model: Path, config: BoardConfig, seed: int = 0) -> Path:
    """The checkpoint with the numbers of every tensor in another order: as large as before, and worth nothing."""
    import torch

    from ringrift_engine.nets.checkpoint import load_checkpoint, save_checkpoint

    chance, whole = np.random.default_rng(seed), load_checkpoint(model, config)
    weights = {
        name: torch.from_numpy(chance.permutation(tensor.numpy().ravel()).reshape(tensor.shape))
        for name, tensor in sorted(whole.weights.items())  # a file's order changes from process to process
    }
    out = model.with_name("shuffled.safetensors")
    save_checkpoint(out, whole.header, weights)
    return out


def named_by_content(model: Path, folder: Path) -> tuple[Path, str]:
    """The file moved into `folder` under the name of its content, and its hash."""
    sha256 = hashlib.sha256(model.read_bytes()).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    return model.rename(folder / f"{sha256[:12]}.safetensors"), sha256
