"""Games, shards, exports and datasets made for a measurement, always the same ones.

The bootstrap player plays them: its policies are along all choices, as a search's are, and it costs seconds instead of
minutes. What a search adds to a shard is measured on games of its own (`searched_shard`).
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import numpy as np

from ringrift_engine.bench.quantities import SMALL_CELLS
from ringrift_engine.boards import BoardConfig
from ringrift_engine.datasets.combine import CombineSettings, combine
from ringrift_engine.datasets.export import export_shard
from ringrift_engine.datasets.rows import game_numbers, is_held_out
from ringrift_engine.encoding import Encoding
from ringrift_engine.nets.evaluator import FrozenNetworkEvaluator
from ringrift_engine.nets.network import BoardNetwork
from ringrift_engine.nets.settings import NetworkSettings, network_settings
from ringrift_engine.players.heuristic import BootstrapPlayer
from ringrift_engine.players.interface import Player
from ringrift_engine.players.search import SearchPlayer, name_of_search
from ringrift_engine.records.game_record import GameRecord
from ringrift_engine.records.shard import ShardInfo, publish_shard
from ringrift_engine.records.shard_schema import Participant, ShardHeader
from ringrift_engine.search import SearchSettings
from ringrift_engine.selfplay.runner import play_games
from ringrift_engine.selfplay.settings import BOOTSTRAP_PLAY, SelfplaySettings

SEARCH: Final = SearchSettings(simulations=16)
EVERYTHING: Final = CombineSettings(minimum_quality=0.0)
_TINY_NETWORK: Final = NetworkSettings(blocks=1, channels=16, pooled_channels=8, head_channels=8, hidden=16)
_UNNAMED: Final = "0" * 64  # hash of a network that no file holds
_GAMES_A_SHARD: Final = {True: 150, False: 12}  # by whether the board is small
_SEARCHED_GAMES: Final = {True: 16, False: 4}


def is_small(config: BoardConfig) -> bool:
    """Whether a configuration's board is one of the small ones."""
    return config.cells < SMALL_CELLS


def bootstrap_shards(config: BoardConfig, folder: Path, count: int, threads: int) -> list[ShardInfo]:
    """Shards of bootstrap games, with seeds 1 to `count`."""
    player = BootstrapPlayer(config, threads=threads)
    settings = replace(BOOTSTRAP_PLAY, games=_GAMES_A_SHARD[is_small(config)])
    seats = [player] * config.num_players
    return [
        _publish(config, folder, player, settings, seed, play_games(config, seats, settings, seed, threads=threads))
        for seed in range(1, count + 1)
    ]


def training_set(config: BoardConfig, folder: Path, threads: int) -> Path:
    """A combined dataset of one shard, none of its games held out: a training on it measures nothing on the way."""
    player = BootstrapPlayer(config, threads=threads)
    settings = replace(BOOTSTRAP_PLAY, games=_GAMES_A_SHARD[is_small(config)])
    records = play_games(config, [player] * config.num_players, settings, 1, threads=threads)
    trained = ~is_held_out(game_numbers([record.game_id for record in records]))
    kept = [record for record, keeps in zip(records, trained, strict=True) if keeps]
    info = _publish(config, folder, player, settings, 1, kept)
    export = export_shard(info.path, folder / f"{info.path.stem}.npz", config)
    return combine([export.path], folder / "training.npz", EVERYTHING, [1], config).path


def searched_shard(config: BoardConfig, folder: Path, threads: int) -> ShardInfo:
    """A shard of a searching player's games with an untrained network, whose policies are as hard to pack as any.

    On large boards the network is a tiny one: what it costs is not measured here.
    """
    sizes = network_settings(config) if is_small(config) else _TINY_NETWORK
    evaluator = FrozenNetworkEvaluator(BoardNetwork(sizes, Encoding(config)), config, threads=threads)
    player = SearchPlayer(config, evaluator, name_of_search(_UNNAMED[:12], SEARCH), SEARCH, threads)
    settings = SelfplaySettings(games=_SEARCHED_GAMES[is_small(config)])
    records = play_games(config, [player] * config.num_players, settings, 1, threads=threads)
    return _publish(config, folder, player, settings, 1, records)


def _publish(
    config: BoardConfig,
    folder: Path,
    player: Player,
    settings: SelfplaySettings,
    seed: int,
    records: Sequence[GameRecord],
) -> ShardInfo:
    header = ShardHeader(config.key, seed, (_participant(player),), asdict(settings), {})
    return publish_shard(folder, header, records)


def _participant(player: Player) -> Participant:
    searches = isinstance(player, SearchPlayer)
    return Participant(player.name, _UNNAMED if searches else None, SEARCH.simulations if searches else 0)


def shuffled_rows(count: int) -> np.ndarray:
    """int64 [count]: all row numbers in a random order, always the same."""
    return np.random.default_rng(0).permutation(count)
